"""The geolift data set: a .npz without pickles that holds 2D keypoints, clip by clip (docs/dataset.md).

Reading checks everything. A data set may hold 3D points, for evaluation only: training removes them by `without_3d`.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import atomic
from geolift.safe_io.npz import read_arrays, write_arrays
from geolift.skeletons.skeleton import Skeleton, check_skeleton

VERSION = 1
FLOATS = ("keypoints", "confidence", "fps", "image_size", "intrinsics", "points_3d", "gravity")
CLIP_TEXT = ("subject", "action", "camera", "split", "clip")
LARGEST_PIXEL = 1e6  # no image has a pixel beyond this coordinate
LARGEST_METRE = 1e3  # camera coordinates in millimetres exceed this
# Distances of projected points_3d from the keypoints, as shares of a person's size:
MEAN_ERROR = 0.002  # on average over the data set; above it, usual mistakes are tried out
LARGEST_ERROR = 0.1  # of any joint, the median over a clip
UNIT_ERROR = 0.01  # of the length of gravity


class Dataset(NamedTuple):
    """F frames of J joints in C clips; a clip is consecutive frames of one person in one camera.

    Attributes:
        keypoints: `[F, J, 2]` float32 pixels, x right, y down, clips one after the other.
        confidence: `[F, J]` float32 in 0..1; 0: the joint was not seen, its keypoint means nothing.
        skeleton: names and relations of the J joints.
        start: `[C]` int, first frame of each clip.
        stop: `[C]` int; clip i holds the frames start[i]..stop[i]-1.
        fps: `[C]` float32 frames per second; 0 where frames do not follow each other at a constant rate (still images,
            thinned recordings).
        subject: `[C]` str, who moves.
        action: `[C]` str, what the person does.
        camera: `[C]` str, which camera films.
        split: `[C]` str, "train", "test", ...
        clip: `[C]` str, name of the motion; the views of several cameras share it.
        image_size: `[C, 2]` float32 width and height in pixels, or None.
        intrinsics: `[C, 4]` float32 fx, fy, cx, cy in pixels, or None. Training needs one of the two.
        points_3d: `[F, J, 3]` float32 camera metres (x right, y down, z forward), for evaluation only, or None.
        gravity: `[F, 3]` float32 the direction down as a unit vector in camera axes, (0, 1, 0) in a level camera; or
            None: not known. It is no 3D label: phones record it.
        source: where the data is from, with its terms of use.
        moment: `[C]` int, the number of each clip's first frame by a clock that synchronised cameras share; the frames
            after it count on. Frames of one subject with the same number were filmed at the same time. None: not known.

    Example:
        >>> from geolift.data import open_dataset
        >>> people = open_dataset("procedural").select("test").without_3d()
        >>> people.frames, people.points_3d, people.skeleton.names[0]
        (37440, None, 'pelvis')
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    skeleton: Skeleton
    start: np.ndarray
    stop: np.ndarray
    fps: np.ndarray
    subject: np.ndarray
    action: np.ndarray
    camera: np.ndarray
    split: np.ndarray
    clip: np.ndarray
    image_size: np.ndarray | None = None
    intrinsics: np.ndarray | None = None
    points_3d: np.ndarray | None = None
    gravity: np.ndarray | None = None
    source: str = ""
    moment: np.ndarray | None = None

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.keypoints)

    @property
    def clip_of_frame(self) -> np.ndarray:
        """`[F]` int: the clip that each frame belongs to."""
        return np.repeat(np.arange(len(self.start)), self.stop - self.start)

    @property
    def seen(self) -> np.ndarray:
        """`[F, J]` bool: which joints were seen."""
        return self.confidence > 0

    @property
    def whole(self) -> np.ndarray:
        """`[F]` bool: whether every joint of the frame was seen."""
        return self.seen.all(axis=1)

    def without_3d(self) -> "Dataset":
        """The same data set without 3D points: training gets nothing else."""
        return self._replace(points_3d=None)

    def select(self, split: str) -> "Dataset":
        """The clips of one split; `"all"` keeps every clip. Arrays may be views of this data set's, not copies.

        Raises:
            DatasetError: if no clip has that split.
        """
        if split == "all":
            return self
        if split not in self.split:
            raise DatasetError(
                f"split: found no clip of {split!r}, expected one of {np.unique(self.split).tolist()} or 'all'"
            )
        return self._select_clips(np.flatnonzero(self.split == split))

    def _select_clips(self, chosen: np.ndarray) -> "Dataset":
        if (np.diff(chosen) == 1).all():  # a view, not a copy
            frames = slice(self.start[chosen[0]], self.stop[chosen[-1]])
        else:
            frames = np.concatenate([np.arange(self.start[i], self.stop[i]) for i in chosen])
        return self.rows(frames, chosen, np.cumsum((self.stop - self.start)[chosen]))

    def rows(self, frames: np.ndarray | slice, clip: np.ndarray, stop: np.ndarray) -> "Dataset":
        """The chosen frames, as D clips that end at `stop` `[D]`, each with what is known of clip number `clip` `[D]`.

        `fps` and `moment` are those of the whole clips: a caller that takes other frames states its own.
        """
        of_frames = ("keypoints", "confidence", "points_3d", "gravity")
        of_clips = ("fps", "image_size", "intrinsics", "moment", *CLIP_TEXT)
        chosen = {key: getattr(self, key) for key in (*of_frames, *of_clips)}
        return self._replace(
            **{
                key: None if values is None else values[frames if key in of_frames else clip]
                for key, values in chosen.items()
            },
            start=np.append(0, stop[:-1]),
            stop=stop,
        )


def save_dataset(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Check a data set and write it to a .npz without pickles, whole or not at all.

    Args:
        dataset: F frames in C clips.
        path: the file to write or replace.

    Raises:
        DatasetError: if something in the data set is not as documented; it begins with the path.
        OSError: if the disk does not accept it; the file is as it was then.

    Source:
        File format: ours (docs/dataset.md).

    Example:
        >>> import tempfile
        >>> from geolift.data import film, open_dataset
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> people = film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_dataset(people, Path(folder, "people.npz"))
        ...     open_dataset(Path(folder, "people.npz")).frames
        1560
    """
    check_dataset(dataset, str(path))
    arrays = dataset._asdict()
    skeleton = arrays.pop("skeleton")
    arrays |= {
        "version": VERSION,
        "joint_names": np.array(skeleton.names, np.str_),
        "parents": np.array(skeleton.parents, np.int32),
        "left": np.array(skeleton.left, np.int32),
        "right": np.array(skeleton.right, np.int32),
        "head": skeleton.head,
    }
    present = {key: value for key, value in arrays.items() if value is not None}
    present |= {key: present[key].astype(np.float32, copy=False) for key in FLOATS if key in present}
    with atomic.replacing(Path(path)) as partial, partial.open("wb") as file:
        write_arrays(file, present, stored=("keypoints", "points_3d"))  # which hardly compress


def load_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Read and check a geolift data set. Large arrays stay in the file, read-only: it may be replaced, not changed.

    Gravity may be stored once for each clip, `[C, 3]`.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    arrays = read_arrays(path, mapped=True)
    optional = set(Dataset._field_defaults)
    needed = (set(Dataset._fields) - optional - {"skeleton"}) | {"version", "joint_names", "parents", "left", "right"}
    missing = sorted((needed | {"head"}) - set(arrays))
    if missing:
        raise DatasetError(f"{path}: not a geolift data set: {missing} missing, found {sorted(arrays)}")
    version = arrays["version"]
    if version.shape or version.dtype.kind not in "iu" or version != VERSION:
        raise DatasetError(f"{path}: version: found {version}, expected {VERSION}")
    source = arrays.get("source", np.array(""))
    if source.shape or source.dtype.kind != "U":
        raise DatasetError(f"{path}: source: found {source.dtype} of shape {list(source.shape)}, expected text")
    fields = {key: arrays[key] for key in Dataset._fields if key in arrays}
    fields |= {"skeleton": _skeleton(arrays, path), "source": str(source)}
    gravity = fields.pop("gravity", None)
    dataset = check_dataset(Dataset(**fields), str(path))
    if gravity is not None:
        each = gravity[dataset.clip_of_frame] if gravity.shape == (len(dataset.start), 3) else gravity
        dataset = dataset._replace(gravity=each)
        _check_gravity(dataset, str(path))
    floats = {key: getattr(dataset, key) for key in FLOATS}
    return dataset._replace(**{k: None if v is None else v.astype(np.float32, copy=False) for k, v in floats.items()})


def _skeleton(arrays: dict[str, np.ndarray], path: str | os.PathLike[str]) -> Skeleton:
    """The checked skeleton of a file's arrays."""
    if arrays["joint_names"].dtype.kind != "U" or arrays["joint_names"].ndim != 1:
        raise DatasetError(f"{path}: joint_names: found {arrays['joint_names'].dtype}, expected a list of text")
    for key, axes in {"parents": 1, "left": 1, "right": 1, "head": 0}.items():
        if arrays[key].dtype.kind not in "iu" or arrays[key].ndim != axes:
            found = f"{arrays[key].dtype} of shape {list(arrays[key].shape)}"
            raise DatasetError(f"{path}: {key}: found {found}, expected whole numbers with {axes} axes")
    try:
        return check_skeleton(
            Skeleton(
                names=tuple(str(name) for name in arrays["joint_names"]),
                parents=tuple(int(i) for i in arrays["parents"]),
                left=tuple(int(i) for i in arrays["left"]),
                right=tuple(int(i) for i in arrays["right"]),
                head=int(arrays["head"]),
            )
        )
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{path}: {error}") from error


def check_dataset(dataset: Dataset, origin: str) -> Dataset:
    """Return `dataset` if everything in it is as documented.

    Args:
        dataset: F frames in C clips.
        origin: the file or argument, which errors begin with.

    Returns:
        `dataset`, unchanged.

    Raises:
        DatasetError: naming the array, what was found and what was expected: shapes, types, clips that do not follow
            each other, values out of range, points_3d that do not project onto the keypoints, gravity that points up.

    Example:
        >>> from geolift.data import open_dataset
        >>> people = open_dataset("procedural").select("test")
        >>> check_dataset(people._replace(fps=-people.fps), "people")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: people: fps: found -30.0 at [0] (208 such values), expected finite values ...
    """
    _check_shapes(dataset, origin)
    _check_clips(dataset, origin)
    _check_values(dataset, origin)
    if dataset.points_3d is not None and dataset.intrinsics is not None:
        _check_projection(dataset, origin)
    if dataset.gravity is not None:
        _check_gravity(dataset, origin)
    return dataset


def _check_shapes(dataset: Dataset, origin: str) -> None:
    joints, clips = len(dataset.skeleton.names), np.shape(dataset.start)[0] if np.ndim(dataset.start) == 1 else 0
    shape = np.shape(dataset.keypoints)
    if len(shape) != 3 or shape[1:] != (joints, 2):
        swapped = sorted(shape[-2:]) == sorted((joints, 2)) or joints in shape[:1]
        hint = "; the axes look swapped" if len(shape) == 3 and swapped else ""
        raise DatasetError(
            f"{origin}: keypoints: found shape {list(shape)}, expected [frames, {joints}, 2] "
            f"for {joints} joint names{hint}"
        )
    frames = shape[0]
    expected = {
        "confidence": (frames, joints),
        "points_3d": (frames, joints, 3),
        "image_size": (clips, 2),
        "intrinsics": (clips, 4),
        "moment": (clips,),
        **{key: (clips,) for key in ("start", "stop", "fps", *CLIP_TEXT)},
    }
    for key, wanted in expected.items():
        value = getattr(dataset, key)
        if value is not None and np.shape(value) != wanted:
            raise DatasetError(f"{origin}: {key}: found shape {list(np.shape(value))}, expected {list(wanted)}")
    for key in FLOATS:
        _check_float(dataset, key, origin)
    for key in CLIP_TEXT:
        if getattr(dataset, key).dtype.kind != "U":
            raise DatasetError(f"{origin}: {key}: found type {getattr(dataset, key).dtype}, expected text")
    if dataset.moment is not None and dataset.moment.dtype.kind != "i":
        raise DatasetError(f"{origin}: moment: found type {dataset.moment.dtype}, expected signed integers")


def _check_float(dataset: Dataset, key: str, origin: str) -> None:
    value = getattr(dataset, key)
    if value is not None and value.dtype not in (np.float32, np.float64):
        raise DatasetError(f"{origin}: {key}: found type {value.dtype}, expected float32")


def _check_clips(dataset: Dataset, origin: str) -> None:
    start, stop = dataset.start, dataset.stop
    if start.dtype.kind != "i" or stop.dtype.kind != "i":
        raise DatasetError(f"{origin}: start, stop: found types {start.dtype}, {stop.dtype}, expected signed integers")
    if len(start) == 0 or dataset.frames == 0:
        raise DatasetError(f"{origin}: found {len(start)} clips and {dataset.frames} frames, expected at least one")
    follows = np.append(0, stop[:-1]) == start
    if not follows.all() or stop[-1] != dataset.frames or (stop <= start).any():
        bad = int(np.argmin(follows & (stop > start)))
        raise DatasetError(
            f"{origin}: start, stop: clips must follow each other from 0 to {dataset.frames} and hold a frame each; "
            f"clip {bad} runs from {start[bad]} to {stop[bad]}"
        )


def _check_values(dataset: Dataset, origin: str) -> None:
    limits = {
        "keypoints": (-LARGEST_PIXEL, LARGEST_PIXEL, "pixels"),
        "confidence": (0.0, 1.0, "0..1"),
        "fps": (0.0, 1e5, "frames per second (0: no constant rate)"),
        "image_size": (1.0, LARGEST_PIXEL, "pixels"),
        "points_3d": (-LARGEST_METRE, LARGEST_METRE, "metres (are these millimetres?)"),
        "intrinsics": (-LARGEST_PIXEL, LARGEST_PIXEL, "pixels"),
    }
    for key, (low, high, unit) in limits.items():
        value = getattr(dataset, key)
        if value is None:
            continue
        if value.size and not (value.min() >= low and value.max() <= high):  # true for NaN as well
            wrong = ~((value >= low) & (value <= high))
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise DatasetError(
                f"{origin}: {key}: found {value[place]} at {list(place)} ({int(wrong.sum())} such values), "
                f"expected finite values from {low:g} to {high:g} {unit}"
            )
    if dataset.intrinsics is not None and (dataset.intrinsics[:, :2] <= 0).any():
        raise DatasetError(f"{origin}: intrinsics: found a focal length that is not positive, expected fx, fy, cx, cy")
    if dataset.points_3d is not None and (dataset.points_3d[..., 2] <= 0).any():
        frame, joint = np.argwhere(dataset.points_3d[..., 2] <= 0)[0]
        raise DatasetError(
            f"{origin}: points_3d: frame {frame} has {dataset.skeleton.names[joint]} behind the camera "
            f"(z = {dataset.points_3d[frame, joint, 2]:g} m), expected camera coordinates with z forward"
        )


def _check_projection(dataset: Dataset, origin: str) -> None:
    """In every clip points_3d must lie where the keypoints are: finds mirrored depth, swapped sides, other axes."""
    skeleton, points = dataset.skeleton, dataset.points_3d
    errors = _reprojection_errors(dataset, points)
    if errors.mean() > MEAN_ERROR:
        mirrored = points.copy()
        mirrored[..., 2] = np.maximum(2 * points[:, [skeleton.root], 2] - points[..., 2], 1e-3)
        suspects = {"mirrored in depth": mirrored, "swapped left and right": points[:, list(skeleton.mirrored)]}
        for what, suspect in suspects.items():
            if errors.mean() > 2 * _reprojection_errors(dataset, suspect).mean() + MEAN_ERROR:
                raise DatasetError(
                    f"{origin}: points_3d are {what}: they are {errors.mean():.2%} of a person's size off the "
                    "keypoints, and fit once that is undone"
                )
    if errors.max() > LARGEST_ERROR:
        clip, joint = np.unravel_index(errors.argmax(), errors.shape)
        raise DatasetError(
            f"{origin}: points_3d do not project onto the keypoints: in clip {clip} {skeleton.names[joint]} is off by "
            f"{errors[clip, joint]:.0%} of the person's size (median), expected under {LARGEST_ERROR:.0%}. "
            "Usual causes: another joint order, world instead of camera axes, y up, another recording's keypoints"
        )


def _check_gravity(dataset: Dataset, origin: str) -> None:
    """Gravity must be unit vectors that point down.

    They point up if in most frames they point up in the image while people, relative to them, stand on their heads. A
    handstand, or a camera hung upside down, is one of the two alone.
    """
    gravity, skeleton = dataset.gravity, dataset.skeleton
    if gravity.shape != (dataset.frames, 3):
        found, expected = list(gravity.shape), [dataset.frames, 3]
        raise DatasetError(
            f"{origin}: gravity: found shape {found}, expected {expected}, or {[len(dataset.start), 3]} in a file"
        )
    _check_float(dataset, "gravity", origin)
    length = np.linalg.norm(gravity, axis=-1)
    wrong = ~(np.abs(length - 1) <= UNIT_ERROR)  # true for NaN as well
    if wrong.any():
        frame = int(np.argmax(wrong))
        raise DatasetError(
            f"{origin}: gravity: found {gravity[frame].tolist()} in frame {frame}, of length {length[frame]:.4g} "
            f"({int(wrong.sum())} such frames), expected unit vectors"
        )
    ends = [skeleton.root, skeleton.head]
    seen = dataset.seen[:, ends].all(axis=1)
    trunk = dataset.keypoints[:, skeleton.head] - dataset.keypoints[:, skeleton.root]
    upside_down = seen & (np.sum(trunk * gravity[:, :2], axis=-1) > 0)
    share = (upside_down & (gravity[:, 1] < 0)).sum() / max(seen.sum(), 1)
    if share > 0.5:
        raise DatasetError(
            f"{origin}: gravity points up: in {share:.0%} of the frames people stand on their heads, expected the "
            "direction down in camera axes (x right, y down, z forward). Usual causes: y up, the direction up"
        )


def _reprojection_errors(dataset: Dataset, points: np.ndarray) -> np.ndarray:
    """`[C, J]` median distances of projected `points` `[F, J, 3]` from seen keypoints, as shares of a person's size.

    The size is the diagonal of the box around the projected points, its median over the clip.
    """
    errors = np.zeros((len(dataset.start), points.shape[1]))
    for i, (start, stop) in enumerate(zip(dataset.start, dataset.stop, strict=True)):
        fx, fy, cx, cy = dataset.intrinsics[i]
        x, y, z = np.moveaxis(points[start:stop], -1, 0)
        projected = np.stack([fx * x / z + cx, fy * y / z + cy], axis=-1)
        size = np.median(np.linalg.norm(projected.max(axis=1) - projected.min(axis=1), axis=-1))
        distance = np.linalg.norm(projected - dataset.keypoints[start:stop], axis=-1)
        there = dataset.confidence[start:stop] > 0
        seen = there.any(axis=0)
        if there.all():  # far faster without NaN
            medians = np.median(distance, axis=0)
        else:
            medians = np.nanmedian(np.where(there, distance, np.nan)[:, seen], axis=0)
        errors[i, seen] = medians / max(size, 1e-6)
    return errors
