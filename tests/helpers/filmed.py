"""Recorded people of `train` as a level camera sees them, at any frame rate."""

import numpy as np
import pytest

from benchmarks.level_camera import filmed
from geolift.data.world import WorldClip
from tests.helpers.paths import DATA


def filmed_people(actions, fps, rng):
    """Clips, one of each action: pixels `[T, 17, 2]` and speeds `[T, 17]` in m/s; skipped without the data."""
    path = DATA / "mocap_h36m17.npz"
    if not path.exists():
        pytest.skip(f"needs {path.name}: not in {DATA} (set GEOLIFT_DATA)")
    with np.load(path) as data:
        start, stop, rate = data["start"], data["stop"], data["fps"]
        fits = (data["split"] == "train") & (stop - start > 3 * rate)
        chosen = [rng.choice(np.flatnonzero(fits & (data["action"] == action))) for action in actions]
        positions = data["positions"]
        clips = [
            WorldClip(positions[start[i] : stop[i]], float(rate[i]), str(i), "", action, "train")
            for i, action in zip(chosen, actions, strict=True)
        ]
    for clip in clips:
        yield filmed(clip, fps, rng.uniform(0, 2 * np.pi))
