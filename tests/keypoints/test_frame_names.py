"""Names of frames become a video or single images, in the order of their numbers."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.frame_names import MOST_FRAMES, distinct, natural_key, order_frames, single_images
from geolift.keypoints.options import NO_OPTIONS, Options


def order(names, fps=None, **more):
    return order_frames(names, "test", Options(fps=fps), **more)


def test_names_are_sorted_by_the_value_of_their_numbers():
    names = ["b2", "a10", "a9", "a", "a09b1", "10", "9", "a10c"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "a9", "a09b1", "a10", "a10c", "b2"]
    long = ["1" * 5000, "2" + "0" * 4999, "9"]  # longer than Python turns into an int
    assert sorted(long, key=natural_key) == [long[2], long[0], long[1]]


@pytest.mark.parametrize(
    ("names", "expected", "index"),
    [
        (["walk_2", "walk_1", "walk_4"], ("walk_1", "walk_2", "walk_3", "walk_4"), [1, 0, 3]),
        (["009.jpg", "011.jpg"], ("009.jpg", "010.jpg", "011.jpg"), [0, 2]),
        (["clip2_1.mp4", "clip2_2.mp4"], ("clip2_1.mp4", "clip2_2.mp4"), [0, 1]),
    ],
)
def test_names_that_differ_only_in_the_last_number_are_a_video(names, expected, index):
    frames = order(names, fps=25.0)
    assert frames.video and frames.fps == 25 and frames.names == expected and frames.index.tolist() == index


@pytest.mark.parametrize("names", [["a1", "b2"], ["a"], ["a", "b"], ["x1y2", "x2y3"], ["1", "01"], ["7"]])
def test_other_names_are_single_images(names):
    frames = order(names, fps=25.0)
    assert not frames.video and frames.fps == 0 and frames.notes == ("--fps was not used: these are single images",)
    assert sorted(frames.names, key=natural_key) == list(frames.names)
    assert [frames.names[i] for i in frames.index] == names
    assert order(names).notes == ()


def test_steps_are_gaps_unless_all_frames_are_named():
    names = ["0", "5", "15"]
    assert len(order(names).names) == 16
    frames = order(names, fps=30.0, gapless=True)
    assert frames.names == ("0", "5", "10", "15") and frames.index.tolist() == [0, 1, 3] and frames.fps == 6
    assert frames.notes == (
        "numbers of frames go up in steps of 5: 1 frame in 5 was processed",
        "30 frames per second in steps of 5 are 6",
    )


def test_sparse_numbers_are_a_video_only_with_a_frame_rate():
    frames = order(["1", "200"])
    assert not frames.video and frames.notes == ("numbers of frames lie far apart (2 in 200): read as single images",)
    assert order(["1", "200"], fps=30.0).video
    with pytest.raises(
        DatasetError, match=f"test: found frames 1 to {10**9}, expected at most {MOST_FRAMES} in a video"
    ):
        order(["1", str(10**9)], fps=30.0)
    assert not order(["1", "9" * 19], fps=30.0).video  # not numbers of frames


@pytest.mark.parametrize("fps", [0.0, -1.0, np.nan, np.inf])
def test_a_frame_rate_must_be_a_positive_number(fps):
    for names in (["1", "2"], ["a"]):
        with pytest.raises(DatasetError, match=r"test: frames per second: found .*, expected a positive number"):
            order(names, fps=fps)


def test_repeated_labels_are_one_frame():
    names, which = distinct(["b", "a", "b", "c"])
    assert names == ["b", "a", "c"] and which.tolist() == [0, 1, 0, 2]
    frames = single_images(names, "test", NO_OPTIONS)
    assert [frames.names[i] for i in frames.index[which]] == ["b", "a", "b", "c"]
