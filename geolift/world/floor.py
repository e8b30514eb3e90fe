"""What supports a floor: feet that stand at one height for long enough."""

from typing import NamedTuple

import numpy as np

ANKLE = 0.08  # metres of a standing person's ankle joint above the floor; 0.06 to 0.10 in recorded motion
NEAR = 0.08  # metres from the floor's height, within which a standing ankle is on it
APART = 0.15  # metres, about a step of a stair: a standing ankle that is farther off is on another floor
SHORTEST = 0.3  # seconds that feet must stand on it: half a stance of walking
MOST = 0.5  # share of the time of all standing feet that must be on it
LOWEST = 5.0  # percentile of the lower ankle's heights: single frames may be wrong
LEAST = 0.03  # metres, the lowest ankle joint above a floor: of a foot that lies on its side
DEEPEST = 0.08  # metres by which a floor is lowered to the lowest ankles; if they are deeper, up or the floor is wrong
SURE = 2.0  # a floor above the camera is claimed from so many standard deviations of its height
OTHERS = 0.15  # share on other heights from which there are several floors


class Floor(NamedTuple):
    """What standing feet say of the floor.

    Attributes:
        height: metres, `up . X` of its points; NaN where feet do not support one.
        seconds: how long feet stood on it, both feet counted.
        several: whether feet also stood at other heights for long: stairs, blocks, uneven ground.
        below: metres by which the lowest ankles were below the floor; 0: none.
        above_camera: whether a floor above the camera was found, and is not sure enough to be claimed.

    Example:
        >>> Floor(-1.5, seconds=4.0, several=False).height
        -1.5
    """

    height: float
    seconds: float
    several: bool
    below: float = 0.0
    above_camera: bool = False


def supported_floor(
    heights: np.ndarray, contact: np.ndarray, ankles: float, *, fps: float, spread: float = 0.0
) -> Floor:
    """Whether feet that stand support a floor under ankles at one height.

    Args:
        heights: `[N, 2]` metres, `up . X` of the ankles; NaN where missing.
        contact: `[N, 2]` bool: the foot stands.
        ankles: metres, the height at which ankles of feet on that floor are.
        fps: frames per second.
        spread: standard deviation of the floor's height.

    Returns:
        The floor, lowered where ankles would be below it; none where they are far below it.

    Source:
        Ours.

    Example:
        >>> feet = np.zeros((30, 2))
        >>> supported_floor(feet, feet == 0, 0.0, fps=30.0)
        Floor(height=-0.08, seconds=2.0, several=False, below=0.0, above_camera=False)
        >>> supported_floor(feet, feet == 1, 0.0, fps=30.0)
        Floor(height=nan, seconds=0.0, several=False, below=0.0, above_camera=False)
    """
    off = np.abs(heights[contact & np.isfinite(heights)] - ankles)
    seconds, share = float((off < NEAR).sum() / fps), float((off < NEAR).mean()) if len(off) else 0.0
    apart = float((off > APART).mean()) if len(off) else 0.0
    if seconds < SHORTEST or share < MOST:
        return Floor(np.nan, seconds, several=False)
    height, several = float(ankles - ANKLE), apart >= OTHERS
    lower = np.where(np.isfinite(heights), heights, np.inf).min(axis=1)
    below = max(0.0, height + LEAST - float(np.percentile(lower[np.isfinite(lower)], LOWEST)))
    high = height - below > 0 and height - below < SURE * spread
    height = np.nan if high or (below > DEEPEST and not several) else height - below
    return Floor(height, seconds, bool(several), below, bool(high))
