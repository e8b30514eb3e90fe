"""From a recording to a geolift data set: people become clips without gaps, joints those of a skeleton."""

import numpy as np

from geolift.data.dataset import Dataset, check
from geolift.keypoints.recording import Recording
from geolift.skeletons.mapping import JointMapping, map_joints


def to_dataset(recording: Recording, mapping: JointMapping, *, source: str, head: str = "mask") -> Dataset:
    """The people of a recording as clips for training; every detection is in it once.

    A tracked person in a video is one clip for each stretch of frames that follow each other: frames without the
    person, and a change of the image's size, start a new one. Single images, and videos in which nobody is followed,
    give each detection a clip of its own. `subject` is the person's name, `clip` that of the clip's first frame.

    Args:
        recording: N detections.
        mapping: from the recording's joints to those of the data set.
        source: where the data is from, kept in the data set; errors begin with it.
        head: what becomes of a head top that the mapping masks, as in `map_joints`.

    Returns:
        The data set of N frames, person by person. Joints that were not seen, the root among them, have confidence 0.

    Raises:
        DatasetError: if the recording is no good data set.
        ValueError: if the mapping is from other joints.
    """
    keypoints, confidence = map_joints(mapping, recording.keypoints, recording.confidence, head=head)
    rows = np.lexsort((recording.frame, recording.person))
    frame, person = recording.frame[rows], recording.person[rows]
    size = None if recording.image_size is None else recording.image_size[frame]
    cut = np.ones(len(rows), bool)
    if recording.video and recording.tracked:
        cut[1:] = (np.diff(person) != 0) | (np.diff(frame) != 1)
        if size is not None:
            cut[1:] |= (np.diff(size, axis=0) != 0).any(axis=1)
    start = np.flatnonzero(cut)
    dataset = Dataset(
        keypoints=keypoints[rows],
        confidence=confidence[rows],
        skeleton=mapping.target,
        start=start,
        stop=np.append(start[1:], len(rows)),
        fps=np.full(len(start), recording.fps if recording.video else 0, np.float32),
        subject=np.array(recording.people, np.str_)[person[start]],
        action=np.full(len(start), "unknown"),
        camera=np.full(len(start), "unknown"),
        split=np.full(len(start), "train"),
        clip=np.array(recording.frames, np.str_)[frame[start]],
        image_size=None if size is None else size[start],
        source=source,
    )
    return check(dataset, source)
