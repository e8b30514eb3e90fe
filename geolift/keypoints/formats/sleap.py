"""SLEAP's analysis files: tracks of nodes in HDF5, as its GUI and sleap-io export them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats.base import Format
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options, resolve_fps, resolve_image_size
from geolift.keypoints.recording import Recording, record
from geolift.safe_io import hdf5

LONGEST_DIMS = 100  # characters
LAYOUT = ("frame", "track", "node", "xy")
# How the axes of `tracks` may stand: SLEAP's own (which h5py shows so, and MATLAB reversed), its reverse, sleap-io's
# "standard". sleap-io writes the order into the attribute `dims` as well.
LAYOUTS = (("track", "xy", "node", "frame"), ("frame", "node", "xy", "track"), LAYOUT)


def recognise(path: Path) -> str | None:
    """Why the file is an analysis file: it holds tracks and the names of their nodes."""
    with hdf5.opened(path) as file:
        return "it holds tracks and node_names" if {"tracks", "node_names"} <= set(file) else None


def read(path: Path, _: Path, options: Options) -> Recording:
    """Read an analysis file. Confidence is `point_scores`, and 1 where a point has no score, as labels have none."""
    with hdf5.opened(path) as file:
        nodes = hdf5.texts(hdf5.array(file, "node_names", path), f"{path}: node_names")
        names = hdf5.array(file, "track_names", path) if hdf5.holds(file, "track_names") else np.zeros(0, str)
        tracks = hdf5.texts(names, f"{path}: track_names") if names.size else ("0",)
        points = hdf5.array(file, "tracks", path)
        if points.ndim != 4 or points.dtype.kind not in "fiu":
            found = f"{points.dtype} of shape {list(points.shape)}"
            raise DatasetError(f"{path}: tracks: found {found}, expected numbers of shape [tracks, 2, nodes, frames]")
        layout = _layout(points.shape, len(tracks), len(nodes), file["tracks"].attrs.get("dims"), path)
        points = points.transpose([layout.index(axis) for axis in LAYOUT])
        scores = hdf5.array(file, "point_scores", path) if hdf5.holds(file, "point_scores") else None
    confidence, notes = np.isfinite(points).all(axis=-1).astype(np.float64), []
    if scores is not None:
        axes = [axis for axis in layout if axis != "xy"]
        if scores.ndim == 3:
            scores = scores.transpose([axes.index(axis) for axis in LAYOUT[:3]])
        if scores.shape != confidence.shape or scores.dtype.kind not in "fiu":
            raise DatasetError(f"{path}: point_scores: found shape {list(scores.shape)}, expected one for each point")
        unscored = (confidence > 0) & ~np.isfinite(scores)
        confidence = confidence * np.where(np.isfinite(scores), scores, 1)
        if unscored.any():
            notes.append(f"{int(unscored.sum())} points without a score got confidence 1")
    else:
        notes.append("the file holds no scores: confidence 1 was taken where there are coordinates")
    arranged = joints_by_name(nodes, str(path), options.joints)
    frames, count = points.shape[:2]
    return record(
        points[:, :, arranged.order].reshape(-1, len(nodes), 2),
        confidence[:, :, arranged.order].reshape(-1, len(nodes)),
        frame=np.repeat(np.arange(frames), count),
        joints=arranged.joints,
        joint_set=arranged.joint_set,
        frames=tuple(str(i) for i in range(frames)),
        video=True,
        origin=str(path),
        person=np.tile(np.arange(count), frames),
        people=tracks,
        fps=resolve_fps(0.0, options.fps, str(path)),
        image_size=resolve_image_size(None, options.image_size, frames, str(path)),
        notes=(*arranged.notes, *notes),
    )


def _layout(shape: tuple[int, ...], tracks: int, nodes: int, dims: Any, path: Path) -> tuple[str, ...]:
    """Which axis is which, by the attribute `dims` or else by how many tracks and nodes there are names for."""
    expected = {"track": tracks, "xy": 2, "node": nodes}
    if dims is not None:
        try:
            layouts = [tuple(json.loads(hdf5.text(dims)[:LONGEST_DIMS]))]
        except (TypeError, ValueError, RecursionError):
            layouts = [()]
        layouts = [layout for layout in layouts if sorted(map(str, layout)) == sorted(LAYOUT)]
    else:
        layouts = list(LAYOUTS)
    fitting = [a for a in layouts if all(expected.get(axis, n) == n for axis, n in zip(a, shape, strict=True))]
    if len(fitting) != 1:
        found = f"shape {list(shape)}" + ("" if dims is None else f" and dims {' '.join(hdf5.text(dims).split())[:99]}")
        which = "of which axes cannot be told apart" if fitting else f"expected [{tracks}, 2, {nodes}, frames]"
        raise DatasetError(f"{path}: tracks: found {found} for {tracks} tracks and {nodes} nodes, {which}")
    return fitting[0]


FORMAT = Format("sleap", "SLEAP's analysis HDF5", "hdf5", recognise, read)
