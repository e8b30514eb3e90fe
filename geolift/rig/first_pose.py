"""How the bones of a person stand, from the directions between joints alone: where the inverse kinematics start.

A limb that is bent shows its twist: the plane through its three joints. A straight one takes it from the frames before
and after, in axes that follow the bone without twist, and, as far as these are straight too, from how the bone stands
at rest. An arm that no frame shows hangs.
"""

import numpy as np

from geolift.rig.body import SIDES, Body
from geolift.rig.humanoid import HUMANOID
from geolift.rotations import about, axes_of, running_product, smallest, unit
from geolift.skeletons.skeleton import Skeleton

AROUND = 0.12  # seconds, standard deviation of the frames before and after that say how a limb is twisted
AT_REST = 0.02  # how much the twist at rest counts, against the squared sine of the bend: as much at 6 degrees
HANGING = np.radians(78)  # down from the T-pose, of an arm that no frame shows
STRAIGHTEST = np.radians(-5)  # a knee that is bent the wrong way by more is bent by this


def first_pose(points: np.ndarray, skeleton: Skeleton, body: Body, fps: float) -> np.ndarray:
    """The axes `[F, B, 3, 3]` of all bones.

    Args:
        points: `[F, J, 3]`; NaN only where no frame shows a joint.
        skeleton: `H36M17` or `H36M21`.
        body: of the person.
        fps: frames per second.
    """
    at = dict(zip(skeleton.names, np.moveaxis(points, 1, 0), strict=True))
    axes = dict.fromkeys(HUMANOID.names, np.full((len(points), 3, 3), np.nan))
    _trunk(at, axes)
    for side, sign in SIDES.items():
        _arm(at, axes, body, side, sign, fps)
        _leg(at, axes, body, side, fps)
    for name, parent in zip(HUMANOID.names, HUMANOID.parents, strict=True):
        above = axes[HUMANOID.names[parent]] if parent >= 0 else np.broadcast_to(np.eye(3), (len(points), 3, 3))
        known = np.isfinite(axes[name]).all(axis=(1, 2), keepdims=True)
        axes[name] = np.where(known, axes[name], above)
    return np.stack([axes[name] for name in HUMANOID.names], axis=1)


def _trunk(at: dict[str, np.ndarray], axes: dict[str, np.ndarray]) -> None:
    hips, shoulders = (unit(at[f"left_{joint}"] - at[f"right_{joint}"]) for joint in ("hip", "shoulder"))
    hips, shoulders = _either(hips, shoulders), _either(shoulders, hips)
    lower, upper = at["spine"] - at["pelvis"], at["thorax"] - at["spine"]
    lower, upper = _either(lower, upper), _either(upper, lower)
    axes["Hips"] = axes_of(hips, lower, "xy")
    axes["Spine"] = axes_of(lower, hips + shoulders, "yx")
    axes["Spine1"] = axes_of(upper, shoulders, "yx")
    above = axes["Spine1"]
    axes["Neck"] = axes["Head"] = smallest(above[..., 1], unit(at["head"] - at["thorax"])) @ above


def _arm(
    at: dict[str, np.ndarray], axes: dict[str, np.ndarray], body: Body, side: str, sign: float, fps: float
) -> None:
    name, trunk = side.capitalize(), axes["Spine1"]
    bone = HUMANOID.names.index
    start = at["thorax"] + trunk @ (body.offset[bone(f"{name}Shoulder")] - body.offset[bone("Neck")])
    rest = unit(trunk @ body.offset[bone(f"{name}Arm")])
    axes[f"{name}Shoulder"] = smallest(rest, unit(at[f"{side}_shoulder"] - start)) @ trunk
    ends = at[f"{side}_shoulder"], at[f"{side}_wrist"]
    lengths = [np.linalg.norm(body.offset[bone(f"{name}{part}")]) for part in ("ForeArm", "Hand")]
    swing = smallest(sign * trunk[..., 0], unit(ends[1] - ends[0])) @ trunk
    elbow = _either(at[f"{side}_elbow"], _middle(*ends, -sign * swing[..., 1], *lengths))
    upper, fore = unit(elbow - ends[0]), unit(ends[1] - elbow)
    swing = smallest(sign * trunk[..., 0], upper) @ trunk
    hinge = _hinge(upper, fore, -sign * swing[..., 1], fps, both_ways=True)
    hanging = trunk @ about(np.array([0, 0, -sign]), HANGING)
    axes[f"{name}Arm"] = _either(axes_of(sign * upper, -sign * hinge, "xy"), hanging)
    bend = np.maximum(_bend(upper, fore, hinge), 0)
    axes[f"{name}ForeArm"] = axes_of(sign * (about(hinge, bend) @ upper[..., None])[..., 0], -sign * hinge, "xy")


def _leg(at: dict[str, np.ndarray], axes: dict[str, np.ndarray], body: Body, side: str, fps: float) -> None:
    name, hips = side.capitalize(), axes["Hips"]
    ends = at[f"{side}_hip"], at[f"{side}_ankle"]
    lengths = [np.linalg.norm(body.offset[HUMANOID.names.index(f"{name}{part}")]) for part in ("Leg", "Foot")]
    knee = _either(at[f"{side}_knee"], _middle(*ends, hips[..., 0], *lengths))
    thigh, shank = unit(knee - ends[0]), unit(ends[1] - knee)
    swing = smallest(-hips[..., 1], thigh) @ hips
    hinge = _hinge(thigh, shank, swing[..., 0], fps, both_ways=False)
    axes[f"{name}UpLeg"] = axes_of(-thigh, hinge, "yx")
    bend = np.maximum(_bend(thigh, shank, hinge), STRAIGHTEST)
    axes[f"{name}Leg"] = axes_of(-(about(hinge, bend) @ thigh[..., None])[..., 0], hinge, "yx")


def _middle(start: np.ndarray, end: np.ndarray, hinge: np.ndarray, first: float, second: float) -> np.ndarray:
    """The middle joint `[F, 3]` of a limb that no frame shows: of bones of these lengths that bend about a hinge.

    Args:
        start: `[F, 3]` the limb's first joint.
        end: `[F, 3]` its last.
        hinge: `[F, 3]` about the axis.
        first: length of its first bone.
        second: of its second.
    """
    straight, far = unit(end - start), np.linalg.norm(end - start, axis=-1)
    far = np.clip(far, 1.001 * abs(first - second), 0.999 * (first + second))
    axis = unit(hinge - np.sum(hinge * straight, axis=-1, keepdims=True) * straight)
    off = np.arccos(np.clip((first**2 + far**2 - second**2) / (2 * first * far), -1, 1))
    return start + first * (about(axis, -off) @ straight[..., None])[..., 0]


def _hinge(upper: np.ndarray, lower: np.ndarray, rest: np.ndarray, fps: float, *, both_ways: bool) -> np.ndarray:
    """The axis `[F, 3]` about which a limb bends.

    Args:
        upper: `[F, 3]` unit vectors along its first bone.
        lower: `[F, 3]` along its second.
        rest: `[F, 3]` at a right angle to `upper`: the axis if the first bone is not twisted.
        fps: frames per second.
        both_ways: whether the axis can be anywhere around the bone; else it is within 90 degrees of `rest`.
    """
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    if not np.isfinite(upper[0] + rest[0]).all():  # filled in all frames, or missing in all
        return np.full_like(upper, np.nan)
    steps = smallest(upper[:-1], upper[1:])
    carried = running_product(np.concatenate([np.eye(3)[None], steps])) @ rest[0]
    other = np.cross(upper, carried)

    def around(vector: np.ndarray) -> np.ndarray:
        return np.sum(vector * carried, axis=-1) + 1j * np.sum(vector * other, axis=-1)

    at_rest = around(rest)
    bent = around(np.nan_to_num(np.cross(upper, lower)))
    bent *= np.abs(bent)  # the plane of a limb that is nearly straight is noise
    if not both_ways:
        bent = np.where((bent * at_rest.conj()).real > 0, bent, 0)
    width = AROUND * fps
    near = gaussian_filter1d(bent.real, width) + 1j * gaussian_filter1d(bent.imag, width)
    angle = np.angle(near + AT_REST * at_rest)[:, None]
    return np.cos(angle) * carried + np.sin(angle) * other


def _bend(upper: np.ndarray, lower: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """Radians `[F]` about the hinge from the first bone to the second; 0 where the second is not known."""
    return np.nan_to_num(np.arctan2(np.sum(np.cross(upper, lower) * hinge, axis=-1), np.sum(upper * lower, axis=-1)))


def _either(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """`one`, or where that is not known `other`."""
    return np.where(np.isfinite(one), one, other)
