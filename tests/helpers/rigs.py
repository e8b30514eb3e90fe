"""People whose rotations are known: poses of the rig, and the joints that follow from them."""

import numpy as np
from scipy.spatial.transform import Rotation

from geolift.rig.body import SHOWN, measure
from geolift.rig.humanoid import HUMANOID
from geolift.rig.inverse_kinematics import forward
from geolift.skeletons.skeleton import H36M17

BONE = HUMANOID.names.index
STATURE = 1.7


def body(skeleton=H36M17, ahead=0.0):
    """A body of 1.7 m in a T-pose; the nose is `ahead` metres before the line from thorax to head top."""
    share = {name: STATURE * value for name, value in SHOWN.items()}
    up = {"pelvis": 0, "spine": share["lower trunk"]}
    up["thorax"] = up["spine"] + share["upper trunk"]
    up["neck"], up["head"] = up["thorax"] + share["neck"], up["thorax"] + share["neck"] + share["head"]
    points = {name: [0, height, ahead if name == "neck" else 0] for name, height in up.items()}
    for side, sign in (("left", 1), ("right", -1)):
        out = np.cumsum([0.18, share["upper arm"], share["forearm"]])
        points |= {
            f"{side}_{n}": [sign * x, up["thorax"] + 0.03, -0.01]
            for n, x in zip(("shoulder", "elbow", "wrist"), out, strict=True)
        }
        down = -np.cumsum([0, share["thigh"], share["shank"]])
        points |= {
            f"{side}_{n}": [sign * share["hip"], y, 0] for n, y in zip(("hip", "knee", "ankle"), down, strict=True)
        }
        points |= {f"{side}_toe": [sign * share["hip"], down[2] - 0.06, 0.19]}
        points |= {f"{side}_heel": [sign * share["hip"], down[2] - 0.06, -0.05]}
    rest = np.array([[points[name] for name in skeleton.names]], np.float64)
    return measure(rest, skeleton, np.ones(rest.shape[:2]))


def posed(angles, frames=1, skeleton=H36M17, ahead=0.0, root=(0.0, 0.9, 0.0)):
    """`[F, J, 3]` points of a person whose bones are rotated, and the rotations `[F, B, 3, 3]`.

    `angles` are `{bone: (axes, degrees)}`, as scipy's `from_euler` takes them: `[F]` or one number for one axis.
    """
    rotation = np.tile(np.eye(3), (frames, len(HUMANOID.names), 1, 1))
    for name, (axes, degrees) in angles.items():
        degrees = np.reshape(degrees, (-1, len(axes)))
        turned = Rotation.from_euler(axes, degrees, degrees=True).as_matrix()
        rotation[:, BONE(name)] = turned
    person = body(skeleton, ahead)
    axes, joints = forward(rotation, np.broadcast_to(root, (frames, 3)), person.offset)
    points = np.full((frames, len(skeleton.names), 3), np.nan)
    for marker in person.markers:
        points[:, marker.joint] = joints[:, marker.bone] + axes[:, marker.bone] @ marker.offset
    return points, rotation


def mirrored_points(points, skeleton):
    """Points of the mirrored person: left and right change their places."""
    return points[:, list(skeleton.mirrored)] * (-1, 1, 1)


def mirrored_rotations(rotation):
    """Rotations of the mirrored rig."""
    flip = np.diag([-1.0, 1, 1])
    return flip @ rotation[:, list(HUMANOID.mirrored)] @ flip
