"""A new lifter from synchronised cameras: their rotations, what these change in training, how well it agrees."""

import math

import jax.numpy as jnp
import numpy as np

from geolift.data.assumed_sizes import with_assumed_sizes
from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras, find_cameras
from geolift.data.moments import find_moments
from geolift.data.normalization import fit_normalization, normalize, normalize_as_possible
from geolift.geometry import project
from geolift.losses import lift_pose, rotate_about_root
from geolift.model import Model, lift_poses
from geolift.objectives.cameras import difference_2d
from geolift.skeletons.handedness import right_handed_share
from geolift.training.config import Config, flatten, load

# Of agreement with the other cameras. On the 3D of training frames of a fly 300 was better than 10; 1000 goes on from
# there, and was used in one run before 3 cameras (docs/research-log.md).
WEIGHT = 1000.0
SHARE = 1.0  # of the views near another camera: from where no camera stands nothing is known
NEAR = 0.1  # radians beside the pitch as found, within which it is learnt
STEEPEST = 1.35  # radians, so that a pitch and what is beside it are those of a camera that is not upside down
SURE = 0.9  # of the bodies with one handedness, from which they decide between two mirrored solutions
APART = math.radians(20)  # between two cameras' lines of sight, from which depths can be known
COMPARED = 4000  # views, evenly spread, of which those of another camera are compared
UP = np.array([0.0, -1.0, 0.0])  # in the room's axes of `FoundCameras`


def find_rotations(data: Dataset, *, look_down: bool) -> tuple[FoundCameras, tuple[str, ...]]:
    """The cameras of synchronised training data, of two mirrored solutions that with left on the left side of bodies.

    Args:
        data: the training poses, with moments.
        look_down: whether the cameras look down, which decides where bodies do not.

    Returns:
        The cameras, and what was found, a sentence each.

    Raises:
        DatasetError: if the data cannot be synchronised.

    Source:
        Ours (docs/new-lifter.md).
    """
    if data.intrinsics is None and data.image_size is None:
        data = with_assumed_sizes(data)
    poses = normalize(data, fit_normalization(data))
    found = find_cameras(poses, data.seen, find_moments(data), data.skeleton, look_down=look_down)
    right = right_handed_share(found.points, UP, data.skeleton)
    why = "by --cameras, as bodies do not show which of two mirrored solutions it is"
    if max(right, 1 - right) >= SURE:  # false for NaN
        found = found if right >= SURE else found.mirrored()
        why = f"left is on the left side of {max(right, 1 - right):.0%} of the bodies"
    pitch = math.degrees(found.pitch.mean())
    return found, (
        f"{len(found.names)} synchronised cameras ({', '.join(found.names)}), up to "
        f"{math.degrees(found.largest_angle):.0f} degrees apart, look {'down' if pitch >= 0 else 'up'} by "
        f"{abs(pitch):.0f} degrees on average, as their 2D shows; {why}",
    )


def with_synchronised_cameras(config: Config, cameras: FoundCameras) -> Config:
    """A config that trains by what the other cameras see, with a pitch near that as found."""
    pitch = float(np.clip(cameras.pitch.mean(), -STEEPEST, STEEPEST))
    start = math.copysign(max(abs(pitch), 1e-3), pitch)  # its sign picks the solution
    return load(
        flatten(config.to_dict())
        | {
            "view.pitch_low": start - NEAR,
            "view.pitch_high": start + NEAR,
            "view.pitch_start": start,
            "view.cameras": SHARE,
            "loss.weights.cameras": WEIGHT,
        }
    )


def disagreement(model: Model, data: Dataset, cameras: FoundCameras) -> float:
    """How far lifted poses, turned into another camera, are from what it saw, over that of the flat skeleton.

    Args:
        model: the lifter.
        data: poses that it was not trained on, with moments; 3D in it is not used.
        cameras: of the same names.

    Returns:
        0: they agree; 1: as little as flat skeletons.

    Source:
        Ours (docs/new-lifter.md).
    """
    poses = normalize_as_possible(data, model.normalization)
    moments = find_moments(data)
    number = [cameras.names.index(name) for name in moments.cameras]
    first, second = [], []
    for a in range(len(number)):
        for b in set(range(len(number))) - {a}:
            both = moments.frame[(moments.frame[:, [a, b]] >= 0).all(axis=1)]
            first.append(np.stack([both[:, a], np.full(len(both), number[a])]))
            second.append(np.stack([both[:, b], np.full(len(both), number[b])]))
    pairs = np.concatenate([np.concatenate(first, axis=1), np.concatenate(second, axis=1)])
    pairs = pairs[:, :: -(-pairs.shape[1] // COMPARED)]
    frame, other = pairs[0], pairs[2]
    turn = jnp.asarray(cameras.rotation[pairs[3]] @ cameras.rotation[pairs[1]].transpose(0, 2, 1), jnp.float32)
    seen = data.seen[frame] & data.seen[other]
    if not model.lifter.masks:
        whole = data.whole[frame] & data.whole[other]
        frame, other, turn, seen = frame[whole], other[whole], turn[whole], seen[whole]
    scene = {"distance": model.distance, "root": model.skeleton.root}
    flat = lift_pose(lambda pose: jnp.zeros(pose.shape[:-1]), jnp.asarray(poses[frame]), **scene)
    lifted = lift_poses(model, poses[frame], data.seen[frame] if model.lifter.masks else None)
    lifted = jnp.asarray(lifted).at[..., 2].add(model.distance)
    apart = [
        difference_2d(project(rotate_about_root(p, turn, **scene)), jnp.asarray(poses[other]), jnp.asarray(seen))
        for p in (lifted, flat)
    ]
    return math.sqrt(float(apart[0].mean()) / float(apart[1].mean()))
