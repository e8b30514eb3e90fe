"""Normalization: from keypoints to the networks' poses, root-centred, with one factor for all or one for each clip."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import Skeleton

# How large a person is, from 2D alone: the ratio of each bone to the training set's, and of these a high quantile, as
# foreshortening only shortens. It is weighted by length, and no higher than 3/4: thigh and shin hold over a fifth of a
# skeleton's length, and one wrong knee must not make a giant. Measured against others in docs/joint-mapping.md.
STRETCHED = 0.9  # quantile over the training frames at which a bone counts as hardly foreshortened
QUANTILE = 0.75  # over the bones of a frame, weighted by their length
FEWEST_BONES = 3  # with fewer bones seen in a frame, a person's size is unknown
FRAMES = 1 << 13  # frames computed in float64 at a time: what they need stays in the processor's cache
MEASURED = 1 << 21  # bones are measured in at most this many frames, evenly spread


class Normalization(NamedTuple):
    """How keypoints become poses: computed on a training set and stored with the model.

    Attributes:
        plane: "camera" if each clip's intrinsics turn pixels into camera coordinates, (u - cx) / fx; "image" if pixels
            are divided by the larger side of each clip's image instead.
        factor: root-centred plane coordinates are multiplied by it, so that the mean root-head distance of the training
            set is 1 / distance (Chen et al. 2019; docs/method.md).
        bones: `[B]` length of each bone, in the order of `Skeleton.bones`, in the poses' units, by which
            `normalize_persons` measures people: about the length in the training set (its 90 % quantile), and such
            that half of the training frames come out larger than with `factor`, half smaller. Empty in older models.

    Example:
        >>> Normalization("camera", factor=0.37).bones
        ()
    """

    plane: str
    factor: float
    bones: Sequence[float] = ()


def fit_normalization(dataset: Dataset, *, distance: float = 10.0) -> Normalization:
    """Compute the normalization of a training set, by intrinsics where the data set has them, else by image sizes.

    Args:
        dataset: the training set, of F frames.
        distance: from the camera to the root, in the units of the networks' 3D points.

    Returns:
        Plane, factor and bone lengths.

    Raises:
        DatasetError: if there are neither intrinsics nor image sizes, if head and root coincide everywhere or are never
            both seen, if a bone is never seen, or if no frame shows three.

    Source:
        The factor: Chen et al. 2019 (docs/method.md). The bone lengths: ours (docs/joint-mapping.md).

    Example:
        >>> from geolift.data import film
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> fitted = fit_normalization(film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17))
        >>> fitted.plane, round(fitted.factor, 2), len(fitted.bones)
        ('camera', 0.67, 16)
    """
    if dataset.intrinsics is None and dataset.image_size is None:
        raise DatasetError("intrinsics, image_size: found neither, expected one in a data set to train on")
    plane = "image" if dataset.intrinsics is None else "camera"
    skeleton = dataset.skeleton
    ends, found = [skeleton.head, skeleton.root], []
    for part in _parts(dataset.frames):
        joints = _on_plane(dataset, plane, part, ends)[(dataset.confidence[part][:, ends] > 0).all(axis=1)]
        found.append(np.linalg.norm(joints[:, 0] - joints[:, 1], axis=-1))
    found = np.concatenate(found)
    length = found.mean() if len(found) else 0.0
    if not length > 0:
        raise DatasetError(
            f"keypoints: {skeleton.names[skeleton.head]} and {skeleton.names[skeleton.root]} coincide "
            f"(or are never both seen) in {dataset.frames} frames; their mean distance sets the scale"
        )
    fitted = Normalization(plane, float(1.0 / (distance * length)))
    lengths = np.concatenate(
        [
            seen_bone_lengths(_normalized(dataset, fitted, part), dataset.confidence[part] > 0, skeleton)
            for part in _parts(dataset.frames, every=-(-dataset.frames // MEASURED))
        ]
    )
    unseen = np.isnan(lengths).all(axis=0)
    if unseen.any():
        parent, child = (skeleton.names[joint] for joint in skeleton.bones[unseen.argmax()])
        raise DatasetError(f"keypoints: {parent} and {child} are never both seen in {dataset.frames} frames")
    bones = np.nanquantile(lengths, STRETCHED, axis=0)
    sizes = _sizes(lengths, bones)
    if not (sizes > 0).any():
        raise DatasetError(f"keypoints: none of {dataset.frames} frames shows {FEWEST_BONES} bones, expected one")
    return fitted._replace(bones=tuple(float(f"{bone:.4g}") for bone in bones * np.nanmedian(sizes)))


def normalize(dataset: Dataset, normalization: Normalization) -> np.ndarray:
    """The poses of a data set, root-centred, in the model's units.

    Joints that were not seen are 0 and mean nothing (`dataset.seen`). If the root was not seen, all joints are 0.

    Args:
        dataset: of F frames.
        normalization: of the training set.

    Returns:
        `[F, J, 2]` float32 poses.

    Raises:
        DatasetError: if the data set lacks the intrinsics or the image sizes that the normalization needs.

    Source:
        Chen et al. 2019 (docs/method.md).

    Example:
        >>> from geolift.data import film
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> people = film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17)
        >>> poses = normalize(people, fit_normalization(people))
        >>> poses.shape, bool(poses[:, H36M17.root].any())
        ((1560, 17, 2), False)
    """
    poses = np.empty(dataset.keypoints.shape, np.float32)
    for part in _parts(dataset.frames):
        poses[part] = _normalized(dataset, normalization, part)
    return poses


def normalize_as_possible(dataset: Dataset, normalization: Normalization) -> np.ndarray:
    """`normalize`; data without the intrinsics or image sizes that it needs by `normalize_persons`. `[F, J, 2]`."""
    known = dataset.intrinsics if normalization.plane == "camera" else dataset.image_size
    return (normalize_persons if known is None else normalize)(dataset, normalization)


def normalize_persons(dataset: Dataset, normalization: Normalization) -> np.ndarray:
    """The poses of people of any size in any camera, root-centred: each clip has a separate factor.

    The factor makes the clip's person as large as the training set's. It is the median over the clip's frames of what
    each frame's bones give, so that long clips and single images are measured alike. For pictures without intrinsics,
    whose pixels are assumed square. With every frame of CMU's training set as a single image, the mean factor is right
    within 1 %, and 60 % of the factors are within 10 % of the data set's. Joints that were not seen are 0, as in
    `normalize`.

    Args:
        dataset: of F frames in C clips.
        normalization: of the training set, with bone lengths.

    Returns:
        `[F, J, 2]` float32 poses.

    Raises:
        DatasetError: naming the clip that has no frame with three bones seen, or if the normalization has no bones or
            those of another skeleton.

    Source:
        Ours (docs/joint-mapping.md).

    Example:
        >>> from geolift.data import film
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> people = film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17)
        >>> normalize_persons(people, fit_normalization(people)).shape
        (1560, 17, 2)
    """
    sizes = np.split(person_sizes(dataset.keypoints, dataset.seen, dataset.skeleton, normalization), dataset.stop[:-1])
    for i, of_clip in enumerate(sizes):
        if not (of_clip > 0).any():
            raise DatasetError(
                f"keypoints: clip {i} ({dataset.clip[i]}, {dataset.subject[i]}) has no frame with {FEWEST_BONES} bones "
                "seen, expected one to measure the person's size"
            )
    size = np.array([np.median(of_clip[of_clip > 0]) for of_clip in sizes])
    centered = root_centered(dataset.keypoints.astype(np.float64), dataset.seen, dataset.skeleton.root)
    return (centered / size[dataset.clip_of_frame, None, None]).astype(np.float32)


def person_sizes(
    keypoints: np.ndarray, seen: np.ndarray, skeleton: Skeleton, normalization: Normalization
) -> np.ndarray:
    """`[N]` size of each person, measured by its bones: pixels per unit of the poses; NaN where too few are seen.

    Root-centred keypoints divided by it are poses of a person as large as the training set's.

    Args:
        keypoints: `[N, J, 2]` in square pixels.
        seen: `[N, J]` bool.
        skeleton: of the J joints.
        normalization: with bone lengths to compare with.

    Raises:
        DatasetError: if the normalization has no bones or those of another skeleton.
    """
    bones, expected = np.asarray(normalization.bones, np.float64), len(skeleton.bones)
    if bones.shape != (expected,):
        raise DatasetError(f"normalization: found {bones.size} bones, expected {expected} (older models have none)")
    return _sizes(seen_bone_lengths(keypoints.astype(np.float64), seen, skeleton), bones)


def root_centered(keypoints: np.ndarray, seen: np.ndarray, root: int) -> np.ndarray:
    """`[N, J, 2]` with the root at the origin; 0 where the joint or the row's root was not seen `[N, J]`."""
    usable = seen & seen[:, [root]]
    return np.where(usable[..., None], keypoints - keypoints[:, [root]], 0.0)


def _sizes(lengths: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """`[F]` ratio of each frame's `lengths` `[F, B]` to `bones` `[B]`, a weighted quantile; NaN with too few seen."""
    usable = ~np.isnan(lengths) & (bones > 0)
    ratio = np.divide(lengths, bones, where=usable, out=np.full_like(lengths, np.inf))
    rising = ratio.argsort(axis=1)
    weight = np.take_along_axis(usable * bones, rising, axis=1).cumsum(axis=1)
    chosen = (weight >= QUANTILE * weight[:, -1:]).argmax(axis=1)
    size = np.take_along_axis(ratio, rising, axis=1)[np.arange(len(ratio)), chosen]
    return np.where(usable.sum(axis=1) >= min(FEWEST_BONES, len(bones)), size, np.nan)


def _parts(frames: int, every: int = 1) -> Iterator[slice]:
    """Every n-th frame, `FRAMES` at a time."""
    return (slice(start, min(start + FRAMES * every, frames), every) for start in range(0, frames, FRAMES * every))


def _normalized(dataset: Dataset, normalization: Normalization, frames: slice) -> np.ndarray:
    """The result of `normalize` for some frames."""
    plane = _on_plane(dataset, normalization.plane, frames)
    centered = root_centered(plane, dataset.confidence[frames] > 0, dataset.skeleton.root)
    return (centered * normalization.factor).astype(np.float32)


def _on_plane(dataset: Dataset, plane: str, frames: slice, joints: slice | Sequence[int] = slice(None)) -> np.ndarray:
    """`[N, J, 2]` float64 keypoints of some frames on the chosen plane, the image's centre near the origin."""
    wanted = {"camera": "intrinsics", "image": "image_size"}[plane]
    if getattr(dataset, wanted) is None:
        raise DatasetError(
            f"{wanted}: found none, expected them as in the data set that the model was trained on "
            "(normalize_persons brings people without them to its size one by one)"
        )
    keypoints = dataset.keypoints[frames, joints].astype(np.float64)
    clip = np.searchsorted(dataset.stop, np.arange(*frames.indices(dataset.frames)), side="right")
    if plane == "camera":
        intrinsics = dataset.intrinsics[clip, None].astype(np.float64)
        return (keypoints - intrinsics[..., 2:]) / intrinsics[..., :2]
    size = dataset.image_size[clip, None].astype(np.float64)
    return (keypoints - size / 2) / size.max(axis=-1, keepdims=True)
