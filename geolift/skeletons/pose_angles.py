"""Angles of 3D poses: how far knees, hips and elbows are bent, and where the body faces. Points may have any scale."""

import numpy as np

from geolift.skeletons.skeleton import Skeleton

TRUNK = ("head", "neck", "thorax", "spine")
JOINT_ANGLES = ("knee", "hip", "elbow")


def limb_joints(skeleton: Skeleton) -> np.ndarray:
    """The joints that all joint sets of people define alike: the root and the limbs, without spine and head.

    Detectors and motion capture place spine, thorax, neck and head differently (docs/joint-mapping.md).

    Args:
        skeleton: whose joints are named as in `H36M17`.

    Returns:
        `[J]` bool, 13 joints of `H36M17`.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> int(limb_joints(H36M17).sum())
        13
    """
    return ~np.isin(skeleton.names, TRUNK)


def joint_angles(points: np.ndarray, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """How far knees, hips and elbows are bent: 0 is straight.

    Knee: between thigh and shank. Elbow: between upper arm and forearm. Hip: between thigh and trunk, which leads from
    the middle of the hips to the middle of the shoulders; a leg lifted sideways counts as bent.

    Args:
        points: `[..., J, 3]` in any unit and axes; NaN where missing.
        skeleton: whose joints are named as in `H36M17`.

    Returns:
        For each of `JOINT_ANGLES` `[..., 2]` degrees in 0..180, left and right; NaN where a joint is missing.

    Raises:
        ValueError: if the skeleton lacks one of the joints.

    Source:
        Ours.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> points = np.random.default_rng(0).normal(size=(5, 17, 3))
        >>> {name: angle.shape for name, angle in joint_angles(points, H36M17).items()}
        {'knee': (5, 2), 'hip': (5, 2), 'elbow': (5, 2)}
    """
    at = {name: _sides(points, skeleton, name) for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")}
    trunk = at["shoulder"].mean(axis=-2, keepdims=True) - at["hip"].mean(axis=-2, keepdims=True)
    return {
        "knee": _between(at["knee"] - at["hip"], at["ankle"] - at["knee"]),
        "hip": _between(-trunk, at["knee"] - at["hip"]),
        "elbow": _between(at["elbow"] - at["shoulder"], at["wrist"] - at["elbow"]),
    }


def facing(points: np.ndarray, skeleton: Skeleton, *, up: np.ndarray, to_camera: np.ndarray) -> np.ndarray:
    """Where the body faces, seen from above, relative to the direction to the camera.

    The body faces forward at a right angle to `up` and to the mean of the lines from the right hip to the left and from
    the right shoulder to the left.

    Args:
        points: `[..., J, 3]` in camera axes (x right, y down, z forward); NaN where missing.
        skeleton: whose joints are named as in `H36M17`.
        up: `[..., 3]`, against gravity; (0, -1, 0) in a level camera.
        to_camera: `[..., 3]`, from the person to the camera; minus the root's position.

    Returns:
        `[...]` degrees in -180..180: 0 faces the camera, 90 faces the right side of the image, +-180 turns the back.

    Raises:
        ValueError: if the skeleton lacks one of the joints.

    Source:
        Ours.

    Example:
        A person whose left is at the right of the image faces the camera:

        >>> from geolift.skeletons import H36M17
        >>> pose = np.zeros((17, 3))
        >>> pose[list(H36M17.left), 0], pose[list(H36M17.right), 0] = 0.2, -0.2
        >>> float(facing(pose, H36M17, up=np.array([0, -1.0, 0]), to_camera=np.array([0, 0, -3.0])))
        0.0
    """
    across = sum(np.subtract(*np.moveaxis(_sides(points, skeleton, name), -2, 0)) for name in ("hip", "shoulder"))
    forward, right = np.cross(across, up), np.cross(up, to_camera)
    near = np.cross(right, up)
    right, near = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (right, near))
    return np.degrees(np.arctan2(np.sum(forward * right, axis=-1), np.sum(forward * near, axis=-1)))


def _sides(points: np.ndarray, skeleton: Skeleton, joint: str) -> np.ndarray:
    """`[..., 2, 3]`: the left and the right joint of that name."""
    names = [f"{side}_{joint}" for side in ("left", "right")]
    missing = sorted(set(names) - set(skeleton.names))
    if missing:
        raise ValueError(f"skeleton: found {list(skeleton.names)}, expected {missing}, too")
    return points[..., [skeleton.names.index(name) for name in names], :]


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`[...]` degrees between two directions `[..., 3]`."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1)))
