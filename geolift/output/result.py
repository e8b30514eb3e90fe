"""The result of lifting: 3D points with everything needed to understand them, and its checks (docs/result-files.md)."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.skeletons import skeleton as skeletons
from geolift.skeletons.skeleton import Skeleton

if TYPE_CHECKING:
    import pandas
    import xarray

AXES = "x right, y down, z forward (camera)"
UNITS = ("m", "normalised")
ASSUMED_FPS = 30.0  # frames per second of a video whose rate is unknown
AT_ROOT = 1e-4  # share of the largest coordinate by which a root may be off the origin
ROWS = ("points", "position", "keypoints", "confidence", "filled", "frame", "person")  # fields with rows
MORE_ROWS = ("world_points", "contact", "uncertainty", "depth_uncertainty", "alternatives")  # those that may be None
OPTIONAL = ("image_size", "up", "up_spread", "to_world", "floor", "focal", *MORE_ROWS)  # fields that may be None
UNIT = 1e-3  # by how much the length of a unit vector, or a rotation's of it, may differ from 1


class Result(NamedTuple):
    """N lifted poses of J joints; a row is one person in one frame.

    Attributes:
        points: `[N, J, 3]` float32, the root at the origin, axes as in `AXES`, in `units`; NaN where missing.
        position: `[N, 3]` float32, where the root is in the camera frame, in `units`: an estimate (`scale` says from
            what); NaN where unknown. `points + position[:, None]` puts all people into one coordinate frame.
        keypoints: `[N, J, 2]` float32 pixels, the 2D that was lifted, in the joints of `skeleton`, smoothed where
            `notes` say so; NaN where missing.
        confidence: `[N, J]` float32 in 0..1, of the 2D; 0 where a joint is missing or was filled in.
        filled: `[N, J]` bool: joints that the file lacks in this frame, filled in as `notes` say.
        frame: `[N]` int, index into `frames`; rows stand in the order of persons, then of frames.
        person: `[N]` int, index into `people`.
        skeleton: names and relations of the J joints: of people `H36M17`, or `H36M21` where the file has toes or heels.
        frames: F names of all frames in the order of time, also of those without people.
        people: P names.
        video: whether frames follow each other at a constant rate; False: single images.
        fps: frames per second; 0 where unknown.
        image_size: `[F, 2]` float32 width and height of every frame in pixels, or None.
        units: "m", or "normalised" (the model's units) where the size is not known.
        scale: a sentence: what the size in `units` and `position` are derived from.
        model: id of the model: name and digest of the weights.
        source: the file that was lifted, and what it was recognized as.
        notes: what reading and lifting left out, filled in or assumed, a line each, with counts.
        up: `[F, 3]` float32 unit vectors: the direction up in camera axes in every frame, estimated from the 2D, or
            learnt with the lifter; NaN where unknown. In a video all frames of a shot have the same, as for a camera
            that stands still. None: the model does not estimate it.
        up_spread: `[F]` float32 degrees: of a video whose people have positions, the error of `up` to be expected; else
            how far the estimates of the poses spread around it, root mean square, which shows no error that they share.
            NaN where there are fewer than two estimates, or where it was learnt. None: as `up`.
        world_points: `[N, J, 3]` float32 metres in world axes: right-handed, z up, x the direction in which the first
            person walks, or faces where they stand. In a video the floor is at z = 0 and the first person's root
            stands above the origin in their first frame; in a single image the first person's root is the origin, as no
            floor is known. NaN where a joint or the position is missing. None: no direction up or no position is known.
        to_world: `[F, 3, 4]` float32, the rotation and the shift (metres) that take `points + position` of each frame
            to world axes; NaN where unknown. Without positions the rotation alone, and no shift. None: no direction up
            is known.
        floor: `[F]` float32 metres, `up . X` of the points X of the floor in camera axes: minus the camera's height
            above it; NaN where unknown. None: no floor is known.
        contact: `[N, 2]` bool, whether the left and the right foot stand on the floor. None: not estimated.
        focal: `[3]` float32 pixels, the focal length by which people are placed, and the ends of the interval in which
            it is with 68 % probability; NaN ends: not known, as is the image size. None: no positions are known.
        uncertainty: `[N, J]` float32 in `units`: 68 of 100 true joints are no farther from where it is, relative to
            the root and for the person's size as it is (docs/uncertainty.md). NaN where a joint is missing. None: not
            estimated.
        depth_uncertainty: `[N, J]` float32, the same along the line of sight. None: as `uncertainty`.
        alternatives: `[N, A, J, 3]` float32, other points that a single image allows, the best first, as `points`; NaN
            where missing, or where there are fewer. None: not asked for.

    Example:
        >>> import geolift
        >>> import numpy as np
        >>> pose = np.random.default_rng(0).uniform(100, 900, (1, 17, 2))
        >>> result = geolift.lift(geolift.record(pose, np.ones((1, 17)), joints=geolift.H36M17.names, video=False))
        >>> result.points.shape, result.people, result.skeleton.names[0]
        ((1, 17, 3), ('0',), 'pelvis')
    """

    points: np.ndarray
    position: np.ndarray
    keypoints: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray
    frame: np.ndarray
    person: np.ndarray
    skeleton: Skeleton
    frames: tuple[str, ...]
    people: tuple[str, ...]
    video: bool
    fps: float
    image_size: np.ndarray | None
    units: str
    scale: str
    model: str
    source: str
    notes: tuple[str, ...] = ()
    up: np.ndarray | None = None
    up_spread: np.ndarray | None = None
    world_points: np.ndarray | None = None
    to_world: np.ndarray | None = None
    floor: np.ndarray | None = None
    contact: np.ndarray | None = None
    focal: np.ndarray | None = None
    uncertainty: np.ndarray | None = None
    depth_uncertainty: np.ndarray | None = None
    alternatives: np.ndarray | None = None

    def __repr__(self) -> str:
        """What the result holds, in a few lines, in place of all numbers."""
        rate = f" at {self.fps:g} frames per second" if self.fps > 0 else ""
        known = [name for name in (*ROWS[:2], *OPTIONAL[1:]) if getattr(self, name) is not None]
        poses, tracks = counted(len(self.points), "pose", "poses"), counted(len(self.people), "track", "tracks")
        return (
            f"Result: {poses} of {tracks} in {counted(len(self.frames), 'frame', 'frames')}{rate}, "
            f"{len(self.skeleton.names)} joints, lifted by {self.model}, in {self.units}\n{', '.join(known)}\n"
            f'{counted(len(self.notes), "note", "notes")}: print(*result.notes, sep="\\n")'
        )

    def without_world(self) -> "Result":
        """The result without world axes, for outputs that are asked to keep the camera's."""
        return self._replace(world_points=None, to_world=None)

    def to_dataframe(self) -> "pandas.DataFrame":
        """A long table of pandas: a row is one joint of one person in one frame.

        Columns: person, frame (from 0), frame_name, seconds (of a video with a rate), joint; x, y, z in `units`, in
        world axes where they are known, else in the camera's (`without_world` keeps the camera's), with people where
        they are; u, v (pixels), confidence, filled, and where they are estimated uncertainty, depth_uncertainty.

        Raises:
            DatasetError: if pandas is not installed.
        """
        from geolift.output.data_frames import long_columns

        try:
            import pandas
        except ModuleNotFoundError as error:
            raise DatasetError("to_dataframe: found no pandas, expected it: pip install 'geolift[tables]'") from error
        return pandas.DataFrame(long_columns(self))

    def to_xarray(self) -> "xarray.Dataset":
        """A data set of xarray in the layout of `movement` (movement.neuroinformatics.dev), whose functions take it.

        Variables: position (time, space, keypoints, individuals), as x, y, z of `to_dataframe`, confidence and, where
        it is estimated, uncertainty (time, keypoints, individuals). Attributes: fps, time_unit, source_software,
        source_file, ds_type, and units and axes, which are ours.

        Raises:
            DatasetError: if xarray is not installed.
        """
        from geolift.output.data_frames import movement_arrays

        try:
            import xarray
        except ModuleNotFoundError as error:
            raise DatasetError("to_xarray: found no xarray, expected it: pip install 'geolift[tables]'") from error
        variables, coordinates, attributes = movement_arrays(self)
        return xarray.Dataset(variables, coordinates, attributes)

    def select_rows(self, kept: np.ndarray) -> "Result":
        """The result with the rows `kept` `[N]` bool alone; frames and people stay numbered as they are."""
        rows = {key: getattr(self, key) for key in (*ROWS, *MORE_ROWS)}
        return self._replace(**{key: value[kept] for key, value in rows.items() if value is not None})


def check_result(result: Result, origin: str) -> Result:
    """Return `result` if everything in it is as documented, else refuse it.

    Args:
        result: N poses, as in `Result`.
        origin: the file or argument, which errors begin with.

    Returns:
        The same result.

    Raises:
        DatasetError: naming the field, what was found and what was expected.

    Example:
        >>> import geolift
        >>> import numpy as np
        >>> pose = np.random.default_rng(0).uniform(100, 900, (1, 17, 2))
        >>> result = geolift.lift(geolift.record(pose, np.ones((1, 17)), joints=geolift.H36M17.names, video=False))
        >>> check_result(result, "my result") is result
        True
    """
    try:
        skeletons.check_skeleton(result.skeleton)
    except ValueError as error:
        raise DatasetError(f"{origin}: {error}") from error
    _check_shapes(result, origin)
    _check_rows(result, origin)
    _check_values(result, origin)
    _check_up(result, origin)
    _check_world(result, origin)
    _check_uncertainty(result, origin)
    return result


def _check_shapes(result: Result, origin: str) -> None:
    rows, joints = len(np.atleast_1d(result.frame)), len(result.skeleton.names)
    bodies = result.alternatives.shape[1] if np.ndim(result.alternatives) == 4 else "A"
    expected = {
        "points": ((rows, joints, 3), "float32"),
        "position": ((rows, 3), "float32"),
        "keypoints": ((rows, joints, 2), "float32"),
        "confidence": ((rows, joints), "float32"),
        "filled": ((rows, joints), "bool"),
        "frame": ((rows,), "int64"),
        "person": ((rows,), "int64"),
        "image_size": ((len(result.frames), 2), "float32"),
        "up": ((len(result.frames), 3), "float32"),
        "up_spread": ((len(result.frames),), "float32"),
        "world_points": ((rows, joints, 3), "float32"),
        "to_world": ((len(result.frames), 3, 4), "float32"),
        "floor": ((len(result.frames),), "float32"),
        "contact": ((rows, 2), "bool"),
        "focal": ((3,), "float32"),
        "uncertainty": ((rows, joints), "float32"),
        "depth_uncertainty": ((rows, joints), "float32"),
        "alternatives": ((rows, bodies, joints, 3), "float32"),
    }
    for key, (shape, kind) in expected.items():
        value = getattr(result, key)
        if value is None and key in OPTIONAL:
            continue
        found = f"{value.dtype} {list(value.shape)}" if isinstance(value, np.ndarray) else type(value).__name__
        if found != f"{kind} {list(shape)}":
            raise DatasetError(f"{origin}: {key}: found {found}, expected {kind} {list(shape)}")
    for key in ("frames", "people", "notes"):
        value = getattr(result, key)
        if not isinstance(value, tuple) or not all(isinstance(text, str) for text in value):
            raise DatasetError(f"{origin}: {key}: expected a tuple of text")
    for key in ("scale", "model", "source"):
        if not isinstance(getattr(result, key), str):
            raise DatasetError(f"{origin}: {key}: found {type(getattr(result, key)).__name__}, expected text")
    if result.units not in UNITS:
        raise DatasetError(f"{origin}: units: found {result.units!r}, expected one of {list(UNITS)}")


def _check_rows(result: Result, origin: str) -> None:
    if not len(result.frame):
        raise DatasetError(f"{origin}: found no pose, expected at least one")
    for key, names in (("frame", result.frames), ("person", result.people)):
        value = getattr(result, key)
        if not 0 <= value.min() <= value.max() < len(names):
            raise DatasetError(
                f"{origin}: {key}: found {value.min()}..{value.max()}, expected numbers in 0..{len(names) - 1}"
            )
    person, frame = np.diff(result.person), np.diff(result.frame)
    if ((person < 0) | ((person == 0) & (frame <= 0))).any():
        raise DatasetError(f"{origin}: person, frame: expected rows in the order of people, then frames, none twice")
    if len(set(result.people)) != len(result.people) or len(np.unique(result.person)) != len(result.people):
        raise DatasetError(f"{origin}: people: expected different names, and a row for each of them")


def _check_values(result: Result, origin: str) -> None:
    for key in ("points", "position", "keypoints", "world_points", "alternatives"):
        value = getattr(result, key)
        if value is None:
            continue
        known = np.isfinite(value)
        if np.isinf(value).any() or (known.any(axis=-1) != known.all(axis=-1)).any():
            raise DatasetError(f"{origin}: {key}: expected finite numbers, or NaN in every coordinate")
    if np.nanmax(np.abs(result.keypoints), initial=0.0) > LARGEST_PIXEL:
        raise DatasetError(f"{origin}: keypoints: expected pixels up to {LARGEST_PIXEL:g}")
    if not ((result.confidence >= 0) & (result.confidence <= 1)).all():
        raise DatasetError(f"{origin}: confidence: expected numbers from 0 to 1")
    if result.confidence[result.filled | np.isnan(result.keypoints[..., 0])].any():
        raise DatasetError(f"{origin}: confidence: found more than 0 where a joint is missing or filled in, expected 0")
    largest = np.nanmax(np.abs(result.points), initial=0.0)
    off = np.nanmax(np.abs(result.points[:, result.skeleton.root]), initial=0.0)
    if off > AT_ROOT * largest:
        raise DatasetError(f"{origin}: points: found a root {off:g} off the origin, expected roots at the origin")
    if not 0 <= result.fps < np.inf:
        raise DatasetError(f"{origin}: fps: found {result.fps}, expected frames per second, or 0 where unknown")
    if result.image_size is not None and not ((result.image_size >= 1) & np.isfinite(result.image_size)).all():
        raise DatasetError(f"{origin}: image_size: expected width and height in pixels for each frame")


def _check_up(result: Result, origin: str) -> None:
    if (result.up is None) != (result.up_spread is None):
        raise DatasetError(f"{origin}: up, up_spread: found one of them, expected both or none")
    if result.up is None:
        return
    unknown = np.isnan(result.up).all(axis=1)
    if (np.abs(np.linalg.norm(result.up[~unknown].astype(np.float64), axis=1) - 1) > UNIT).any() or not (
        np.isfinite(result.up[~unknown]).all()
    ):
        raise DatasetError(f"{origin}: up: expected a vector of length 1 for each frame, or NaN in every coordinate")
    if not (np.isnan(result.up_spread) | ((result.up_spread >= 0) & (result.up_spread <= 180) & ~unknown)).all():
        raise DatasetError(f"{origin}: up_spread: expected degrees where up is known, or NaN")


def _check_world(result: Result, origin: str) -> None:
    if result.world_points is not None and result.to_world is None:
        raise DatasetError(f"{origin}: world_points: found them without to_world, expected both")
    if result.world_points is not None and result.units != "m":
        raise DatasetError(f"{origin}: world_points: found units {result.units!r}, expected 'm'")
    if result.to_world is not None:
        rotation = result.to_world[..., :3].astype(np.float64)
        known = np.isfinite(result.to_world).all(axis=(1, 2))
        turned = rotation[known] @ rotation[known].swapaxes(1, 2)
        proper = (np.abs(turned - np.eye(3)) <= UNIT).all() and (np.linalg.det(rotation[known]) > 0).all()
        if not (proper and np.isnan(result.to_world[~known]).all()):
            raise DatasetError(
                f"{origin}: to_world: expected a rotation and a shift for each frame, or NaN in every number"
            )
        if result.world_points is None and np.nan_to_num(result.to_world[..., 3]).any():
            raise DatasetError(f"{origin}: world_points: found none beside a shift in to_world, expected both or none")
    if result.world_points is not None:
        points = (result.points + result.position[:, None]).astype(np.float64)
        points = np.einsum("nij,nkj->nki", rotation[result.frame], points) + result.to_world[result.frame, None, :, 3]
        largest = np.nanmax(np.abs(points), initial=1.0)
        if np.nanmax(np.abs(points - result.world_points), initial=0.0) > AT_ROOT * largest:
            raise DatasetError(f"{origin}: world_points: found others than `to_world` makes of `points + position`")
    if result.floor is not None and np.isinf(result.floor).any():
        raise DatasetError(f"{origin}: floor: expected finite metres, or NaN")
    if result.focal is not None:
        focal, low, high = result.focal.tolist()
        if not (0 < focal < np.inf and (np.isnan([low, high]).all() or 0 < low <= focal <= high < np.inf)):
            raise DatasetError(f"{origin}: focal: found {result.focal}, expected pixels, and an interval around them")


def _check_uncertainty(result: Result, origin: str) -> None:
    if (result.uncertainty is None) != (result.depth_uncertainty is None):
        raise DatasetError(f"{origin}: uncertainty, depth_uncertainty: found one of them, expected both or none")
    if result.uncertainty is None:
        return
    missing = np.isnan(result.points[..., 0])
    for key in ("uncertainty", "depth_uncertainty"):
        value = getattr(result, key)
        if not (np.isnan(value) | ((value >= 0) & (value < np.inf) & ~missing)).all():
            raise DatasetError(f"{origin}: {key}: expected finite lengths where joints are, or NaN")
    if (result.depth_uncertainty > (1 + UNIT) * result.uncertainty).any():
        raise DatasetError(f"{origin}: depth_uncertainty: found more than `uncertainty`, expected a part of it")
