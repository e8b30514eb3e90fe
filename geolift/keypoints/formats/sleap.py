"""SLEAP's analysis files: tracks of nodes in HDF5, as its GUI and sleap-io export them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import numbered_video
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options, resolve_fps
from geolift.keypoints.recording import Recording
from geolift.safe_io import hdf5
from geolift.skeletons.stated_bones import StatedBones, stated_by_number

LONGEST_DIMS = 100  # characters
LAYOUT = ("frame", "track", "node", "xy")
# Orders of the axes of `tracks`: SLEAP's (as h5py gives it; MATLAB reverses it), its reverse, sleap-io's "standard".
# sleap-io also writes the order into the attribute `dims`.
LAYOUTS = (("track", "xy", "node", "frame"), ("frame", "node", "xy", "track"), LAYOUT)


def recognize(path: Path) -> str | None:
    """Why the file is an analysis file, or None: it holds tracks and the names of their nodes."""
    with hdf5.opened(path) as file:
        return "it holds tracks and node_names" if {"tracks", "node_names"} <= set(file) else None


def read(path: Path, _: Path, options: Options) -> Recording:
    """Read an analysis file. Confidence is `point_scores`, and 1 where a point has no score, as labels have none.

    Raises:
        DatasetError: naming the data set and what is wrong with it.
    """
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
        edges = hdf5.array(file, "edge_inds", path) if hdf5.holds(file, "edge_inds") else np.zeros((0, 2), int)
    stated = _bones(edges, nodes, path)
    confidence, unscored = _confidence(np.isfinite(points).all(axis=-1), scores, layout, path)
    joints = joints_by_name(nodes, str(path), options.joints)
    count, people = points.shape[:2]
    frames = numbered_video(count, resolve_fps(0.0, options.fps, str(path)))
    rows = np.concatenate([points, confidence[..., None]], axis=-1).reshape(-1, len(nodes), 3)
    frame, person = np.repeat(np.arange(count), people), np.tile(np.arange(people), count)
    notes = (*joints.notes, *unscored)
    made = make_recording(rows, frame, frames, joints, path, options, person=person, people=tracks, notes=notes)
    return made._replace(stated=stated)


def _bones(edges: np.ndarray, nodes: tuple[str, ...], path: Path) -> StatedBones | None:
    """The edges of the skeleton."""
    if edges.size == 0:
        return None
    if edges.ndim != 2 or 2 not in edges.shape or edges.dtype.kind not in "iu":
        raise DatasetError(f"{path}: edge_inds: found {edges.dtype} of shape {list(edges.shape)}, expected [edges, 2]")
    pairs = (edges if edges.shape[1] == 2 else edges.T).tolist()
    return stated_by_number(pairs, [], nodes, f"{path}: edge_inds")


def _confidence(
    seen: np.ndarray, scores: np.ndarray | None, layout: tuple[str, ...], path: Path
) -> tuple[np.ndarray, tuple[str, ...]]:
    """`[F, P, K]` confidences of points that are `seen` `[F, P, K]`, and a note on those without a score."""
    if scores is None:
        note = "the file holds no scores: confidence counts as 1 where there are coordinates"
        return seen.astype(np.float64), (note,)
    if scores.ndim == 3:
        axes = [axis for axis in layout if axis != "xy"]
        scores = scores.transpose([axes.index(axis) for axis in LAYOUT[:3]])
    if scores.shape != seen.shape or scores.dtype.kind not in "fiu":
        raise DatasetError(f"{path}: point_scores: found shape {list(scores.shape)}, expected one for each point")
    unscored = int((seen & ~np.isfinite(scores)).sum())
    confidence = seen.astype(np.float64) * np.where(np.isfinite(scores), scores, 1)
    return confidence, (f"{unscored} points without a score got confidence 1",) if unscored else ()


def _layout(shape: tuple[int, ...], tracks: int, nodes: int, dims: Any, path: Path) -> tuple[str, ...]:
    """The order of the axes, by the attribute `dims`, else by the numbers of tracks and nodes."""
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
        which = "of which the axes are ambiguous" if fitting else f"expected [{tracks}, 2, {nodes}, frames]"
        raise DatasetError(f"{path}: tracks: found {found} for {tracks} tracks and {nodes} nodes, {which}")
    return fitting[0]


FORMAT = Format("sleap", "SLEAP's analysis HDF5", "hdf5", recognize, read)
