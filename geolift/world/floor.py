"""What supports a floor: feet that stand at one height for long enough."""

from typing import NamedTuple

import numpy as np

ANKLE = 0.08  # metres of a standing person's ankle joint above the floor; 0.06 to 0.10 in recorded motion
NEAR = 0.08  # metres from the floor's height, within which a standing ankle is on it
APART = 0.15  # metres, about a step of a stair: a standing ankle that is farther off is on another floor
SHORTEST = 0.3  # seconds that feet must stand on it: half a stance of walking
MOST = 0.5  # share of the time of all standing feet that must be on it
OTHERS = 0.15  # share on other heights from which there are several floors


class Floor(NamedTuple):
    """What standing feet say of the floor.

    Attributes:
        height: metres, `up . X` of its points; NaN where feet do not support one.
        seconds: how long feet stood on it, both feet counted.
        several: whether feet also stood at other heights for long: stairs, blocks, uneven ground.

    Example:
        >>> Floor(-1.5, seconds=4.0, several=False).height
        -1.5
    """

    height: float
    seconds: float
    several: bool


def supported_floor(heights: np.ndarray, contact: np.ndarray, ankles: float, *, fps: float) -> Floor:
    """Whether feet that stand support a floor under ankles at one height.

    Args:
        heights: `[N, 2]` metres, `up . X` of the ankles; NaN where missing.
        contact: `[N, 2]` bool: the foot stands.
        ankles: metres, the height at which ankles of feet on that floor are.
        fps: frames per second.

    Source:
        Ours.

    Example:
        >>> feet = np.zeros((30, 2))
        >>> supported_floor(feet, feet == 0, 0.0, fps=30.0)
        Floor(height=-0.08, seconds=2.0, several=False)
        >>> supported_floor(feet, feet == 1, 0.0, fps=30.0)
        Floor(height=nan, seconds=0.0, several=False)
    """
    off = np.abs(heights[contact & np.isfinite(heights)] - ankles)
    seconds, share = float((off < NEAR).sum() / fps), float((off < NEAR).mean()) if len(off) else 0.0
    apart = float((off > APART).mean()) if len(off) else 0.0
    known = seconds >= SHORTEST and share >= MOST
    return Floor(ankles - ANKLE if known else np.nan, seconds, bool(known and apart >= OTHERS))
