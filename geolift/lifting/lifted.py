"""3D points of tracked people, and their refinement and smoothing."""

from typing import NamedTuple

import numpy as np

from geolift.data.normalization import person_sizes, root_centered
from geolift.errors import DatasetError
from geolift.lifting.refinement import refine
from geolift.lifting.smoothing import running_median, smooth
from geolift.lifting.tracks import Tracks
from geolift.model import Model, lift_poses, model_bones
from geolift.plurals import counted

SIZE_WINDOW = 2.0  # seconds over which a person's size in the image is measured; it changes as they come nearer


class Lifted(NamedTuple):
    """Tracks and their points, N rows.

    Attributes:
        tracks: what was lifted, with the notes of all steps.
        points: `[N, J, 3]`, the root at the origin, camera axes (x right, y down, z forward); in model units, or in
            metres if these are known. NaN where missing or not lifted.
        size: `[N]` pixels per model unit at the person's depth (`person_sizes`); NaN if unknown.
        metres: `[N]` of a model unit, the same for all rows of a person; None if unknown.
        position: `[N, 3]` metres, where the root is in the camera frame, or None if unknown; NaN where not lifted.
        scale: a sentence: what `metres` and `position` are derived from.
    """

    tracks: Tracks
    points: np.ndarray
    size: np.ndarray
    metres: np.ndarray | None = None
    position: np.ndarray | None = None
    scale: str = ""

    @property
    def rows(self) -> np.ndarray:
        """`[N]` bool: the rows that were lifted."""
        return np.isfinite(self.points).any(axis=(1, 2))

    def noted(self, note: str) -> "Lifted":
        """The same with one more note."""
        return self._replace(tracks=self.tracks.noted(note))


def lift_tracks(model: Model, tracks: Tracks) -> Lifted:
    """Lift what can be lifted, in one pass of the network: every person as large as those of the training set.

    Raises:
        DatasetError: if no pose can be lifted.
    """
    available, root = tracks.available, model.skeleton.root
    size = person_sizes(tracks.keypoints, available, model.skeleton, model.normalization)
    usable = available[:, root] & (size > 0) & (model.lifter.masks | available.all(axis=1))
    window = tracks.frames_in(SIZE_WINDOW) if tracks.video else 1
    if window > 1:
        size = running_median(size, tracks, window)
    points = np.full((*available.shape, 3), np.nan)
    if usable.any():
        poses = root_centered(tracks.keypoints[usable].astype(np.float64), available[usable], root)
        poses = (poses / size[usable, None, None]).astype(np.float32)
        points[usable] = lift_poses(model, poses, available[usable] if model.lifter.masks else None)
        points[~available] = np.nan
    lifted = Lifted(tracks, points, size)
    count, failed = len(points), int((~lifted.rows).sum())
    if failed:
        why = f"they lack {model.skeleton.names[root]}, or show fewer than three bones"
        why = why if model.lifter.masks else "they lack a joint, and this model takes whole poses only"
        lifted = lifted.noted(f"{failed} of {count} poses were not lifted: {why}")
    if failed == count:
        notes = "; ".join(lifted.tracks.notes)
        raise DatasetError(f"{tracks.source}: none of {count} poses can be lifted: {notes}")
    return lifted


def refine_lifted(model: Model, lifted: Lifted) -> Lifted:
    """Refine the points of each person of a video (`refinement.refine`); single images are not changed."""
    tracks, rows = lifted.tracks, lifted.rows
    if not tracks.video:
        return lifted
    noise = tracks.jitter[tracks.person] * model.distance / lifted.size
    refined = refine(
        lifted.points[rows],
        tracks.person[rows],
        model.skeleton,
        bones=model_bones(model),
        distance=model.distance,
        frame=tracks.frame[rows],
        seen=np.isfinite(lifted.points[rows]).all(axis=-1),
        fps=tracks.assumed_fps,
        noise=noise[rows],
    )
    points, size = lifted.points.copy(), lifted.size.copy()
    points[rows] = refined.points
    size[rows] /= refined.scale
    poses = counted(int(rows.sum()), "pose", "poses")
    note = f"bones were made to keep their lengths through {poses} (disable with --no-refine)"
    return lifted._replace(points=points, size=size).noted(note)


def smooth_lifted(lifted: Lifted, seconds: float) -> Lifted:
    """Smooth points and positions of a video in windows of `seconds` (`smoothing.smooth`); 0: nothing is changed."""
    if not seconds:
        return lifted
    tracks, points = lifted.tracks, lifted.points
    window = tracks.frames_in(seconds) if tracks.video else 0
    smoothed = smooth(points, tracks, window)
    changed = int((np.nan_to_num(smoothed) != np.nan_to_num(points)).any(axis=(1, 2)).sum())
    position = None if lifted.position is None else smooth(lifted.position, tracks, window)
    note = f"{changed} of {len(points)} poses were smoothed; the others are not in a stretch of {window} frames"
    return lifted._replace(points=smoothed, position=position).noted(note)
