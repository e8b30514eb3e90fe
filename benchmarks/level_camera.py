"""Recorded motion before a level camera at any frame rate, and errors of its keypoints: white, or such that last."""

import numpy as np

from geolift.data.world import WorldClip

IMAGE_SIZE, FOCAL, AWAY = (1920.0, 1080.0), 1200.0, 6.0  # pixels; pixels; metres
LONGEST = 8.0  # seconds of a clip


def filmed(clip: WorldClip, fps: float, azimuth: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels `[T, J, 2]` as a level camera at an angle (radians) sees a clip, and joints' speeds `[T, J]` in m/s."""
    from scipy.interpolate import CubicSpline

    points = np.asarray(clip.points[: round(LONGEST * clip.fps)], np.float64)
    times = np.arange(len(points)) / clip.fps
    motion, at = CubicSpline(times, points), np.arange(0, times[-1], 1 / fps)
    x, y, z = np.moveaxis(motion(at) - points[:, :1].mean(axis=0), -1, 0)
    depth = AWAY + x * np.cos(azimuth) + y * np.sin(azimuth)
    pixels = np.stack([x * np.sin(azimuth) - y * np.cos(azimuth), -z], axis=-1) * (FOCAL / depth)[..., None]
    return pixels + np.array(IMAGE_SIZE) / 2, np.linalg.norm(motion(at, 1), axis=-1)


def errors_of(rng: np.random.Generator, shape: tuple[int, ...], pixels: float, lasts: float) -> np.ndarray:
    """Errors `[T, ...]` of a standard deviation in pixels; white, or correlated over so many frames."""
    from scipy.signal import lfilter

    errors = rng.normal(0, pixels, shape)
    if not lasts:
        return errors
    kept = np.exp(-1 / lasts)
    errors[1:] *= np.sqrt(1 - kept**2)
    return lfilter([1.0], [1.0, -kept], errors, axis=0)
