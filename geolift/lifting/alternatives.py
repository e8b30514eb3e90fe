"""Other bodies that a single image allows: forearms, upper arms, shins and thighs that point the other way in depth.

One view shows how long a bone is in the image, not whether it comes nearer or goes away. Each bone of the limbs is
turned to the other side of the image plane, with what hangs from it, and all these bodies keep the image. The best are
those that the lifter, which knows bodies from the 2D of all sides, agrees with when it sees them from elsewhere
(`uncertainty.read_signs`).
"""

import numpy as np

from geolift.errors import DatasetError
from geolift.lifting.lifted import Lifted
from geolift.lifting.uncertainty import read_signs
from geolift.lifting.virtual_camera import move_on_rays
from geolift.model import Model
from geolift.plurals import counted
from geolift.skeletons.skeleton import Skeleton

SAME = 0.03  # model units (2 cm of a person): a body whose depths differ by less, root mean square, is the same one


def check_count(count: int, skeleton: Skeleton) -> None:
    """Refuse a number of bodies that a skeleton does not have.

    Raises:
        DatasetError: naming the numbers that it has.
    """
    most = len(limb_bones(skeleton)) + 1
    if not 1 <= count <= most:
        raise DatasetError(f"alternatives: found {count}, expected a number from 1 to {most}")


def expect_images(count: int, video: bool) -> None:
    """Refuse other bodies for a video.

    Raises:
        DatasetError: if more than one body is asked for.
    """
    if count > 1 and video:
        raise DatasetError("alternatives: found a video, expected single images (frames of a video agree on one body)")


def find_alternatives(model: Model, lifted: Lifted, count: int) -> Lifted:
    """The same with the `count` - 1 best other bodies of each pose, the best first.

    Args:
        model: that lifted it.
        lifted: single images, in model units, points in the axes of cameras turned to each person.
        count: how many bodies there are of each pose, with the first; 1: nothing is changed.

    Returns:
        With `alternatives` `[N, count - 1, J, 3]`, NaN where a pose has fewer: bones too parallel to the image, missing
        joints.

    Raises:
        DatasetError: if the poses are of a video, or `count` is out of range.
    """
    check_count(count, model.skeleton)
    expect_images(count, lifted.tracks.video)
    if count == 1:
        return lifted
    limbs = limb_bones(model.skeleton)
    rows = lifted.rows
    about = {"distance": model.distance, "min_depth": model.min_depth, "nearness": lifted.nearness[rows]}
    points, up = lifted.points[rows], None if lifted.up is None else lifted.up[rows]
    bodies, doubt = [], []
    for joint in limbs:
        body = move_on_rays(points, flipped_depths(points[..., 2], joint, model.skeleton), **about)
        change = np.sqrt(np.nanmean((body[..., 2] - points[..., 2]) ** 2, axis=1))
        bodies.append(body)
        doubt.append(np.where(change < SAME, np.inf, read_signs(model, body, up).pose_spread))
    best = np.argsort(doubt, axis=0, kind="stable")[: count - 1]
    found = np.take_along_axis(np.array(bodies), best[..., None, None], axis=0)
    lacking = np.isinf(np.take_along_axis(np.array(doubt), best, axis=0))
    alternatives = np.full((len(rows), count - 1, *points.shape[1:]), np.nan)
    alternatives[rows] = np.moveaxis(np.where(lacking[..., None, None], np.nan, found), 0, 1)
    poses = counted(len(rows), "pose", "poses")
    note = f"{int((~lacking).sum())} other bodies that the image allows, too, of {poses} (alternatives)"
    return lifted._replace(alternatives=alternatives).noted(note)


def limb_bones(skeleton: Skeleton) -> tuple[int, ...]:
    """The joints at the outer ends of the bones that have sides and join two joints of one side, in their order.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> [H36M17.names[joint] for joint in limb_bones(H36M17)][:4]
        ['right_knee', 'right_ankle', 'left_knee', 'left_ankle']
    """
    sides = (skeleton.left, skeleton.right)
    return tuple(child for parent, child in skeleton.bones if any(parent in side and child in side for side in sides))


def flipped_depths(depths: np.ndarray, joint: int, skeleton: Skeleton) -> np.ndarray:
    """Depths `[..., J]` after the bone that ends in `joint` has turned to the other side of its image plane.

    What hangs from it moves along.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> depths = np.arange(17.0)
        >>> flipped_depths(depths, H36M17.names.index("right_knee"), H36M17)[:4].tolist()
        [0.0, 1.0, 0.0, 1.0]
    """
    moved = [child for child in range(len(skeleton.names)) if joint in (child, *skeleton.ancestors(child))]
    flipped = depths.copy()
    flipped[..., moved] -= 2 * (depths[..., [joint]] - depths[..., [skeleton.parents[joint]]])
    return flipped
