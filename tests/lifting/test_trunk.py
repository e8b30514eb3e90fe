"""People without a pelvis: where it is placed, what is marked, what is left alone, and what can be done with them."""

import json

import jax
import numpy as np
import pytest

import geolift
from geolift.data.normalization import fit_normalization
from geolift.lifting.tracks import make_tracks
from geolift.lifting.trunk import place_trunks
from geolift.model import Model
from geolift.networks.mlp import Lifter
from geolift.output.result import check_result
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.write import LOADERS, WRITERS, load_result, write_result
from geolift.skeletons.bones import partners
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.cases import case, errors

JOINT = H36M17.names.index
PELVIS, SPINE, THORAX, NECK = map(JOINT, ("pelvis", "spine", "thorax", "neck"))
HIPS = [JOINT("left_hip"), JOINT("right_hip")]
LEGS = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")]
RIGHT = list(H36M17.right)
PARTS = {
    "upper body": [PELVIS, SPINE, *HIPS, *LEGS],
    "arms and head": [PELVIS, SPINE, THORAX, *HIPS, *LEGS],
    "one hip": [PELVIS, SPINE, HIPS[1], *LEGS],
    "left side": [PELVIS, SPINE, THORAX, *RIGHT],
    "right side": [PELVIS, SPINE, THORAX, *H36M17.left],
}


@pytest.fixture(scope="module")
def model(people):
    lifter = Lifter(width=16, blocks=1, norm="none", masks=True)
    variables = lifter.init(jax.random.key(0), np.zeros((1, 17, 2), np.float32))
    fitted = fit_normalization(people)
    bones = np.mean([fitted.bones, np.array(fitted.bones)[partners(H36M17)]], axis=0)  # the same left and right
    return Model(lifter, variables, H36M17, fitted._replace(bones=tuple(bones)), 10.0, 1.0, "random")


def tracks_of(keypoints, missing, *, video=False, fps=30.0):
    """One person in all frames `[F, 17, 2]`, without the joints `missing` (bool `[F, 17]` or indices)."""
    count, seen = len(keypoints), np.ones(keypoints.shape[:2], np.float32)
    if np.asarray(missing).dtype == bool:
        seen[missing] = 0
    else:
        seen[:, missing] = 0
    about = {"skeleton": H36M17, "frames": tuple(map(str, range(count))), "people": ("ann",), "fps": fps}
    about |= {"video": video, "image_size": None, "source": "arrays"}
    return make_tracks(
        np.where(seen[..., None] > 0, keypoints, 0), seen, np.arange(count), np.zeros(count, int), **about
    )


def mirrored(keypoints):
    return keypoints[:, list(H36M17.mirrored)] * [-1, 1]


@pytest.fixture
def poses(people):
    return people.keypoints[::7].astype(np.float64)


@pytest.mark.parametrize("part", PARTS)
def test_the_trunk_is_near_where_it_is(part, model, poses):
    """In lengths of the trunk; the thorax alone would be one off."""
    tracks = place_trunks(model, tracks_of(poses, PARTS[part]))
    trunk = np.linalg.norm(poses[:, PELVIS] - poses[:, THORAX], axis=-1)
    for joint, most in ((PELVIS, 0.3), (SPINE, 0.25), (THORAX, 0.25)):
        off = np.linalg.norm(tracks.keypoints[:, joint] - poses[:, joint], axis=-1) / trunk
        assert np.median(off) < most, (part, H36M17.names[joint])


@pytest.mark.parametrize("part", PARTS)
def test_only_the_trunk_is_placed_and_all_of_it_is_marked(part, model, poses):
    before = tracks_of(poses, PARTS[part])
    after = place_trunks(model, before)
    placed = [joint for joint in (PELVIS, SPINE, THORAX) if joint in PARTS[part]]
    np.testing.assert_array_equal(after.filled, np.tile(np.isin(np.arange(17), placed), (len(poses), 1)))
    np.testing.assert_array_equal(after.estimated, after.filled)
    np.testing.assert_array_equal(after.measured, before.available)
    np.testing.assert_array_equal(after.confidence, before.confidence)
    unchanged = ~np.isin(np.arange(17), placed)
    np.testing.assert_array_equal(after.keypoints[:, unchanged], before.keypoints[:, unchanged])
    assert len(after.notes) == 1 and f"in {len(poses)} of {len(poses)} poses" in after.notes[0]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("video", [False, True])
def test_a_mirrored_person_has_a_mirrored_trunk_in_any_place_and_size(part, video, model, poses):
    missing = np.tile(np.isin(np.arange(17), PARTS[part]), (len(poses), 1))
    if video:
        missing[:3] = False
    plain = place_trunks(model, tracks_of(poses, missing, video=video))
    other = place_trunks(
        model, tracks_of(2.5 * mirrored(poses) + [300, 100], missing[:, list(H36M17.mirrored)], video=video)
    )
    expected = np.where(plain.available[..., None], plain.keypoints, np.nan)
    found = np.where(other.available[..., None], other.keypoints, np.nan)
    np.testing.assert_allclose(found, 2.5 * mirrored(expected) + [300, 100], rtol=1e-5)


def test_of_both_hips_the_pelvis_is_the_middle(model, poses):
    tracks = place_trunks(model, tracks_of(poses, [PELVIS]))
    np.testing.assert_allclose(tracks.keypoints[:, PELVIS], poses[:, HIPS].mean(axis=1))


def test_frames_that_show_the_pelvis_correct_the_others(model, poses):
    """A person who does not change: the others are exact. One who leans: what a frame is off fades."""
    still = poses[:1] + np.arange(90)[:, None, None] * [3.0, 1.0]
    for part in ("upper body", "one hip"):
        missing = np.tile(np.isin(np.arange(17), PARTS[part]), (90, 1))
        missing[40:50] = False
        placed = place_trunks(model, tracks_of(still, missing, video=True))
        np.testing.assert_allclose(placed.keypoints[:, PELVIS], still[:, PELVIS], atol=1e-6)
        alone = place_trunks(model, tracks_of(still, PARTS[part], video=True))
        assert np.abs(alone.keypoints[:, PELVIS] - still[:, PELVIS]).max() > 1
        images = place_trunks(model, tracks_of(still, missing))
        np.testing.assert_allclose(images.keypoints[0, PELVIS], alone.keypoints[0, PELVIS])


def test_nothing_jumps_where_the_pelvis_disappears(model, poses):
    still = np.tile(poses[:1], (200, 1, 1))
    still[:, PELVIS] += 20 * np.sin(np.arange(200) / 30)[:, None]  # the rule does not know of it
    missing = np.tile(np.isin(np.arange(17), PARTS["upper body"]), (200, 1))
    missing[::50], missing[100:150] = False, False
    placed = place_trunks(model, tracks_of(still, missing, video=True)).keypoints[:, PELVIS]
    assert np.abs(np.diff(placed, axis=0)).max() < 3


def test_what_has_a_pelvis_or_shows_too_little_or_is_no_person_stays_as_it_is(model, poses):
    seen = tracks_of(poses, [THORAX, RIGHT[-1]])
    assert place_trunks(model, seen) is seen
    few = tracks_of(poses, [i for i in range(17) if i not in (NECK, THORAX, JOINT("left_shoulder"))])
    assert place_trunks(model, few) is few
    neither = tracks_of(poses, [PELVIS, SPINE, THORAX, *HIPS, JOINT("left_shoulder"), JOINT("right_shoulder")])
    assert place_trunks(model, neither) is neither
    dog = Skeleton(("pelvis", "nose", "paw_a", "paw_b"), (-1, 0, 0, 0), (2,), (3,), 1)
    animal = tracks_of(poses[:, :4], [0])._replace(skeleton=dog)
    assert place_trunks(model._replace(skeleton=dog), animal) is animal
    whole = Lifter(width=16, blocks=1, norm="none")
    assert place_trunks(model._replace(lifter=whole), tracks_of(poses, [0])).estimated is None


def test_some_frames_only(model, poses):
    missing = np.zeros(poses.shape[:2], bool)
    missing[3, PARTS["upper body"]] = True
    placed = place_trunks(model, tracks_of(poses, missing))
    assert np.flatnonzero(placed.filled.any(axis=1)).tolist() == [3]
    others = np.arange(len(poses)) != 3
    np.testing.assert_array_equal(placed.keypoints[others], poses[others].astype(np.float32))


# In a result


@pytest.fixture
def webcam(people):
    """A result of ten frames that show no hips, two of them no shoulders, either."""
    keypoints, confidence = people.keypoints[:10], np.ones((10, 17))
    confidence[:, PARTS["arms and head"]] = 0
    confidence[[4, 7], JOINT("left_shoulder")] = confidence[[4, 7], JOINT("right_shoulder")] = 0
    about = {"joints": H36M17.names, "person": np.zeros(10, int), "people": ("ann",), "fps": 10.0}
    return geolift.record(keypoints, confidence, image_size=(1000, 1000), **about)


def test_a_result_marks_what_was_placed_and_knows_no_legs(webcam, model):
    result = check_result(geolift.lift(webcam, model=model, gap=0.0), "result")
    lifted = ~np.isin(np.arange(10), [4, 7])
    np.testing.assert_array_equal(np.isfinite(result.points).any(axis=(1, 2)), lifted)
    np.testing.assert_array_equal(result.points[lifted, PELVIS], 0)
    assert np.isnan(result.points[:, [*HIPS, *LEGS]]).all() and np.isnan(result.keypoints[:, [*HIPS, *LEGS]]).all()
    assert result.filled[lifted][:, [PELVIS, SPINE, THORAX]].all() and result.filled.sum() == 3 * lifted.sum()
    assert not result.confidence[result.filled].any() and np.isfinite(result.position[lifted]).all()
    assert any("the pelvis is not seen in 8 of 10 poses" in note for note in result.notes)
    assert any("2 of 10 poses were not lifted: they lack hips and shoulders" in note for note in result.notes)


@pytest.mark.parametrize("suffix", [*WRITERS, *(suffix for suffix in VIEWERS if suffix in (".html", ".png"))])
def test_such_a_result_can_be_written_in_every_format(suffix, webcam, model, tmp_path):
    result, path = geolift.lift(webcam, model=model, gap=0.0), tmp_path / f"webcam{suffix}"
    if suffix in VIEWERS:
        write_view(result, path)
    else:
        assert write_result(result, path).paths == (path,)
    assert path.stat().st_size > 100
    if suffix in LOADERS:
        np.testing.assert_array_equal(load_result(path).filled, result.filled)


@pytest.mark.parametrize(("name", "mean"), [("hips_low.json", 70), ("one_hip.json", 62)])
def test_real_upper_bodies_are_lifted(name, mean):
    """The same person seen whole is 68 mm off."""
    path = case(f"upper-body-only/{name}")
    result = geolift.lift(path, image_size=(1280, 720))
    assert errors(result.points, case("upper-body-only/true.npy")).mean() < mean
    assert result.filled[:, [PELVIS, SPINE]].all() and np.isnan(result.points[:, LEGS]).all()
    assert np.isnan(result.points[:, HIPS]).any(axis=-1).sum() == 120 * (2 if name == "hips_low.json" else 1)


@pytest.mark.parametrize("quarters", [1, 3])
def test_an_upper_body_that_is_turned_in_the_image_is_lifted_upright(quarters):
    """A webcam on its side: as upright, turned back, with the pelvis at the side of the shoulders."""
    detections = json.loads(case("upper-body-only/hips_low.json").read_text())
    detections = np.array([detection["keypoints"] for detection in detections]).reshape(-1, 17, 3)
    keypoints, names, size = detections[..., :2], JOINT_SETS["coco17"].source, (1280, 1280)
    rotation = np.linalg.matrix_power([[0, -1], [1, 0]], quarters)  # clockwise
    about = {"joints": names, "fps": 30.0, "people": ("ann",), "person": np.zeros(120, int), "image_size": size}
    upright, turned = (
        geolift.lift(geolift.record(k, detections[..., 2], **about))
        for k in (keypoints, (keypoints - 640) @ rotation.T + 640)
    )
    assert any("turned back" in note for note in turned.notes)
    np.testing.assert_allclose(turned.keypoints, (upright.keypoints - 640) @ rotation.T + 640, atol=0.5)
    np.testing.assert_array_equal(turned.filled, upright.filled)
    np.testing.assert_allclose(turned.points[..., :2], upright.points[..., :2] @ rotation.T, atol=0.02)
    np.testing.assert_allclose(turned.points[..., 2], upright.points[..., 2], atol=0.02)
