"""Detections as a recording: the last step that most readers share."""

from pathlib import Path

import numpy as np

from geolift.keypoints.detection_scores import likely_people
from geolift.keypoints.frame_names import Frames
from geolift.keypoints.options import Options, ResolvedJoints, resolve_image_size
from geolift.keypoints.recording import Recording, record


def make_recording(
    rows: np.ndarray,
    frame: np.ndarray,
    frames: Frames,
    joints: ResolvedJoints,
    path: Path,
    options: Options,
    *,
    person: np.ndarray | None = None,
    people: tuple[str, ...] = (),
    image_size: np.ndarray | None = None,
    score: np.ndarray | None = None,
    notes: tuple[str, ...] = (),
) -> Recording:
    """A recording of N detections of K joints.

    Args:
        rows: `[N, K, 3]` x, y in pixels, confidence; the joints in the order of the file.
        frame: `[N]` indices into `frames.names`.
        frames: the frames, with what the user states about the frame rate.
        joints: the joints, with what the user states about them.
        path: the file, named in errors.
        options: what the user states about the image size and the scores of people.
        person, people: as in `record`.
        image_size: `[F, 2]` as the file states it, or None.
        score: `[N]` how sure the program is that each detection is a person, NaN where it has no score; None: none has.
        notes: all notes on reading.

    Raises:
        DatasetError: as `record`; as `likely_people`; if the user's image size contradicts the file's.
    """
    likely, ghosts = likely_people(score, frame, options.min_score, str(path), tracked=person is not None)
    rows = rows[likely][:, joints.order]
    return record(
        rows[..., :2],
        rows[..., 2],
        frame=frame[likely],
        joints=joints.joints,
        joint_set=joints.joint_set,
        frames=frames.names,
        video=frames.video,
        origin=str(path),
        person=None if person is None else person[likely],
        people=people,
        fps=frames.fps,
        image_size=resolve_image_size(image_size, options.image_size, len(frames.names), str(path)),
        notes=(*notes, *ghosts),
    )
