"""Metres and positions: how large lifted people are and where they stand; one view needs assumptions for both."""

import numpy as np

from geolift.lifting.lifted import Lifted
from geolift.lifting.tracks import each_person
from geolift.lifting.virtual_camera import ASSUMED_FOCAL_RATIO, focal_lengths
from geolift.model import Model, model_bones
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import H36M17

ASSUMED_STATURE = 1.7  # metres, of a person whose stature is not given
SOLES = 0.95  # a standing person's joints from ankle to head top reach over this share of the stature


def in_metres(model: Model, lifted: Lifted, height: float | None) -> Lifted:
    """Scale the points to metres, every person to `height`; without it only people are, to `ASSUMED_STATURE`.

    Args:
        model: what lifted them.
        lifted: in model units.
        height: metres; for Human3.6M-17 the people's stature, for other skeletons the length of the bones from the root
            to the head; None: not known.
    """
    human = model.skeleton == H36M17
    if height is None and not human:
        return lifted._replace(scale="1 is the model's unit: the size of this skeleton is not known")
    stated = f"{ASSUMED_STATURE:g} m (assumed)" if height is None else f"{height:g} m (as given)"
    metres = metres_per_unit(lifted, model, height or ASSUMED_STATURE)
    return lifted._replace(
        points=lifted.points * metres[:, None, None],
        metres=metres,
        scale=f"height of each person {stated}" if human else f"bones from root to head {stated}",
    )


def locate(model: Model, lifted: Lifted, focal: float | None) -> Lifted:
    """Estimate where people stand, if their size in metres and the size of the image are known; else note what is not.

    Args:
        model: what lifted them.
        lifted: after `in_metres`.
        focal: focal length in pixels; None: `ASSUMED_FOCAL_RATIO` times the larger side of the image.
    """
    tracks = lifted.tracks
    if lifted.metres is None or tracks.image_size is None:
        lacking = "the size of this skeleton (--height)" if lifted.metres is None else "the image size (--image-size)"
        return lifted.noted(f"positions are not known because {lacking} is missing")
    root, images = tracks.keypoints[:, model.skeleton.root], tracks.image_size[tracks.frame]
    position = root_position(root, lifted.size / (model.distance * lifted.metres), images, focal)
    if lifted.rotation is not None:  # the distance is along the axis of the turned camera, which meets the root
        position = position[:, 2:] * lifted.rotation[:, 2]
    lens = f"{focal:g} pixels" if focal else f"{ASSUMED_FOCAL_RATIO:g} times the larger side of the image (assumed)"
    return lifted._replace(
        position=np.where(lifted.rows[:, None], position, np.nan),
        scale=f"{lifted.scale}; position for a focal length of {lens} and a camera axis through the image's centre",
    )


def metres_per_unit(lifted: Lifted, model: Model, height: float) -> np.ndarray:
    """`[N]`: how many metres a unit of the model is for each row's person, by all the bones that were lifted of them.

    Args:
        lifted: in model units.
        model: what lifted them.
        height: metres; of a body with the training set's proportions, what `reference_length` is in model units.
    """
    seen = np.isfinite(lifted.points).all(axis=-1)
    factor = np.ones(len(seen))
    for start, stop in each_person(lifted.tracks):
        if seen[start:stop].any():
            factor[start:stop] = person_factor(lifted.points[start:stop], seen[start:stop], model)
    return height / reference_length(model) / factor


def reference_length(model: Model) -> float:
    """The size of a person of the training set in model units, by their bones, as long as the 2D shows them.

    For Human3.6M-17 it is the stature, for any other skeleton the length of the bones from the root to the head.
    """
    skeleton = model.skeleton
    to_parent = {child: length for (_, child), length in zip(skeleton.bones, model_bones(model), strict=True)}

    def chain(joint: int, top: int) -> float:
        joints = (joint, *skeleton.ancestors(joint))
        return sum(to_parent[below] for below in joints[: joints.index(top)])

    trunk = chain(skeleton.head, skeleton.root)
    if skeleton != H36M17:
        return trunk
    name = skeleton.names.index
    legs = [chain(name(f"{side}_ankle"), name(f"{side}_hip")) for side in ("left", "right")]
    return (trunk + float(np.mean(legs))) / SOLES


def person_factor(points: np.ndarray, seen: np.ndarray, model: Model) -> float:
    """How many times larger than a person of the training set this one is, by their bones.

    Limbs count, bones between joints that have sides, as every joint set means the same by them; without any, all do.

    Args:
        points: `[T, J, 3]` one person's lifted points in model units.
        seen: `[T, J]` bool.
        model: whose normalization has the bones.
    """
    lengths, bones = seen_bone_lengths(points, seen, model.skeleton), model_bones(model)
    measured = ~np.isnan(lengths).all(axis=0) & (bones > 0)
    limbs = measured & np.isin(model.skeleton.bones, (*model.skeleton.left, *model.skeleton.right)).all(axis=1)
    measured = limbs if limbs.any() else measured
    if not measured.any():
        return 1.0
    return float(np.nanmedian(lengths[:, measured], axis=0).sum() / bones[measured].sum())


def root_position(
    root: np.ndarray, pixels_per_metre: np.ndarray, image_size: np.ndarray, focal: float | None
) -> np.ndarray:
    """`[N, 3]` metres in the camera's frame, for a pinhole camera whose axis meets the image's centre.

    Args:
        root: `[N, 2]` pixels.
        pixels_per_metre: `[N]` how many pixels a metre is in the image, at the person.
        image_size: `[N, 2]` pixels.
        focal: focal length in pixels; None: `ASSUMED_FOCAL_RATIO` times the larger side of the image.
    """
    f = focal_lengths(image_size, focal)
    return np.concatenate([root - image_size / 2, f[:, None]], axis=1) / pixels_per_metre[:, None]
