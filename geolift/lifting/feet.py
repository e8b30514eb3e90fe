"""Toes and heels of people whose keypoints have them: placed on the lifted legs (`world.foot_pose`).

The lifter knows no feet, and no 3D of feet is needed: their lengths, where the leg points, their 2D and the floor say
where they are. The 17 joints stay as they were lifted.
"""

from typing import NamedTuple

import numpy as np

from geolift.keypoints.recording import Recording
from geolift.keypoints.shots import shot_of
from geolift.lifting.denoise import denoise
from geolift.lifting.gaps import fill_gaps
from geolift.lifting.lifted import Lifted
from geolift.lifting.metric_scale import stature_of_limbs
from geolift.lifting.tracks import Tracks, each_person, make_tracks
from geolift.lifting.world import World
from geolift.plurals import counted
from geolift.rotations import unit
from geolift.skeletons.joint_sets import foot_joints
from geolift.skeletons.skeleton import FEET, H36M17, H36M21
from geolift.world.foot_pose import Feet, expected_feet, place_feet

SIDES = ("left", "right")
LEG = [[H36M21.names.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in SIDES]
FOOT = [[H36M21.names.index(f"{side}_{joint}") for joint in ("toe", "heel")] for side in SIDES]
BODY = len(H36M17.names)
ONE_OF_TWO = 0.5  # factor on the confidence of a toe where only one of two was seen
DETECTED = 0.02  # metres, errors of detectors' toes and heels that last, for a person of 1.7 m
LEAST_TRUST = 0.3  # confidence of keypoints that are filled in, or less sure
SHORTEST, NEAREST = 0.01, 0.1  # metres: bones that have a direction; an ankle before the camera
# Metres within which 68 of 100 toes, and heels, are from where they are placed, relative to their ankle: where they are
# seen, and where they are not (`python -m benchmarks.feet --hide=toe`). Along the line of sight it is nearly all of it.
OFF, OFF_UNSEEN, ALONG = (0.035, 0.03), (0.08, 0.045), 0.9


def feet_of(recording: Recording, body: Tracks, gap: float, *, smooth: bool) -> Tracks | None:
    """Toes and heels as tracks of `H36M21` without the other joints, gaps filled in, and smoothed as these are.

    Args:
        recording: the people that are lifted, with all joints of the file.
        body: the same in the joints of the model.
        gap: seconds, as in `fill_gaps`.
        smooth: whether jitter is taken out (`denoise`).

    Returns:
        The tracks, without notes; None where people have no `H36M17`, or nobody a toe or a heel.
    """
    sources = foot_joints(recording.joints)
    if body.skeleton != H36M17 or not any(sources.values()):
        return None
    shape = (len(recording.frame), len(H36M21.names))
    keypoints, confidence = np.zeros((*shape, 2)), np.zeros(shape)
    for joint, name in enumerate(FEET, start=BODY):
        if sources[name]:
            which = [recording.joints.index(source) for source in sources[name]]
            seen, sure = recording.seen[:, which], recording.confidence[:, which]
            count = seen.sum(axis=1)
            keypoints[:, joint] = recording.keypoints[:, which].sum(axis=1) / np.maximum(count, 1)[:, None]
            sure = np.where(seen, sure, 1).min(axis=1) * (count > 0)
            confidence[:, joint] = np.where(count == len(which), sure, ONE_OF_TWO * sure)
    if not confidence.any():
        return None
    about = {key: getattr(body, key) for key in ("frames", "people", "video", "fps", "image_size", "source", "shots")}
    feet = make_tracks(keypoints, confidence, recording.frame, recording.person, skeleton=H36M21, **about)
    feet = fill_gaps(feet, gap)
    return (denoise(feet).tracks if smooth else feet)._replace(notes=())


class _View(NamedTuple):
    """What feet are seen by: tracks of N rows with 21 joints, camera, spread of keypoints, and the floor.

    Attributes:
        tracks: with the keypoints of toes and heels.
        root: `[N, 3]` metres, where the root is before the camera.
        focal: `[N]` pixels.
        jitter: `[P]` pixels, of each person's toes and heels.
        world: up, floor and contacts, as far as they are known.
    """

    tracks: Tracks
    root: np.ndarray
    focal: np.ndarray
    jitter: np.ndarray
    world: World


def add_feet(feet: Tracks | None, lifted: Lifted, world: World, *, distance: float) -> tuple[Lifted, World]:
    """The people with toes and heels.

    Args:
        feet: from `feet_of`; None: nothing is added.
        lifted: N rows of `H36M17` in camera axes, in metres.
        world: where they are.
        distance: model units, from which the lifter sees people whose position is not known.

    Returns:
        The people with `H36M21`, and their world with 21 joints. A toe or a heel that is not seen is placed by the
        other one of its foot, and counts as filled in; both are missing where neither is seen, or the leg was not
        lifted.
    """
    if feet is None:
        return lifted, world
    tracks, alternatives = _joined(lifted.tracks, feet), lifted.alternatives
    view = _View(tracks, *_camera(lifted, distance), feet.jitter, world)
    points = _with_feet(view, lifted.points)
    unseen = np.isfinite(points[..., 0]) & ~tracks.available & (np.arange(len(H36M21.names)) >= BODY)
    keypoints = np.where(unseen[..., None], _pixels(view, points), tracks.keypoints)
    tracks = tracks._replace(keypoints=keypoints, filled=tracks.filled | unseen).noted(*_notes(view, points, unseen))
    across, along = _uncertainty(lifted, points, unseen)
    if alternatives is not None:
        alternatives = np.stack([_with_feet(view, alternatives[:, i]) for i in range(alternatives.shape[1])], axis=1)
    return (
        lifted._replace(
            tracks=tracks, points=points, uncertainty=across, depth_uncertainty=along, alternatives=alternatives
        ),
        _in_world(world, points, lifted.position, tracks.frame),
    )


def _joined(body: Tracks, feet: Tracks) -> Tracks:
    """The body's tracks with the feet's keypoints; rows are the body's."""
    place = {key: row for row, key in enumerate(zip(feet.person.tolist(), feet.frame.tolist(), strict=True))}
    rows = np.array([place.get(key, -1) for key in zip(body.person.tolist(), body.frame.tolist(), strict=True)])

    def joined(key: str) -> np.ndarray:
        found = getattr(feet, key)[rows, BODY:]
        found[rows < 0] = 0
        return np.concatenate([getattr(body, key), found], axis=1)

    estimated = None if body.estimated is None else np.pad(body.estimated, ((0, 0), (0, len(FEET))))
    more = {key: joined(key) for key in ("keypoints", "confidence", "filled")}
    return body._replace(skeleton=H36M21, estimated=estimated, **more)


def _camera(lifted: Lifted, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """`[N, 3]` metres, the root, and `[N]` pixels, the focal length; without positions those of the lifter's camera."""
    if lifted.position is None:
        return lifted.metres[:, None] * np.array([0.0, 0.0, distance]), lifted.size
    return lifted.position, lifted.focal


def _with_feet(view: _View, body: np.ndarray) -> np.ndarray:
    """`[N, 21, 3]`: points of bodies `[N, 17, 3]` with toes and heels."""
    points = np.concatenate([body, np.full((len(body), len(FEET), 3), np.nan)], axis=1)
    for start, stop in each_person(view.tracks):
        person = np.arange(start, stop)
        rows = [_placeable(view, points, person, side) for side in range(2)]
        if not (len(rows[0]) or len(rows[1])):
            continue
        fields = zip(*(_foot(view, points, rows[side], side) for side in range(2)), strict=True)
        stature = stature_of_limbs(body[person], np.isfinite(body[person]).all(axis=-1), H36M17)
        feet = Feet(*(np.concatenate(values) for values in fields), stature, view.tracks.assumed_fps)
        for side, ends in enumerate(np.split(place_feet(feet), [len(rows[0])])):
            points[rows[side][:, None], FOOT[side]] = points[rows[side], LEG[side][2], None] + ends
    return points


def _placeable(view: _View, points: np.ndarray, person: np.ndarray, side: int) -> np.ndarray:
    """The rows of a person in which the leg was lifted, before the camera, and the toe or the heel is seen."""
    hip, knee, ankle = (points[person, joint] for joint in LEG[side])
    bones = np.stack([knee - hip, ankle - knee, points[person, LEG[0][0]] - points[person, LEG[1][0]]])
    with np.errstate(invalid="ignore"):
        known = (np.linalg.norm(bones, axis=-1) > SHORTEST).all(axis=0)
        known &= view.root[person, 2] + ankle[:, 2] > NEAREST
    return person[known & view.tracks.available[person][:, FOOT[side]].any(axis=1)]


def _foot(view: _View, points: np.ndarray, rows: np.ndarray, side: int) -> tuple[np.ndarray, ...]:
    """The fields of `Feet` with rows, of one foot of a person."""
    tracks, world, frame = view.tracks, view.world, view.tracks.frame[rows]
    legs, across = points[rows][:, LEG[side]], points[rows, LEG[0][0]] - points[rows, LEG[1][0]]
    ankle, focal = view.root[rows] + legs[:, 2], view.focal[rows, None]
    seen, sure = tracks.available[rows][:, FOOT[side]], tracks.confidence[rows][:, FOOT[side]]
    beside = (tracks.keypoints[rows][:, FOOT[side]] - tracks.keypoints[rows, LEG[side][2], None]) / focal[..., None]
    plane = ankle[:, None, :2] / ankle[:, None, 2:] + beside  # refined ankles are a few pixels off their keypoints
    rays = unit(np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1))
    spread = np.hypot(DETECTED, view.jitter[tracks.person[rows], None] * ankle[:, 2:] / focal)
    shot = shot_of(frame, tracks.shots)
    unknown = np.full(len(rows), np.nan)
    return (
        ankle,
        expected_feet(legs, across, np.full(len(rows), 1 - 2 * side)),
        np.where(seen[..., None], rays, np.nan),
        spread / np.clip(sure, LEAST_TRUST, 1),
        np.append(False, (np.diff(frame) == 1) & (np.diff(shot) == 0) & tracks.video)[: len(rows)],
        np.zeros(len(rows), bool) if world.contact is None else world.contact[rows, side],
        np.tile(unknown[:, None], 3) if world.up is None else world.up[frame],
        unknown if world.floor is None else world.floor[frame],
    )


def _pixels(view: _View, points: np.ndarray) -> np.ndarray:
    """`[N, 21, 2]` pixels where points are seen, from the keypoint of the ankle for toes and heels."""
    pixels, keypoints = np.zeros(view.tracks.keypoints.shape), view.tracks.keypoints
    placed = points + view.root[:, None]
    for leg, foot in zip(LEG, FOOT, strict=True):
        with np.errstate(invalid="ignore"):
            plane = placed[:, [leg[2], *foot], :2] / placed[:, [leg[2], *foot], 2:]
        pixels[:, foot] = keypoints[:, leg[2], None] + view.focal[:, None, None] * (plane[:, 1:] - plane[:, :1])
    return pixels


def _uncertainty(lifted: Lifted, points: np.ndarray, unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[N, 21]` metres, and along the line of sight: of toes and heels, what the ankle's grows by."""
    off, found = np.where(unseen[:, BODY:], OFF_UNSEEN * 2, OFF * 2), []
    for of_body, share in ((lifted.uncertainty, 1.0), (lifted.depth_uncertainty, ALONG)):
        ankles = of_body[:, [H36M21.parents[joint] for joint in range(BODY, len(H36M21.names))]]
        feet = np.where(np.isfinite(points[:, BODY:, 0]), np.hypot(ankles, share * off), np.nan)
        found.append(np.concatenate([of_body, feet], axis=1))
    return found[0], found[1]


def _in_world(world: World, points: np.ndarray, position: np.ndarray | None, frame: np.ndarray) -> World:
    if world.points is None:
        return world
    placed = points[:, BODY:] + position[:, None]
    feet = np.einsum("nij,nkj->nki", world.to_world[frame][..., :3], placed) + world.to_world[frame][:, None, :, 3]
    return world._replace(points=np.concatenate([world.points, feet], axis=1))


def _notes(view: _View, points: np.ndarray, unseen: np.ndarray) -> list[str]:
    """What was placed, and what of it is not seen."""
    placed = np.isfinite(points[:, BODY:, 0])
    if not placed.any():
        return ["no toe or heel was placed: no leg was lifted in a frame that shows its foot"]
    poses = counted(len(placed), "pose", "poses")
    notes = [f"toes and heels were placed on the lifted legs in {int(placed.any(axis=1).sum())} of {poses}"]
    listed = [f"{name} {n}" for name, n in zip(FEET, unseen[:, BODY:].sum(axis=0), strict=True) if n]
    if listed:
        notes.append(f"not seen, placed by the rest of the foot, in poses of {len(placed)}: {', '.join(listed)}")
    listed = [f"{name} {n}" for name, n in zip(FEET, (~placed).sum(axis=0), strict=True) if n]
    return [*notes, f"missing, in poses of {len(placed)}: {', '.join(listed)}"] if listed else notes
