"""Tracks that jump: people who change places, others in place of a person, cuts; and motion that is none of these."""

import numpy as np
import pytest

from geolift.keypoints import track
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import record
from geolift.keypoints.track_breaks import mend_tracks
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case

FRAMES = 60


@pytest.fixture(scope="module")
def bodies(people):
    """Two people `[60, 2, 17, 2]` beside each other."""
    first = [int(np.flatnonzero(people.subject == subject)[0]) for subject in dict.fromkeys(people.subject)][:2]
    clips = [people.keypoints[people.start[i] : people.start[i] + 10] for i in first]
    both = np.stack([np.tile(np.concatenate([clip, clip[::-1]]), (3, 1, 1)) for clip in clips], axis=1)
    return both - both[:, :, [H36M17.root]] + [[[500, 500]], [[1400, 500]]]


def of(points, person=None, people=("ann", "ben"), **more):
    """A tracked recording of points `[T, P, 17, 2]`, NaN where absent."""
    frames, count = points.shape[:2]
    frame, who = np.nonzero(np.isfinite(points).all(axis=(2, 3)))
    about = {"joints": H36M17.names, "joint_set": "", "frame": frame, "fps": 30.0, "people": people[:count]}
    about |= {"frames": tuple(str(i) for i in range(frames))}
    return record(points[frame, who], np.ones((len(frame), 17)), person=who, **about | more)


def test_people_who_walk_are_left_as_they_are(bodies):
    whole = of(bodies)
    assert mend_tracks(whole) is whole
    gap = bodies.copy()
    gap[20:50, 0] = np.nan
    gap[50:, 0] += 300  # back elsewhere a second later
    lost = of(gap)
    assert mend_tracks(lost) is lost


@pytest.mark.parametrize("back", [None, 35])
def test_two_who_change_places_are_changed_back(bodies, back):
    swapped = bodies.copy()
    swapped[25:back] = bodies[25:back, ::-1]
    mended = mend_tracks(of(swapped))
    np.testing.assert_array_equal(mended.keypoints, of(bodies).keypoints)
    told = [f"people ann and ben change places in frame {at}: changed back" for at in (25, back) if at]
    assert list(mended.notes) == told


@pytest.mark.parametrize("count", [1, 3, 10])
def test_others_in_place_of_a_person_are_left_out(bodies, count):
    strange = bodies[:, :1].copy()
    strange[25 : 25 + count] = bodies[25 : 25 + count, 1:]
    mended = mend_tracks(of(strange))
    kept = (np.arange(FRAMES) < 25) | (np.arange(FRAMES) >= 25 + count)
    np.testing.assert_array_equal(mended.frame, np.flatnonzero(kept))
    np.testing.assert_array_equal(mended.keypoints, of(bodies[:, :1]).keypoints[kept])
    assert (
        len(mended.notes) == 1 and mended.notes[0].startswith(f"{count} detection") and "frames 25" in mended.notes[0]
    )


def test_a_cut_parts_everybody_and_a_jump_one(bodies):
    zoomed = bodies.copy()
    zoomed[30:] = (zoomed[30:] - [960, 540]) * 1.6 + [960, 540]
    mended = mend_tracks(of(zoomed))
    assert set(mended.people) == {"ann", "ben", "ann from 30", "ben from 30"}
    assert mended.shots == ((0, ""), (30, "from 30")) and "the video is cut before frame 30" in mended.notes[0]
    moved = bodies.copy()
    moved[30:, 1] += [0, 600]
    mended = mend_tracks(of(moved))
    assert set(mended.people) == {"ann", "ben", "ben from 30"} and mended.shots == ()
    assert "a person jumps to another place before frame 30" in mended.notes[0]


def test_fast_motion_and_exchanged_sides_are_no_jumps(bodies, rng):
    runner = bodies[::6, :1] + 500 * np.arange(10)[:, None, None, None] * [1, 0]
    fast = of(runner, fps=5.0)
    assert mend_tracks(fast) is fast
    sides = bodies[:, :1].copy()
    left, right = list(H36M17.left), list(H36M17.right)
    sides[20:30, :, left], sides[20:30, :, right] = bodies[20:30, :1, right], bodies[20:30, :1, left]
    flicker = of(sides)
    assert mend_tracks(flicker) is flicker
    spikes = bodies[:, :1].copy()
    spikes[rng.random(spikes.shape[:3]) < 0.05] += 400
    assert mend_tracks(of(spikes)).people == ("ann",)


def test_the_cases_are_told_with_their_frames():
    found = track(read_keypoints(case("id-switch-in-file/far.json")).recording)
    assert found.notes == ("people 1 and 2 change places in frame 30.jpg: changed back",)
    found = track(read_keypoints(case("bystander-few-frames/three.csv")).recording)
    assert len(found.frame) == 139 and "(frames 70, 71, 72)" in found.notes[-1]
    found = track(read_keypoints(case("camera-cut-zoom/both.csv")).recording)
    assert found.people == ("0", "0 from 60") and "the video is cut before frame 60" in found.notes[-1]


@pytest.mark.parametrize("missing", [0.5, 0.7, 0.85])
def test_joints_that_are_missing_are_no_cut(bodies, missing):
    """Few joints beside each other, which errors move by much of the box around them, are still a whole body."""
    rng = np.random.default_rng(1)
    chain = 500 + 8 * np.cumsum(np.stack([np.ones((FRAMES, 10)), rng.normal(0, 0.05, (FRAMES, 10))], axis=-1), axis=1)
    joints = tuple(f"joint {i}" for i in range(10))
    for body, names in ((np.tile(chain, (5, 1, 1)), joints), (np.tile(bodies[:, 0], (5, 1, 1)), H36M17.names)):
        body = body + rng.normal(0, 3, body.shape)
        seen = rng.random(body.shape[:2]) >= missing
        frame = np.flatnonzero(seen.any(axis=1))
        about = {"joints": names, "frame": frame, "fps": 30.0, "people": ("0",), "person": np.zeros(len(frame), int)}
        found = record(body[frame], seen[frame].astype(float), frames=tuple(map(str, range(len(body)))), **about)
        assert mend_tracks(found) is found


def test_a_cut_is_found_though_half_of_the_joints_are_missing(bodies):
    rng = np.random.default_rng(0)
    body = np.concatenate([bodies[:30, :1], bodies[30:, 1:]])
    found = of(body)
    found = found._replace(confidence=(rng.random((FRAMES, 17)) >= 0.5).astype(np.float32))
    assert mend_tracks(found).people == ("ann", "ann from 30")
