"""People keep their track when they cross, vanish or are found twice, in any order of detections."""

import itertools

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import tracking
from geolift.keypoints.recording import record
from geolift.skeletons.skeleton import H36M17


@pytest.fixture(scope="module")
def walkers(people):
    """Three people `[T, 3, 17, 2]` who cross the image, two to the right and one to the left, once through another."""
    first = [int(np.flatnonzero(people.subject == subject)[0]) for subject in dict.fromkeys(people.subject)]
    frames = int(min(people.stop[i] - people.start[i] for i in first))
    bodies = np.stack([people.keypoints[people.start[i] :][:frames] for i in first], axis=1)
    bodies = np.concatenate([bodies, bodies[::-1], bodies, bodies[::-1]])  # there and back, without jumps
    bodies -= bodies[:, :, [H36M17.root]] - 500
    time = np.linspace(-1, 1, len(bodies))
    course = np.stack([200 * time, -200 * time, 200 * time + 900], axis=1)
    return bodies + np.stack([course, np.zeros_like(course)], axis=-1)[:, :, None]


def video(points, present=None, *, confidence=1.0, **more):
    """A recording of points `[T, P, K, 2]` of people where `present` `[T, P]` bool, and each row's true person."""
    time, people, joints = points.shape[:3]
    present = np.ones((time, people), bool) if present is None else present
    frame, who = np.nonzero(present)
    named = {"joints": tuple(f"joint {i}" for i in range(joints)), "joint_set": "", "origin": "test", "video": True}
    frames = tuple(str(i) for i in range(time))
    trust = np.broadcast_to(confidence, (time, people, joints))[present]
    return record(points[present], trust, frame=frame, frames=frames, **named | more), who


def test_people_who_cross_keep_their_track(walkers):
    recording, who = video(walkers)
    tracked = tracking.track(recording)
    np.testing.assert_array_equal(tracked.person, who)
    assert tracked.tracked and tracked.people == ("0", "1", "2") and "3 people were tracked" in tracked.notes[-1]
    np.testing.assert_array_equal(tracked.keypoints, recording.keypoints)


def test_the_order_of_detections_changes_nothing_but_names(walkers, rng):
    tracked = tracking.track(video(walkers)[0])
    for order in itertools.permutations(range(3)):
        again = tracking.track(video(walkers[:, order])[0])
        renamed = np.array(order)[again.person]
        rows = np.lexsort((renamed, again.frame))
        np.testing.assert_array_equal(again.keypoints[rows], tracked.keypoints)
        np.testing.assert_array_equal(renamed[rows], tracked.person)
    shuffled = np.stack([frame[rng.permutation(3)] for frame in walkers])
    again = tracking.track(video(shuffled)[0])
    assert again.people == tracked.people
    for person in range(3):  # the same three tracks, in any order of people
        track = again.keypoints[again.person == person]
        assert any(np.array_equal(track, tracked.keypoints[tracked.person == other]) for other in range(3))


def test_size_and_place_of_the_image_change_nothing(walkers):
    tracked = tracking.track(video(walkers)[0])
    np.testing.assert_array_equal(tracking.track(video(walkers * 0.01 - 30)[0]).person, tracked.person)


@pytest.mark.parametrize(("fps", "gap"), [(0, tracking.GAP_FRAMES), (8, 4)])
def test_a_person_may_be_lost_for_a_while(walkers, fps, gap):
    still = np.repeat(walkers[:1], 60, axis=0)
    for lost, people in ((gap, 3), (gap + 1, 4)):
        present = np.ones((60, 3), bool)
        present[5 : 5 + lost, 1] = False
        tracked = tracking.track(video(still, present, fps=fps)[0])
        assert len(tracked.people) == people
        assert (tracked.person[tracked.frame == 59] == 1).sum() == (people == 3)


def test_a_detection_far_from_all_people_is_a_new_person(walkers):
    cut = walkers[:20, :1].copy()
    cut[10:] += 2000
    np.testing.assert_array_equal(tracking.track(video(cut)[0]).person, np.arange(20) >= 10)


def test_a_person_found_twice_is_counted_once(walkers, rng):
    noisy = walkers[:, :1] + rng.normal(scale=2, size=walkers[:, :1].shape)
    both = np.concatenate([noisy, walkers], axis=1)
    trust = np.array([0.6, 0.9, 0.9, 0.9])[:, None]
    tracked = tracking.track(video(both, confidence=trust)[0])
    np.testing.assert_array_equal(tracked.keypoints, video(walkers)[0].keypoints)
    assert f"{len(walkers)} detections were left out" in tracked.notes[-1] and len(tracked.people) == 3
    part = np.where(np.arange(17) < 9, 0.9, 0)  # surer, but only a part
    confidence = np.stack([part, *[np.full(17, 0.3)] * 3])
    np.testing.assert_array_equal(tracking.track(video(both, confidence=confidence)[0]).keypoints, tracked.keypoints)


def test_only_real_people_who_are_labelled_twice_are_left_out(coco_file):
    """Four people of COCO are labelled twice, 0.01 to 0.03 of their size apart; the nearest others are 0.19 apart."""
    with np.load(coco_file) as arrays:
        image, frame = np.unique(arrays["image_id"], return_inverse=True)
        joints, visibility, names = arrays["joints"], arrays["visibility"], tuple(arrays["joint_names"].tolist())
    frames = tuple(str(i) for i in image)
    recording = record(
        joints, visibility > 0, frame=frame, joints=names, joint_set="", frames=frames, video=True, origin="coco"
    )
    tracked = tracking.track(recording)
    assert len(recording.person) == 345 and "4 detections were left out" in tracked.notes[-1]
    left_out = [
        frame for frame in range(len(frames)) if (tracked.frame == frame).sum() < (recording.frame == frame).sum()
    ]
    assert [int(image[frame]) for frame in left_out] == [43314, 57597, 171190, 172946]


def test_missing_joints_do_not_count(walkers, rng):
    trust = (rng.random((*walkers.shape[:2], 17)) > 0.3).astype(float)
    recording, who = video(walkers, confidence=trust)
    np.testing.assert_array_equal(tracking.track(recording).person, who)


def test_single_images_and_tracked_people_are_unchanged(walkers):
    stills = video(walkers, video=False)[0]
    assert tracking.track(stills) is stills
    tracked = tracking.track(video(walkers)[0])
    assert tracking.track(tracked) is tracked


def test_select(walkers):
    big = walkers.copy()
    big[:, 2] = (big[:, 2] - 900) * 2 + 900
    tracked = tracking.track(video(big)[0])
    assert tracking.select(tracked, "all") is tracked
    largest = tracking.select(tracked, "largest")
    assert largest.people == ("2",) and not largest.person.any() and "80 of 120 detections" in largest.notes[-1]
    np.testing.assert_array_equal(largest.keypoints, tracked.keypoints[tracked.person == 2])
    two = tracking.select(tracked, ("2", "0"))
    assert two.people == ("0", "2") and len(two.person) == 2 * len(walkers) and two.frames == tracked.frames
    stills = tracking.select(video(big, video=False)[0], "largest")
    np.testing.assert_array_equal(stills.keypoints, largest.keypoints)
    for unknown in ("7", ("0", "7"), ()):
        with pytest.raises(
            DatasetError, match=r"people: found .*expected 'all', 'largest' or names of \['0', '1', '2'\]"
        ):
            tracking.select(tracked, unknown)
