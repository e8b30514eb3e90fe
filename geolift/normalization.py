"""From a data set's keypoints to the poses that networks see: image plane, root-centred, one factor for all."""

from typing import NamedTuple

import numpy as np

from geolift.dataset import Dataset, DatasetError

PLANES = ("camera", "image")


class Normalization(NamedTuple):
    """How keypoints become poses: computed on a training set, stored with the model, never pasted in.

    Attributes:
        plane: "camera" if pixels are turned into camera coordinates by each clip's intrinsics, (u - cx) / fx; "image"
            if they are divided by the larger side of each clip's image instead.
        factor: what root-centred plane coordinates are multiplied by, so that the mean root-head distance of the
            training set is 1 / distance (Chen et al. 2019; docs/method.md).
    """

    plane: str
    factor: float


def fit(dataset: Dataset, *, distance: float = 10.0) -> Normalization:
    """The normalisation of a training set: intrinsics where the data set has them, the image size otherwise.

    Raises:
        DatasetError: if head and root coincide everywhere, or are never both seen.
    """
    plane = "camera" if dataset.intrinsics is not None else "image"
    skeleton = dataset.skeleton
    ends = _on_plane(dataset, plane)[:, [skeleton.head, skeleton.root]]
    seen = (dataset.confidence[:, [skeleton.head, skeleton.root]] > 0).all(axis=1)
    length = np.linalg.norm(ends[seen, 0] - ends[seen, 1], axis=-1).mean() if seen.any() else 0.0
    if not length > 0:
        raise DatasetError(
            f"keypoints: {skeleton.names[skeleton.head]} and {skeleton.names[skeleton.root]} coincide "
            f"(or are never both seen) in {dataset.frames} frames; their mean distance sets the scale"
        )
    return Normalization(plane, float(1.0 / (distance * length)))


def normalize(dataset: Dataset, normalization: Normalization) -> np.ndarray:
    """The `[F, J, 2]` float32 poses of a data set, root-centred, in the model's units.

    Raises:
        DatasetError: if the data set lacks the intrinsics or the image sizes that the normalisation asks for.
    """
    wanted = {"camera": "intrinsics", "image": "image_size"}[normalization.plane]
    if getattr(dataset, wanted) is None:
        raise DatasetError(f"{wanted}: found none, expected them as in the data set that the model was trained on")
    plane = _on_plane(dataset, normalization.plane)
    root = dataset.skeleton.root
    return ((plane - plane[:, root : root + 1]) * normalization.factor).astype(np.float32)


def _on_plane(dataset: Dataset, plane: str) -> np.ndarray:
    """`[F, J, 2]` float64 keypoints on the chosen plane, the image's centre near the origin."""
    keypoints = dataset.keypoints.astype(np.float64)
    if plane == "camera":
        intrinsics = dataset.intrinsics[dataset.clip_of_frame, None].astype(np.float64)
        return (keypoints - intrinsics[..., 2:]) / intrinsics[..., :2]
    size = dataset.image_size[dataset.clip_of_frame, None].astype(np.float64)
    return (keypoints - size / 2) / size.max(axis=-1, keepdims=True)
