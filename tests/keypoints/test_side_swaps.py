"""Exchanged sides are changed back; people who turn around, and right motion of all kinds, are left as they are."""

import numpy as np
import pytest

import geolift
from geolift.keypoints.recording import record
from geolift.keypoints.side_swaps import undo_swaps
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors
from tests.helpers.filmed import filmed_people

ACTIONS = (
    *("salsa dance", "modern dance", "indian dance", "martial arts", "run", "walk", "sidestep", "basketball") * 4,
    *(
        "acrobatics",
        "cartwheel",
        "backflip",
        "jump kick",
        "soccer kick",
        "playground climb",
        "lie down and get up",
        "skip",
    ),
    *("jumping jacks", "crawl", "clap", "wave", "lunge", "sit to stand", "squat", "gestures", "lie down and get up"),
)
PARTS = {"legs": ("hip", "knee", "ankle"), "arms": ("shoulder", "elbow", "wrist"), "the whole body": ("",)}


def of(points, fps=30.0):
    """One person's recording of points `[T, 17, 2]`."""
    about = {"joints": H36M17.names, "joint_set": "h36m17", "people": ("ann",), "fps": fps}
    return record(points, np.ones(points.shape[:2]), person=np.zeros(len(points), int), **about)


def exchanged(points, part, first, last):
    """With the sides of a part exchanged from frame `first` to frame `last`."""
    wrong = points.copy()
    for left, right in zip(H36M17.left, H36M17.right, strict=True):
        if any(word in H36M17.names[left] for word in PARTS[part]):
            wrong[first : last + 1, [left, right]] = points[first : last + 1, [right, left]]
    return wrong


@pytest.fixture(scope="module")
def turning():
    """Three seconds of a person who turns around once, arms and legs swinging, `[90, 17, 2]`."""
    time = np.arange(90) / 30
    heights = {"hip": 0, "knee": 45, "ankle": 90, "shoulder": -50, "elbow": -20, "wrist": 10}
    points = np.zeros((90, 17, 3))
    for i, name in enumerate(H36M17.names):
        side = 1 if name.startswith("left") else -1 if name.startswith("right") else 0
        part = name.split("_")[-1]
        swing = side * 25 * np.sin(2 * np.pi * time) * (part in ("ankle", "elbow", "wrist"))
        points[:, i] = np.stack([np.full(90, 18.0 * side), np.full(90, heights.get(part, -70)), swing], axis=-1)
    angle = 2 * np.pi * time / 3 + 0.3
    x = np.cos(angle)[:, None] * points[..., 0] + np.sin(angle)[:, None] * points[..., 2]
    return np.stack([x, points[..., 1]], axis=-1) * 2 + 500


def test_who_turns_around_is_left(turning):
    for fps in (15.0, 30.0, 60.0):
        whole = of(turning[:: round(30 / min(fps, 30))], fps)
        assert undo_swaps(whole) is whole


@pytest.mark.parametrize("fps", [15, 30])
def test_nothing_is_exchanged_in_right_motion(fps):
    rng = np.random.default_rng(0)
    for points, _ in filmed_people(ACTIONS, float(fps), rng):
        for noise in (0, 4):
            whole = of(points + rng.normal(0, noise, points.shape), float(fps))
            assert undo_swaps(whole) is whole


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("first", "last"), [(5, 5), (30, 36), (0, 2), (86, 89), (36, 44)])
def test_exchanged_sides_are_changed_back(turning, part, first, last):
    mended = undo_swaps(of(exchanged(turning, part, first, last)))
    np.testing.assert_allclose(mended.keypoints, of(turning).keypoints, atol=6)  # joints on each other may stay
    where = f"frame {first}" if first == last else f"frames {first} to {last}"
    assert mended.notes == (f"left and right were exchanged and are changed back: {part} in {where}",)


def test_several_exchanges_and_one_without_end(turning):
    wrong = exchanged(exchanged(turning, "legs", 5, 5), "arms", 7, 9)
    mended = undo_swaps(of(wrong))
    np.testing.assert_allclose(mended.keypoints, of(turning).keypoints, atol=6)
    assert "legs in frame 5, arms in frames 7 to 9" in mended.notes[0]
    lasting = of(exchanged(turning, "the whole body", 50, 89))
    mended = undo_swaps(lasting)
    np.testing.assert_array_equal(mended.keypoints, lasting.keypoints)
    assert mended.notes and all("which are right is not known (frame 50)" in note for note in mended.notes)


def test_a_body_whose_sides_flicker_and_come_back_over_two_frames_is_right_again(turning):
    """As MediaPipe gave it: the whole body, at the end for single frames, and a frame half-way before it is over."""
    wrong = turning
    for part, first, last in (("the whole body", 27, 36), ("arms", 38, 38), ("the whole body", 40, 43)):
        wrong = exchanged(wrong, part, first, last)
    wrong[43] = (wrong[42] + wrong[44]) / 2
    mended = undo_swaps(of(wrong))
    off = np.abs(mended.keypoints - of(turning).keypoints).max(axis=(1, 2))
    assert (np.delete(off, 43) < 6).all() and len(mended.notes) == 1


@pytest.mark.parametrize("lost", ["legs", "arms"])
@pytest.mark.parametrize("part", PARTS)
def test_a_limb_that_is_lost_where_its_sides_come_back_is_right_elsewhere(turning, part, lost):
    """Hips and shoulders show when the exchange is over, or the other limb does."""
    wrong = of(exchanged(turning, part, 30, 40))
    joints = [i for i, name in enumerate(H36M17.names) if any(word in name for word in PARTS[lost])]
    wrong.confidence[37:45, joints] = 0
    mended = undo_swaps(wrong)
    np.testing.assert_allclose(mended.keypoints[wrong.seen], of(turning).keypoints[wrong.seen], atol=6)
    assert len(mended.notes) == 1 and "change places" not in mended.notes[0]


def test_images_and_low_frame_rates_are_not_changed(turning):
    for recording in (of(turning)._replace(video=False), of(turning, 6.0)):
        wrong = recording._replace(keypoints=exchanged(recording.keypoints, "legs", 5, 5))
        assert undo_swaps(wrong) is wrong


def test_a_sprint_at_an_unknown_low_frame_rate_is_left():
    sprint = geolift.keypoints.read_keypoints(case("fast-mover-low-fps/sprint6.json")).recording
    assert not sprint.fps and undo_swaps(sprint) is sprint


def test_a_real_clip_with_exchanged_sides_is_lifted_as_without():
    clean = geolift.keypoints.read_keypoints(case("single-joint-spikes/clean.csv")).recording
    truth, names, swapped = np.load(case("single-joint-spikes/true.npy")), clean.joints, clean.keypoints.copy()
    other = [names.index(n.replace("left", "L").replace("right", "left").replace("L", "right")) for n in names]
    for frames in (slice(20, 27), slice(60, 61), slice(75, 80)):
        swapped[frames] = swapped[frames][:, other]
    right, found = (errors(geolift.lift(each).points, truth) for each in (clean, clean._replace(keypoints=swapped)))
    assert found.mean() < 1.05 * right.mean()
