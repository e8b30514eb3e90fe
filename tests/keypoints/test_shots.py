"""Several clips in one file or folder: each is a video, nobody is followed from one to the next, one can be chosen."""

import numpy as np
import pytest

import geolift
from geolift.errors import DatasetError
from geolift.keypoints import shots
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import record
from tests.helpers.cases import case


def test_frames_are_in_the_shot_that_began_last():
    assert shots.shot_of(np.arange(6), [(0, "a"), (2, "b"), (5, "c")]).tolist() == [0, 0, 1, 1, 1, 2]
    assert shots.shot_of(np.arange(3), ()).tolist() == [0, 0, 0]


@pytest.mark.parametrize("names", [("day", "night"), ("", ""), ("same", "same")])
def test_a_person_in_two_shots_is_two_people(names):
    points = np.random.default_rng(0).uniform(1, 9, (6, 2, 2))
    frame, person = np.array([0, 1, 1, 2, 3, 3]), np.array([0, 0, 1, 0, 0, 1])
    about = {"joints": ("head", "tail"), "people": ("anna", "ben"), "shots": ((0, names[0]), (2, names[1]))}
    recording = record(points, np.ones((6, 2)), frame=frame, person=person, **about)
    assert recording.person.tolist() == [0, 0, 1, 2, 2, 3] and len(set(recording.people)) == 4
    if names[0] == "day":
        assert recording.people == ("day anna", "day ben", "night anna", "night ben")


def table(path, rows):
    path.write_text("frame,person,head_x,head_y,tail_x,tail_y\n" + "\n".join(rows) + "\n")
    return path


def test_clips_of_a_table_are_read_and_one_can_be_chosen(tmp_path):
    rows = [f"{clip}_{i},anna,{i},5,{i + 9},{x}" for x, clip in ((7, "night"), (3, "day")) for i in range(12)]
    path = table(tmp_path / "clips.csv", rows)
    both = read_keypoints(path, options=Options(fps=25)).recording
    assert both.video and both.shots == ((0, "day"), (12, "night")) and both.people == ("day anna", "night anna")
    assert "2 clips, each a video: day, night" in both.notes
    for clip, x in (("day", 3), ("night", 7), ("nig", 7)):
        one = read_keypoints(path, options=Options(clip=clip)).recording
        assert one.people == ("anna",) and one.shots == () and len(one.frames) == 12
        assert (one.keypoints[:, 1, 1] == x).all() and one.frames[0].startswith(clip)
    with pytest.raises(DatasetError, match=r"--clip: found 'x', expected one of \['day', 'night'\]"):
        read_keypoints(path, options=Options(clip="x"))
    single = table(tmp_path / "one.csv", [f"{i},anna,{i},5,{i + 9},9" for i in range(12)])
    with pytest.raises(DatasetError, match="--clip: found 'x', expected none: the frames are one clip"):
        read_keypoints(single, options=Options(clip="x"))


def test_rows_that_are_repeated_exactly_are_one(tmp_path):
    rows = [f"{i},anna,{i},5,{i + 9},9" for i in range(5)]
    recording = read_keypoints(table(tmp_path / "a.csv", [*rows, rows[2]])).recording
    assert len(recording.frame) == 5 and "1 row is repeated exactly: left out" in recording.notes


def test_two_clips_in_a_folder_are_lifted_apart():
    result = geolift.lift(case("mac-appledouble-two-clips/two"))
    assert result.video and len(result.frames) == 24 and len(result.people) == 2 and np.isfinite(result.up).all()
    assert [set(result.frame[result.person == i] // 12) for i in (0, 1)] == [{0}, {1}]
    assert "2 clips, each a video: evening, morning" in result.notes
    alone = geolift.lift(case("mac-appledouble-two-clips/two"), clip="morning")
    np.testing.assert_allclose(alone.points, result.points[result.person == 1], atol=1e-4)
    assert all(name.startswith("morning") for name in alone.frames)
