"""Lifted poses as pandas' and xarray's tables: the columns of a long table, the arrays of a data set of `movement`.

numpy only: `Result.to_dataframe` and `Result.to_xarray` import the packages.
"""

from typing import Any

import numpy as np


def placed(result: Any) -> tuple[np.ndarray, str]:
    """Points `[N, J, 3]` of a `Result` in one frame for all people, and what its axes are.

    World axes where they are known; else the camera's, with each person where they are, or at the origin if that is not
    known.
    """
    if result.world_points is not None:
        return result.world_points, "world: z up"
    known = np.isfinite(result.position).all(axis=1)
    if known.any():
        return result.points + result.position[:, None], "camera: x right, y down, z forward"
    return result.points, "camera: x right, y down, z forward; the root at the origin"


def long_columns(result: Any) -> dict[str, np.ndarray]:
    """The columns of a long table: a row is one joint of one person in one frame; see `Result.to_dataframe`."""
    poses, joints = result.confidence.shape
    points, _ = placed(result)
    columns = {
        "person": np.repeat(np.array(result.people, object)[result.person], joints),
        "frame": np.repeat(result.frame, joints),
        "frame_name": np.repeat(np.array(result.frames, object)[result.frame], joints),
    }
    if result.video and result.fps > 0:
        columns["seconds"] = np.repeat(result.frame / result.fps, joints)
    columns["joint"] = np.tile(np.array(result.skeleton.names, object), poses)
    columns |= {axis: points[..., i].ravel() for i, axis in enumerate("xyz")}
    columns |= {axis: result.keypoints[..., i].ravel() for i, axis in enumerate("uv")}
    columns |= {"confidence": result.confidence.ravel(), "filled": result.filled.ravel()}
    for name in ("uncertainty", "depth_uncertainty"):
        if getattr(result, name) is not None:
            columns[name] = getattr(result, name).ravel()
    return columns


def movement_arrays(result: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Data variables, coordinates and attributes of a poses data set in `movement`'s layout; see `Result.to_xarray`.

    Source:
        movement.neuroinformatics.dev, user guide, "The movement datasets".
    """
    frames, people, joints = len(result.frames), len(result.people), len(result.skeleton.names)
    points, axes = placed(result)
    position = np.full((frames, 3, joints, people), np.nan, np.float32)
    confidence = np.full((frames, joints, people), np.nan, np.float32)
    position[result.frame, :, :, result.person] = points.swapaxes(1, 2)
    confidence[result.frame, :, result.person] = result.confidence
    timed = result.video and result.fps > 0
    variables = {
        "position": (("time", "space", "keypoints", "individuals"), position),
        "confidence": (("time", "keypoints", "individuals"), confidence),
    }
    if result.uncertainty is not None:
        uncertainty = np.full((frames, joints, people), np.nan, np.float32)
        uncertainty[result.frame, :, result.person] = result.uncertainty
        variables["uncertainty"] = (("time", "keypoints", "individuals"), uncertainty)
    coordinates = {
        "time": np.arange(frames) / result.fps if timed else np.arange(frames),
        "space": ["x", "y", "z"],
        "keypoints": list(result.skeleton.names),
        "individuals": list(result.people),
    }
    attributes = {
        "time_unit": "seconds" if timed else "frames",
        "source_software": "geolift",
        "source_file": result.source.partition(": recognized as")[0],
        "ds_type": "poses",
        "units": result.units,
        "axes": axes,
    }
    return variables, coordinates, attributes | ({"fps": float(result.fps)} if timed else {})
