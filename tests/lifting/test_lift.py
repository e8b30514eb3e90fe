"""The whole way from keypoints to a result: what is invariant, what is counted, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import geolift
from geolift.data.normalization import Normalization, fit_normalization
from geolift.errors import DatasetError
from geolift.geometry import rotation_y
from geolift.keypoints.recording import record
from geolift.lifting import metric_scale
from geolift.lifting.grouped import grouped_median
from geolift.model import Model, TiltNetwork
from geolift.networks.mlp import Lifter
from geolift.networks.tilt import PoseTilt
from geolift.output.result import check_result
from geolift.skeletons.bones import bone_lengths, seen_bone_lengths
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.cases import case

NAMES = list(H36M17.names)
SIZE = (1000.0, 1000.0)


class FlatLifter(nn.Module):
    """All depths equal: lifted points are the pose itself."""

    masks: bool = True

    def __call__(self, pose, seen=None):
        return jnp.zeros(pose.shape[:-1])


@pytest.fixture(scope="module")
def normalization(people):
    return fit_normalization(people)


@pytest.fixture(scope="module")
def flat(normalization):
    return Model(FlatLifter(), {}, H36M17, normalization, 10.0, 1.0, "flat")


@pytest.fixture(scope="module")
def trained(normalization):
    """Random weights: some function of the pose."""
    lifter = Lifter(width=32, blocks=1, norm="none", masks=True)
    variables = lifter.init(jax.random.key(0), np.zeros((1, 17, 2), np.float32))
    return Model(lifter, variables, H36M17, normalization, 10.0, 1.0, "random")


@pytest.fixture(scope="module")
def tilted(trained):
    """The same with a network for the tilt of cameras, whose weights are random too."""
    network = PoseTilt(width=16, blocks=1, masks=True)
    variables = network.init(jax.random.key(1), np.zeros((1, 17, 2), np.float32))
    last = variables["params"]["ResidualMLP_0"]["Dense_3"]
    last["kernel"] = jax.random.normal(jax.random.key(2), last["kernel"].shape)
    return trained._replace(tilt=TiltNetwork(network, variables))


@pytest.fixture
def video(people):
    """The first clip of the procedural people and another beside it, as a video of 10 frames per second."""
    frames = min(20, people.stop[0])
    other = people.keypoints[people.start[1] :][:frames] + np.array([400, 0])
    keypoints = np.concatenate([people.keypoints[:frames], other])
    return {
        "keypoints": keypoints,
        "confidence": np.full(keypoints.shape[:2], 0.9),
        "frame": np.tile(np.arange(frames), 2),
        "person": np.repeat([0, 1], frames),
        "people": ("ann", "bob"),
        "joints": H36M17.names,
        "joint_set": "h36m17",
        "frames": tuple(f"{i}.png" for i in range(frames)),
        "video": True,
        "origin": "video",
        "fps": 10.0,
        "image_size": np.full((frames, 2), SIZE),
    }


def lift(video, model, change=None, **options):
    return geolift.lift(record(**{**video, **(change or {})}), model=model, **options)


def test_a_result_is_whole_and_says_what_it_is(video, trained):
    result = check_result(lift(video, trained), "result")
    assert result.people == ("ann", "bob")
    assert (result.units, result.model, result.fps, result.video) == ("m", "random", 10.0, True)
    assert "1.7 m (assumed" in result.scale
    assert np.isfinite(result.points).all()
    np.testing.assert_array_equal(result.points[:, H36M17.root], 0)
    np.testing.assert_allclose(result.keypoints, video["keypoints"], rtol=1e-5)


def test_where_people_stand_in_the_image_and_how_large_they_are_changes_no_shape(video, trained):
    plain = lift(video, trained, {"image_size": None})
    moved = lift(video, trained, {"keypoints": 2.5 * video["keypoints"] + [300, 100], "image_size": None})
    np.testing.assert_allclose(moved.points, plain.points, atol=2e-4)
    np.testing.assert_allclose(moved.position, plain.position, atol=2e-3)


def test_the_order_of_rows_and_of_people_changes_nothing(video, trained, rng):
    order = rng.permutation(len(video["frame"]))
    mixed = {key: video[key][order] for key in ("keypoints", "confidence", "frame", "person")}
    np.testing.assert_array_equal(lift(video, trained, mixed).points, lift(video, trained).points)


def test_one_person_is_lifted_as_among_others(video, trained):
    both, one = lift(video, trained, refine=False), lift(video, trained, people=["bob"], refine=False)
    assert one.people == ("bob",)
    np.testing.assert_allclose(one.points, both.points[both.person == 1], atol=1e-5)
    with pytest.raises(DatasetError, match=r"found \['carl'\]"):
        lift(video, trained, people=["carl"])


def test_left_stays_left_and_right_stays_right(video, flat):
    result = lift(video, flat, {"image_size": None})
    for name in NAMES:
        joint = NAMES.index(name)
        offset = video["keypoints"][:, joint] - video["keypoints"][:, H36M17.root]
        assert (np.sign(result.points[:, joint, :2]) == np.sign(offset.round(4)))[np.abs(offset) > 1].all(), name


def test_height_sets_the_scale(video, trained):
    plain, tall = lift(video, trained, refine=False), lift(video, trained, height=3.4, refine=False)
    np.testing.assert_allclose(tall.points, 2 * plain.points, rtol=1e-4)
    np.testing.assert_allclose(tall.position, 2 * plain.position, rtol=1e-4)
    assert "3.4 m (as given)" in tall.scale


def test_heights_by_name_set_the_scale_of_each_person(video, trained):
    """Of the user or of the file; a name that is unknown, and what contradicts the file, is named."""
    plain, tall = (lift(video, trained, height=h, refine=False) for h in (None, {"ann": 1.2, "bob": 3.4}))
    ann, bob = (plain.person == i for i in (0, 1))
    np.testing.assert_allclose(tall.points[ann], 1.2 / 1.7 * plain.points[ann], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(tall.points[bob], 2 * plain.points[bob], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(tall.position[bob], 2 * plain.position[bob], rtol=1e-4)
    assert "ann 1.2 m, bob 3.4 m (as given)" in tall.scale
    one = lift(video, trained, height={"bob": 3.4}, refine=False)
    np.testing.assert_allclose(one.points[ann], plain.points[ann], atol=1e-6)
    assert "bob 3.4 m (as given); others 1.7 m (assumed)" in one.scale
    stated = record(**video)._replace(heights=(("ann", 1.2), ("bob", 3.4)))
    np.testing.assert_array_equal(geolift.lift(stated, model=trained, refine=False).points, tall.points)
    with pytest.raises(DatasetError, match=r"height: found \['carl'\], expected names of \['ann', 'bob'\]"):
        lift(video, trained, height={"carl": 1.0})
    with pytest.raises(DatasetError, match=r"height: found 1\.8 for 'ann', expected 1\.2 as in"):
        geolift.lift(stated, model=trained, height={"ann": 1.8})
    with pytest.raises(DatasetError, match="centimetres"):
        lift(video, trained, height={"ann": 1.2, "bob": 170})


def test_a_child_beside_an_adult_has_its_own_height():
    """The two are drawn as large as they are: with their heights they are as large as in the truth."""
    path = case("child-beside-adult/two.csv")
    plain = {"refine": False}  # else feet are placed, which depends on how large people are
    assumed, given = geolift.lift(path, **plain), geolift.lift(path, height={"child": 1.2, "parent": 1.8}, **plain)
    for person, height in (("child", 1.2), ("parent", 1.8)):
        rows = given.person == given.people.index(person)
        np.testing.assert_allclose(given.points[rows], height / 1.7 * assumed.points[rows], rtol=1e-4, atol=1e-6)


def test_a_person_s_size_is_measured_by_the_bones_in_any_units(people, flat):
    """Points in any units come out in metres by the person's stature, but for how bodies differ in proportion."""
    name = NAMES.index

    def length(points, *chain):
        joints = [name(joint) for joint in chain]
        return np.linalg.norm(np.diff(points[:, joints], axis=1), axis=-1).sum(axis=1).mean()

    def person_factor(points, known):
        lengths = seen_bone_lengths(points, known, H36M17)
        usual = grouped_median(lengths, np.zeros(len(points), int), 1)
        return metric_scale.person_factors(usual, flat)[0]

    reference = metric_scale.reference_length(flat)
    for clip in range(len(people.start)):
        points = people.points_3d[people.start[clip] : people.stop[clip]]
        trunk = length(points, "pelvis", "spine", "thorax", "neck", "head")
        legs = [length(points, f"{side}_hip", f"{side}_knee", f"{side}_ankle") for side in ("left", "right")]
        stature = (trunk + np.mean(legs)) / metric_scale.SOLES
        assert 1.4 < stature < 2.0
        for units in (0.3, 20.0):
            known = np.ones(points.shape[:2], bool)
            factor = person_factor(units * points, known)
            np.testing.assert_allclose(stature / reference / factor * units, 1, atol=0.06)
            known[:, name("head")] = False
            np.testing.assert_allclose(person_factor(units * points, known), factor, rtol=0.03)


def test_the_root_reprojects_onto_its_keypoint(video, trained):
    result = lift(video, trained, focal=1100.0)
    x, y, z = result.position.T
    assert (z > 0).all()
    projected = np.stack([1100 * x / z + 500, 1100 * y / z + 500], axis=1)
    np.testing.assert_allclose(projected, result.keypoints[:, H36M17.root], atol=0.05)


def test_nearer_people_are_nearer(video, trained):
    """A person twice as large at the same place of the image is at about half the distance."""
    root = video["keypoints"][:, [H36M17.root]]
    twice = {"keypoints": root + 2 * (video["keypoints"] - root)}
    far, near = lift(video, trained, refine=False), lift(video, trained, twice, refine=False)
    np.testing.assert_allclose(far.position[:, 2], 2 * near.position[:, 2], rtol=0.02)


def test_missing_joints_are_missing_and_counted_and_affect_no_others(video, trained):
    confidence = video["confidence"].copy()
    confidence[:, NAMES.index("left_wrist")] = 0.05
    junk = video["keypoints"].copy()
    junk[:, NAMES.index("left_wrist")] = 777
    plain = lift(video, trained, {"confidence": confidence})
    assert np.isnan(plain.points[:, NAMES.index("left_wrist")]).all()
    assert np.isfinite(plain.points).all(axis=-1).sum() == 16 * len(plain.points)
    assert any("20 joints less sure than 0.1" in note for note in plain.notes)
    assert any("no pose has left_wrist" in note for note in plain.notes)
    corrupted = lift(video, trained, {"confidence": confidence, "keypoints": junk})
    np.testing.assert_array_equal(plain.points, corrupted.points)


def test_gaps_are_filled_and_marked_if_short(video, trained):
    confidence = video["confidence"].copy()
    confidence[[5, 6], NAMES.index("right_ankle")] = 0
    filled = lift(video, trained, {"confidence": confidence})
    assert np.isfinite(filled.points).all()
    assert filled.filled.sum() == 2
    np.testing.assert_array_equal(filled.confidence[filled.filled], 0)
    assert any("2 joints were filled in" in note for note in filled.notes)
    for options in ({"gap": 0.0}, {"gap": 0.1}):
        bare = lift(video, trained, {"confidence": confidence}, **options)
        assert np.isnan(bare.points[[5, 6], NAMES.index("right_ankle")]).all()
        assert not bare.filled.any()


def test_poses_without_a_trunk_are_not_lifted_and_counted(video, trained):
    confidence = video["confidence"].copy()
    trunk = [i for i, name in enumerate(NAMES) if name in ("pelvis", "thorax") or name.endswith(("hip", "shoulder"))]
    confidence[:3, trunk] = 0
    result = lift(video, trained, {"confidence": confidence}, gap=0.0)
    assert np.isnan(result.points[:3]).all()
    assert np.isfinite(result.points[3:]).all()
    assert any("3 of 20 poses were not lifted: they lack hips and shoulders" in note for note in result.notes)
    confidence[:, trunk] = 0
    with pytest.raises(DatasetError, match="none of 20 poses can be lifted"):
        lift(video, trained, {"confidence": confidence})


def test_a_model_without_masks_lifts_whole_poses_only(video, normalization):
    lifter = Lifter(width=16, blocks=1, norm="none")
    model = Model(
        lifter, lifter.init(jax.random.key(0), jnp.zeros((1, 17, 2))), H36M17, normalization, 10.0, 1.0, "whole"
    )
    assert np.isfinite(lift(video, model).points).all()
    confidence = video["confidence"].copy()
    confidence[0, 5] = 0
    assert np.isnan(lift(video, model, {"confidence": confidence}, gap=0.0).points[0]).all()


def test_smoothing_lowers_jitter_only_if_asked(video, trained, rng):
    noisy = {"keypoints": video["keypoints"] + rng.normal(0, 3, video["keypoints"].shape)}
    rough, smooth = lift(video, trained, noisy), lift(video, trained, noisy, smoothing=0.7)

    def jitter(result):
        return np.abs(np.diff(result.points[result.person == 0], 2, axis=0)).mean()

    assert jitter(smooth) < 0.6 * jitter(rough)
    assert any("smoothed" in note for note in smooth.notes)
    assert not any("smoothed" in note for note in rough.notes)


def test_bones_of_people_in_videos_keep_their_lengths_unless_disabled(video, trained):
    plain, refined = lift(video, trained, refine=False), lift(video, trained)

    def unsteady(result, person):
        lengths = np.asarray(bone_lengths(result.points[result.person == person], H36M17))
        return (lengths.std(axis=0) / lengths.mean(axis=0)).mean()

    for person in (0, 1):
        assert unsteady(refined, person) < 0.5 * unsteady(plain, person)
    said = ["keep their lengths" in " ".join(result.notes) for result in (plain, refined)]
    assert said == [False, True]
    stills = [lift(video, trained, {"video": False, "fps": 0.0}, refine=refine) for refine in (False, True)]
    np.testing.assert_array_equal(stills[0].points, stills[1].points)


def test_jitter_is_smoothed_before_lifting(people, trained, rng):
    frames = 120
    still = people.keypoints[:1].repeat(frames, axis=0) + np.arange(frames)[:, None, None]
    noisy = {"keypoints": still + rng.normal(0, 4, still.shape)}
    walk = {
        "confidence": np.ones(still.shape[:2]), "joints": H36M17.names, "fps": 30.0, "video": True,
        "image_size": np.full((frames, 2), SIZE),
    }  # fmt: skip
    rough, denoised = lift(walk, trained, noisy, refine=False), lift(walk, trained, noisy)
    error = [np.sqrt(((result.keypoints - still) ** 2).mean()) for result in (rough, denoised)]
    assert error[0] == pytest.approx(4, rel=0.1) and error[1] < 2
    note = next(note for note in denoised.notes if note.startswith("jitter"))
    assert float(note.split()[2]) == pytest.approx(4, rel=0.2)


def test_every_joint_set_can_be_lifted(people, trained, rng):
    for name, mapping in JOINT_SETS.items():
        keypoints = rng.uniform(100, 900, (4, len(mapping.source), 2))
        stills = record(
            keypoints,
            np.ones(keypoints.shape[:2]),
            frame=np.arange(4),
            joints=mapping.source,
            joint_set=name,
            frames=tuple("abcd"),
            video=False,
            origin=name,
        )
        result = check_result(geolift.lift(stills, model=trained), name)
        masked = [i for i, joint in enumerate(NAMES) if not mapping.mean_of[joint]]
        assert np.isnan(result.points[:, masked]).all(), name
        assert np.isfinite(np.delete(result.points, masked, axis=1)).all(), name


def test_other_joints_ask_for_a_skeleton_file(video, trained, tmp_path):
    renamed = {"joints": tuple(name.upper() for name in NAMES), "joint_set": ""}
    with pytest.raises(DatasetError, match="--skeleton"):
        lift(video, trained, renamed)
    parents = [NAMES[p] if p >= 0 else "" for p in H36M17.parents]
    lines = [
        'head = "head"',
        f"left = {[NAMES[i] for i in H36M17.left]}",
        f"right = {[NAMES[i] for i in H36M17.right]}",
        "[joints]",
        *(f'{name} = "{parent}"' for name, parent in zip(NAMES, parents, strict=True)),
        "[mapping]",
        *(f'{name} = "{name.upper()}"' for name in NAMES),
    ]
    path = tmp_path / "upper.toml"
    path.write_text("\n".join(lines))
    named = lift(video, trained, renamed, skeleton=path)
    np.testing.assert_array_equal(named.points, lift(video, trained).points)


def test_an_animal_is_lifted_in_its_own_units(rng):
    dog = Skeleton(("root", "nose", "paw_a", "paw_b"), (-1, 0, 0, 0), (2,), (3,), 1)
    normalization = Normalization("image", 1.0, (0.1, 0.08, 0.08))
    model = Model(FlatLifter(), {}, dog, normalization, 10.0, 1.0, "dog")
    video = record(
        rng.uniform(0, 100, (6, 4, 2)),
        np.ones((6, 4)),
        frame=np.arange(6),
        person=np.zeros(6),
        people=("rex",),
        joints=dog.names,
        joint_set="",
        frames=tuple("abcdef"),
        video=True,
        origin="dog",
    )
    plain = geolift.lift(video, model=model)
    assert plain.units == "normalised"
    assert np.isfinite(plain.points).all()
    assert np.isnan(plain.position).all()
    metres = geolift.lift(video, model=model, height=0.6)
    assert metres.units == "m"
    np.testing.assert_allclose(
        metres.points, plain.points * (metres.points[0, 1, 0] / plain.points[0, 1, 0]), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("min_confidence", 1.5),
        ("gap", -1),
        ("smoothing", float("nan")),
        ("height", 0),
        ("focal", -5),
        ("head", "hat"),
        ("fps", 1e12),
    ],
)
def test_options_out_of_range_are_named(video, trained, option, value):
    with pytest.raises(DatasetError, match=f"{option}: found"):
        lift(video, trained, **{option: value})


def test_people_with_none_of_the_model_s_joints_are_left_out_and_counted(people, trained, rng):
    """A face alone, as detectors find them, must not change the others' result."""
    coco = JOINT_SETS["coco17"]
    keypoints = rng.uniform(100, 900, (6, 17, 2))
    confidence = np.ones((6, 17))
    eyes_and_ears = [coco.source.index(f"{side}_{part}") for side in ("left", "right") for part in ("eye", "ear")]
    face = np.isin(np.arange(17), eyes_and_ears)
    confidence[[1, 3, 5]] = face
    video = record(
        keypoints,
        confidence,
        frame=np.repeat(np.arange(3), 2),
        person=np.tile([0, 1], 3),
        people=("ann", "face"),
        joints=coco.source,
        joint_set="coco17",
        frames=tuple("abc"),
        video=True,
        origin="video",
    )
    result = check_result(geolift.lift(video, model=trained), "result")
    assert result.people == ("ann",)
    assert any("3 of 6 detections were left out" in note for note in result.notes)
    with pytest.raises(DatasetError, match="6 of 6 detections were left out"):
        geolift.lift(video._replace(confidence=np.where(face, confidence, 0)), model=trained)
    with pytest.raises(
        DatasetError, match=r"found confidences up to 0\.9, none as high as 0\.95: lower it with --min-confidence"
    ):
        lift({**stand_ins(people), "confidence": np.full((20, 17), 0.9)}, trained, min_confidence=0.95)


def stand_ins(people):
    keypoints = people.keypoints[:20]
    return {
        "keypoints": keypoints,
        "frame": np.arange(20),
        "joints": H36M17.names,
        "joint_set": "h36m17",
        "frames": tuple(str(i) for i in range(20)),
        "video": False,
        "origin": "stills",
    }


def test_an_extrapolated_head_is_marked_and_counted(trained, rng):
    coco = JOINT_SETS["coco17"]
    stills = record(
        rng.uniform(100, 900, (4, 17, 2)),
        np.ones((4, 17)),
        frame=np.arange(4),
        joints=coco.source,
        joint_set="coco17",
        frames=tuple("abcd"),
        video=False,
        origin="stills",
    )
    result = check_result(geolift.lift(stills, model=trained, head="extrapolate"), "result")
    assert np.isfinite(result.points).all()
    np.testing.assert_array_equal(result.filled, np.tile(np.arange(17) == H36M17.head, (4, 1)))
    assert any("extrapolated in 4 poses" in note for note in result.notes)


def test_a_pose_of_fewer_than_three_bones_is_not_lifted_even_among_others(video, trained):
    confidence = video["confidence"].copy()
    confidence[4, 1:] = 0
    result = lift(video, trained, {"confidence": confidence}, gap=0.0)
    assert np.isnan(result.points[4]).all() and np.isfinite(result.points[5]).all()


def test_options_without_effect_are_noted(video, trained):
    plain = lift(video, trained)
    short = lift(video, trained, smoothing=0.3)
    np.testing.assert_array_equal(short.points, plain.points)
    assert any("0 of 20 poses were smoothed" in note for note in short.notes)
    nowhere = lift(video, trained, {"image_size": None}, focal=1000.0)
    assert any("--image-size" in note for note in nowhere.notes)


def test_a_recording_takes_no_reading_options_and_is_checked(video, trained):
    for option in ({"fps": 25.0}, {"image_size": (640, 480)}, {"joints": "coco17"}, {"format": "coco"}):
        with pytest.raises(DatasetError, match=f"{next(iter(option))}: found with a recording"):
            lift(video, trained, **option)
    for change, message in (
        ({"joint_set": "coco17"}, "joint_set: found 'coco17'"),
        ({"joint_set": "h36"}, "joint_set: found 'h36'"),
        ({"joints": H36M17.names[::-1]}, "joint_set: found 'h36m17'"),
        ({"fps": float("nan")}, "fps: found nan"),
        ({"fps": -5}, "fps: found -5"),
        ({"people": ("ann",)}, "person: expected"),
        ({"people": ("ann", "ann")}, "different names"),
        ({"frames": tuple(range(10))}, "frames: expected names"),
    ):
        with pytest.raises(DatasetError, match=message):
            lift(video, trained, change)


def test_a_model_of_another_known_joint_set_is_mapped_by_name(rng):
    """A model trained on COCO's own joints lifts COCO's files."""
    names = JOINT_SETS["coco17"].source
    left, right = (tuple(i for i, name in enumerate(names) if name.startswith(side)) for side in ("left", "right"))
    skeleton = Skeleton(names, (-1, *[0] * 16), left, right, 16)
    normalization = Normalization("image", 1.0, (0.1,) * 16)
    model = Model(FlatLifter(), {}, skeleton, normalization, 10.0, 1.0, "coco")
    stills = record(
        rng.uniform(100, 900, (3, 17, 2)),
        np.ones((3, 17)),
        frame=np.arange(3),
        joints=names,
        joint_set="coco17",
        frames=tuple("abc"),
        video=False,
        origin="stills",
    )
    assert np.isfinite(geolift.lift(stills, model=model).points).all()


def test_a_folder_of_images_and_unknown_json_is_not_taken_for_images(tmp_path, trained):
    for name in ("a_keypoints.json", "a_rendered.png", "b_keypoints.json", "b_rendered.png"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(DatasetError, match=r"a_keypoints\.json: found an object with nothing"):
        geolift.lift(tmp_path, model=trained)


def test_arrays_become_a_recording_with_few_arguments(people, trained):
    plain = geolift.record(people.keypoints[:5], people.confidence[:5], joints=H36M17.names, image_size=SIZE)
    assert (plain.joint_set, plain.frames, plain.video) == ("h36m17", tuple("01234"), True)
    np.testing.assert_array_equal(plain.image_size, np.tile(SIZE, (5, 1)))
    assert np.isfinite(geolift.lift(plain, model=trained).position).all()


def test_some_of_a_known_set_s_joints_go_by_their_names(people, trained, rng):
    sides = ("left", "right")
    limbs = tuple(
        f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in sides
    )
    joints = ("nose", *limbs)  # of COCO's, without eyes and ears
    keypoints = rng.uniform(100, 900, (4, 13, 2))
    result = geolift.lift(geolift.record(keypoints, np.ones((4, 13)), joints=joints, video=False), model=trained)
    np.testing.assert_array_equal(np.isnan(result.points).any(axis=-1), np.tile(np.arange(17) == H36M17.head, (4, 1)))
    hips = [joints.index(f"{side}_hip") for side in sides]
    np.testing.assert_allclose(result.keypoints[:, 0], keypoints[:, hips].mean(axis=1), rtol=1e-5)
    for names in (("left_hip", "left_knee", "left_ankle"), ("left_hip", "right_hip", "tail")):
        stills = geolift.record(keypoints[:, :3], np.ones((4, 3)), joints=names, video=False)
        with pytest.raises(DatasetError, match="--skeleton"):
            geolift.lift(stills, model=trained)


def test_a_mapping_alone_is_about_people(video, trained, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[mapping]\n" + "\n".join(f'{name} = "{name.upper()}"' for name in NAMES))
    renamed = {"joints": tuple(name.upper() for name in NAMES), "joint_set": ""}
    np.testing.assert_array_equal(lift(video, trained, renamed, skeleton=path).points, lift(video, trained).points)


def test_lifting_notes_warnings(people, trained):
    rows = people.stop[0]
    shuffled = people.keypoints[:rows, np.random.default_rng(1).permutation(17)]
    for keypoints, loud in ((people.keypoints[:rows], False), (shuffled, True)):
        result = geolift.lift(geolift.record(keypoints, np.ones((rows, 17)), joints=H36M17.names), model=trained)
        assert any(note.startswith("warning: ") for note in result.notes) == loud, result.notes


def test_centimetres_are_not_metres(video, trained):
    with pytest.raises(DatasetError, match="centimetres"):
        lift(video, trained, height=170)


def test_people_in_few_frames_are_noted(video, trained):
    kept = (video["person"] == 0) | (video["frame"] < 2)
    short = {key: video[key][kept] for key in ("keypoints", "confidence", "frame", "person")}
    assert any("1 of 2 people are in 5 frames or fewer: bob" in note for note in lift(video, trained, short).notes)
    assert not any("frames or fewer" in note for note in lift(video, trained).notes)


def test_an_unknown_frame_rate_of_a_video_is_noted(trained, video):
    """Once, wherever 30 frames per second stand in for it; single images have no rate."""
    note = "the frame rate is unknown: 30 frames per second were assumed (set with --fps)"
    unknown = {**video, "fps": 0.0}
    for options in ({}, {"gap": 0.0, "refine": False}):
        assert lift(unknown, trained, **options).notes.count(note) == 1
    assert note not in lift(video, trained).notes
    assert note not in lift({**unknown, "video": False}, trained).notes


# The direction up, and the focal length


def test_a_video_has_one_direction_up_and_an_image_one_for_its_people(video, trained, tilted):
    stills = {"video": False, "fps": 0.0}  # in which how people stand is not used
    assert lift(video, trained, stills).up is None and lift(video, trained, stills).up_spread is None
    frames = len(video["frames"])
    moving = lift(video, tilted)
    assert moving.up.shape == (frames, 3) and moving.up_spread.shape == (frames,)
    assert (moving.up == moving.up[0]).all() and (moving.up_spread == moving.up_spread[0]).all()
    assert any("taken to stand still" in note for note in moving.notes)
    as_lifted = (lift(video, model, refine=False).points for model in (tilted, trained))
    np.testing.assert_array_equal(*as_lifted)
    images = lift(video, tilted, stills)
    assert len(np.unique(images.up, axis=0)) == frames and (images.up_spread > 0).all()
    assert not any("stand still" in note for note in images.notes)
    alone = lift(video, tilted, stills, people=["ann"])
    assert np.isnan(alone.up_spread).all() and np.isfinite(alone.up).all()
    np.testing.assert_allclose(np.linalg.norm(alone.up, axis=1), 1, atol=1e-6)


def test_frames_without_people_have_no_direction_up_in_images_only(video, tilted):
    later = {"frame": video["frame"] + 2, "frames": ("x", "y", *video["frames"])}
    later["image_size"] = np.full((len(later["frames"]), 2), SIZE)
    images = lift(video, tilted, {**later, "video": False, "fps": 0.0})
    assert np.isnan(images.up[:2]).all() and np.isnan(images.up_spread[:2]).all() and np.isfinite(images.up[2:]).all()
    moving = lift(video, tilted, later)
    np.testing.assert_allclose(moving.up[0], lift(video, tilted).up[0], atol=1e-6)


def test_poses_that_are_less_sure_change_the_direction_up_less(video, tilted):
    def up(*people, confidence=(0.9, 0.9)):
        sure = np.where(np.arange(len(video["person"])) < len(video["frames"]), *confidence)
        changed = {"confidence": np.broadcast_to(sure[:, None], video["confidence"].shape)}
        return lift(video, tilted, changed, people=list(people), refine=False).up[0]

    def angle(a, b):
        return np.arccos(np.clip(a @ b, -1, 1))

    ann, both, hardly_bob = up("ann"), up("ann", "bob"), up("ann", "bob", confidence=(0.9, 0.2))
    assert 0 < angle(hardly_bob, ann) < 0.5 * angle(both, ann)


def panned(video, focal, angle):
    """The same people, their roots brought to the image's middle, before a camera that is then panned by an angle."""
    centred = video["keypoints"] - video["keypoints"][:, [H36M17.root]]
    rays = np.concatenate([centred, np.full((*centred.shape[:2], 1), focal)], axis=-1)
    rays = rays @ np.asarray(rotation_y(np.float32(angle)), np.float64).T
    return {"keypoints": focal * rays[..., :2] / rays[..., 2:] + 500, "image_size": video["image_size"]}


@pytest.mark.parametrize("refine", [False, True])
def test_with_the_focal_length_a_turned_camera_turns_the_result(refine, video, tilted):
    given = {"focal": 1100.0, "refine": refine, "people": ["ann"]}
    ahead = lift(video, tilted, panned(video, 1100.0, 0.0), **given)
    assert any("turned to each person, by up to 0 degrees" in note for note in ahead.notes)
    for angle in (-0.6, 0.4):
        aside, rotation = lift(video, tilted, panned(video, 1100.0, angle), **given), rotation_y(np.float32(angle))
        for field in ("points", "position", "up"):
            found = getattr(aside, field) @ np.asarray(rotation, np.float64)
            np.testing.assert_allclose(found, getattr(ahead, field), atol=5e-3 if refine else 1e-3, err_msg=field)
    without = lift(video, tilted, panned(video, 1100.0, 0.4) | {"image_size": None}, refine=refine, people=["ann"])
    assert np.abs(without.points - aside.points).max() > 0.05


def test_without_the_focal_length_the_camera_is_turned_by_an_assumed_one(video, tilted):
    """Half an image off the centre, people come out as in the middle, nearly whatever the true focal length is."""

    def apart(focal, angle, **image):
        aside, rotation = lift(video, tilted, panned(video, focal, angle) | image, refine=False), rotation_y(angle)
        return np.abs(aside.points @ np.asarray(rotation, np.float64) - ahead.points).max()

    ahead = lift(video, tilted, panned(video, 850.0, 0.0), refine=False)
    for focal, angle in ((850.0, 0.5), (700.0, 0.5), (1100.0, 0.4)):
        angle = np.float32(angle)
        assert apart(focal, angle) < 0.4 * apart(focal, angle, image_size=None)
    assert any("for an assumed focal length" in note for note in ahead.notes)


def test_a_person_in_a_tight_crop_is_lifted_although_an_assumed_camera_could_not_see_them(video, trained):
    wide = np.array(video["keypoints"])
    wide[:10, H36M17.head] += [0, -9000]  # in all frames of a person: in some it would be a joint that jumps
    assert np.isfinite(lift(video, trained, {"keypoints": wide}, gap=0.0, refine=False).points).all()


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("focal", [400.0, 1500.0])
def test_with_the_focal_length_every_joint_reprojects_onto_its_keypoint(focal, refine, video, trained):
    result = lift(video, trained, focal=focal, refine=refine)
    seen = result.points + result.position[:, None]
    off = np.linalg.norm(focal * seen[..., :2] / seen[..., 2:] + 500 - result.keypoints, axis=-1)
    tall = np.ptp(result.keypoints[..., 1], axis=1)[:, None]
    assert off[:, H36M17.root].max() < 0.05
    assert (off < (0.06 * tall if refine else 0.1)).all()  # a person whose distance is steadied has another size


def test_a_focal_length_without_the_image_size_is_noted(video, trained):
    known, unknown = (lift(video, trained, {"image_size": size}, focal=800.0) for size in (video["image_size"], None))
    said = "the focal length was not used because the image size (--image-size) is missing"
    assert said in unknown.notes and said not in known.notes


def test_a_person_spread_over_too_wide_an_angle_is_not_lifted_and_counted(video, trained):
    wide = np.array(video["keypoints"])
    wide[:10, H36M17.head] += [0, -3000]
    result = lift(video, trained, {"keypoints": wide}, focal=500.0, gap=0.0, refine=False)
    assert np.flatnonzero(np.isnan(result.points).all(axis=(1, 2))).tolist() == list(range(10))
    assert any("10 of 20 poses were not lifted" in note and "span 75 degrees" in note for note in result.notes)


def test_a_video_of_two_seconds_is_lifted_in_proportion(people, trained):
    keypoints = np.tile(np.concatenate([people.keypoints[:10], people.keypoints[9::-1]]), (3, 1, 1))  # there and back
    about = {"joints": H36M17.names, "people": ("ann",), "fps": 30.0, "video": True}
    walk = {"keypoints": keypoints, "confidence": np.ones((60, 17)), "person": np.zeros(60, int), **about}
    notes = [" ".join(lift(walk, trained, refine=refine).notes) for refine in (True, False)]
    assert ["1 person was lifted with proportions nearer" in text for text in notes] == [True, False]
    short = {key: walk[key][:59] for key in ("keypoints", "confidence", "person")}
    assert "proportions" not in " ".join(lift(walk, trained, short).notes)
