"""People keep their track when they cross, vanish or are found twice, in any order of detections."""

import itertools

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import following, selection, tracking
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


@pytest.mark.parametrize("first", [0, 1])
def test_a_person_found_in_two_halves_for_a_frame_goes_on_as_one(first):
    """The half that is not joined is nearer to the whole of the next frame; it does not take its place."""
    half = np.arange(10) < 5
    bodies = np.tile(np.stack([np.zeros(10), 20 * np.arange(10)], axis=1), (12, 1, 1))
    bodies[6:, ~half, 0] += 1  # so that the other half is joined in frame 6, but
    bodies[7:, half, 0] += 1  # moves to frame 7
    halves = [half, ~half][:: 1 - 2 * first]
    frame = np.insert(np.arange(12), 6, 6)
    seen = np.ones((13, 10), bool)
    seen[6:8] = halves
    person = following.follow(bodies[frame], seen, frame, np.zeros(13, int), gap=15, fps=30.0)
    assert set(person[frame != 6]) == {0}


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


@pytest.mark.parametrize(("fps", "gap", "back"), [(0, tracking.GAP_FRAMES, 89), (8, 4, 23)])
def test_a_person_may_be_lost_for_a_while(walkers, fps, gap, back):
    still = np.repeat(walkers[:1], 120, axis=0)
    for lost, people in ((gap, 3), (gap + 1, 3), (back, 3), (back + 1, 4)):
        present = np.ones((120, 3), bool)
        present[5 : 5 + lost, 1] = False
        tracked = tracking.track(video(still, present, fps=fps)[0])
        assert len(tracked.people) == people
        assert (tracked.person[tracked.frame == 119] == 1).sum() == (people == 3)
        joined = "joined after a longer gap, as nobody else can be meant: 1 time" in tracked.notes
        assert joined == (gap < lost <= back)


def test_who_comes_back_stays_open_if_two_can_be_meant(walkers):
    """Two people side by side are lost and come back together, or one goes and another, smaller one comes."""
    still = np.repeat(walkers[:1, :1], 90, axis=0)
    beside = np.concatenate([still, np.add(still, [500, 0]), np.add(still, [1000, 0])], axis=1)
    present = np.ones((90, 3), bool)
    present[20:50, :2] = False
    swapped = beside.copy()
    swapped[50:, :2] = beside[50:, 1::-1][:, :2]
    assert len(tracking.track(video(swapped, present, fps=30)[0]).people) == 5
    child = beside.copy()
    child[50:, 0] = (child[50:, 0] - child[50:, :1, 0]) * 0.5 + child[50:, :1, 0]
    present[:, 1] = True
    assert len(tracking.track(video(child, present, fps=30)[0]).people) == 4


@pytest.mark.parametrize("fps", [0, 6])
def test_never_two_in_a_frame_are_one_person_however_fast_and_long_lost(walkers, fps):
    runner = walkers[::2, :1] + 400 * np.arange(20)[:, None, None, None] * [1, 0]
    present = np.ones((20, 1), bool)
    present[[3, 9, 10, 11, 15]] = False
    tracked = tracking.track(video(runner, present, fps=fps)[0])
    assert tracked.people == ("0",) and "there are never two in a frame" in tracked.notes[-1]
    twice = np.concatenate([runner, runner + 1], axis=1)  # found twice
    assert tracking.track(video(twice, fps=fps)[0]).people == ("0",)


def test_a_runner_beside_others_is_one_person(walkers):
    """At 10 frames per second, 0.4 sizes a frame, past two people who stand there."""
    place = np.stack([150.0 * np.arange(30), np.full(30, 2000.0), np.full(30, 4000.0)], axis=1)
    bodies = walkers[:30, :1] - walkers[:30, :1, [H36M17.root]] + 500
    scene = bodies + np.stack([place, np.zeros_like(place)], axis=-1)[:, :, None]
    recording, who = video(scene, fps=10)
    np.testing.assert_array_equal(tracking.track(recording).person, who)


def test_ghosts_are_left_out_only_beside_a_person_in_a_fast_video(walkers, rng):
    body = walkers[:1, :1] + np.zeros((90, 1, 1, 1))
    scene = np.concatenate([body, np.add(body * 0.4, [1500, 0])], axis=1)
    for frames, fps, people in (
        ((40, 41), 30, 1),
        (tuple(range(40, 44)), 60, 1),
        ((40, 41, 42), 30, 2),
        ((0, 1), 30, 2),
        ((40,), 6, 2),
    ):
        present = np.ones((90, 2), bool)
        present[:, 1] = False
        present[list(frames), 1] = True
        tracked = tracking.track(video(scene, present, fps=fps)[0])
        assert len(tracked.people) == people
        ghost = [note for note in tracked.notes if "nobody: there for" in note]
        assert len(ghost) == (people == 1) and all(f"(frames {str(frames)[1:-1]})" in note for note in ghost)


def test_nobody_is_followed_from_one_shot_to_the_next(walkers):
    recording, who = video(walkers, shots=((0, "day"), (20, "night")))
    tracked = tracking.track(recording)
    assert tracked.people == ("day 0", "day 1", "day 2", "night 0", "night 1", "night 2")
    np.testing.assert_array_equal(tracked.person, who + 3 * (recording.frame >= 20))
    alone = tracking.track(video(walkers[:, :1], shots=((0, "day"), (20, "night")))[0])
    assert alone.people == ("day 0", "night 0")


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
        joints, visibility > 0, frame=frame, joints=names, joint_set="", frames=frames, fps=30.0, origin="coco"
    )
    tracked = tracking.track(recording)
    assert len(recording.person) == 345 and "4 detections were left out: the same person twice" in tracked.notes[1]
    left_out = [
        frame for frame in range(len(frames)) if (tracked.frame == frame).sum() < (recording.frame == frame).sum()
    ]
    assert [int(image[frame]) for frame in left_out] == [43314, 57597, 171190, 172946]


@pytest.mark.parametrize("missing", [0.3, 0.5])
def test_missing_joints_do_not_count(walkers, missing, rng):
    """With half of the joints missing, two frames have a quarter in common: a body is known from several."""
    trust = (rng.random((*walkers.shape[:2], 17)) > missing).astype(float)
    recording, who = video(walkers, confidence=trust)
    np.testing.assert_array_equal(tracking.track(recording).person, who)


def test_a_person_of_whom_few_joints_are_left_goes_on(walkers):
    """Of two people who cross, one is a hand for a while, and then has only legs."""
    trust = np.ones((*walkers.shape[:2], 17))
    trust[8:20, 0], trust[20:, 0, 7:] = 0, 0
    trust[8:20, 0, H36M17.names.index("left_wrist")] = 1
    recording, who = video(walkers, confidence=trust)
    tracked = tracking.track(recording)
    np.testing.assert_array_equal(tracked.person, who)
    far = walkers.copy()
    far[8:20, 0] += 3000  # nobody's hand
    assert len(tracking.track(video(far, confidence=trust)[0]).people) > 3


def test_single_images_and_tracked_people_are_unchanged(walkers):
    stills = video(walkers, video=False)[0]
    assert tracking.track(stills) is stills
    tracked = tracking.track(video(walkers)[0])
    assert tracking.track(tracked) is tracked


def test_select(walkers):
    big = walkers.copy()
    big[:, 2] = (big[:, 2] - 900) * 2 + 900
    tracked = tracking.track(video(big)[0])
    assert selection.select(tracked, "all") is tracked
    largest = selection.select(tracked, "largest")
    assert largest.people == ("2",) and not largest.person.any() and "80 of 120 detections" in largest.notes[-1]
    np.testing.assert_array_equal(largest.keypoints, tracked.keypoints[tracked.person == 2])
    two = selection.select(tracked, ("2", "0"))
    assert two.people == ("0", "2") and len(two.person) == 2 * len(walkers) and two.frames == tracked.frames
    stills = selection.select(video(big, video=False)[0], "largest")
    np.testing.assert_array_equal(stills.keypoints, largest.keypoints)
    for unknown in ("7", ("0", "7"), ()):
        with pytest.raises(
            DatasetError, match=r"people: found .*expected 'all', 'largest', 'one' or names of \['0', '1', '2'\]"
        ):
            selection.select(tracked, unknown)


def test_one_person_is_the_large_one_who_goes_on(walkers, rng):
    """Ghosts that are as large, and smaller people beside, in any order; frames without the person have the other."""
    scene = np.concatenate(
        [walkers[:, :1], np.add(walkers[:, :1] * 0.5, [2000, 0]), np.add(walkers[:, :1], [3000, 100])], axis=1
    )
    present = np.ones((len(scene), 3), bool)
    present[:, 2] = False
    present[[10, 11, 30], 2] = True
    recording, who = video(scene, present, fps=30)
    for source in (recording, tracking.track(recording)):
        one = selection.select(source, "one")
        assert one.people == ("0",) and one.tracked and len(one.frame) == len(scene)
        np.testing.assert_array_equal(one.keypoints, recording.keypoints[who == 0])
        assert "all people are one" in one.notes[-1]
    stills = selection.select(video(scene, present, video=False)[0], "one")
    assert stills.people == ("0",) and len(stills.frame) == len(scene)
    shots = selection.select(video(scene, present, shots=((0, "a"), (20, "b")))[0], "one")
    assert shots.people == ("a 0", "b 0")


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_one_person_is_followed_alike_by_all_steps_at_once_and_frame_by_frame(walkers, missing, rng, monkeypatch):
    present = np.ones(walkers.shape[:2], bool)
    present[:, 1:] = False
    present[12:18, 1] = True  # a second person for some frames
    present[[25, 26, 33]] = False  # nobody
    jumps = walkers.copy()
    jumps[30:] += 3000
    trust = (rng.random(jumps.shape[:3]) >= missing).astype(float)
    recording, _ = video(jumps + rng.normal(0, 2, jumps.shape), present, confidence=trust)
    at_once = tracking.track(recording)
    monkeypatch.setattr(following, "_steady", lambda _, shot, gap: (np.zeros(len(shot), bool), None))
    np.testing.assert_array_equal(at_once.person, tracking.track(recording).person)
