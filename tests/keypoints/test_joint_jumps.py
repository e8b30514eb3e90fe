"""Joints that jump away and back are taken out; motion, however fast, and the errors of detectors are not."""

import itertools

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import geolift
from geolift.convert.registry import CONVERTERS
from geolift.keypoints.joint_jumps import without_jumps
from geolift.keypoints.recording import record
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors
from tests.helpers.paths import DATA

EVERY = 101  # of the clips of `train`
JOINT = H36M17.names.index


def of(points, fps=30.0, seen=None):
    """One person's recording of points `[T, 17, 2]`."""
    seen = np.ones(points.shape[:2]) if seen is None else seen
    about = {"joints": H36M17.names, "joint_set": "h36m17", "people": ("ann",), "fps": fps}
    return record(points, seen, person=np.zeros(len(points), int), **about)


@pytest.fixture(scope="module")
def clips():
    """Motion of all kinds filmed at 30 frames per second, `[T, 17, 2]` each."""
    if not (DATA / "mocap_h36m17.npz").exists():
        pytest.skip("needs mocap_h36m17.npz")
    film = CONVERTERS["cmu"].convert(str(DATA / "mocap_h36m17.npz")).select("train")
    spans = list(zip(film.start, film.stop, strict=True))[::EVERY]
    return [film.keypoints[start:stop].astype(np.float64) for start, stop in spans if stop - start > 40]


@pytest.fixture(scope="module")
def walk():
    """Two seconds of a made-up walk at 30 frames per second `[60, 17, 2]`, 350 pixels tall."""
    time = np.arange(60)[:, None, None] / 30
    body = np.random.default_rng(0).uniform((0, 0), (120, 350), (17, 2))
    return 500 + body + [60, 0] * time + 25 * np.sin(2 * np.pi * time + np.arange(17)[:, None])


def at_rate(points, fps):
    time = np.arange(len(points)) / 30
    return CubicSpline(time, points)(np.arange(0, time[-1], 1 / fps))


@pytest.mark.parametrize("fps", [6, 30, 120])
@pytest.mark.parametrize("error", ["none", "white", "lasting"])
def test_no_joint_is_taken_out_of_right_motion(clips, fps, error):
    rng, taken, joints = np.random.default_rng(0), 0, 0
    for clip in clips:
        points = at_rate(clip, fps)
        if error == "white":
            points = points + rng.normal(0, rng.uniform(1, 4), points.shape)
        if error == "lasting":  # first-order autoregressive, as of a detector
            noise = rng.normal(0, 4 * np.sqrt(1 - 0.9**2), points.shape)
            for before, after in itertools.pairwise(noise):
                after += 0.9 * before
            points = points + noise
        whole = of(points, float(fps))
        taken, joints = taken + int((~without_jumps(whole).seen).sum()), joints + whole.seen.size
    assert taken <= 1e-4 * joints


@pytest.mark.parametrize("joint", ["left_wrist", "right_ankle", "head", "left_elbow", "right_hip"])
@pytest.mark.parametrize(("first", "last"), [(20, 20), (31, 32), (40, 45)])
def test_a_joint_that_is_elsewhere_for_some_frames_is_missing_there_and_nowhere_else(walk, joint, first, last):
    wrong, jumping = walk.copy(), np.zeros(walk.shape[:2], bool)
    jumping[first : last + 1, JOINT(joint)] = True
    wrong[jumping] = wrong[jumping][0] + [110, -90]
    steady = without_jumps(of(wrong))
    np.testing.assert_array_equal(~steady.seen, jumping)
    where = f"frame {first}" if first == last else f"frames {first} to {last}"
    assert len(steady.notes) == 1 and f"{joint} ({where})" in steady.notes[0]


def test_several_at_once_beside_gaps_and_in_the_first_and_the_last_frame(walk):
    wrong, jumping, seen = walk.copy(), np.zeros(walk.shape[:2], bool), np.ones(walk.shape[:2])
    for frame, joint in ((0, 3), (59, 6), (20, 13), (20, 16), (22, 13), (40, 2)):
        jumping[frame, joint] = True
    wrong[jumping] += [150, 120]
    seen[25:30] = 0
    seen[38, 2] = 0
    steady = without_jumps(of(wrong, seen=seen))
    kept = seen.any(axis=1)
    np.testing.assert_array_equal(~steady.seen, (jumping | (seen == 0))[kept])


def test_who_jumps_as_a_whole_and_goes_elsewhere_for_good_is_left(walk):
    shaken = walk.copy()
    shaken[30] += [0, 90]  # a camera that is hit
    whole = of(shaken)
    assert without_jumps(whole) is whole
    moved = walk.copy()
    moved[30:, JOINT("left_wrist")] += [110, -90]
    assert without_jumps(of(moved)).seen.all()


def test_single_images_are_not_changed(walk):
    images = of(walk)._replace(video=False)
    assert without_jumps(images) is images


def test_the_case_is_as_good_as_the_clean_clip():
    truth = np.load(case("single-joint-spikes/true.npy"))
    wrists = [i for i, name in enumerate(H36M17.names) if "wrist" in name]
    clean, spikes = (geolift.lift(case(f"single-joint-spikes/{name}.csv")) for name in ("clean", "eight"))
    points = [np.delete(result.points, wrists, axis=1) for result in (clean, spikes)]
    right, found = (errors(each, np.delete(truth, wrists, axis=1)) for each in points)
    assert found.mean() < 1.05 * right.mean() and found.max() < 1.1 * right.max()
    assert any("8 joints jump away and back" in note for note in spikes.notes)
