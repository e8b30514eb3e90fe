"""How large a lifted person is and where they stand: what one view cannot tell, from what is taken for granted."""

import numpy as np

from geolift.data.normalization import bone_lengths
from geolift.lifting.tracks import Timeline, each_person
from geolift.model import Model, model_bones
from geolift.skeletons.skeleton import H36M17

STATURE = 1.7  # metres, of a person nobody has measured
SOLES = 0.95  # a standing person's joints from ankle to head top reach over this share of the stature
FOCAL = 1.2  # focal length over the larger side of the image, where nobody tells: some 45 degrees across


def metres_per_unit(points: np.ndarray, rows: Timeline, model: Model, height: float) -> np.ndarray:
    """`[N]`: how many metres a unit of the model is for each row's person, by all the bones that were lifted of them.

    Args:
        points: `[N, J, 3]` lifted points of `rows`, in model units; NaN where missing.
        rows: whose points they are.
        model: what lifted them.
        height: metres; of a body with the training set's proportions, what `reference_length` is in model units.
    """
    known = np.isfinite(points).all(axis=-1)
    factor = np.ones(len(points))
    for start, stop in each_person(rows):
        if known[start:stop].any():
            factor[start:stop] = person_factor(points[start:stop], known[start:stop], model)
    return height / reference_length(model) / factor


def reference_length(model: Model) -> float:
    """The size of a person of the training set, in model units: by their bones, as long as the 2D shows them.

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


def person_factor(points: np.ndarray, known: np.ndarray, model: Model) -> float:
    """How often a training person goes into this one: their lifted bones against the training set's.

    Limbs count, bones between joints that have sides, as every joint set means the same by them; without any, all do.

    Args:
        points: `[T, J, 3]` one person's lifted points in model units.
        known: `[T, J]` bool.
        model: whose normalisation has the bones.
    """
    lengths, bones = bone_lengths(points, known, model.skeleton), model_bones(model)
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
        pixels_per_metre: `[N]` how large a metre is in the image, at the person.
        image_size: `[N, 2]` pixels.
        focal: focal length in pixels; None: `FOCAL` times the larger side of the image.
    """
    f = np.full(len(root), focal, np.float64) if focal else FOCAL * image_size.max(axis=1)
    return np.concatenate([root - image_size / 2, f[:, None]], axis=1) / pixels_per_metre[:, None]
