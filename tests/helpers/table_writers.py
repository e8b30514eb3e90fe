"""Writers of keypoint files of VideoPose3D, DeepLabCut, LightningPose and SLEAP, and of tables of text.

A writer takes a path and `People`, and is independent of geolift's readers.
"""

from typing import NamedTuple

import numpy as np


class People(NamedTuple):
    """P people in F frames.

    Attributes:
        keypoints: `[F, P, K, 2]` pixels, NaN where a joint or a person is missing.
        confidence: `[F, P, K]`, 0 where missing.
        joints: K names.
        names: P names.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    joints: tuple[str, ...]
    names: tuple[str, ...]


def people(rng, joints, *, frames=7, names=("anna", "ben")):
    """People at random places, some joints missing, the last person absent in one frame, all people in another."""
    shape = (frames, len(names), len(joints))
    confidence = rng.uniform(0.2, 1, shape) * (rng.uniform(size=shape) > 0.2)
    confidence[:, :, 0] = 0.9
    confidence[1, -1] = 0
    confidence[3:4] = 0
    keypoints = np.where(confidence[..., None] > 0, rng.uniform(1, 900, (*shape, 2)), np.nan)
    return People(keypoints, confidence, tuple(joints), tuple(names))


def detectron(path, found, *, size=(1280, 720), people_as_list=False):
    """`video.mp4.npz` of infer_video_d2.py: ragged object arrays, empty lists in frames without people.

    Detectron1 gave a list of people instead of one array.
    """
    boxes, keypoints = np.empty((len(found.keypoints), 2), object), np.empty((len(found.keypoints), 2), object)
    for i, (points, trust) in enumerate(zip(found.keypoints, found.confidence, strict=True)):
        present = (trust > 0).any(axis=1)
        rows = np.concatenate([np.nan_to_num(points), np.zeros((*trust.shape, 1)), trust[..., None]], axis=-1)
        rows = rows[present].transpose(0, 2, 1).astype(np.float32)
        boxes[i, 0], keypoints[i, 0] = [], []
        boxes[i, 1] = np.ones((present.sum(), 5), np.float32) if present.any() else []
        keypoints[i, 1] = (list(rows) if people_as_list else rows) if present.any() else []
    metadata = {"w": size[0], "h": size[1]}
    segments = [None] * len(boxes)
    np.savez_compressed(path, boxes=boxes, segments=segments, keypoints=keypoints, metadata=metadata)


def videopose3d(path, positions, metadata):
    """`data_2d_*.npz`: `positions` by subject and action, lists of `[T, K, 2]`; 0-d object arrays."""
    np.savez_compressed(path, positions_2d=positions, metadata=metadata)


def table(path, found, *, person=True, confidence=True):
    """A plain table; an absent person has no line."""
    lasts = ("x", "y", "confidence")[: 3 if confidence else 2]
    header = ["frame", *(["person"] if person else []), *(f"{j}_{last}" for j in found.joints for last in lasts)]
    lines = [",".join(header)]
    for i, (points, trust) in enumerate(zip(found.keypoints, found.confidence, strict=True)):
        for name, xy, c in zip(found.names, points, trust, strict=True):
            if (c > 0).any():
                numbers = np.concatenate([xy, c[:, None]], axis=1)[:, : len(lasts)].ravel()
                cells = ["" if np.isnan(number) else repr(float(number)) for number in numbers]
                lines.append(",".join([str(i), *([name] if person else []), *cells]))
    path.write_text("\n".join(lines) + "\n")


def wide_table(
    path, found, call, *, parts=("x", "y", "confidence"), others=None, separator=",", decimal=".", missing=""
):
    """A table as scripts write it: `call(number, joint, part)` names columns, `others` are more columns, by name.

    Each of the first person's frames has a row. A depth, where it is one of the parts, is negative: before the hips.
    """
    values = {"x": found.keypoints[:, 0, :, 0], "y": found.keypoints[:, 0, :, 1], "confidence": found.confidence[:, 0]}
    values["z"] = np.where(found.confidence[:, 0] > 0, -0.25, np.nan)
    header = list(others or {}) + [call(k, joint, part) for k, joint in enumerate(found.joints) for part in parts]
    lines = [header] if any(header) else []
    for i in np.flatnonzero((found.confidence[:, 0] > 0).any(axis=-1)):
        cells = [str(column[i]) for column in (others or {}).values()]
        for k in range(len(found.joints)):
            numbers = [values[part][i, k] for part in parts]
            cells += [missing if np.isnan(x) else repr(float(x)).replace(".", decimal) for x in numbers]
        lines.append(cells)
    path.write_text("".join(separator.join(line) + "\n" for line in lines), encoding="utf-8")


def joint_table(path, found, *, header="frame,landmark,x,y,z,visibility", joint=lambda k, name: k, person=False):
    """A table with a row for each joint of each person; a joint that is missing has no row."""
    lines = [header]
    for i, (points, trust) in enumerate(zip(found.keypoints, found.confidence, strict=True)):
        for p, k in np.argwhere(trust > 0):
            x, y = points[p, k]
            row = {"frame": i, "person": found.names[p], "x": x, "y": y, "z": -0.25, "visibility": trust[p, k]}
            cells = [row.get(column.lower(), joint(k, found.joints[k])) for column in header.split(",")]
            lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n")


def trc(path, found, *, units="px", depth=0.0, rate=60, names=None):
    """Sports2D's marker file: tabs, two lines of names, cells empty where a marker is missing."""
    names = names or found.joints
    points = np.concatenate([found.keypoints[:, 0], np.full((*found.keypoints[:, 0].shape[:2], 1), depth)], axis=-1)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{len(points)}\t{len(names)}\t{units}\t{rate}\t0\t{len(points)}",
        "Frame#\tTime\t" + "".join(f"{name}\t\t\t" for name in names),
        "\t\t" + "".join(f"X{i}\tY{i}\tZ{i}\t" for i in range(1, len(names) + 1)),
    ]
    for i, frame in enumerate(points):
        cells = ["" if np.isnan(row).any() else repr(float(value)) for row in frame for value in row]
        lines.append("\t".join([str(i), f"{i / 60:.6f}", *cells]))
    path.write_text("\n".join(lines) + "\n")


def frame_of(found, *, individuals, scorer="DLC_resnet50_walkAug1shuffle1_5000"):
    """DeepLabCut's data frame; one animal has no individuals."""
    import pandas as pd

    levels = ["scorer", *(["individuals"] if individuals else []), "bodyparts", "coords"]
    columns, values = [], []
    for p, name in enumerate(found.names):
        for k, joint in enumerate(found.joints):
            for coordinate, column in zip(
                ("x", "y", "likelihood"),
                (
                    *found.keypoints[:, p, k].T,
                    np.where(found.confidence[:, p, k] > 0, found.confidence[:, p, k], np.nan),
                ),
                strict=True,
            ):
                columns.append((scorer, *([name] if individuals else []), joint, coordinate))
                values.append(column)
    return pd.DataFrame(np.stack(values, axis=1), columns=pd.MultiIndex.from_tuples(columns, names=levels))


def sleap(path, found, *, layout=("track", "xy", "node", "frame"), dims=False, scores=True, tracked=True):
    """SLEAP's analysis file: NaN where missing, names as bytes. sleap-io writes the order of axes into `dims`."""
    import json

    import h5py

    order = ("frame", "track", "node", "xy")
    arrays = {"tracks": (found.keypoints, layout)}
    if scores:
        arrays["point_scores"] = (
            np.where(found.confidence > 0, found.confidence, np.nan),
            [a for a in layout if a != "xy"],
        )
    with h5py.File(path, "w") as file:
        for name, (array, axes) in arrays.items():
            file.create_dataset(name, data=array.transpose([order.index(axis) for axis in axes]), compression="gzip")
            if dims:
                file[name].attrs["dims"] = json.dumps(axes)
        file["track_occupancy"] = (found.confidence > 0).any(axis=-1)
        file["node_names"] = np.array(found.joints, "S")
        file["track_names"] = np.array(found.names if tracked else [], "S")
        file["video_path"] = "walk.mp4"
