"""Photographs that are numbered like the frames of a video: 1.jpg, 2.jpg.

In a video people keep their size from frame to frame, also at a low rate; photographs of different people and places
have people of any size, and often sizes of their own.
"""

import numpy as np

from geolift.keypoints.pose_distance import COMMON, box_diagonals
from geolift.keypoints.recording import Recording

CHANGE = 0.4  # natural logarithm of the factor by which the largest person's size differs from image to image, median
FEWEST = 5  # images that show it
MOST = 2000  # images that are compared


def as_photographs(recording: Recording) -> Recording:
    """The recording as single images, with a note, if it is beyond doubt no video; else as it is.

    A frame rate that is known, or people whom the file follows, make it a video.

    Args:
        recording: N detections in a video.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record
        >>> body = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0]])
        >>> sizes = np.array([1.0, 3.0, 0.5, 2.0, 0.7, 4.0])
        >>> images = record(body * sizes[:, None, None] + 100, np.ones((6, 3)), joints=("head", "back", "tail"))
        >>> as_photographs(images).video
        False
    """
    if not recording.video or recording.tracked or recording.fps or recording.shots:
        return recording
    sizes = recording.image_size
    if sizes is not None and len(np.unique(sizes[recording.frame], axis=0)) > 1:
        return _still(recording, "their sizes differ")
    change = _change_of_size(recording)
    if change > CHANGE:
        return _still(recording, f"people are {np.exp(change):.1f} times as large or small in the next")
    return recording


def _still(recording: Recording, why: str) -> Recording:
    note = f"numbered images are read as single images: {why} (--fps makes a video of them)"
    return recording._replace(video=False, notes=(*recording.notes, note))


def _change_of_size(recording: Recording) -> float:
    """The median change of the largest person from image to image, a natural logarithm; 0 with few images.

    By joints that are seen in both: with others missing in each, people seem to change their size.
    """
    some = recording.frame < MOST
    keypoints, seen, frame = recording.keypoints[some], recording.seen[some], recording.frame[some]
    order = np.lexsort((-box_diagonals(keypoints, seen), frame))
    largest = order[np.diff(frame[order], prepend=-1) > 0]
    before, after = largest[:-1], largest[1:]
    common = seen[before] & seen[after]
    shown = (frame[after] - frame[before] == 1) & (common.sum(axis=1) >= min(COMMON, keypoints.shape[1]))
    if shown.sum() < FEWEST - 1:
        return 0.0
    sizes = [np.maximum(box_diagonals(keypoints[rows[shown]], common[shown]), 1e-6) for rows in (before, after)]
    return float(np.median(np.abs(np.log(sizes[1] / sizes[0]))))
