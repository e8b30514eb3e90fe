"""Keypoint files of any program (docs/formats.md) as data sets for training."""

import os
from pathlib import Path

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.readings import check_people
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import select_rows, without_unsure_joints
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import track
from geolift.keypoints.training_clips import to_dataset
from geolift.skeletons import skeleton_file
from geolift.skeletons.mapping import check_head, map_joints

TEST_EVERY = 5  # every fifth part is for testing, with all its people
SPLITS = ("none", "clip", "person")


def convert(
    path: str | os.PathLike,
    *,
    format: str | None = None,
    joints: str | None = None,
    skeleton: str | os.PathLike | None = None,
    fps: float | None = None,
    image_size: tuple[float, float] | None = None,
    min_score: float | None = None,
    coordinates: str | None = None,
    clip: str | None = None,
    min_confidence: float = 0.1,
    head: str = "extrapolate",
    split_by: str = "none",
) -> Dataset:
    """The people of a keypoint file as clips without gaps; people are tracked if the file does not track them.

    Detections without the root are left out, and counted: they cannot be centred. Joint sets with ears, but without the
    top of the head, get it from ears and shoulders, so that a lifter of whole poses can be trained on them.

    Args:
        path: a file or folder of any known format.
        format: of the file; None: it is recognized.
        joints: name of the joint set (`joint_sets.JOINT_SETS`) if the file does not state it.
        skeleton: a skeleton file that names the joints, for other joint sets and bodies.
        fps: frames per second if the file does not state them.
        image_size: width and height of all images in pixels if the file does not state them.
        min_score: detections that the program scored lower are left out; None: only those beyond doubt no person.
        coordinates: what the coordinates of the file are, one of `coordinates.COORDINATES`; None: it is recognized.
        clip: of several clips in a file or folder, the beginning of the name of the one to convert; None: all.
        min_confidence: joints with less count as not seen.
        head: how a head top that the joint set lacks is handled, "mask" or "extrapolate", as in `map_joints`.
        split_by: what the split "test" consists of: every fifth clip (of images, the clips of every fifth image), every
            fifth person, or "none": everything is for training.

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    if split_by not in SPLITS:
        raise DatasetError(f"split_by: found {split_by!r}, expected one of {', '.join(SPLITS)}")
    check_head(head)
    if not 0 <= min_confidence <= 1:
        raise DatasetError(f"min_confidence: found {min_confidence}, expected a number from 0 to 1")
    path = Path(path)
    reading = Options(joints, fps, image_size, min_score, coordinates, clip)
    read = read_keypoints(path, format=format, options=reading)
    recording = track(without_unsure_joints(read.recording, min_confidence, str(path)))
    mapping = skeleton_file.resolve_mapping(recording.joints, recording.joint_set, skeleton, str(path))
    if skeleton is None and joints is None:
        check_people(recording, str(path))
    _, confidence = map_joints(mapping, recording.keypoints, recording.confidence)
    rooted = confidence[:, mapping.target.root] > 0
    if not rooted.any():
        root = mapping.target.names[mapping.target.root]
        raise DatasetError(f"{path}: none of {len(rooted)} detections has the root, {root}, expected one")
    notes = list(recording.notes)
    if not rooted.all():
        notes.append(f"{int((~rooted).sum())} of {len(rooted)} detections without the root were left out")
        recording = select_rows(recording, rooted)
    if recording.image_size is None:
        notes.append("image sizes are unknown: training makes the people of all clips equally large")
    notes += [f"warning: {sentence}" for sentence in check_recording(recording)]
    data = to_dataset(recording, mapping, source=str(path), head=head)
    top = data.seen[:, mapping.target.head]
    if head == "extrapolate" and mapping.ears and top.any():
        frames = f"{top.sum()} of {len(top)} frames"
        notes.append(f"the top of the head was extrapolated from ears and shoulders in {frames}")
    source = " ".join(f"{note}." for note in (f"{path.name}: {read.why}", *notes))
    return data._replace(split=_splits(data, split_by), source=source)


def _splits(data: Dataset, split_by: str) -> np.ndarray:
    """`[C]` the split of each clip: of those parts that follow each other, every fifth is for testing."""
    if split_by == "none":
        return data.split
    part = data.subject if split_by == "person" else data.clip
    number = np.unique(part, return_inverse=True)[1]
    return np.where(number % TEST_EVERY == TEST_EVERY - 1, "test", "train")
