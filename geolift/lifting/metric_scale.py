"""Metres and positions: how large lifted people are and where they stand; one view needs assumptions for both."""

from collections.abc import Mapping

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.shots import shot_of
from geolift.lifting.grouped import grouped_median, grouped_middle
from geolift.lifting.lifted import Lifted
from geolift.lifting.virtual_camera import ASSUMED_FOCAL_RATIO, focal_lengths
from geolift.model import Model, model_bones
from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import H36M17, Skeleton

ASSUMED_STATURE = 1.7  # metres, of a person whose stature is not given
MOST_NAMES = 10  # of people in a message
SAME = 0.001  # share of a height by which two may differ
SOLES = 0.95  # a standing person's joints from ankle to head top reach over this share of the stature


def in_metres(model: Model, lifted: Lifted, heights: Mapping[str, float]) -> Lifted:
    """Scale the points to metres, every person to their height; people without one to `ASSUMED_STATURE`.

    Args:
        model: what lifted them.
        lifted: in model units.
        heights: metres by person (`people_heights`); for Human3.6M-17 the stature, for other skeletons the length of
            the bones from the root to the head. With other skeletons, it has all people or none.
    """
    human, people = model.skeleton == H36M17, lifted.tracks.people
    if not heights and not human:
        return lifted._replace(scale="1 is the model's unit: the size of this skeleton is not known")
    height = np.array([heights.get(person, ASSUMED_STATURE) for person in people])
    metres = height[lifted.tracks.person] * metres_per_unit(lifted, model)
    what = "height of each person" if human else "bones from root to head"
    scaled = {key: getattr(lifted, key) for key in ("points", "uncertainty", "depth_uncertainty", "alternatives")}
    scaled = {key: (x.T * metres).T for key, x in scaled.items() if x is not None}  # N is their first axis
    scale = f"{what} {_stated(people, heights)}"
    return lifted._replace(metres=metres, scale=scale, **scaled)


def people_heights(
    people: tuple[str, ...],
    given: float | Mapping[str, float] | None,
    stated: Mapping[str, float],
    *,
    human: bool = True,
) -> dict[str, float]:
    """The metres of each person whose height is known.

    Args:
        people: their names.
        given: by the user, one for all or by name.
        stated: by the file.
        human: whether they are people; of other skeletons all heights are known or none.

    Raises:
        DatasetError: if a name is unknown, the user contradicts the file, or of other skeletons some are not known.

    Example:
        >>> people_heights(("ann", "bob"), {"ann": 1.2}, {"bob": 1.8})
        {'bob': 1.8, 'ann': 1.2}
    """
    heights = {person: height for person, height in stated.items() if person in people}
    wanted = given if isinstance(given, Mapping) else dict.fromkeys(people, given) if given is not None else {}
    known = list(people[:MOST_NAMES]) + ["..."] * (len(people) > MOST_NAMES)
    if unknown := [person for person in wanted if person not in people]:
        raise DatasetError(f"height: found {unknown[:MOST_NAMES]}, expected names of {known}")
    for person, height in wanted.items():
        if abs(heights.get(person, height) - height) > SAME * height:
            raise DatasetError(f"height: found {height:g} for {person!r}, expected {heights[person]:g} as in the file")
    heights |= {person: float(height) for person, height in wanted.items()}
    if heights and not human and (lacking := [person for person in people if person not in heights]):
        raise DatasetError(f"height: found none for {lacking[:MOST_NAMES]}, expected one for each of {known}")
    return heights


def _stated(people: tuple[str, ...], heights: Mapping[str, float]) -> str:
    """The heights in words, and where they are from."""
    if not heights:
        return f"{ASSUMED_STATURE:g} m (assumed)"
    if len(set(heights.values())) == 1 and len(heights) == len(people):
        return f"{next(iter(heights.values())):g} m (as given)"
    listed = [f"{person} {heights[person]:g} m" for person in people if person in heights]
    listed = listed[:MOST_NAMES] + ["..."] * (len(listed) > MOST_NAMES)
    rest = f"; others {ASSUMED_STATURE:g} m (assumed)" if len(heights) < len(people) else ""
    return f"{', '.join(listed)} (as given){rest}"


def locate(model: Model, lifted: Lifted, focal: float | None) -> Lifted:
    """Estimate where people stand, if their size in metres is known; else note that it is not.

    Where the size of the images is not known, nor is the camera: people are placed as one sees them that looks at their
    middle from the distance that the lifter assumes. What they do across the line of sight hardly depends on it.

    Args:
        model: what lifted them.
        lifted: after `in_metres`.
        focal: focal length in pixels; None: `ASSUMED_FOCAL_RATIO` times the larger side of the image.
    """
    tracks = lifted.tracks
    if lifted.metres is None:
        return lifted.noted("positions are not known because the size of this skeleton (--height) is missing")
    if not lifted.rows.any():
        return lifted
    if tracks.image_size is None:
        centre, lengths = _assumed_camera(model, lifted)
        away = float(np.nanmedian(model.distance * lifted.metres[lifted.rows]))
        lens = f"a camera {away:.1f} m away that looks at the middle of the people (assumed)"
        lifted = lifted.noted(
            f"the image size (--image-size) is missing: people are placed as if the camera were {away:.1f} m away and "
            "looked at their middle; their paths to the camera or away from it may be too short or too long"
        )
    else:
        images = tracks.image_size[tracks.frame]
        centre, lengths = images / 2, focal_lengths(images, focal)
        lens = f"{focal:g} pixels" if focal else f"{ASSUMED_FOCAL_RATIO:g} times the larger side of the image (assumed)"
        lens = f"a focal length of {lens} and a camera axis through the image's centre"
    root = tracks.keypoints[:, model.skeleton.root]
    position = root_position(root, lifted.size / (model.distance * lifted.metres), centre, lengths)
    if lifted.rotation is not None:  # the distance is along the axis of the turned camera, which meets the root
        position = position[:, 2:] * lifted.rotation[:, 2]
    return lifted._replace(
        position=np.where(lifted.rows[:, None], position, np.nan),
        focal=lengths,
        scale=f"{lifted.scale}; position for {lens}",
    )


def _assumed_camera(model: Model, lifted: Lifted) -> tuple[np.ndarray, np.ndarray]:
    """`[N, 2]` and `[N]` pixels: the middle of the people of each shot or still, and the focal length.

    By it a person of the median size is at the distance that the lifter assumes.
    """
    tracks, rows = lifted.tracks, lifted.rows
    group = shot_of(tracks.frame, tracks.shots) if tracks.video else tracks.frame
    root, groups = tracks.keypoints[:, model.skeleton.root].astype(np.float64), int(group.max()) + 1
    centre = grouped_middle(root[rows], group[rows], groups)
    lengths = grouped_median(lifted.size[rows, None], group[rows], groups)
    return centre[group], lengths[group, 0]


def metres_per_unit(lifted: Lifted, model: Model) -> np.ndarray:
    """`[N]`: metres of a unit of the model if each row's person is one metre tall, by the bones lifted of them.

    Args:
        lifted: in model units.
        model: what lifted them; `reference_length` is a body's height with the training set's proportions.
    """
    tracks, skeleton = lifted.tracks, model.skeleton
    seen = np.isfinite(lifted.points).all(axis=-1)
    lengths = seen_bone_lengths(lifted.points, seen, skeleton)
    usual = grouped_median(lengths, tracks.person, len(tracks.people))
    size = reference_length(model) * person_factors(usual, model)
    if skeleton == H36M17:
        stature = _statures(usual, skeleton)
        size = np.where(np.isfinite(stature), stature, size)
    return 1 / size[tracks.person]


def stature_of_limbs(points: np.ndarray, seen: np.ndarray, skeleton: Skeleton) -> float:
    """A person's stature by the lengths of their thighs, shanks, upper arms and forearms; NaN where none is seen.

    A model's own bones are as long as the 2D shows them, and limbs are foreshortened more than trunks: by these, people
    came out 7 % too small and too near on people of `train` that the model was not trained on; by limbs 1 % too large.

    Args:
        points: `[T, J, 3]` one person's lifted points, of any scale.
        seen: `[T, J]` bool.
        skeleton: whose joints are named as in `H36M17`.

    Source:
        Lengths as fractions of stature: Drillis & Contini 1966 (`anthropometry.BUILD`).
    """
    usual = grouped_median(seen_bone_lengths(points, seen, skeleton), np.zeros(len(points), int), 1)
    return float(_statures(usual, skeleton)[0])


def _statures(lengths: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`[P]` statures by the lengths of bones `[P, B]`, NaN where no limb is known."""
    share = np.array([_share_of_stature(skeleton.names[child]) for _, child in skeleton.bones])
    limbs = share > 0
    return _total_ratio(lengths[:, limbs], share[limbs], ~np.isnan(lengths[:, limbs]))


def _total_ratio(lengths: np.ndarray, reference: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """`[P]`: the sum of `lengths` `[P, B]` that are `counted`, over that of `reference` `[B]`; NaN for none."""
    total = np.where(counted, reference, 0).sum(axis=1)
    return np.where(counted, lengths, 0).sum(axis=1) / np.where(total > 0, total, np.nan)


def _share_of_stature(joint: str) -> float:
    """The length of the limb bone above a joint, as a share of the stature; 0 for other joints."""
    limbs = {"knee": "thigh", "ankle": "shank", "elbow": "upper_arm", "wrist": "forearm"}
    limb = limbs.get(joint.split("_")[-1])
    return BUILD[limb][0] if limb else 0.0


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


def person_factors(lengths: np.ndarray, model: Model) -> np.ndarray:
    """How many times larger than a person of the training set people are, by their bones.

    Limbs count, bones between joints that have sides, as every joint set means the same by them; without any, all do.

    Args:
        lengths: `[P, B]` of each person's bones, model units, NaN where not known.
        model: whose normalization has the bones.

    Returns:
        `[P]`, 1 where no bone is known.
    """
    bones = model_bones(model)
    measured = ~np.isnan(lengths) & (bones > 0)
    limbs = measured & np.isin(model.skeleton.bones, (*model.skeleton.left, *model.skeleton.right)).all(axis=1)
    measured = np.where(limbs.any(axis=1, keepdims=True), limbs, measured)
    return np.nan_to_num(_total_ratio(lengths, bones, measured), nan=1.0)


def root_position(root: np.ndarray, pixels_per_metre: np.ndarray, centre: np.ndarray, focal: np.ndarray) -> np.ndarray:
    """`[N, 3]` metres in the camera's frame, for a pinhole camera.

    Args:
        root: `[N, 2]` pixels.
        pixels_per_metre: `[N]` how many pixels a metre is in the image, at the person.
        centre: `[N, 2]` pixels, where the camera's axis meets the image.
        focal: `[N]` focal lengths in pixels.
    """
    return np.concatenate([root - centre, focal[:, None]], axis=1) / pixels_per_metre[:, None]
