"""Heights of people in tables: read, left out where they may be of another thing, refused where they are wrong."""

import pytest

from geolift.errors import DatasetError
from geolift.keypoints.recognition import read_keypoints

HEADER = "frame,person,{},nose_x,nose_y,left_hip_x,left_hip_y,right_hip_x,right_hip_y,left_knee_x,left_knee_y"


def table(tmp_path, column, cells, *, header=HEADER):
    """A table of two frames of ann and ben with a cell in each row."""
    path = tmp_path / "two.csv"
    rows = [f"{i // 2},{('ann', 'ben')[i % 2]},{cell},{i},9,8,7,6,5,4,3" for i, cell in enumerate(cells)]
    path.write_text("\n".join([header.format(column), *rows]) + "\n")
    return path


@pytest.mark.parametrize("column", ["height", "Height", "stature", "height_m", "Body Height"])
def test_heights_are_read_and_noted(column, tmp_path):
    recording = read_keypoints(table(tmp_path, column, ["1.2", "1.8", "1.2", "1.8"])).recording
    assert recording.heights == (("ann", 1.2), ("ben", 1.8))
    assert any("ann 1.2 m, ben 1.8 m" in note for note in recording.notes)
    some = read_keypoints(table(tmp_path, column, ["", "1.8", "", "NA"])).recording
    assert some.heights == (("ben", 1.8),)


@pytest.mark.parametrize(
    "cells", [["720"] * 4, ["310", "305", "311", "300"], ["0.4", "0.5", "0.6", "0.7"], ["tall"] * 4]
)
def test_a_height_that_may_be_an_image_s_or_a_box_s_is_left_out(cells, tmp_path):
    recording = read_keypoints(table(tmp_path, "height", cells)).recording
    assert recording.heights == () and any("left out: height" in note for note in recording.notes)


def test_an_image_s_size_is_no_height_of_people(tmp_path):
    path = table(tmp_path, "width,height", ["3,2"] * 4)
    recording = read_keypoints(path).recording
    assert recording.heights == () and recording.image_size.tolist() == [[3, 2], [3, 2]]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["120", "180", "120", "180"], "120 for 'ann'"),
        (["1.2", "1.8", "1.3", "1.8"], "1.2 and 1.3 for 'ann'"),
        (["-1", "1.8", "-1", "1.8"], "-1 for 'ann'"),
    ],
)
def test_what_can_be_heights_only_must_be_metres(cells, found, tmp_path):
    with pytest.raises(DatasetError, match=f"column stature: found {found}, expected the metres of each person"):
        read_keypoints(table(tmp_path, "stature", cells))


def test_heights_need_people(tmp_path):
    path = tmp_path / "who.csv"
    header = "frame,stature,nose_x,nose_y,left_hip_x,left_hip_y"
    path.write_text(f"{header}\n0,1.8,1,2,3,4\n0,1.8,5,6,7,8\n1,1.8,1,2,3,4\n")
    with pytest.raises(DatasetError, match="column stature: found heights, but no column for people"):
        read_keypoints(path)
    path.write_text(f"{header}\n0,1.8,1,2,3,4\n1,1.8,5,6,7,8\n")
    assert read_keypoints(path).recording.heights == (("0", 1.8),)
