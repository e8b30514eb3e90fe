"""How sure joints are: 68 of 100 true joints lie within; more where joints are missing, noisy, or poses are unusual."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import geolift
from benchmarks.camera_settings import Setting, film_clips
from benchmarks.pose_errors import stills
from geolift.data.synthetic import procedural_clips
from geolift.pretrained.models import load
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case

LIMBS = [i for i, name in enumerate(H36M17.names) if name.endswith(("knee", "ankle", "elbow", "wrist"))]
TRUNK = [i for i, name in enumerate(H36M17.names) if name.endswith(("hip", "spine"))]


@pytest.fixture(scope="module")
def human():
    return load("human")


@pytest.fixture(scope="module")
def filmed():
    clips = procedural_clips(3, people=6, seconds=2.0)
    return film_clips(list(enumerate(clips)), Setting(any=True), every=30, seed=0)


def lift(human, keypoints, confidence=None):
    confidence = np.ones(keypoints.shape[:2]) if confidence is None else confidence
    return geolift.lift(stills(keypoints, confidence, joints=H36M17.names, origin="test"), model=human)


def middle(values):
    return float(np.nanmedian(values))


def test_it_holds_about_68_of_100_true_joints_and_ranks_errors(human, filmed):
    """People of other proportions and motions than any the lifter or the constants have seen."""
    result = lift(human, filmed.keypoints)
    truth = filmed.points - filmed.points[:, :1]
    scale = (result.points * truth).sum(axis=(1, 2)) / (result.points**2).sum(axis=(1, 2))
    error, body = (scale[:, None, None] * result.points - truth)[:, 1:], scale[:, None]
    total, depth = np.linalg.norm(error, axis=-1), np.abs(error[..., 2])
    assert 0.5 < (total <= body * result.uncertainty[:, 1:]).mean() < 0.8
    assert 0.5 < (depth <= body * result.depth_uncertainty[:, 1:]).mean() < 0.8
    assert spearmanr((body * result.uncertainty[:, 1:]).ravel(), total.ravel()).statistic > 0.45


def test_it_belongs_to_the_joints_that_were_lifted(human, filmed):
    confidence = np.ones(filmed.keypoints.shape[:2])
    confidence[:, H36M17.names.index("left_wrist")] = 0
    result = lift(human, filmed.keypoints, confidence)
    missing = np.isnan(result.points[..., 0])
    for found in (result.uncertainty, result.depth_uncertainty):
        np.testing.assert_array_equal(np.isnan(found), missing)
        assert (found[:, H36M17.root] == 0).all() and (found[~missing] >= 0).all()
    assert (result.uncertainty >= result.depth_uncertainty)[~missing].all()


def test_ends_of_limbs_are_less_sure_than_hips(human, filmed):
    result = lift(human, filmed.keypoints)
    assert middle(result.uncertainty[:, LIMBS]) > 2 * middle(result.uncertainty[:, TRUNK])


def test_it_grows_with_missing_joints(human, filmed):
    """Also that of the joints that are seen."""
    confidence = np.ones(filmed.keypoints.shape[:2])
    whole = lift(human, filmed.keypoints).uncertainty
    confidence[:, [H36M17.names.index(name) for name in ("left_elbow", "left_wrist", "head", "right_knee")]] = 0
    part = lift(human, filmed.keypoints, confidence).uncertainty
    assert middle(part[:, 1:] / whole[:, 1:]) > 1.1


def test_it_grows_with_errors_of_the_keypoints(human, filmed, rng):
    """Of single images, where only the pose shows them."""
    trunk = np.linalg.norm(filmed.keypoints[:, 8] - filmed.keypoints[:, 0], axis=-1)[:, None, None]
    noisy = filmed.keypoints + 0.08 * trunk * rng.normal(size=filmed.keypoints.shape)
    grown = lift(human, noisy).uncertainty[:, 1:] / lift(human, filmed.keypoints).uncertainty[:, 1:]
    assert middle(grown) > 1.1


def test_it_grows_with_poses_unlike_training(human, filmed):
    """Arms twice as long, and people on their heads seen as if they stood."""
    longer = filmed.keypoints.copy()
    for shoulder, *arm in ((11, 12, 13), (14, 15, 16)):
        longer[:, arm] = longer[:, [shoulder]] + 2 * (longer[:, arm] - longer[:, [shoulder]])
    usual = lift(human, filmed.keypoints).uncertainty[:, 1:]
    assert middle(lift(human, longer).uncertainty[:, 1:] / usual) > 1.2


def test_size_and_place_in_the_image_do_not_matter(human, filmed):
    small = lift(human, 0.3 * filmed.keypoints + 50).uncertainty
    np.testing.assert_allclose(small, lift(human, filmed.keypoints).uncertainty, rtol=1e-3)


def test_it_is_metres_of_the_person(human, filmed):
    recording = stills(filmed.keypoints, np.ones(filmed.keypoints.shape[:2]), joints=H36M17.names, origin="test")
    short, tall = (geolift.lift(recording, model=human, height=height) for height in (0.9, 1.8))
    np.testing.assert_allclose(2 * short.uncertainty, tall.uncertainty, rtol=1e-5)
    np.testing.assert_allclose(2 * short.depth_uncertainty, tall.depth_uncertainty, rtol=1e-5)


def test_a_persons_other_side_is_as_sure(human, filmed):
    flipped = (filmed.keypoints * [-1, 1])[:, list(H36M17.mirrored)]
    found, expected = lift(human, flipped).uncertainty, lift(human, filmed.keypoints).uncertainty
    assert np.median(np.abs(np.log(found[:, list(H36M17.mirrored)][:, 1:] / expected[:, 1:]))) < 0.15


def test_a_clip_of_a_detector_is_held(human):
    result, truth = geolift.lift(case("single-joint-spikes/clean.csv"), model=human), "single-joint-spikes/true.npy"
    truth = np.load(case(truth))[result.frame]
    truth = truth - truth[:, :1]
    held = [j for j, name in enumerate(H36M17.names) if name.endswith(("knee", "ankle", "shoulder", "elbow"))]
    points = result.points[:, held]
    scale = (points * truth[:, held]).sum() / (points**2).sum()
    error = np.linalg.norm(scale * points - truth[:, held], axis=-1)
    assert 0.4 < (error <= scale * result.uncertainty[:, held]).mean() < 0.95


def test_joints_filled_in_over_a_gap_are_less_sure_than_where_they_are_seen(human):
    clip = film_clips(list(enumerate(procedural_clips(5, people=3, seconds=2.0))), Setting(), every=1, seed=0)
    walk, seen, wrist = clip.keypoints[clip.view == 0][:60], np.ones((60, 17)), H36M17.names.index("left_wrist")
    missed = seen.copy()
    missed[25:35, wrist] = 0
    for refine in (True, False):
        whole, filled = (
            geolift.lift(
                geolift.record(walk, confidence, joints=H36M17.names, joint_set="h36m17", fps=30.0),
                model=human,
                refine=refine,
            )
            for confidence in (seen, missed)
        )
        assert filled.filled[25:35, wrist].all()
        for name in ("uncertainty", "depth_uncertainty"):
            grown = getattr(filled, name)[:, wrist] / getattr(whole, name)[:, wrist]
            assert (grown[27:33] > 1).all() and grown[30] > 1.02 and 0.8 < grown[10] < 1.25
