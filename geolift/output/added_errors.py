"""What adds to the errors of angles that the view lets expect: joints that were not seen, a doubtful direction up."""

from collections.abc import Callable, Sequence

import numpy as np

from geolift.output.mocap.axes import TRC_AXES, on_time_line, place
from geolift.output.result import Result

USUAL = 5.0  # degrees by which up is off in the clips on which errors were measured: they hold it already
GROUND = ("pelvis", "trunk")  # whose angles are against the ground


def tilt_errors(result: Result, frames: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Errors of a person's angles by a direction up that is less sure than usual.

    Args:
        result: whose person it is.
        frames: `[F]` int, index into its frames.
        names: of the A angles.

    Returns:
        `[F, A]` degrees, one standard deviation; 0 for angles that do not depend on up.
    """
    errors = np.zeros((len(frames), len(names)))
    if result.up_spread is not None:
        more = np.nan_to_num(result.up_spread[frames].astype(np.float64)) ** 2 - USUAL**2
        tilted = [name.startswith(GROUND) and not name.endswith("rotation") for name in names]
        errors[:, tilted] = np.sqrt(np.maximum(more, 0) / 2)[:, None]  # of two directions of tilt
    return errors


def unseen_errors(
    result: Result, person: int, frames: np.ndarray, angles: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Errors of a person's angles by joints that were filled in.

    The uncertainty of a joint is relative to the root and grows along the bones. So each bone with an end that was
    filled in is taken to err by itself, by as much as its ends differ in how sure they are, along the line of sight and
    across, and moves all that hangs on it.

    Args:
        result: whose person it is.
        person: index into its people.
        frames: `[F]` int, index into its frames.
        angles: gives degrees `[F, A]` of points `[F, J, 3]`, x ahead, y up, z right, from the root.

    Returns:
        `[F, A]` degrees, one standard deviation; 0 where all joints were seen, or how sure they are is not known.
    """

    def over_time(values: np.ndarray) -> np.ndarray:
        return on_time_line(result, values)[person, frames]

    skeleton, body = result.skeleton, over_time(place(result, TRC_AXES, "").points)
    filled, degrees = over_time(result.filled) == 1, angles(body)
    variance = np.zeros_like(degrees)
    if result.uncertainty is None or not filled.any():
        return variance
    sigma, sight = np.nan_to_num(over_time(_sigma(result))), over_time(_sight(result))
    for parent, child in skeleton.bones:
        guessed = filled[:, parent] | filled[:, child]
        own = np.where(guessed[:, None], np.sqrt(np.abs(sigma[:, child] ** 2 - sigma[:, parent] ** 2)), 0)
        hanging = [child, *(joint for joint in skeleton.outwards if child in skeleton.ancestors(joint))]
        for k in range(3 if own.any() else 0):
            moved = body.copy()
            moved[:, hanging] += (own[:, k, None] * sight[:, k])[:, None]
            turn = angles(moved) - degrees
            variance += np.nan_to_num((turn + 180) % 360 - 180) ** 2
    return np.sqrt(variance)


def _sight(result: Result) -> np.ndarray:
    """`[N, 3, 3]`: rows are two directions across the line from the camera to the root, and that line, or the axis."""
    ahead = np.where(np.isfinite(result.position), result.position, [0, 0, 1]).astype(np.float64)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    right = np.cross([0.0, 1, 0], ahead)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    rows = np.stack([right, np.cross(ahead, right), ahead], axis=1)
    if result.to_world is None:
        return rows @ TRC_AXES.camera.T
    return rows @ (TRC_AXES.world @ result.to_world[result.frame, :, :3].astype(np.float64)).swapaxes(1, 2)


def _sigma(result: Result) -> np.ndarray:
    """`[N, J, 3]` uncertainty in the two directions across the line of sight, each, and along it."""
    whole, along = (values.astype(np.float64) for values in (result.uncertainty, result.depth_uncertainty))
    across = np.sqrt(np.maximum(whole**2 - along**2, 0) / 2)
    return np.stack([across, across, along], axis=-1)
