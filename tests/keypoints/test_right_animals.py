"""Of right files of animals nothing is left out, changed or doubted: no ghosts, jumps, cuts or wrong joints."""

import numpy as np
import pytest

from geolift.data.dataset import load_dataset
from geolift.data.synthetic import QUADRUPED, quadruped_clips
from geolift.keypoints import check_recording, record, track
from geolift.keypoints.joint_jumps import without_jumps
from geolift.keypoints.side_swaps import undo_swaps
from tests.conftest import real
from tests.helpers.quadruped import filmed

FRAMES = 150


def of(clips, names, *, missing=0.0, noise=0.0):
    """A video of clips `[T, J, 2]`, each one animal, their places beside each other, followed by nobody."""
    rng = np.random.default_rng(0)
    size = np.median([np.ptp(clip, axis=1).max(axis=-1) for clip in clips])
    placed = [clip - clip.min(axis=(0, 1)) + [4 * i * size + 50, 50] for i, clip in enumerate(clips)]
    points = np.stack(placed, axis=1) + noise * size * rng.normal(size=(len(clips[0]), len(clips), len(names), 2))
    seen = (rng.random(points.shape[:3]) >= missing).reshape(-1, len(names))
    kept, frame = seen.any(axis=1), np.repeat(np.arange(len(points)), len(clips))
    about = {"joints": tuple(names), "frame": frame[kept], "frames": tuple(map(str, range(len(points)))), "fps": 30.0}
    return record(points.reshape(-1, len(names), 2)[kept], seen[kept].astype(float), **about)


def quadrupeds():
    clips = quadruped_clips(1, animals=3, seconds=FRAMES / 30, fps=30.0)[:2]
    turned = [filmed(clip.points, 20)[:FRAMES] for clip in clips]
    return [200 * points[..., :2] for points in turned], QUADRUPED.names


def chains():
    """Two bodies of joints without sides, in a wave that travels along them."""
    along, time = np.linspace(0, 1, 10), np.arange(FRAMES)[:, None] / 30
    clips = []
    for speed in (0.8, 1.3):
        angle = 0.8 * np.sin(2 * np.pi * (1.2 * along - speed * time)) + 0.2 * time
        clips.append(np.cumsum(20 * np.stack([np.cos(angle), np.sin(angle)], axis=-1), axis=1))
    return clips, [f"joint {i}" for i in range(10)]


def filmed_animals(name):
    data = load_dataset(real(f"animals/{name}"))
    return [data.keypoints[start : start + FRAMES].astype(float) for start in data.start[:2]], data.skeleton.names


@pytest.mark.parametrize("animal", ["quadruped", "chain", "mouse45.npz", "fly3.npz"])
@pytest.mark.parametrize(("missing", "noise"), [(0.0, 0.0), (0.05, 0.01), (0.5, 0.02)])
def test_nothing_is_found_in_right_animals(animal, missing, noise):
    made = {"quadruped": quadrupeds, "chain": chains}
    clips, names = made[animal]() if animal in made else filmed_animals(animal)
    recording = of(clips, names, missing=missing, noise=noise)
    tracked = track(recording)
    assert len(tracked.people) == len(clips) and len(tracked.frame) == len(recording.frame)
    assert len(tracked.notes) == len(recording.notes) + 1  # that they were followed
    for step in (without_jumps, undo_swaps):
        assert step(tracked) is tracked
    assert check_recording(tracked) == ()
