"""A stick figure around the rigid bones of any skeleton, for glTF: each bone a capsule that moves as a whole."""

import numpy as np

from geolift.output.mocap.lofts import Mesh, Part, join, loft, rest_points
from geolift.output.mocap.rigid_bones import SHORTEST, Joint
from geolift.skeletons.skeleton import Skeleton

THICK = 0.07  # of the median bone: half the thickness of all, or of half a short bone
ROUND = np.radians([0, 30, 60, 90])  # rings of half a sphere


def sticks(joints: list[Joint], offset: np.ndarray, skeleton: Skeleton) -> Mesh:
    """Capsules from joint to joint in the rest pose, the root at the origin; left and right in their colours.

    Args:
        joints: the tree.
        offset: `[B, 3]` from the parent, at rest.
        skeleton: whose joints they are.
    """
    points = rest_points([joint.parent for joint in joints], offset)
    long = np.linalg.norm(offset, axis=1)
    whole = np.flatnonzero(long > SHORTEST)
    thick = THICK * (np.median(long[whole]) if len(whole) else 1.0)
    up = np.array([0, thick / 2, 0])
    parts = [_capsule(points[0] - up, points[0] + up, 1.5 * thick, 0, len(joints), "body")]
    for bone in whole.tolist():
        joint = joints[bone]
        colour = "left" if joint.joint in skeleton.left else "right" if joint.joint in skeleton.right else "body"
        ends = points[joint.parent], points[bone]
        parts.append(_capsule(*ends, min(thick, long[bone] / 2), joint.parent, len(joints), colour))
    return join(parts)


def _capsule(start: np.ndarray, end: np.ndarray, radius: float, bone: int, bones: int, colour: str) -> Part:
    """A capsule that one of several bones moves."""
    along = (end - start) / np.linalg.norm(end - start)
    u = np.cross(along, np.eye(3)[np.abs(along).argmin()])
    u = u / np.linalg.norm(u)
    back, wide = (radius * value[:, None] for value in (np.cos(ROUND), np.sin(ROUND)))
    centre = np.concatenate([start - back * along, (end + back * along)[::-1]])
    wide = np.concatenate([wide, wide[::-1]])
    points, triangles = loft(centre, wide * u, wide * np.cross(along, u))
    weights = np.zeros((len(points), bones))
    weights[:, bone] = 1
    return Part(points, triangles, weights, np.full(len(triangles), colour))
