"""People in the world: of a video whose camera stands still, up, floor, contacts and paths, shot by shot.

Single images, and bodies that are not people's, get world axes by their direction up alone: no floor is claimed.
"""

from typing import NamedTuple

import numpy as np

from geolift.geometry import tilt_of
from geolift.keypoints.shots import shot_of
from geolift.lifting.lifted import Lifted
from geolift.lifting.tracks import Tracks
from geolift.lifting.up import compare_up, locate_up, median_directions
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.world.axes import AT_FIRST, facing, heading, world_axes
from geolift.world.contact import foot_contact
from geolift.world.floor import APART, SHORTEST, Floor, supported_floor
from geolift.world.gravity import combined, lying, standing_direction, still_doubt, turned_doubt
from geolift.world.root_path import JOINTS, Clip, Path, solve_path

LEAST = 0.5  # probability of standing from which a foot is in contact
# Half of the width of the interval of the logarithm of the focal length, which holds 68 % if half of all videos are of
# phones (0.78 to 0.9 times the larger side), the others of cameras with 0.6 to 1.3 times: 0.74 to 0.98 times.
FOCAL = 0.14


class World(NamedTuple):
    """Where a clip is in the world; F frames, N rows. Fields as in `Result`; None where they are there.

    Attributes:
        up, up_spread, floor, to_world: `[F, 3]`, `[F]`, `[F]`, `[F, 3, 4]`.
        contact, points: `[N, 2]`, `[N, J, 3]`.
        focal: `[3]`.
    """

    up: np.ndarray | None
    up_spread: np.ndarray | None
    floor: np.ndarray | None = None
    to_world: np.ndarray | None = None
    contact: np.ndarray | None = None
    points: np.ndarray | None = None
    focal: np.ndarray | None = None


def place_in_world(
    lifted: Lifted,
    *,
    up: np.ndarray | None = None,
    learnt: np.ndarray | None = None,
    focal: float | None = None,
    correct: bool = True,
) -> tuple[Lifted, World]:
    """Put bodies into world axes; in a video of people who have positions, correct roots and feet, too.

    Args:
        lifted: N rows in camera axes.
        up: `[3]` unit vector against gravity in camera axes, given by the user; None: it is estimated.
        learnt: `[3]` of `up.learnt_up`, used where the poses give no estimate.
        focal: focal length in pixels, given by the user; None: it is assumed.
        correct: whether roots and feet are corrected; False: points and positions stay.

    Returns:
        The people, with corrected `points` and `position` and what was concluded in the notes, and their world.
    """
    tracks = lifted.tracks
    found, spread = locate_up(lifted)
    every = (len(tracks.frames), 1)
    if found is None and learnt is not None:
        found, spread = np.tile(learnt, every), np.full(len(tracks.frames), np.nan)
        if up is None:
            lifted = lifted.noted(_learnt_note(learnt))
    if up is not None:
        lifted = compare_up(lifted, found, up)
        found, spread = np.tile(up, every), np.zeros(len(tracks.frames))
    placed = lifted.position is not None and bool(np.isfinite(lifted.position).all(axis=1).any())
    world = World(found, spread, focal=_focal(lifted, focal) if placed else None)
    if placed and tracks.video and tracks.skeleton == H36M17:
        lifted, world = _place_video(lifted, world, given=up is not None, correct=correct)
    elif found is not None and tracks.video:
        lifted = lifted.noted(f"the camera is taken to stand still: one direction up for {_frames(tracks)}")
    if world.up is None:
        return lifted, world
    return lifted, _in_axes(lifted, world) if placed else _turned(lifted, world)


def _learnt_note(learnt: np.ndarray) -> str:
    pitch = float(np.degrees(tilt_of(-learnt)[0]))
    looks = f"{'down' if pitch >= 0 else 'up'} by {abs(pitch):.0f} degrees"
    return f"the camera is taken to look {looks}, as those of the lifter's training do (another: --pitch)"


def _frames(tracks: Tracks) -> str:
    return "the frames of each shot" if tracks.shots else "all frames"


def _focal(lifted: Lifted, focal: float | None) -> np.ndarray:
    """The focal length of the largest image, and its interval, which no clip narrows: contacts say too little of it.

    It has no interval where the size of the images is not known.
    """
    used = float(np.nanmax(lifted.focal))
    if lifted.tracks.image_size is None:
        return np.array([used, np.nan, np.nan])
    return used * (np.ones(3) if focal else np.exp([0.0, -FOCAL, FOCAL]))


def _place_video(lifted: Lifted, world: World, *, given: bool, correct: bool) -> tuple[Lifted, World]:
    """Solve every shot for itself."""
    tracks, count = lifted.tracks, len(lifted.tracks.frames)
    points, position = lifted.points.copy(), lifted.position.copy()
    up, spread, floor = np.full((count, 3), np.nan), np.full(count, np.nan), np.full(count, np.nan)
    contact, notes = np.zeros((len(points), 2), bool), []
    row_shot, frame_shot = shot_of(tracks.frame, tracks.shots), shot_of(np.arange(count), tracks.shots)
    for shot in range(max(1, len(tracks.shots))):
        rows = np.flatnonzero((row_shot == shot) & np.isfinite(position).all(axis=1))
        frames, name = frame_shot == shot, tracks.shots[shot][1] if tracks.shots else ""
        if not len(rows):
            continue
        model = None if world.up is None else world.up[tracks.frame[rows[0]]]
        path, stands = _solve(lifted, rows, model, given)
        if path is None:
            continue
        if correct:
            _move(points, position, rows, path, tracks.skeleton)
        contact[rows] = stands
        ankles = (points + position[:, None])[rows][:, _joints(tracks.skeleton, ("left_ankle", "right_ankle"))]
        on = supported_floor(ankles @ path.up, stands, path.floor, fps=tracks.assumed_fps, spread=path.floor_spread)
        up[frames] = path.up
        spread[frames] = 0.0 if given else path.up_spread
        floor[frames] = on.height
        notes += _shot_notes(path, on, given, name)
        notes += _stature_notes(tracks, rows, ankles @ path.up, stands, name)
    if np.isnan(up).all():
        return lifted, world
    lifted = lifted._replace(points=points, position=position)
    lifted = lifted.noted(f"the camera is taken to stand still: one direction up and one floor for {_frames(tracks)}")
    for note in notes:
        lifted = lifted.noted(note)
    return lifted, World(up, spread, floor, None, contact, None, world.focal)


def _joints(skeleton: Skeleton, names: tuple[str, ...]) -> list[int]:
    return [skeleton.root if name == "root" else skeleton.names.index(name) for name in names]


def _solve(lifted: Lifted, rows: np.ndarray, model: np.ndarray | None, given: bool) -> tuple[Path | None, np.ndarray]:
    """The path of some rows, and `[N, 2]` which feet stand; None where up is not known at all."""
    tracks, skeleton = lifted.tracks, lifted.tracks.skeleton
    points, position = lifted.points[rows], lifted.position[rows]
    person, frame = tracks.person[rows], tracks.frame[rows]
    model = None if model is None or not np.isfinite(model).all() else model
    if given:
        up, covariance = model, np.zeros((3, 3))
    else:
        direction, weight = standing_direction(points, skeleton)
        known = np.isfinite(direction).all(axis=1) & ~lying(direction, model)
        standing = None
        if known.any():
            group = np.zeros(int(known.sum()), int)
            standing = median_directions(direction[known], weight[known], group, 1)[0][0]
        if model is None and standing is None:
            return None, np.zeros((len(rows), 2), bool)
        up, covariance = combined(model, standing, position.mean(axis=0))
        covariance = covariance + turned_doubt(up, direction, weight)
    joints = points + position[:, None]
    ankles = joints[:, _joints(skeleton, ("left_ankle", "right_ankle"))]
    contact = np.zeros((len(rows), 2))
    for one in np.unique(person):
        here = person == one
        contact[here] = foot_contact(ankles[here], position[here], up, frame[here], fps=tracks.assumed_fps)
    path = solve_path(
        Clip(
            joints=joints[:, _joints(skeleton, JOINTS)],
            hips=joints[:, _joints(skeleton, ("left_hip", "right_hip"))],
            contact=contact,
            person=person,
            frame=frame,
            fps=tracks.assumed_fps,
            up=up,
            up_covariance=covariance,
        )
    )
    if not given:  # the feet of somebody who stays in place do not decide this
        path = path._replace(up_covariance=path.up_covariance + still_doubt(path.up, position) * np.eye(2) / 2)
    return path, contact > LEAST


def _move(points: np.ndarray, position: np.ndarray, rows: np.ndarray, path: Path, skeleton: Skeleton) -> None:
    """Correct points `[N, J, 3]` and positions `[N, 3]` in place."""
    position[rows] += path.moved[:, 0]
    legs = _joints(skeleton, JOINTS[1:])
    points[rows[:, None], legs] += path.moved[:, 1:] - path.moved[:, :1]


def _shot_notes(path: Path, on: Floor, given: bool, name: str) -> list[str]:
    where = f" of shot {name}" if name else ""
    notes = []
    if not given:
        error = f"{path.up_spread:.0f} degrees"
        notes.append(f"the direction up{where} may be off by about {error} (set with --up, --pitch, --roll)")
    if on.above_camera:
        notes.append(f"no floor{where} is claimed: it would be above the camera, and the direction up is not that sure")
    elif np.isnan(on.height) and on.below:
        notes.append(
            f"no floor{where} is claimed: other ankles are {on.below:.2f} m below the one where feet stand most"
        )
    elif np.isnan(on.height):
        notes.append(f"no floor{where} is claimed: no foot stands for long enough at one height")
    elif on.several:
        notes.append(
            f"feet{where} stand at several heights (stairs, blocks, or up is off): the floor is the one where they "
            "stand most, or lower where ankles would be below it"
        )
    return notes


def _stature_notes(tracks: Tracks, rows: np.ndarray, heights: np.ndarray, stands: np.ndarray, name: str) -> list[str]:
    """A note on people who stand at different heights: of those who are taken to be too tall feet are too low.

    `heights` and `stands` `[n, 2]` are of the ankles of `rows`.
    """
    middle = {}
    for one in np.unique(tracks.person[rows]):
        standing = heights[tracks.person[rows] == one][stands[tracks.person[rows] == one]]
        if len(standing) >= SHORTEST * tracks.assumed_fps:
            middle[tracks.people[one]] = float(np.median(standing))
    if len(middle) < 2 or np.ptp([*middle.values()]) <= APART:
        return []
    low, high = min(middle, key=middle.get), max(middle, key=middle.get)
    where = f" in shot {name}" if name else ""
    return [
        f"{low} stands {middle[high] - middle[low]:.2f} m lower than {high}{where}: on another floor, or they are not "
        "as tall as they are taken to be (--height NAME=M,NAME=M)"
    ]


def _in_axes(lifted: Lifted, world: World) -> World:
    """With world axes in every frame, and points in them."""
    tracks, position = lifted.tracks, lifted.position
    every = np.arange(len(tracks.frames))
    shots = shot_of(every, tracks.shots) if tracks.video else every  # of each frame; each still is one
    shot = shots[tracks.frame]
    rows = np.flatnonzero(np.isfinite(position).all(axis=1) & np.isfinite(world.up[tracks.frame]).all(axis=1))
    if not len(rows):
        return world
    first = rows[np.unique(shot[rows], return_index=True)[1]]
    rotation = world_axes(world.up[tracks.frame[first]], _headings(lifted, world.up, rows, first))
    origin = np.einsum("gij,gj->gi", rotation, position[first])
    if world.floor is not None:
        floor = world.floor[tracks.frame[first]]
        origin[:, 2] = np.where(np.isfinite(floor), floor, origin[:, 2])
    of_shot = np.full((shots[-1] + 1, 3, 4), np.nan)
    of_shot[shot[first]] = np.concatenate([rotation, -origin[..., None]], axis=-1)
    points = np.full_like(lifted.points, np.nan)
    turn = of_shot[shot[rows]]
    points[rows] = (lifted.points + position[:, None])[rows] @ turn[..., :3].swapaxes(1, 2) + turn[:, None, :, 3]
    return world._replace(to_world=of_shot[shots], points=points)


def _turned(lifted: Lifted, world: World) -> World:
    """With the rotation to world axes alone, where no position is known."""
    still = lifted._replace(position=np.where(lifted.rows[:, None], np.zeros(3), np.nan))
    return _in_axes(still, world._replace(floor=None))._replace(points=None, floor=world.floor)


def _headings(lifted: Lifted, up: np.ndarray, rows: np.ndarray, first: np.ndarray) -> np.ndarray:
    """`[G, 3]` where the people of `first` `[G]`, a row in each shot or still, walk or face; `rows` have positions."""
    tracks, skeleton = lifted.tracks, lifted.tracks.skeleton
    sides = list(skeleton.left), list(skeleton.right)
    if not skeleton.left:
        return np.full((len(first), 3), np.nan)
    if not tracks.video:
        return facing(lifted.points[first, None], sides, up[tracks.frame[first]])
    headings, shot = [], shot_of(tracks.frame, tracks.shots)
    for one in first:
        path = rows[(shot[rows] == shot[one]) & (tracks.person[rows] == tracks.person[one])]
        early = path[: max(1, tracks.frames_in(AT_FIRST))]
        headings.append(heading(lifted.position[path], lifted.points[early], sides, up[tracks.frame[one]]))
    return np.stack(headings)
