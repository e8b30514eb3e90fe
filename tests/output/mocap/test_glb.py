"""Binary glTF as an independent evaluation of its animations and skins finds it."""

import sys

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.mocap import rig_motion
from geolift.output.mocap.gltf import EVERYONE, Figure, glb_bytes, quaternions
from geolift.output.mocap.mannequin import mannequin
from geolift.output.mocap.rig_motion import rig_motions
from geolift.output.write import write_result
from geolift.rig import fit_rig
from geolift.skeletons.skeleton import Skeleton
from tests.helpers.gltf_reader import Glb, expect_sound
from tests.helpers.motion_readers import library, without_rows
from tests.helpers.results import in_world, make_result

MILLIMETRE = 1e-3


@pytest.fixture(autouse=True)
def pygltflib():
    return library("pygltflib")


@pytest.fixture(scope="module")
def walk():
    return in_world(make_result(frames=24, fps=25.0))


@pytest.fixture(scope="module")
def motion(walk):
    return rig_motions(walk)[0].motion


def written(result, folder, **options):
    (path,), notes = write_result(result, folder / "out.glb", **options)
    return Glb(path.read_bytes()), notes


def joints_of(glb, person, names, seconds, animation=None):
    """`[S, B, 3]` where bones begin at some times."""
    transforms = glb.transforms(glb.tracks(glb.animation(animation or person)), seconds)
    return transforms[..., :3, 3][:, [glb.node(name, person) for name in names]]


def test_the_animation_is_the_motion_of_the_rig(walk, motion, tmp_path):
    glb, notes = written(walk, tmp_path)
    expect_sound(glb)
    times = np.arange(24) / 25
    np.testing.assert_allclose(joints_of(glb, "person 0", motion.names, times), motion.joints, atol=0.01 * MILLIMETRE)
    (animation,) = glb.file["animations"]
    assert {path for _, path in glb.tracks(animation)} == {"translation", "rotation"}
    assert all(keys[-1] == np.float32(23 / 25) for keys, *_ in glb.tracks(animation).values())
    assert any("set 25 frames per second" in note for note in notes)
    extras = glb.file["asset"]["extras"]
    assert extras["lifted_from"] == walk.source and extras["axes"] == "world: x left, y up, z ahead"
    assert extras["units"].startswith("metres") and set(walk.notes) < set(extras["notes"])


def test_at_rest_it_stands_on_the_floor_in_a_t_pose_and_faces_ahead(walk, motion, tmp_path):
    glb, _ = written(walk, tmp_path)
    surface = glb.surface("person 0")
    points, triangles = surface["POSITION"], surface["triangles"]
    assert points[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert 1.5 < np.ptp(points[:, 1]) < 1.9
    rest = glb.transforms({}, [0.0])[0]
    for side, sign in {"Left": 1, "Right": -1}.items():
        arm, hand = (rest[glb.node(f"{side}{name}", "person 0"), :3, 3] for name in ("Arm", "Hand"))
        np.testing.assert_allclose((hand - arm)[1:], 0, atol=1e-6)
        assert sign * (hand - arm)[0] > 0.4
        assert (sign * points[triangles[side.lower()], 0] > -0.01).all()
        below = points[points[:, 1] < 0.03]
        foot = below[sign * below[:, 0] > 0][:, 2] - rest[glb.node(f"{side}Foot", "person 0"), 2, 3]
        assert foot.max() > 0.1 > 0.07 > -foot.min()  # toes are ahead of the ankle, heels behind
    head = rest[glb.node("Head", "person 0"), :3, 3]
    assert (points[triangles["eyes"]].mean(axis=1) - head)[:, 2].min() > 0.02
    face = points[points[:, 1] > head[1] + 0.02]
    nose = face[face[:, 2].argmax()]
    assert abs(nose[0]) < 0.01 and nose[2] > face[np.abs(face[:, 0]) > 0.02, 2].max() + 0.01


def test_the_mesh_moves_with_the_bones(walk, motion, tmp_path):
    """Points stay as far from the nearest bone as at rest, and both ends of limbs where the joints are."""
    glb, _ = written(walk, tmp_path)
    tracks = glb.tracks(glb.animation("person 0"))
    surface, seconds = glb.surface("person 0"), [0.0, 0.36, 0.92]
    moved = glb.skinned("person 0", glb.transforms(tracks, seconds))
    bound = glb.skinned("person 0", glb.transforms({}, [0.0]))[0]
    np.testing.assert_allclose(bound, surface["POSITION"], atol=1e-6)
    one = surface["WEIGHTS_0"].max(axis=1) == 1
    for bone in range(len(motion.names)):
        own = one & (surface["JOINTS_0"][:, 0] == bone)
        joint = joints_of(glb, "person 0", [motion.names[bone]], seconds)
        rest = glb.transforms({}, [0.0])[0, glb.node(motion.names[bone], "person 0"), :3, 3]
        away = np.linalg.norm(moved[:, own] - joint, axis=-1)
        np.testing.assert_allclose(away, np.tile(np.linalg.norm(bound[own] - rest, axis=-1), (3, 1)), atol=1e-5)
    assert set(motion.names) == {motion.names[bone] for bone in np.unique(surface["JOINTS_0"])}
    edges = np.concatenate(list(surface["triangles"].values()))[:, :2]
    long = [np.linalg.norm(np.diff(points[edges], axis=1), axis=-1) for points in (bound, *moved)]
    assert np.max(long[1:] - long[0]) < 0.06  # where two bones move it, it stretches little


def test_a_figure_is_hidden_while_its_person_is_absent(tmp_path):
    """For longer than half a second; shorter absences are passed through."""
    two = in_world(make_result(people=2, frames=40, fps=20.0))
    absent = (two.person == 1) & ((two.frame < 2) | np.isin(two.frame, (5, 6)) | ((two.frame > 14) & (two.frame < 30)))
    result = without_rows(two, absent)
    glb, notes = written(result, tmp_path)
    expect_sound(glb)
    assert "person 1: absent in 2 frames, up to 0.5 s each time: passed through evenly" in notes
    assert "person 1: absent in 17 frames: not shown there (scaled to 0)" in notes
    hidden = (np.arange(40) < 2) | ((np.arange(40) > 14) & (np.arange(40) < 30))
    for animation in ("person 1", EVERYONE):
        tracks = glb.tracks(glb.animation(animation))
        size = np.linalg.det(glb.transforms(tracks, np.arange(40) / 20)[:, glb.node("Hips", "person 1"), :3, :3])
        np.testing.assert_allclose(size, np.where(hidden, 0, 1), atol=1e-6)
        assert max(keys[-1] for keys, *_ in tracks.values()) == np.float32(39 / 20)
    motions = rig_motions(result)
    for i, person in enumerate(result.people):
        seen = result.frame[result.person == i]
        motion = motions[i].motion
        for animation in (person, EVERYONE):
            found = joints_of(glb, person, motion.names, seen / 20, animation)
            np.testing.assert_allclose(found, motion.joints[seen], atol=0.02 * MILLIMETRE)


def test_without_a_floor_people_stand_at_the_height_0(tmp_path):
    """Heights are from the first root then, 0.9 m above the feet."""
    two = in_world(make_result(people=2, frames=20, fps=20.0), floor=0.9)
    result = two._replace(floor=np.full_like(two.floor, np.nan))
    glb, notes = written(result, tmp_path)
    transforms = glb.transforms(glb.tracks(glb.animation(EVERYONE)), np.arange(20) / 20)
    for person in result.people:
        lowest = glb.skinned(person, transforms)[..., 1].min(axis=1)
        assert -0.03 < lowest.min() < 0.03 and np.median(lowest) < 0.1
    assert any("no floor is known: raised by 0." in note for note in notes)
    _, notes = written(two, tmp_path)  # the floor is where the file says
    assert not any("raised" in note for note in notes)


def test_files_of_one_result_are_fitted_once(tmp_path, monkeypatch):
    """People of `.bvh` files are those of the `.glb`; other points, contacts or rates are other motions."""
    fitted = []
    monkeypatch.setattr(rig_motion, "_FITTED", {})
    monkeypatch.setattr(rig_motion, "fit_rig", lambda *args, **more: fitted.append(1) or fit_rig(*args, **more))
    two = in_world(make_result(people=2, frames=20, fps=20.0))
    first, again = rig_motions(two), rig_motions(two)
    write_result(two, tmp_path / "out.bvh")
    written(two, tmp_path)
    assert len(fitted) == 2
    np.testing.assert_array_equal(first[1].motion.rotation, again[1].motion.rotation)
    for changed in ({"contact": ~two.contact}, {"fps": 25.0}, {"filled": ~two.filled}):
        rig_motions(two._replace(**changed))
    assert len(fitted) == 8


def test_a_note_on_all_people_is_written_once(tmp_path):
    two = in_world(make_result(people=2, frames=20, fps=20.0))
    world, position = two.world_points.copy(), two.position.copy()
    world[[5, 25]], position[[5, 25]] = np.nan, np.nan
    _, notes = written(two._replace(world_points=world, position=position), tmp_path)
    assert [note for note in notes if "have no position" in note] == [
        "2 of 40 poses have no position: bones pass evenly from the frame before to the frame after"
    ]
    assert not any("missing joints" in note for note in notes)  # they have joints, around the root


def test_each_person_has_a_tree_of_their_own(tmp_path):
    result = in_world(make_result(people=3, frames=4))
    names = ('"<a>\\', "Ängström\n人", "\ud800")
    glb, notes = written(result._replace(people=names), tmp_path)
    expect_sound(glb)
    people = [*names[:2], "\\ud800"]
    assert [animation["name"] for animation in glb.file["animations"]] == [EVERYONE, *people]
    assert [skin["name"] for skin in glb.file["skins"]] == people
    joints = [set(skin["joints"]) for skin in glb.file["skins"]]
    assert len(set.union(*joints)) == sum(map(len, joints)) == 3 * 21
    whole, alone = (glb.tracks(animation) for animation in glb.file["animations"][:2])
    assert alone.keys() < whole.keys() and len(whole) == 3 * len(alone)
    assert "4 animations: 'all people', then one of each person" in notes


def test_people_of_whom_nothing_was_lifted_are_left_out(tmp_path):
    result = in_world(make_result(people=2, frames=4))
    points, world = result.points.copy(), result.world_points.copy()
    points[result.person == 0], world[result.person == 0] = np.nan, np.nan
    nothing = {"uncertainty": None, "depth_uncertainty": None}
    glb, notes = written(result._replace(points=points, world_points=world, **nothing), tmp_path)
    assert "left out 'person 0', whose root has a place in no frame" in notes
    assert [animation["name"] for animation in glb.file["animations"]] == ["person 1"]
    position = result.position.copy()
    position[result.person == 1] = np.nan
    _, notes = written(result._replace(position=position).without_world(), tmp_path)
    assert "left out 'person 1', whose root has a place in no frame" in notes
    points[:], world[:] = np.nan, np.nan
    with pytest.raises(DatasetError, match=r"out\.glb: pelvis: found it in no frame"):
        written(result._replace(points=points, world_points=world, **nothing), tmp_path)


def test_people_without_positions_stand_beside_each_other(tmp_path):
    two = make_result(people=2, frames=3)
    glb, notes = written(two._replace(position=np.full_like(two.position, np.nan)), tmp_path)
    roots = [joints_of(glb, person, ["Hips"], [0.0, 0.1])[:, 0] for person in two.people]
    apart = max(np.ptp(glb.surface(person)["POSITION"][:, 0]) for person in two.people)
    np.testing.assert_allclose(roots[1] - roots[0], [[apart, 0, 0]] * 2, atol=0.02)
    assert any(note.startswith(f"each person is {apart:.2f} to the right") for note in notes)


@pytest.mark.parametrize(("names", "foot"), [("mixamo", "mixamorig:LeftFoot"), ("unreal", "foot_l")])
def test_bones_have_the_names_that_a_program_knows(names, foot, walk, motion, tmp_path):
    glb, _ = written(walk, tmp_path, names=names)
    found = joints_of(glb, "person 0", [foot], [0.0, 0.4])[:, 0]
    np.testing.assert_allclose(found, motion.joints[[0, 10], motion.names.index("LeftFoot")], atol=0.01 * MILLIMETRE)


def test_camera_axes_on_request(walk, tmp_path):
    glb, _ = written(walk, tmp_path, camera=True)
    motion = rig_motions(walk.without_world())[0].motion
    found = joints_of(glb, "person 0", motion.names, np.arange(24) / 25)
    np.testing.assert_allclose(found, motion.joints, atol=0.02 * MILLIMETRE)
    root = (walk.points + walk.position[:, None])[:, 0] * (1, -1, -1)
    assert np.abs(found[:, 0] - root).max() < 0.05
    assert glb.file["asset"]["extras"]["axes"] == "camera: x right, y up, z towards the camera"


def test_other_skeletons_become_stick_figures(rng, tmp_path):
    """Bones of fixed lengths that turn about at random come back exactly."""
    skeleton = Skeleton(
        ("tail base", "nose", "left_hip", "right_hip", "left paw", "right paw", "tail"),
        (-1, 0, 0, 0, 2, 3, 0), (2, 4), (3, 5), 1,
    )  # fmt: skip
    bones = rng.normal(size=(12, 7, 3))
    bones *= np.linspace(0.1, 0.5, 7)[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
    bones[:, 0] = 0
    points = bones + np.where(np.array(skeleton.parents)[:, None] > 0, bones[:, skeleton.parents], 0)
    few = make_result(frames=12)
    few = few._replace(
        skeleton=skeleton,
        points=points.astype(np.float32),
        **{key: getattr(few, key)[:, :7] for key in ("keypoints", "confidence", "filled")},
    )
    glb, _ = written(few, tmp_path)
    expect_sound(glb)
    names = [name.replace(" ", "_") for name in skeleton.names]
    expected = (few.points + few.position[:, None]) * (1, -1, -1)
    found = joints_of(glb, "person 0", names, np.arange(12) / 30)
    np.testing.assert_allclose(found, expected, atol=0.05 * MILLIMETRE)
    surface = glb.surface("person 0")
    assert set(surface["triangles"]) == {"body", "left", "right"}
    moved = glb.skinned("person 0", glb.transforms(glb.tracks(glb.animation("person 0")), np.arange(12) / 30))
    with pytest.raises(DatasetError, match="names: found 'mixamo' for a skeleton that is not a person's"):
        written(few, tmp_path, names="mixamo")
    paw = moved[:, surface["triangles"]["left"].ravel()] - expected[:, None, 4]
    np.testing.assert_allclose(np.linalg.norm(paw, axis=-1).min(axis=1), 0, atol=0.05)


def test_quaternions_do_not_change_sign(rng):
    turn = np.radians(np.arange(0, 2000, 25))
    c, s = np.cos(turn), np.sin(turn)
    zero, one = np.zeros_like(c), np.ones_like(c)
    spin = np.array([[c, zero, s], [zero, one, zero], [-s, zero, c]]).transpose(2, 0, 1)[:, None]
    found = quaternions(spin)
    np.testing.assert_allclose(np.abs(found[:, 0, 1]), np.abs(np.sin(turn / 2)), atol=1e-6)
    assert np.sum(found[1:] * found[:-1], axis=-1).min() > 0.97


def test_a_minute_of_a_person_is_small(motion):
    mesh = mannequin(motion.names, motion.parents, motion.offset, motion.end)
    keys = np.arange(1800) % len(motion.root)
    figure = Figure(
        "one", motion.names, motion.parents, motion.offset, mesh, np.arange(1800) / 30, motion.rotation[keys],
        motion.root[keys], {},
    )  # fmt: skip
    assert len(glb_bytes([figure], {})) < 1e6


def test_glb_without_pygltflib(walk, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygltflib", None)
    with pytest.raises(DatasetError, match=r"out\.glb: \.glb needs .*pip install 'geolift\[files\]'"):
        write_result(walk, tmp_path / "out.glb")
    assert not list(tmp_path.iterdir())
