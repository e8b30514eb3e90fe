"""Joining and dividing data sets: no frame is lost, doubled or in two splits."""

import numpy as np
import pytest

from geolift.data.dataset import check_dataset
from geolift.data.joining import join_datasets
from geolift.data.sources import open_dataset
from geolift.data.splitting import split_by_time
from geolift.errors import DatasetError


@pytest.fixture(scope="module")
def people():
    return open_dataset("procedural").select("test")


def test_joined_parts_are_the_whole(people):
    half = len(people.start) // 2
    cut = people.start[half]
    parts = [people._select_clips(np.arange(half)), people._select_clips(np.arange(half, len(people.start)))]
    joined = join_datasets(parts, "people")
    assert cut == parts[0].frames
    for key in ("keypoints", "points_3d", "start", "stop", "subject", "intrinsics"):
        np.testing.assert_array_equal(getattr(joined, key), getattr(people, key))
    assert joined.source == people.source


def test_what_one_part_lacks_is_left_out_and_said(people):
    joined = join_datasets([people, people.without_3d()], "people")
    assert joined.points_3d is None and joined.intrinsics is not None
    assert joined.source.endswith("points_3d was left out: 1 of 2 data sets have it.")


def test_other_skeletons_are_refused(people):
    other = people._replace(skeleton=people.skeleton._replace(head=people.skeleton.names.index("neck")))
    with pytest.raises(DatasetError, match=r"^both: data set 2: found another skeleton"):
        join_datasets([people, other], "both")
    with pytest.raises(DatasetError, match="found no data set"):
        join_datasets([], "none")


def test_the_end_of_every_clip_is_for_testing_and_no_frame_is_in_both(people):
    marked = people.without_3d()._replace(keypoints=people.keypoints.copy())
    marked.keypoints[:, 1, 0] = np.arange(people.frames)
    found = check_dataset(split_by_time(marked, share=0.2, gap=1.0), "split")
    frames = {name: set(found.select(name).keypoints[:, 1, 0].astype(int).tolist()) for name in ("train", "test")}
    assert not frames["train"] & frames["test"]
    clip = people.clip_of_frame
    for one in range(len(people.start)):
        train, test = ([f for f in frames[name] if clip[f] == one] for name in ("train", "test"))
        assert len(test) == int(0.2 * (people.stop - people.start)[one])
        assert min(test) - max(train) - 1 == round(float(people.fps[one]))
        assert min(train) == people.start[one] and max(test) == people.stop[one] - 1


def test_clips_too_short_to_be_cut_are_for_training(people):
    short = people._select_clips(np.arange(1))
    one = short._replace(keypoints=short.keypoints[:3], confidence=short.confidence[:3], points_3d=None, gravity=None,
                         stop=np.array([3]))  # fmt: skip
    found = split_by_time(one, share=0.2, gap=1.0)
    assert found.frames == 3 and found.split.tolist() == ["train"]
