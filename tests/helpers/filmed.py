"""Recorded people of `train` as a level camera sees them, at any frame rate."""

import numpy as np
import pytest

from tests.helpers.paths import DATA

FOCAL, AWAY = 1200.0, 5.0  # pixels, metres


def filmed(actions, fps, rng, *, longest=8.0):
    """Clips, one of each action: pixels `[T, 17, 2]` and speeds `[T, 17]` in m/s; skipped without the data."""
    from scipy.interpolate import CubicSpline

    path = DATA / "mocap_h36m17.npz"
    if not path.exists():
        pytest.skip(f"needs {path.name}: not in {DATA} (set GEOLIFT_DATA)")
    with np.load(path) as data:
        start, stop, rate = data["start"], data["stop"], data["fps"]
        fits = (data["split"] == "train") & (stop - start > 3 * rate)
        chosen = [rng.choice(np.flatnonzero(fits & (data["action"] == action))) for action in actions]
        positions = data["positions"]
        clips = [positions[start[i] : min(stop[i], start[i] + int(longest * rate[i]))] for i in chosen]
    for clip in clips:
        times = np.arange(len(clip)) / 30
        moves = CubicSpline(times, clip.astype(float))
        at = np.arange(0, times[-1], 1 / fps)
        yield _seen(moves(at), rng.uniform(0, 2 * np.pi)), np.linalg.norm(moves(at, 1), axis=-1)


def _seen(points, azimuth):
    """Pixels of points `[T, J, 3]` in metres, z up."""
    x, y, z = np.moveaxis(points - points[:, :1].mean(axis=0), -1, 0)
    depth = AWAY + x * np.cos(azimuth) + y * np.sin(azimuth)
    across = y * np.cos(azimuth) - x * np.sin(azimuth)
    return np.stack([960 + FOCAL * across / depth, 540 - FOCAL * z / depth], axis=-1)
