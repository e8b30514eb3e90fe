"""Moments of synchronised cameras: which frames belong together, through splits, joins and files."""

import numpy as np
import pytest

from geolift.data.dataset import load_dataset, save_dataset
from geolift.data.joining import join_datasets
from geolift.data.moments import find_moments, with_moments_of_clips
from geolift.data.splitting import split_by_time
from geolift.errors import DatasetError


@pytest.fixture(scope="module")
def filmed(people):
    return with_moments_of_clips(people, "people")


def numbers(data):
    clip = data.clip_of_frame
    return data.moment[clip] + np.arange(data.frames) - data.start[clip]


def test_frames_of_a_moment_are_of_one_time_and_one_body(filmed):
    moments = find_moments(filmed)
    for frame in moments.frame[:: max(1, len(moments.frame) // 200)]:
        frame = frame[frame >= 0]
        clip = filmed.clip_of_frame[frame]
        assert len(set(filmed.subject[clip])) == len(set(filmed.clip[clip])) == 1
        assert len(set(filmed.camera[clip])) == len(frame) >= 2
        assert len(set((frame - filmed.start[clip]).tolist())) == 1


def test_moments_survive_splits_files_and_joins(filmed, tmp_path):
    cut = split_by_time(filmed, share=0.3, gap=0.1)
    # Each frame keeps its number: the test part of a clip begins where the clip's later frames were.
    of = dict(zip([k.tobytes() for k in filmed.keypoints], numbers(filmed), strict=True))
    assert [of[k.tobytes()] for k in cut.keypoints] == numbers(cut).tolist()
    test = cut.select("test")
    save_dataset(test, tmp_path / "test.npz")
    read = load_dataset(tmp_path / "test.npz")
    assert numbers(read).tolist() == numbers(test).tolist()
    assert len(find_moments(read).frame) == len(find_moments(test).frame)
    both = join_datasets([test, test], "twice")  # other recordings, whose moments are others
    assert len(find_moments(both).frame) == 2 * len(find_moments(test).frame)


def test_cameras_that_are_named_as_subjects_are_cameras(filmed, people):
    one = people._select_clips(np.flatnonzero(people.subject == people.subject[0]))
    named = one._replace(subject=one.camera, camera=np.full(len(one.start), "unknown"))
    found = with_moments_of_clips(named, "named")
    assert len(find_moments(found).cameras) == len(set(one.camera))
    assert len(find_moments(found).frame) == len(find_moments(with_moments_of_clips(one, "one")).frame)


def test_what_is_not_synchronised_is_refused(filmed, people):
    with pytest.raises(DatasetError, match="moment: found none"):
        find_moments(people)
    apart = filmed._replace(moment=np.arange(len(filmed.start)) * 10_000)
    with pytest.raises(DatasetError, match="found no moment that two"):
        find_moments(apart)
    with pytest.raises(DatasetError, match=r"clips 0 and 1 show .* in one camera"):
        find_moments(filmed._replace(camera=np.full(len(filmed.start), "one")))
    with pytest.raises(DatasetError, match="found no clips of the same name and length"):
        with_moments_of_clips(people._replace(clip=np.arange(len(people.start)).astype(str)), "people")
    with pytest.raises(DatasetError, match="moment: found type float64"):
        save_dataset(filmed._replace(moment=filmed.moment * 1.0), "never.npz")
