"""Recordings as data sets for training: people become clips without gaps, joints those of a skeleton."""

import numpy as np

from geolift.data.dataset import Dataset, check_dataset
from geolift.keypoints.recording import Recording
from geolift.skeletons.mapping import JointMapping, map_joints


def to_dataset(recording: Recording, mapping: JointMapping, *, source: str, head: str = "mask") -> Dataset:
    """Turn the people of a recording into clips for training; every detection is in one clip.

    A tracked person in a video is one clip for each run of consecutive frames: frames without the person, and a change
    of the image's size, start a new clip. In single images and untracked videos each detection is a separate clip.
    `subject` is the person's name, `clip` the name of the clip's first frame.

    Args:
        recording: N detections.
        mapping: from the recording's joints to those of the data set.
        source: where the data is from, kept in the data set; errors begin with it.
        head: how a head top that the mapping masks is handled, as in `map_joints`.

    Returns:
        The data set of N frames, person by person. Joints that were not seen, also the root, have confidence 0.

    Raises:
        DatasetError: if the recording does not make a valid data set.
        ValueError: if the mapping is from other joints.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record, to_dataset
        >>> from geolift.skeletons import COCO17
        >>> keypoints = np.random.default_rng(0).uniform(1, 500, (3, 17, 2))
        >>> frame, person = np.array([0, 1, 3]), np.zeros(3, int)
        >>> video = record(keypoints, np.ones((3, 17)), joints=COCO17.source, frame=frame, person=person,
        ...                people=("anna",), frames=("0", "1", "2", "3"))
        >>> data = to_dataset(video, COCO17, source="example")
        >>> data.start.tolist(), data.stop.tolist(), data.subject.tolist()
        ([0, 2], [2, 3], ['anna', 'anna'])
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
    return check_dataset(dataset, source)
