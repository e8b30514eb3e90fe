"""People turned in the image, by a camera on its side or on their hands, are lifted upright, and turned back.

The lifter has seen people stand in most of its training poses. Where most of a person's frames show them across the
image or head down, both are lifted: as they are, and turned by quarters of a circle. Nothing but the lifted points
decides: those of the wrong one have bones that differ from frame to frame, from side to side and from a person's. A
person who lies on the ground in an upright image, whom the lifter knows, is therefore not turned. In camera axes the
result is the same whether the camera is turned or the person.
"""

from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.lifting.lifted import Lifted, lift_tracks
from geolift.lifting.tracks import Tracks, each_person
from geolift.lifting.trunk import place_trunks
from geolift.model import Model, model_bones
from geolift.plurals import counted
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
# From the feet to the head: the middle of the joints on the left to that of those on the right, where all are seen.
AXIS = (
    (("left_ankle", "right_ankle"), ("left_hip", "right_hip")),
    (("left_knee", "right_knee"), ("left_hip", "right_hip")),
    (("pelvis",), ("thorax",)),
    (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")),
    (("thorax",), ("neck",)),
)
MAJORITY = 0.5  # share of a person's frames that show them turned by the same quarter
SHORTEST = 15  # frames: people in fewer are turned as most others are
CLEARLY = 0.95  # times the deviation of the bones of people who are not turned, below which they are
HALF = 2  # quarters


class Upright(NamedTuple):
    """Tracks, some of their rows turned.

    Attributes:
        tracks: as they were.
        turned: keypoints turned about the middle of their images.
        quarters: `[N]` int, by how many quarters of a circle, clockwise.
    """

    tracks: Tracks
    turned: Tracks
    quarters: np.ndarray


def turn_upright(model: Model, tracks: Tracks, focal: float | None = None, up: np.ndarray | None = None) -> Upright:
    """Turn the people who are across the image or head down, where their lifted bones then fit better.

    If gravity is given, the image is turned by it, and people who are across an upright image lie.

    Args:
        model: a trained lifter; only people (Human3.6M-17) are turned.
        tracks: N rows.
        focal: as in `lift_tracks`.
        up: `[3]` the direction up in camera axes, if it was given.
    """
    still = np.full(len(tracks.frame), 0 if up is None else _quarters(np.array([up]))[0])
    if model.skeleton != H36M17:
        return Upright(tracks, tracks, np.zeros_like(still))
    quarters = _likely(tracks, _groups(tracks))
    if up is not None:  # on their hands perhaps, but not across
        quarters = np.where((quarters - still) % 4 == HALF, quarters, still)
    as_given = Upright(tracks, _turned(tracks, still), still)
    if (quarters == still).all():
        return as_given
    try:
        upright, as_it_is = (
            lift_tracks(model, place_trunks(model, people), focal).points
            for people in (_turned(tracks, quarters), as_given.turned)
        )
    except DatasetError:  # nothing can be lifted, which lifting itself reports
        return as_given
    for rows in _groups(tracks):
        if (quarters[rows] != still[rows]).any() and (
            _oddness(model, upright[rows]) > CLEARLY * _oddness(model, as_it_is[rows])
        ):
            quarters[rows] = still[rows]
    return Upright(tracks, _turned(tracks, quarters), quarters)


def count_turned(tracks: Tracks) -> int:
    """How many poses are of people most of whose frames show them across the image or head down."""
    return int((_likely(tracks, _groups(tracks)) > 0).sum())


def turn_results_back(lifted: Lifted, upright: Upright) -> Lifted:
    """The results in the axes of the image as it is in the file, and a note.

    Directions up of people who are not turned as most are (a handstand among people who stand) are left out.
    """
    quarters = upright.quarters
    if not quarters.any():
        return lifted
    tracks, notes = _placed_back(lifted.tracks, upright), lifted.tracks.notes[len(upright.turned.notes) :]
    back = _rotations(quarters).swapaxes(-1, -2)
    usual = np.bincount(quarters, minlength=4).argmax()
    up = lifted.up
    if up is not None:
        up = np.where((quarters == usual)[:, None], up, np.nan)
    if lifted.rotation is None:
        points = np.einsum("nik,njk->nji", back, lifted.points)
        if lifted.alternatives is not None:
            lifted = lifted._replace(alternatives=np.einsum("nik,najk->naji", back, lifted.alternatives))
        up = None if up is None else np.einsum("nik,nk->ni", back, up)
        turned = lifted._replace(points=points, up=up)
    else:  # the axes of the points are those of a camera that was turned, too
        turned = lifted._replace(rotation=lifted.rotation @ back.swapaxes(-1, -2), up=up)
    return turned._replace(tracks=tracks.noted(*notes, _note(quarters, tracks)))


def _placed_back(lifted: Tracks, upright: Upright) -> Tracks:
    """The tracks as they were, with the joints that were placed in the turned ones (`trunk.place_trunks`)."""
    tracks, placed = upright.tracks, lifted.estimated
    if placed is None:
        return tracks
    keypoints = np.where(placed[..., None], _turned(lifted, -upright.quarters % 4).keypoints, tracks.keypoints)
    return tracks._replace(keypoints=keypoints, filled=lifted.filled, estimated=placed)


def _note(quarters: np.ndarray, tracks: Tracks) -> str:
    rows = quarters > 0
    degrees = sorted({90 * q for q in quarters[rows].tolist()})
    listed = " or ".join(f"{d}" for d in degrees)
    many = counted(int(rows.sum()), "pose", "poses")
    what = "the video is turned" if tracks.video and rows.all() else f"{many} are turned"
    note = f"{what}: people were lifted upright, turned by {listed} degrees clockwise, and the results turned back"
    doubt = " (if y points up in the file: --coordinates pixel-up)" if (quarters == HALF).any() else ""
    return note + doubt


def _groups(tracks: Tracks) -> list[np.ndarray]:
    """Rows that are turned alike: each person of a video, people in few frames together; all images together."""
    if not tracks.video:
        return [np.arange(len(tracks.frame))]
    people = [np.arange(start, stop) for start, stop in each_person(tracks)]
    long = [rows for rows in people if len(rows) >= SHORTEST]
    short = [rows for rows in people if len(rows) < SHORTEST]
    return [*long, np.concatenate(short)] if short else long


def _likely(tracks: Tracks, groups: list[np.ndarray]) -> np.ndarray:
    """`[N]` quarters by which most poses of each group stand upright when turned."""
    axis, known = _axes(tracks)
    found = _quarters(axis)
    quarters = np.zeros(len(found), int)
    for rows in groups:
        counts = np.bincount(found[rows][known[rows]], minlength=4)
        if counts.max() > MAJORITY * counts.sum():
            quarters[rows] = counts.argmax()
    return quarters


def _quarters(axis: np.ndarray) -> np.ndarray:
    """`[N]` quarters by which directions `[N, 2]` or `[N, 3]` in the image point up when turned."""
    angle = np.arctan2(axis[:, 0], -axis[:, 1])  # 0: upright; above 0: head to the right
    return np.round(-angle / (np.pi / 2)).astype(int) % 4


def _axes(tracks: Tracks) -> tuple[np.ndarray, np.ndarray]:
    """`[N, 2]` from the feet to the head, pixels, and `[N]` bool: whether any part of it was seen."""
    axis, known = np.zeros((len(tracks.frame), 2)), np.zeros(len(tracks.frame), bool)
    for low, high in AXIS:
        low, high = [JOINT(name) for name in low], [JOINT(name) for name in high]
        seen = tracks.available[:, low + high].all(axis=1)
        along = tracks.keypoints[:, high].mean(axis=1) - tracks.keypoints[:, low].mean(axis=1)
        axis += np.where(seen[:, None], along, 0)
        known |= seen
    return axis, known


def _turned(tracks: Tracks, quarters: np.ndarray) -> Tracks:
    """Tracks whose keypoints are turned clockwise about the middle of their images."""
    if not quarters.any():
        return tracks
    middle = 0.0 if tracks.image_size is None else tracks.image_size[tracks.frame][:, None] / 2
    turned = np.einsum("nik,njk->nji", _rotations(quarters)[:, :2, :2], tracks.keypoints - middle) + middle
    return tracks._replace(keypoints=np.where(tracks.available[..., None], turned, 0))


def _rotations(quarters: np.ndarray) -> np.ndarray:
    """`[N, 3, 3]` clockwise about the axis of the camera."""
    cos, sin = np.array([1.0, 0.0, -1.0, 0.0])[quarters], np.array([0.0, 1.0, 0.0, -1.0])[quarters]
    zero, one = np.zeros_like(cos), np.ones_like(cos)
    rows = [[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _oddness(model: Model, points: np.ndarray) -> float:
    """How much lifted bones differ from frame to frame, from side to side, and from a person's: mean logarithms."""
    skeleton = model.skeleton
    bones = np.array(skeleton.bones)
    length = np.linalg.norm(points[:, bones[:, 1]] - points[:, bones[:, 0]], axis=-1)
    ratio = np.log(np.maximum(length, 1e-6) / np.asarray(model_bones(model)))
    ratio = ratio[np.isfinite(ratio).any(axis=1)]
    if not len(ratio):
        return 0.0
    ratio = ratio - np.nanmedian(ratio, axis=1, keepdims=True)
    index = {bone: i for i, bone in enumerate(map(tuple, bones.tolist()))}
    mirror = [index[tuple(skeleton.mirrored[joint] for joint in bone)] for bone in index]
    seen = np.isfinite(ratio).any(axis=0)
    over_time = np.nanstd(ratio[:, seen], axis=0).mean()
    sides, sizes = np.nanmean(np.abs(ratio - ratio[:, mirror])), np.nanmean(np.abs(ratio))
    return float(over_time + sides + sizes)
