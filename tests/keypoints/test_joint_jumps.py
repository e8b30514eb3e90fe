"""Joints that jump away and back are taken out; motion, however fast, and the errors of detectors are not."""

import itertools

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import geolift
from geolift.keypoints.joint_jumps import without_jumps
from geolift.keypoints.recording import record
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors
from tests.helpers.filmed import filmed_people
from tests.helpers.paths import DATA

# Two clips of what is fast, and one of each other kind of motion.
ACTIONS = (
    *("salsa dance", "modern dance", "indian dance", "martial arts", "punch", "throw", "jump", "run", "basketball") * 2,
    *("acrobatics", "cartwheel", "backflip", "jump kick", "soccer kick", "hurdle step", "playground climb", "skip"),
    *("jumping jacks", "lie down and get up", "crawl", "clap", "wave", "walk", "sit to stand", "squat", "gestures"),
)
JOINT = H36M17.names.index


def of(points, fps=30.0, seen=None):
    """One person's recording of points `[T, 17, 2]`."""
    seen = np.ones(points.shape[:2]) if seen is None else seen
    about = {"joints": H36M17.names, "joint_set": "h36m17", "people": ("ann",), "fps": fps}
    return record(points, seen, person=np.zeros(len(points), int), **about)


@pytest.fixture(scope="module")
def clips():
    """Up to 8 s of motion of all kinds at 30 frames per second, `[T, 17, 2]` each, some 350 pixels tall."""
    return [points for points, _ in filmed_people(ACTIONS, 30.0, np.random.default_rng(0))]


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
    assert taken <= 1e-5 * joints


def test_a_video_may_begin_and_end_in_the_midst_of_motion(clips):
    """At both ends only one side speaks against a joint."""
    rng = np.random.default_rng(0)
    for clip in clips * 3:
        first = rng.integers(5, len(clip) - 45)
        piece = of(clip[first : first + 40] + rng.normal(0, rng.uniform(0, 2), (40, 17, 2)))
        assert without_jumps(piece) is piece


@pytest.mark.parametrize("frame", [0, -1])
def test_half_a_body_away_at_an_end_is_found_and_a_third_is_not(clips, frame):
    rng, found = np.random.default_rng(0), []
    for clip in clips:
        first = rng.integers(5, len(clip) - 45)
        points = clip[first : first + 40]
        size = np.median(np.linalg.norm(np.ptp(points, axis=1), axis=-1))
        joint, angle = rng.integers(1, 17), rng.uniform(0, 2 * np.pi)
        for share in (0.3, 0.55):
            wrong = points.copy()
            wrong[frame, joint] += share * size * np.array([np.cos(angle), np.sin(angle)])
            missing = np.argwhere(~without_jumps(of(wrong)).seen).tolist()
            assert missing in ([], [[frame % 40, joint]])
            found.append(bool(missing))
    assert not any(found[::2]) and np.mean(found[1::2]) > 0.9


ANIMALS = [("fly", "walking", 100.0), ("fly", "walking", 0.0)]
ANIMALS += [("stac_rat_mouse", "mouse", 100.0), ("stac_rat_mouse", "mouse", 0.0), ("stac_rat_mouse", "rat_mm", 50.0)]


@pytest.mark.parametrize(("file", "array", "fps"), ANIMALS)
def test_animals_are_faster_than_people_in_their_sizes(file, array, fps):
    """Recorded animals `[T, K, 3]` as seen from far away, along each axis; only spikes that are put in are found."""
    path = DATA / "animals" / file / "points.npz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with np.load(path) as data:
        animal = data[array][:700].astype(np.float64)
    size = np.median(np.linalg.norm(np.ptp(animal, axis=1), axis=-1))
    about = {"joints": [f"joint_{i}" for i in range(animal.shape[1])], "people": ("rex",), "fps": fps}
    about |= {"person": np.zeros(len(animal), int), "video": True}
    for axes in ([0, 1], [0, 2], [1, 2]):
        points = 150 / size * animal[..., axes]
        whole = record(points, np.ones(points.shape[:2]), **about)
        assert without_jumps(whole) is whole
        points[100:102, 5] += [70, -70]
        steady = without_jumps(record(points, np.ones(points.shape[:2]), **about))
        assert np.argwhere(~steady.seen).tolist() == [[100, 5], [101, 5]]


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
