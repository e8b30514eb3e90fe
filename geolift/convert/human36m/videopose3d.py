"""Human3.6M as VideoPose3D packs it: data_2d_h36m_*.npz, and data_3d_h36m.npz for evaluation (docs/convert.md)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geolift.convert.assemble import CameraClip, assemble
from geolift.convert.human36m.camera_clips import camera_clip
from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.keypoints.formats import archive_values as values
from geolift.keypoints.formats.videopose3d import LAYOUTS, subjects, views_of
from geolift.plurals import counted
from geolift.safe_io import bounded_file, pickles
from geolift.safe_io.npz import read_object_arrays
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import JointMapping, map_joints

FILE_3D = "data_3d_h36m.npz"
UNNAMED = {17: "h36m", 16: "mpii"}  # the layouts of the files that name none, ground truth and Stacked Hourglass


def read(path: str | os.PathLike[str]) -> Dataset:
    """Read one file of 2D keypoints, with the 3D if data_3d_h36m.npz lies beside it.

    World positions are moved to the frame of each camera, by the constants in `human36m`. Pixels are unchanged and
    include the lens's distortion.

    Args:
        path: a data_2d_h36m_*.npz, or a folder that holds one of them.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    path = _file(Path(path))
    arrays = read_object_arrays(path, ("positions_2d", "metadata"))
    keypoints = dict(_sequences(path, "positions_2d", arrays["positions_2d"]))
    mapping = _joint_mapping(path, values.dictionary(arrays["metadata"], f"{path}: metadata"))
    notes = ["Pixels include the lens's distortion."]
    if any(human36m.is_damaged(*sequence) for sequence in keypoints):
        notes.append(human36m.DAMAGED_NOTE)
        keypoints = {sequence: views for sequence, views in keypoints.items() if not human36m.is_damaged(*sequence)}
    points = _points(path, keypoints)
    if points is not None and len(points) < len(keypoints):
        without = counted(len(keypoints) - len(points), "sequence", "sequences")
        notes.append(f"Left out: {without} without 3D.")
    clips, cut, repeats = [], 0, pickles.Repeats(f"{path}: positions_2d")
    for sequence in keypoints if points is None else points:
        name = " ".join(sequence)
        views = [_array(view, len(mapping.source), 2, f"{path}: {name}") for view in _views(path, sequence, keypoints)]
        for view in views:
            repeats.count(view)
        world = None if points is None else _array(points[sequence], human36m.JOINTS, 3, f"{FILE_3D}: {name}")
        for camera, view in zip(human36m.CAMERAS, views, strict=True):
            frames = len(view) if world is None else len(world)
            if len(view) < frames:
                raise DatasetError(
                    f"{path}: {name}, camera {camera}: found {len(view)} frames, "
                    f"expected the {frames} of {FILE_3D} or more"
                )
            cut += len(view) - frames
            clips.append(_camera_clip(path, sequence, camera, mapping, view[:frames], world))
    if cut:
        notes.append(f"Left out: {counted(cut, 'frame', 'frames')} of 2D beyond the end of the 3D.")
    return assemble(clips, origin=str(path), source=f"{human36m.NOTICE} {path.name} of VideoPose3D.", notes=notes)


def _points(path: Path, keypoints: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any] | None:
    """World positions by sequence, from the file of the 3D beside `path`; None if there is none."""
    beside = path.with_name(FILE_3D)
    if not bounded_file.exists(beside):
        return None
    points = dict(_sequences(beside, "positions_3d", read_object_arrays(beside, ("positions_3d",))["positions_3d"]))
    points = {sequence: world for sequence, world in points.items() if not human36m.is_damaged(*sequence)}
    unplaced = [subject for subject, _ in points if subject not in human36m.POSES]
    if unplaced:
        raise DatasetError(f"{beside}: positions_3d: found {unplaced[0]}, expected {', '.join(human36m.POSES)}")
    lacking = [sequence for sequence in points if sequence not in keypoints]
    if lacking:
        raise DatasetError(
            f"{path}: positions_2d: found no {' '.join(lacking[0])}, expected all sequences of {FILE_3D}"
        )
    return points


def _file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = sorted(path.glob("data_2d_h36m_*.npz"))
    if not found:
        raise FileNotFoundError(f"{path}: found no data_2d_h36m_*.npz in the folder, expected one")
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise DatasetError(f"{path}: found {len(found)} files of keypoints, expected one, or the path of one: {names}")
    return found[0]


def _sequences(path: Path, key: str, array: np.ndarray) -> Iterator[tuple[tuple[str, str], Any]]:
    """(subject, sequence), the sequence as `human36m.sequence_name` gives it, and what the file holds for them."""
    for subject, actions in subjects(array, f"{path}: {key}"):
        human36m.split_of(subject, str(path))
        for action, value in actions.items():
            yield (subject, human36m.sequence_name(str(action))), value


def _joint_mapping(path: Path, metadata: Mapping) -> JointMapping:
    """The mapping of the layout that the file names, or of the only one that comes without a name with these joints."""
    count = metadata.get("num_joints")
    layout = metadata.get("layout_name", UNNAMED.get(count) if isinstance(count, int) else None)
    if not isinstance(layout, str) or layout not in LAYOUTS:
        found = f"layout_name {metadata.get('layout_name')!r}, num_joints {metadata.get('num_joints')!r}"
        raise DatasetError(f"{path}: metadata: found {found}, expected one of {', '.join(LAYOUTS)}")
    mapping = JOINT_SETS[LAYOUTS[layout]]
    expected = [
        [i for i, name in enumerate(mapping.source) if name.startswith(side)]
        for side in (("l_", "left_"), ("r_", "right_"))
    ]
    try:
        found = [sorted(int(joint) for joint in side) for side in metadata["keypoints_symmetry"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: metadata: keypoints_symmetry: expected the joints of the left and right"
        ) from error
    if found != expected:
        raise DatasetError(
            f"{path}: metadata: keypoints_symmetry: found {found}, expected {expected} for layout {layout}"
        )
    return mapping


def _views(path: Path, sequence: tuple[str, str], keypoints: Mapping) -> list | tuple | np.ndarray:
    """The arrays of all of Human3.6M's cameras."""
    where, count = f"{path}: positions_2d: {' '.join(sequence)}", len(human36m.CAMERAS)
    views = views_of(keypoints[sequence], where)
    if len(views) != count:
        raise DatasetError(f"{where}: found {len(views)} views, expected {count}")
    return views


def _array(value: Any, joints: int, axes: int, where: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.ndim != 3 or value.shape[1:] != (joints, axes) or not len(value):
        found = values.shape(value)
        raise DatasetError(f"{where}: found {found}, expected an array of shape [frames, {joints}, {axes}]")
    if value.dtype.kind != "f":
        raise DatasetError(f"{where}: found {value.dtype}, expected floats")
    return value


def _camera_clip(
    path: Path,
    sequence: tuple[str, str],
    camera: str,
    mapping: JointMapping,
    view: np.ndarray,
    world: np.ndarray | None,
) -> CameraClip:
    subject, _ = sequence
    finite = np.isfinite(view).all(axis=-1)
    keypoints, confidence = map_joints(mapping, view, finite.astype(np.float32))
    points = None if world is None else human36m.to_camera(world[:, human36m.JOINT_INDICES], subject, camera)
    return camera_clip(*sequence, camera, str(path), keypoints=keypoints, confidence=confidence, points_3d=points)
