"""What a detector does wrong from frame to frame is mended where it is known at once, and said."""

import numpy as np
import pytest

import geolift
from geolift.errors import DatasetError
from geolift.keypoints.recording import record
from geolift.live.clock import Clock
from geolift.live.watch import Watch
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

JOINT = H36M17.names.index
LEGS = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee", "ankle")]

ARMS = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist")]


def walk(noise, frames=90):
    """`[T, 17, 2]` pixels of a person who walks."""
    table = np.genfromtxt(ROOT / "examples/walk.csv", delimiter=",", names=True)
    exact = np.stack([[table[f"{name}_x"], table[f"{name}_y"]] for name in H36M17.names]).transpose(2, 0, 1)
    exact = np.concatenate([exact, exact[::-1]])[:frames]
    return exact + np.random.default_rng(0).normal(0, noise, exact.shape)


def watched(frames, ahead=0, size=None):
    """The rows by frame as they stand in the end, and the notes by frame."""
    about = {"joints": H36M17.names, "person": np.zeros(1, int), "people": ("",)}
    watch = Watch(record(np.ones((1, 17, 2)), np.ones((1, 17)), **about), size, ahead)
    rows, notes = {}, {}
    for number, frame in enumerate(frames):
        found = watch.add(number, number, frame, np.isfinite(frame).all(axis=-1).astype(float), 30.0)
        rows |= {row.number: row for row in found.rows}
        notes |= {number: list(found.notes.values())} if found.notes else {}
    return [rows[number] for number in range(len(frames))], notes


def exchanged(frames, where, joints=range(17)):
    frames, joints = frames.copy(), list(joints)
    for frame in where:
        frames[frame, joints] = frames[frame, [H36M17.mirrored[joint] for joint in joints]]
    return frames


@pytest.mark.parametrize("noise", [0, 2, 5])
def test_nothing_is_found_in_right_data(noise):
    frames = walk(noise, 170)
    rows, notes = watched(frames, size=(1400, 900))
    assert notes == {}
    np.testing.assert_array_equal([row.points for row in rows], frames)
    assert all(row.steady.all() for row in rows)


@pytest.mark.parametrize(("joints", "limbs"), [(LEGS, ["legs"]), (range(17), ["legs", "arms"])])
def test_exchanged_sides_are_changed_back_at_once_and_said(joints, limbs):
    frames = walk(2)
    rows, notes = watched(exchanged(frames, range(50, 56), joints))
    np.testing.assert_array_equal([row.points for row in rows], frames)
    assert notes == {
        50: [f"left and right {limb} change places: changed back until they do so again" for limb in limbs]
    }


def test_sides_that_change_for_good_are_in_the_end_as_given():
    frames = exchanged(walk(2), range(40, 90), LEGS)
    rows, notes = watched(frames)
    as_given = [np.array_equal(row.points, frame) for row, frame in zip(rows, frames, strict=True)]
    assert as_given == [True] * 40 + [False] * 11 + [True] * 39, "a quarter of the time before"
    assert "do not change back" in notes[51][0]


def test_no_body_is_left_twisted():
    """Sides of the whole body change at once; arms go back over a frame half-way, in which nobody sees it."""
    right = walk(2)
    frames = exchanged(right, range(50, 57))
    mirrored = [H36M17.mirrored[joint] for joint in ARMS]
    frames[56, ARMS] = (right[56, ARMS] + right[56, mirrored]) / 2
    rows, notes = watched(frames)
    np.testing.assert_array_equal([row.points for row in rows[50:56]], right[50:56])
    np.testing.assert_array_equal([row.points for row in rows[61:]], right[61:])
    assert notes[60] == ["left and right arms, changed back, twist the body: from here on they are as given"]


def test_sides_exchanged_too_early_to_know_are_said_only():
    frames = exchanged(walk(2, 12), [2, 3], LEGS)
    rows, notes = watched(frames)
    np.testing.assert_array_equal([row.points for row in rows], frames)
    assert "which are right is not known" in notes[2][0]


def test_a_joint_that_jumps_far_counts_as_missing_at_once():
    frames = walk(2)
    frames[50:53, JOINT("left_wrist")] += (300, -100)
    rows, notes = watched(frames)
    away = np.array([row.jumps for row in rows])
    assert np.argwhere(away).tolist() == [[i, JOINT("left_wrist")] for i in (50, 51, 52)]
    assert notes == {50: ["left_wrist jumped: counted as missing where they are away"]}


def test_a_smaller_jump_is_known_when_it_is_over():
    frames = walk(0)
    frames[50, JOINT("left_wrist")] += (60, -60)
    rows, notes = watched(frames, ahead=3)
    assert np.argwhere([row.jumps for row in rows]).tolist() == [[50, JOINT("left_wrist")]]
    assert list(notes) == [51]


def test_a_joint_that_stays_where_it_jumped_to_is_believed():
    frames = walk(0)
    frames[50:, JOINT("left_wrist")] += (300, -100)
    rows, _ = watched(frames)
    assert not any(row.jumps.any() for row in rows[60:])


def test_pictures_that_come_twice_are_said():
    _, notes = watched(walk(2, 60)[np.repeat(np.arange(30), 2)])
    assert "frozen: 30 of 59 times" in str(notes[59])


def test_live_lifts_what_is_mended_and_says_so():
    frames, model = walk(2, 30), geolift.load("human")
    wrong = exchanged(frames, [20, 21])
    wrong[26, JOINT("right_ankle")] += (0, -400)
    frames[26, JOINT("right_ankle")] = np.nan
    live = geolift.Live(H36M17.names, model=model, fps=30, ahead=1, up=(0, -1, 0))
    assumed = len(live.notes)
    right, mended = ([pose for frame in one for pose in live.push(frame)] + live.finish() for one in (frames, wrong))
    for a, b in zip(right, mended, strict=True):
        np.testing.assert_array_equal(a.points, b.points)
    assert [pose.frame for pose in mended if pose.notes] == [20, 26]
    assert [note.split(":")[0] for note in live.notes[assumed:]] == ["first in frame 20"] * 2 + ["first in frame 26"]


def ticks(clock, times):
    return [note for frame, time in enumerate(times) for note in clock.tick(frame, time).items()]


def test_milliseconds_for_seconds_are_an_error_by_the_stated_rate_and_else_said():
    times = 1e6 + np.arange(9) * 1000 / 30
    with pytest.raises(DatasetError, match=r"time: found steps of 33.3 up to frame 5, expected seconds: 0.0333 at 30"):
        ticks(Clock(30.0, stated=True), times)
    assert dict(ticks(Clock(30.0, stated=False), times)).keys() == {"unit"}
    assert ticks(Clock(30.0, stated=True), times / 1000) == ticks(Clock(30.0, stated=False), times / 1000) == []


def test_another_rate_than_the_stated_one_is_said():
    notes = dict(ticks(Clock(30.0, stated=True), np.arange(9) / 60))
    assert notes == {"rate": "fps: 30 was given, time stamps show 60, which count"}


def test_a_pause_is_no_other_unit():
    assert ticks(Clock(30.0, stated=True), [*np.arange(9) / 30, *(600 + np.arange(9) / 30)]) == []
