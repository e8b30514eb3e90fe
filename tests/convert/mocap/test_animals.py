"""Motion of animals: never read as people; with a skeleton, any body from BVH, C3D and TRC."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.cli import main
from geolift.convert.mocap import bvh, markers, trc
from geolift.convert.registry import CONVERTERS
from geolift.data.dataset import load_dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton_file import read_skeleton
from tests.helpers.dog_bvh import DOG, trot, write_dog
from tests.helpers.marker_writers import write_c3d, write_trc
from tests.helpers.motion_writers import SKELETON, motion, write_bvh

UPRIGHT = {"Spine1": (0, 2.2, 0), "LeftHand": (1.5, 0, 0), "RightHand": (-1.5, 0, 0)}
PERSON = [(name, parent, UPRIGHT.get(parent, offset)) for name, parent, offset in SKELETON]
SIZE = 0.08  # metres, of a mouse


def bones(points, skeleton):
    """`[B]` median lengths."""
    parent, child = np.transpose(skeleton.bones)
    return np.median(np.linalg.norm(points[:, child] - points[:, parent], axis=-1), axis=0)


@pytest.fixture
def toml(tmp_path):
    path = tmp_path / "dog.toml"
    assert main(["skeleton", str(write_dog(tmp_path / "rest.bvh")), "-o", str(path)]) == 0
    return path


@pytest.fixture
def mouse(tmp_path):
    """Names and `[T, K, 3]` metres, z up, of the dog's joints in a mouse's size; and a skeleton file of them."""
    take, _ = bvh.take(write_dog(tmp_path / "a.bvh"))
    points = take.points @ np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    return list(take.names), points / 105 * SIZE


@pytest.mark.parametrize(
    "given",
    [{}, {"joints": [j for j in DOG if "Tail" not in j[0]]}, {"prefix": "mixamorig:"}, {"scale": 0.01}, {"scale": 0.1}],
    ids=["dog", "without a tail", "prefix", "metres", "small"],
)
def test_an_animal_with_a_person_s_names_is_refused(given, tmp_path):
    with pytest.raises(DatasetError, match=r"a\.bvh: found an animal, .* times as long as the legs, .*--skeleton FILE"):
        bvh.read(write_dog(tmp_path / "a.bvh", **given))


def test_people_with_one_sign_of_an_animal_are_people(tmp_path, rng):
    """A costume's tail; a pony-tail; somebody who creeps."""
    place, angles = motion(rng, PERSON)
    plain = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, PERSON))
    for tail, note in (("Tail", ("Tail is left out, as people have none",)), ("PonyTail", ()), ("Tailbone", ())):
        worn = [*PERSON, (tail, "Hips", (0, 0, -2)), (f"{tail}/end", tail, (0, 0, -3))]
        read = bvh.read(write_bvh(tmp_path / "b.bvh", place, angles | {tail: np.zeros_like(angles["Hips"])}, worn))
        assert read.notes == note
        np.testing.assert_allclose(read.motion.joints["head"], plain.motion.joints["head"])
    still = {name: np.zeros_like(values) for name, values in angles.items()}
    still |= {f"{side}{part}": np.tile([0.0, sign * 90, 0], (len(place), 1))
              for side, sign in (("Left", -1), ("Right", 1)) for part in ("Arm",)}  # fmt: skip
    still |= {f"{side}UpLeg": np.tile([0.0, 0, -90], (len(place), 1)) for side in ("Left", "Right")}
    assert len(bvh.read(write_bvh(tmp_path / "c.bvh", place, still, PERSON)).notes) == 1


def test_bones_and_sides_stay_those_of_the_file(toml, tmp_path):
    folder = tmp_path / "dogs"
    folder.mkdir()
    for i, longer in enumerate((1.0, 1.0, 1.3)):
        write_dog(folder / f"run{i}.bvh", seed=i, longer=longer)
    data = CONVERTERS["bvh"].convert(folder, skeleton=toml, views=2)
    assert set(data.subject) == {"run0", "run2"} and len(data.start) == 6 and data.intrinsics is None
    names, offsets = data.skeleton.names, {name: np.linalg.norm(offset) for name, _, offset in DOG}
    expected = np.array([offsets[names[child]] for _, child in data.skeleton.bones])
    first, last = (data.points_3d[data.start[i] : data.stop[i]] for i in (0, 5))
    np.testing.assert_allclose(bones(last, data.skeleton) / bones(first, data.skeleton), 1.3, rtol=1e-4)
    ratio = bones(first, data.skeleton) / expected
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    at = [names.index(name) for name in ("Hips", "Neck", "LeftUpLeg", "LeftFoot")]
    hips, neck, leg, foot = np.moveaxis(first[:, at], 1, 0)
    assert (np.einsum("ti,ti->t", np.cross(foot - hips, neck - hips), leg - hips) < 0).all()  # x is right, y is down
    assert (data.keypoints[..., 1].max(axis=1) == data.keypoints[:, [names.index(f"{a}{b}") for a in ("Left", "Right")
            for b in ("Foot/end", "Hand/end", "Hand", "Foot")], 1].max(axis=1)).all()  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "Subject1:"])
def test_the_hierarchy_is_the_proposed_skeleton(prefix, tmp_path, capsys):
    """With ends of bones; without nodes of the scene, and joints that are where their parents are."""
    moved = [(name, parent or "Scene", (0, 30, 900) if not parent else offset) for name, parent, offset in DOG]
    doubled = [(n, {"LeftUpLeg": "LeftHipJoint"}.get(n, p), o) for n, p, o in moved]
    joints = [("Scene", "", (0, 0, 0)), *doubled, ("LeftHipJoint", "Hips", (0, 0, 0))]
    path = tmp_path / "dog.bvh"
    place, angles = trot()
    write_bvh(path, place, {**angles, "Scene": 0 * place, "LeftHipJoint": 0 * place}, joints, prefix=prefix)
    assert main(["skeleton", str(path), "-o", str(tmp_path / "dog.toml")]) == 0
    said = capsys.readouterr().out
    skeleton = read_skeleton(tmp_path / "dog.toml").skeleton
    assert "of the scene: Scene" in said and "in their parents' places: LeftHipJoint" in said
    assert skeleton.names[skeleton.root] == "Hips" and skeleton.names[skeleton.head] == "Head"
    parents = {name: skeleton.names[parent] for name, parent in zip(skeleton.names, skeleton.parents, strict=True)}
    assert parents | {"Hips": ""} == {name: parent for name, parent, _ in DOG}
    assert {skeleton.names[j].removeprefix("Left") for j in skeleton.left} == {
        skeleton.names[j].removeprefix("Right") for j in skeleton.right
    }


def test_z_is_up_where_the_feet_stay_on_the_ground(toml, tmp_path):
    turn = Rotation.from_euler("X", 90, degrees=True)
    place, angles = trot(120, seed=2)
    hips = (turn * Rotation.from_euler("ZYX", angles["Hips"], degrees=True)).as_euler("ZYX", degrees=True)
    turned = write_bvh(tmp_path / "z.bvh", turn.apply(place), angles | {"Hips": hips}, DOG, time=1 / 30)
    plain, other = (
        CONVERTERS["bvh"].convert(f, skeleton=toml) for f in (write_dog(tmp_path / "y.bvh", frames=120, seed=2), turned)
    )
    assert "Y is up" in plain.source and "Z is up, as the lowest joint stays at one height along it" in other.source
    down = [np.einsum("tji,ti->tj", d.points_3d - d.points_3d[:, :1], d.gravity) for d in (plain, other)]
    np.testing.assert_allclose(down[0], down[1], atol=1e-4)


def test_sides_that_are_swapped_are_refused(toml, tmp_path):
    swap = {n: n.replace("Left", "#").replace("Right", "Left").replace("#", "Right") for n, _, _ in DOG if "/" not in n}
    with pytest.raises(DatasetError, match=r"a\.bvh: found left joints on the right of the body in 100%"):
        CONVERTERS["bvh"].convert(write_dog(tmp_path / "a.bvh", rename=swap), skeleton=toml)


@pytest.mark.parametrize(("write", "suffix", "unit", "scale"), [
    (write_c3d, ".c3d", "mm", 1000), (write_trc, ".trc", "cm", 100), (write_trc, ".trc", "in", 1 / 0.0254),
])  # fmt: skip
def test_a_mouse_in_every_unit_keeps_its_size_and_its_gaps(write, suffix, unit, scale, mouse, toml, tmp_path):
    names, points = mouse
    if suffix == ".trc":  # y up
        points = points @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    points = points.copy()
    tip = names.index("Tail1/end")
    points[10:30, tip] = np.nan
    both = np.concatenate([points, points + 0.2 * np.eye(3)[0]], axis=1)
    labels = [f"{animal}:{name}" for animal in ("m1", "m2") for name in names]
    file = write(tmp_path / f"a{suffix}", both, labels, fps=30, unit=unit, scale=scale)
    data = CONVERTERS[suffix[1:]].convert(file, skeleton=toml, views=1)
    assert set(data.subject) == {"m1", "m2"} and data.frames == 120
    j = data.skeleton.names.index("Tail1/end")
    np.testing.assert_array_equal(data.seen.sum(axis=0), np.where(np.arange(len(names)) == j, 80, 120))
    away = np.linalg.norm(data.points_3d[:, :, None] - data.points_3d[:, None], axis=-1).max(axis=(1, 2))
    assert 0.8 * SIZE < np.median(away) < 1.2 * SIZE
    assert "40 joints" not in data.source and "20 joints were not seen in a_m1" in data.source


def test_an_animal_s_markers_are_refused_as_people_s(mouse, tmp_path):
    """Joints named as Pose2Sim's: complete, but of a dog."""
    names, points = mouse
    called = {"Hips": "Hip", "Spine1": "Neck", "Head": "Nose", "Head/end": "Head"}
    for side in ("Left", "Right"):
        legs = {"UpLeg": "Hip", "Leg": "Knee", "Foot": "Ankle", "Arm": "Shoulder", "ForeArm": "Elbow", "Hand": "Wrist"}
        called |= {side + old: side[0] + new for old, new in legs.items()}
    kept = [names.index(name) for name in called]
    path = write_trc(tmp_path / "a.trc", 20 * points[:, kept], list(called.values()))
    with pytest.raises(DatasetError, match=r"a\.trc: found an animal, whose joints have a person's names"):
        markers.motions(trc.read(path), path)


def test_markers_alone_give_a_skeleton_too(mouse, tmp_path, capsys):
    names, points = mouse
    labels = [f"rat:{name.replace('/', ' ')}" for name in names] + ["*3"]
    file = write_c3d(tmp_path / "a.c3d", np.concatenate([points, points[:, :1]], axis=1), labels, fps=30)
    toml, out = tmp_path / "rat.toml", tmp_path / "rat.npz"
    assert main(["skeleton", str(file), "-o", str(toml), "-o", str(tmp_path / "rat.png")]) == 0
    skeleton = read_skeleton(toml).skeleton
    assert set(skeleton.names) == {name.replace("/", " ") for name in names} and len(skeleton.left) == 9
    assert main(["convert", "c3d", str(file), str(out), "--skeleton", str(toml)]) == 0
    said = capsys.readouterr().out
    assert "1 markers without names are left out" in said and load_dataset(out).skeleton == skeleton


@pytest.mark.parametrize(("given", "message"), [
    ({"cameras": "cmu"}, "cameras: found cmu, which is aimed at people"),
    ({"skeleton": "other"}, r"found none of \['hip', 'nose'\] in the keypoints"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(given, message, toml, tmp_path):
    (tmp_path / "other").write_text('head = "nose"\n[joints]\nhip = ""\nnose = "hip"\n')
    given = {"skeleton": toml, **given}
    given["skeleton"] = tmp_path / given["skeleton"]
    with pytest.raises(DatasetError, match=message):
        CONVERTERS["bvh"].convert(write_dog(tmp_path / "a.bvh"), **given)
