"""What is known of the world, for people: a line each on up, the floor, the focal length, and how sure joints are."""

import numpy as np

from geolift.geometry import tilt_of
from geolift.output.result import Result
from geolift.skeletons.skeleton import is_human


def world_lines(result: Result) -> list[str]:
    """The lines of a result; what it does not hold has none."""
    return [*up_lines(result), *_floor_lines(result), *_focal_lines(result), *_uncertainty_lines(result)]


def up_lines(result: Result) -> list[str]:
    """How the camera is tilted, by the direction up in the result, in one line; nothing if that is not known."""
    if result.up is None or not (known := np.isfinite(result.up).all(axis=1)).any():
        return []
    directions = np.unique(result.up[known], axis=0)
    tilt, several = np.degrees(np.stack(tilt_of(-directions))), len(directions)
    (down, rolled), (down_most, rolled_most) = tilt.min(axis=1), tilt.max(axis=1)
    lifted = int(np.isfinite(result.points).any(axis=(1, 2)).sum())
    # Of people a tilt network gives each pose its direction; of others it is that of the lifter's training.
    learnt = not is_human(result.skeleton) and lifted > 1 and bool(np.isnan(result.up_spread[known]).all())
    if known.sum() == 1 or (several == 1 and (result.video or learnt)):
        spread = result.up_spread[known][0]
        why = "as those of the lifter's training" if learnt else "from one pose"
        sure = why if np.isnan(spread) else "as given" if spread == 0 else f"spread {spread:.0f} degrees"
        side = "counterclockwise" if rolled > 0 else "clockwise"  # the camera against what it sees
        looks = f"looks {'down' if down >= 0 else 'up'} by {abs(down):.0f} degrees"
        return [f"up: the camera {looks}, rolled {side} by {abs(rolled):.0f} ({sure})"]
    many = f"{several} shots" if result.video else f"{int(known.sum())} images"
    angles = np.rint([down, down_most, rolled, rolled_most]) + 0.0  # no -0
    down, down_most, rolled, rolled_most = (f"{angle:.0f}" for angle in angles)
    return [
        f"up: the cameras of {many} look down by {down} to {down_most} degrees (below 0: up), "
        f"rolled counterclockwise by {rolled} to {rolled_most}"
    ]


def _floor_lines(result: Result) -> list[str]:
    if result.floor is None or not (known := np.isfinite(result.floor)).any():
        return []
    floor = result.floor[known]
    low, high = (f"{height:.2f}" for height in sorted(np.abs([floor.min(), floor.max()])))
    where = "below" if floor.max() <= 0 else "above" if floor.min() >= 0 else "below or above"
    return [f"floor: {low if low == high else f'{low} to {high}'} m {where} the camera"]


def _focal_lines(result: Result) -> list[str]:
    if result.focal is None:
        return []
    focal, low, high = result.focal.tolist()
    sure = (
        "" if np.isnan(low) else " (as given)" if low == high else f" ({low:.0f} to {high:.0f} with 68 % probability)"
    )
    ratio = ""
    if result.image_size is not None and len(np.unique(result.image_size.max(axis=1))) == 1:
        ratio = f", {focal / result.image_size.max():.2f} times the larger side of the image"
    return [f"focal length: {focal:.0f} px{sure}{ratio}"]


def _uncertainty_lines(result: Result) -> list[str]:
    if result.uncertainty is None:
        return []
    joints = np.arange(result.uncertainty.shape[1]) != result.skeleton.root
    known = result.uncertainty[:, joints]
    if not np.isfinite(known).any():
        return []
    middle, most = np.nanpercentile(known, [50, 90])
    metric = result.units == "m"
    half, nine = (f"{1000 * value:.0f} mm" if metric else f"{value:.2g} (normalised)" for value in (middle, most))
    how = "with 68 % probability" if is_human(result.skeleton) else "not calibrated for this body"
    return [f"uncertainty: half of the joints are within {half}, nine of ten within {nine}, {how}"]
