"""Numbered photographs are no video; videos of any rate are."""

import numpy as np
import pytest

from geolift.keypoints.photographs import as_photographs
from geolift.keypoints.recording import record
from geolift.keypoints.tracking import track


def of(points, seen=None, **more):
    seen = np.ones(points.shape[:2]) if seen is None else seen
    return record(points, seen, joints=tuple(f"joint {i}" for i in range(points.shape[1])), joint_set="", **more)


@pytest.fixture(scope="module")
def photographs(coco_file):
    """People of 60 photographs of COCO, numbered one after the other."""
    with np.load(coco_file) as arrays:
        frame = np.unique(arrays["image_id"], return_inverse=True)[1]
        chosen = frame < 60
        return {"points": arrays["joints"][chosen], "seen": arrays["visibility"][chosen] > 0, "frame": frame[chosen]}


def test_photographs_become_single_images(photographs):
    found = track(of(**photographs))
    assert not found.video and not found.tracked and "read as single images: people are" in found.notes[-1]


@pytest.mark.parametrize("missing", [0.4, 0.8])
def test_a_video_with_missing_joints_stays_a_video(missing, rng):
    """Seen by a few of its ten joints, which are others in each frame, a body seems large and small in turn."""
    wave = np.stack([20.0 * np.arange(10), np.zeros(10)], axis=-1) + np.zeros((200, 1, 1))
    wave[..., 1] = 30 * np.sin(0.6 * np.arange(10) - 0.2 * np.arange(200)[:, None])
    recording = of(wave, rng.random((200, 10)) >= missing)
    assert as_photographs(recording) is recording


@pytest.mark.parametrize("about", [{"fps": 30.0}, {"shots": ((0, "a"), (30, "b"))}])
def test_what_is_known_about_time_makes_a_video(photographs, about):
    recording = of(**photographs, **about)
    assert as_photographs(recording) is recording


def test_images_of_other_sizes_are_photographs(people):
    points = people.keypoints[:8]
    sizes = np.tile([640, 480], (8, 1))
    same = of(points, image_size=sizes)
    assert as_photographs(same) is same
    sizes[3] = 480, 640
    other = as_photographs(of(points, image_size=sizes))
    assert not other.video and "their sizes differ (--fps" in other.notes[-1]


@pytest.mark.parametrize("step", [1, 2, 5])
def test_videos_of_any_rate_stay_videos(people, step):
    """Clip after clip of people who move, come near and bend."""
    recording = of(people.keypoints[::step])
    assert as_photographs(recording) is recording
