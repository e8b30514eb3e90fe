"""People in photographs: the annotated 2D poses of MPII and COCO, one clip of one frame each (docs/joint-mapping.md).

No 3D, no intrinsics, people of every size: `normalization.normalize_persons` brings them to a training set's size.
"""

import os

import numpy as np

from geolift.data.dataset import Dataset, check_dataset
from geolift.errors import DatasetError
from geolift.safe_io.npz import read_arrays
from geolift.skeletons.joint_sets import COCO17, MPII16
from geolift.skeletons.mapping import JointMapping, map_joints
from geolift.skeletons.skeleton import H36M17

MPII_NOTICE = (
    "MPII Human Pose, annotations under the Simplified BSD licence, (c) Max Planck Institute for Informatics. "
    "Andriluka, Pishchulin, Gehler, Schiele, '2D Human Pose Estimation: New Benchmark and State of the Art Analysis', "
    "CVPR 2014."
)
COCO_NOTICE = (
    "COCO 2017 person keypoints, annotations under CC BY 4.0, (c) COCO Consortium, https://cocodataset.org. "
    "Lin et al., 'Microsoft COCO: Common Objects in Context', ECCV 2014."
)
HIDDEN_OR_VISIBLE = (0.5, 1.0)  # confidence; a hidden joint is where the annotator guessed it
LARGEST = 1e9  # of a number in the file
TEST_EVERY = 5  # every fifth image, in the order of their names, is for testing, with all its people


def read_mpii(path: str | os.PathLike[str]) -> Dataset:
    """Read MPII persons: a .npz of `joints` `[N, 16, 2]` in MATLAB pixels (from 1 on) and `visible` `[N, 16]`.

    Pixels count from 0 afterwards. Visible joints get confidence 1, joints annotated although hidden 0.5. The file
    has no image sizes.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    arrays = _read(path, "MPII persons", MPII16, "visible", HIDDEN_OR_VISIBLE, ("image", "person"))
    arrays["joints"] = arrays["joints"] - 1
    image = arrays["image"].astype(np.str_)
    subject = [f"{name}/{person}" for name, person in zip(image, arrays["person"], strict=True)]
    return _people(path, MPII16, arrays, image=image, subject=subject, notice=MPII_NOTICE)


def read_coco(path: str | os.PathLike[str]) -> Dataset:
    """Read COCO persons: a .npz of `joints` `[N, 17, 2]` in pixels and `visibility` `[N, 17]`.

    Visible joints (2) get confidence 1, hidden ones (1) 0.5, those not labelled 0.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    people = ("image_id", "annotation_id", "image_size")
    arrays = _read(path, "COCO persons", COCO17, "visibility", (0.0, *HIDDEN_OR_VISIBLE), people)
    image, subject = arrays["image_id"], arrays["annotation_id"].astype(np.str_)
    return _people(path, COCO17, arrays, image=image, subject=subject, notice=COCO_NOTICE)


def _read(
    path: str | os.PathLike[str],
    what: str,
    mapping: JointMapping,
    flag: str,
    levels: tuple[float, ...],
    people: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """The checked arrays of `what`, and "confidence" `[N, K]`: `levels` by the numbers that the array `flag` holds."""
    arrays = read_arrays(path)
    missing = sorted({"joints", "joint_names", flag, *people} - set(arrays))
    if missing:
        raise DatasetError(f"{path}: not {what}: {missing} missing, found {sorted(arrays)}")
    names, joints, flags = arrays["joint_names"].tolist(), arrays["joints"], arrays[flag]
    if names != list(mapping.source):
        raise DatasetError(f"{path}: joint_names: found {names}, expected {list(mapping.source)}")
    if joints.ndim != 3 or joints.shape[1:] != (len(names), 2) or joints.dtype.kind != "f":
        found = f"{joints.dtype} of shape {list(joints.shape)}"
        raise DatasetError(f"{path}: joints: found {found}, expected floats of shape [persons, {len(names)}, 2]")
    if not np.isfinite(joints).all():
        raise DatasetError(f"{path}: joints: found values that are not finite")
    if (
        flags.shape != joints.shape[:2]
        or flags.dtype.kind not in "biuf"
        or not np.isin(flags, range(len(levels))).all()
    ):
        found = f"shape {list(flags.shape)} and values {np.unique(flags).tolist()[:5]}"
        expected = f"{list(joints.shape[:2])} and {list(range(len(levels)))}"
        raise DatasetError(f"{path}: {flag}: found {found}, expected {expected}")
    if "image_size" in arrays and arrays["image_size"].dtype.kind not in "iuf":
        raise DatasetError(f"{path}: image_size: found {arrays['image_size'].dtype}, expected numbers")
    for key in sorted({"joints", "image_size", *people} & set(arrays)):
        if arrays[key].dtype.kind == "f" and not (np.abs(arrays[key]) <= LARGEST).all():
            raise DatasetError(
                f"{path}: {key}: found values beyond {LARGEST:g} or not finite, expected pixels or numbers"
            )
    for key in people:
        if arrays[key].shape[:1] != joints.shape[:1] or arrays[key].dtype.kind not in "biufU":
            found = f"shape {list(arrays[key].shape)} of {arrays[key].dtype}"
            raise DatasetError(f"{path}: {key}: found {found}, expected one entry for each of {len(joints)} persons")
    return {**arrays, "confidence": np.array(levels, np.float32)[flags.astype(int)]}


def _people(
    path: str | os.PathLike[str],
    mapping: JointMapping,
    arrays: dict[str, np.ndarray],
    *,
    image: np.ndarray,
    subject: np.ndarray | list[str],
    notice: str,
) -> Dataset:
    """One clip for each person whose pelvis was seen, split by image; `source` counts the others, who are left out."""
    keypoints, confidence = map_joints(mapping, arrays["joints"], arrays["confidence"])
    kept = np.flatnonzero(confidence[:, H36M17.root] > 0)
    if not len(kept):
        raise DatasetError(f"{path}: joints: none of {len(keypoints)} persons has a pelvis, expected one")
    lacking = f"{len(keypoints) - len(kept)} of {len(keypoints)}"
    test = np.unique(image, return_inverse=True)[1] % TEST_EVERY == 0
    dataset = Dataset(
        keypoints=keypoints[kept],
        confidence=confidence[kept],
        skeleton=H36M17,
        start=np.arange(len(kept)),
        stop=np.arange(1, len(kept) + 1),
        fps=np.zeros(len(kept), np.float32),
        subject=np.array(subject, np.str_)[kept],
        action=np.full(len(kept), "wild"),
        camera=np.full(len(kept), "unknown"),
        split=np.where(test, "test", "train")[kept],
        clip=image.astype(np.str_)[kept],
        image_size=arrays["image_size"].astype(np.float32)[kept] if "image_size" in arrays else None,
        source=f"{notice} {lacking} persons left out because the pelvis is missing.",
    )
    return check_dataset(dataset, str(path))
