"""`record` sorts and cleans detections, counts what it changes, and refuses arguments that do not fit each other."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.recording import LONGEST_NAME, MOST_PEOPLE, record, select_rows, without_unsure_joints

JOINTS = ("head", "back", "tail")


def detections(count=3, **more):
    """Detections of three joints, one in each frame."""
    keypoints = np.arange(1.0, 1 + count * 6).reshape(count, 3, 2)
    return {"keypoints": keypoints, "confidence": np.full((count, 3), 0.5), "joints": JOINTS} | more


def test_detections_are_sorted_by_frame_and_person():
    made = record(**detections(4, frame=[2, 0, 2, 1], person=[1, 0, 0, 2], people=("a", "b", "c"), frames=tuple("xyz")))
    assert made.frame.tolist() == [0, 1, 2, 2] and made.person.tolist() == [0, 2, 0, 1]
    assert made.keypoints[:, 0, 0].tolist() == [7, 19, 13, 1] and made.tracked and made.frames == ("x", "y", "z")


def test_defaults_are_one_untracked_detection_in_each_numbered_frame():
    made = record(**detections())
    assert made.frames == made.people == ("0", "1", "2") and not made.tracked and made.video and made.fps == 0
    assert made.joint_set == "" and made.image_size is None and made.notes == ()
    assert record(**detections(image_size=(640, 480))).image_size.tolist() == [[640, 480]] * 3


def test_missing_joints_are_zero_and_changes_are_counted():
    keypoints, confidence = np.ones((3, 3, 2)), np.full((3, 3), 0.5)
    keypoints[0, 0], keypoints[0, 1, 1], confidence[0, 2] = 0, np.nan, -1  # nothing left in the first frame
    keypoints[1, 0, 0], confidence[1, 1], confidence[1, 2] = np.inf, np.nan, 1.5
    made = record(keypoints, confidence, joints=JOINTS, notes=("read from a test",))
    assert made.seen.tolist() == [[False, False, True], [True, True, True]]
    assert not made.keypoints[~made.seen].any() and made.confidence.max() == 1
    assert made.notes == (
        "read from a test",
        "1 confidence above 1 was counted as 1",
        "1 detection without any joint: left out",
        "1 of 3 frames are without people",
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"joint_set": "coco17"}, "joint_set: found 'coco17' with joints .*'head'.*, expected .*'nose'"),
        ({"joint_set": "cocoa"}, "joint_set: found 'cocoa' .*expected one of"),
        ({"fps": -1.0}, "fps: found -1.0, expected frames per second"),
        ({"fps": np.nan}, "fps: found nan"),
        ({"joints": ("head", "back", "x" * (LONGEST_NAME + 1))}, "joints: expected names .* of up to 1000 characters"),
        ({"frames": (0, 1, 2)}, "frames: expected names"),
        ({"joints": ("head", "tail")}, r"found shapes \[3, 3, 2\] and \[3, 3\], expected \[N, 2, 2\] and \[N, 2\]"),
        ({"confidence": np.ones((3, 2))}, r"found shapes \[3, 3, 2\] and \[3, 2\]"),
        ({"frame": [0, 1], "frames": tuple("xyz")}, r"frame: expected one number in 0\.\.2"),
        ({"frame": [0, 1, 3], "frames": tuple("xyz")}, r"frame: expected one number in 0\.\.2"),
        ({"person": [0, 0, 1], "people": ("a", "a")}, "people: found .*expected different names"),
        ({"person": [0, 0, 1], "people": ("a",)}, r"person: expected one number in 0\.\.0"),
        (
            {"frame": [1, 0, 1], "person": [0, 0, 0], "people": ("a",)},
            "person 'a' is twice in frame '1', expected once",
        ),
        ({"keypoints": np.full((3, 3, 2), 1e9)}, r"keypoints: found 1e\+09, expected pixels up to"),
        ({"confidence": np.zeros((3, 3))}, "found no person in 3 frames, expected at least one"),
        ({"image_size": (640, 0)}, "image_size: expected width and height in pixels for each frame"),
        ({"image_size": np.ones((2, 2))}, "image_size: expected width and height"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_one_line(wrong, message):
    with pytest.raises(DatasetError, match=message) as error:
        record(**detections(origin="cat.csv") | wrong)
    assert str(error.value).startswith("cat.csv: ") and "\n" not in str(error.value)


def test_a_crowd_is_refused_only_where_it_must_be_tracked():
    crowd = detections(MOST_PEOPLE + 1, frame=np.zeros(MOST_PEOPLE + 1, int))
    with pytest.raises(DatasetError, match="found 501 people in a frame, expected at most 500 in an untracked video"):
        record(**crowd)
    assert len(record(**crowd, video=False).frame) == MOST_PEOPLE + 1


def test_selected_rows_keep_their_people():
    made = record(**detections(3, person=[0, 1, 0], people=("a", "b")))
    kept = select_rows(made, made.person == 1, "not b")
    assert kept.people == ("b",) and kept.person.tolist() == [0] and kept.frame.tolist() == [1]
    assert kept.frames == made.frames and kept.notes == ("2 of 3 detections were left out: not b",)
    assert select_rows(made, made.person == 1).notes == () and select_rows(made, made.person >= 0) is made
    with pytest.raises(DatasetError, match="3 of 3 detections were left out: none; expected at least one other"):
        select_rows(made, made.person > 1, "none")


def test_unsure_joints_become_missing():
    confidence = np.array([[0.1, 0.2, 0.9], [0.1, 0.1, 0.1], [0.9, 0.9, 0.9]])
    made = without_unsure_joints(record(**detections() | {"confidence": confidence}), 0.5)
    assert made.seen.tolist() == [[False, False, True], [True, True, True]] and not made.keypoints[~made.seen].any()
    assert made.notes == (
        "5 joints less sure than 0.5: counted as missing",
        "1 of 3 detections were left out: no joint as sure as 0.5",
    )
    assert without_unsure_joints(made, 0.5) is made
