"""Other views of training poses: what the other synchronised cameras see at the same moment, and a draw of one."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras
from geolift.data.moments import find_moments
from geolift.geometry import inverse


class OtherViews(NamedTuple):
    """For each of F poses, those of the same moment in the other synchronised cameras.

    Attributes:
        camera: `[F]` int32, the number of the camera that each pose is from.
        pose: `[F, C]` int32, the pose of the same moment in each of C cameras; -1 where there is none, and at `camera`.
        rotation: `[C, 3, 3]` from axes of the room to those of each camera (`found_cameras`).

    Example:
        >>> both = np.array([[-1, 1], [0, -1]], np.int32)  # two poses, each the other one's
        >>> OtherViews(np.array([0, 1], np.int32), both, np.stack([np.eye(3)] * 2)).pose[0].tolist()
        [-1, 1]
    """

    camera: jax.Array
    pose: jax.Array
    rotation: jax.Array


def other_views(dataset: Dataset, frames: np.ndarray, cameras: FoundCameras) -> OtherViews:
    """The other views of the poses of some frames, among these.

    Args:
        dataset: with moments.
        frames: `[F]` int, those of the poses.
        cameras: of the moments.
    """
    moments = find_moments(dataset)
    place = np.full(dataset.frames + 1, -1, np.int32)  # of each frame among `frames`; the last: there is no frame
    place[frames] = np.arange(len(frames))
    seen_by = place[moments.frame]  # [M, C]
    camera = np.unique(dataset.camera, return_inverse=True)[1][dataset.clip_of_frame[frames]]
    pose = np.full((len(frames), len(moments.cameras)), -1, np.int32)
    moment, which = np.nonzero(seen_by >= 0)
    pose[seen_by[moment, which]] = seen_by[moment]
    pose[np.arange(len(frames)), camera] = -1
    return OtherViews(camera.astype(np.int32), pose, cameras.rotation.astype(np.float32))


def draw_others(views: OtherViews, chosen: jax.Array, keys: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """For each of the `[N]` chosen poses one of another camera, each equally likely.

    Args:
        views: of all poses.
        chosen: `[N]` int.
        keys: `[N]` PRNG keys.

    Returns:
        `[N]` int, the other pose, or the same one where there is no other; `[N, 3, 3]` the rotation to its camera's
        axes; and `[N]` bool, whether there is another one.
    """
    camera, pose, rotation = (jnp.asarray(x) for x in views)
    others = pose[chosen]
    # `sampling` splits the key into two; a number this large is out of reach of a split.
    ranks = jax.vmap(lambda key: jax.random.uniform(jax.random.fold_in(key, 1 << 31), others.shape[1:]))(keys)
    other = jnp.where(others >= 0, ranks, -1.0).argmax(axis=1)
    known = (others >= 0).any(axis=1)
    rows = jnp.where(known, jnp.take_along_axis(others, other[:, None], axis=1)[:, 0], chosen)
    turn = jnp.matmul(rotation[other], inverse(rotation[camera[chosen]]), precision="highest")
    turn = jnp.where(known[:, None, None], turn, jnp.eye(3))
    return rows, turn, known
