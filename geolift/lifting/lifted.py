"""3D points of tracked people, and their refinement and smoothing."""

import functools
from typing import NamedTuple

import jax
import numpy as np

from geolift.batching import map_chunks
from geolift.data.normalization import person_sizes, root_centered
from geolift.errors import DatasetError
from geolift.geometry import gravity_of
from geolift.keypoints.shots import shot_of
from geolift.lifting.proportions import bone_proportions, trusted
from geolift.lifting.refinement import Refined, refine
from geolift.lifting.smoothing import running_median, smooth
from geolift.lifting.tracks import SIZE_WINDOW, Tracks, each_person
from geolift.lifting.virtual_camera import (
    WIDEST,
    Turned,
    as_expected,
    focal_lengths,
    move_on_rays,
    turn_back,
    turn_to_root,
)
from geolift.model import Model, estimate_tilt, flat_skeleton, lift_poses, model_bones
from geolift.plurals import counted
from geolift.skeletons.bones import scale_bones
from geolift.skeletons.skeleton import H36M17, Skeleton, body_words, is_human

NOISE = 0.008  # model units, at least, of keypoints: their jitter shows only the part that changes from frame to frame
CUT = 1000  # frames that a cut counts as in refinement, more than it looks at together


class Lifted(NamedTuple):
    """Tracks and their points, N rows.

    Attributes:
        tracks: what was lifted, with the notes of all steps.
        points: `[N, J, 3]`, the root at the origin, axes (x right, y down, z forward) of the camera, or of the cameras
            turned to each root where there is a `rotation`; in model units, or in metres if these are known. NaN where
            missing or not lifted.
        size: `[N]` pixels per model unit at the person's depth (`person_sizes`); NaN if unknown.
        nearness: `[N]` how many times nearer the person is than the lifter assumes; 1 where the focal length is not
            known.
        rotation: `[N, 3, 3]` from the camera's axes to those of the points; None, where the size of the images is not
            known: they are the same.
        up: `[N, 3]` unit vectors, the direction up in the axes of the points, estimated from each pose; None: the
            model does not estimate it.
        metres: `[N]` of a model unit, the same for all rows of a person; None if unknown.
        position: `[N, 3]` metres, where the root is in the camera frame, or None if unknown; NaN where not lifted.
        focal: `[N]` pixels, the focal lengths by which the positions were found; None without positions.
        scale: a sentence: what `metres` and `position` are derived from.
        uncertainty: `[N, J]` in the units of `points`: 68 of 100 true joints are no farther from the lifted one (root
            and size of the person as they are); NaN where missing. None: not estimated.
        depth_uncertainty: `[N, J]` the same along the line of sight.
        alternatives: `[N, A, J, 3]` other points that the image allows, the best first; NaN where missing. None: not
            asked for.
    """

    tracks: Tracks
    points: np.ndarray
    size: np.ndarray
    nearness: np.ndarray
    rotation: np.ndarray | None = None
    up: np.ndarray | None = None
    metres: np.ndarray | None = None
    position: np.ndarray | None = None
    focal: np.ndarray | None = None
    scale: str = ""
    uncertainty: np.ndarray | None = None
    depth_uncertainty: np.ndarray | None = None
    alternatives: np.ndarray | None = None

    @property
    def rows(self) -> np.ndarray:
        """`[N]` bool: the rows that were lifted."""
        return np.isfinite(self.points).any(axis=(1, 2))

    @property
    def distance_known(self) -> bool:
        """Whether people's distances are known, by a focal length that was given."""
        return bool((self.nearness != 1).any())

    def noted(self, note: str) -> "Lifted":
        """The same with one more note."""
        return self._replace(tracks=self.tracks.noted(note))


def lift_tracks(model: Model, tracks: Tracks, focal: float | None = None, *, deep: np.ndarray | None = None) -> Lifted:
    """Lift what can be lifted: every person as large as those of the training set.

    One pass of the network, with the camera turned to each person where the size of the images is known; with a focal
    length two passes, the second by the person's distance (`virtual_camera`).

    Args:
        model: a trained lifter.
        tracks: N rows.
        focal: focal length in pixels; None: the camera is turned by an assumed one, and no distance is used.
        deep: `[N]` bool, without a focal length: the rows whose depths and direction up are estimated. The points of
            the others lie in the plane of the root, which is enough for `with_proportions`. None: all.

    Raises:
        DatasetError: if no pose can be lifted.
    """
    available, root = tracks.available, model.skeleton.root
    usable = available[:, root] & (model.lifter.masks | available.all(axis=1))
    keypoints, measured, rotation, why = tracks.keypoints, available, None, _why_not(model)
    if tracks.image_size is not None:
        measured = available & available[:, [root]]  # without a root, the camera cannot be turned to it
        turned = _turned(tracks, measured, root, focal)
        narrow = (turned.inside | ~measured).all(axis=1)
        keypoints, rotation = turned.keypoints, turned.rotation
        usable, measured = usable & narrow, measured & narrow[:, None]
        why += f", or for this focal length span {WIDEST:g} degrees from the root" * bool((~narrow).any())
    size = person_sizes(keypoints, measured & tracks.measured, model.skeleton, model.normalization)
    usable &= size > 0
    window = tracks.frames_in(SIZE_WINDOW) if tracks.video else 1
    if window > 1:
        size = running_median(size, tracks, window)
    nearness = np.ones(len(size)) if rotation is None or not focal else size / focal
    lifted = Lifted(tracks, np.full((*available.shape, 3), np.nan), size, nearness, rotation)
    if focal and rotation is None:
        lifted = lifted.noted("the focal length was not used because the image size (--image-size) is missing")
    if usable.any():
        poses = root_centered(keypoints[usable].astype(np.float64), available[usable], root)
        poses = (poses / size[usable, None, None]).astype(np.float32)
        if deep is not None:
            flat = np.where(available[usable, :, None], model.distance * flat_skeleton(poses), np.nan)
            lifted.points[usable] = flat
            poses, usable = poses[deep[usable]], usable & deep
        lifted = _lift_rows(model, lifted, usable, poses) if len(poses) else lifted
    return _count_failures(lifted, why)


def _turned(tracks: Tracks, measured: np.ndarray, root: int, focal: float | None) -> Turned:
    """People as cameras turned to them see them; by an assumed focal length only where it lets all joints be seen."""
    images, keypoints = tracks.image_size[tracks.frame], tracks.keypoints.astype(np.float64)
    turned = turn_to_root(keypoints, root, images / 2, focal_lengths(images, focal))
    wide = (measured & ~turned.inside).any(axis=1)
    if focal or not wide.any():
        return turned
    keypoints = np.where(wide[:, None, None], keypoints - images[:, None] / 2, turned.keypoints)
    rotation = np.where(wide[:, None, None], np.eye(3), turned.rotation)
    return Turned(keypoints, rotation, turned.inside | wide[:, None])


def _lift_rows(model: Model, lifted: Lifted, rows: np.ndarray, poses: np.ndarray) -> Lifted:
    """The points of some rows `[N]` bool, whose normalized poses are given, and the direction up in each."""
    available = lifted.tracks.available[rows]
    seen, points = available if model.lifter.masks else None, lifted.points.copy()
    found = lift_poses(model, poses, seen)
    if lifted.distance_known:
        about = {"distance": model.distance, "min_depth": model.min_depth, "nearness": lifted.nearness[rows]}
        on_plane = model.distance * flat_skeleton(poses)
        found = move_on_rays(on_plane, found[..., 2], **about)
        poses = as_expected(found, model.distance).astype(np.float32)
        found = move_on_rays(found, lift_poses(model, poses, seen)[..., 2], **about)
    points[rows] = np.where(available[..., None], found, np.nan)
    if model.tilt is None:
        return lifted._replace(points=points)
    up = np.full((len(points), 3), np.nan)
    up[rows] = -map_chunks(gravity_of, *estimate_tilt(model, poses, seen))
    return lifted._replace(points=points, up=up)


def _why_not(model: Model) -> str:
    """Why a pose may not be lifted."""
    if not model.lifter.masks:
        return "they lack a joint, and this model takes whole poses only"
    lack = "hips and shoulders" if model.skeleton == H36M17 else model.skeleton.names[model.skeleton.root]
    return f"they lack {lack}, or show fewer than three bones"


def _count_failures(lifted: Lifted, why: str) -> Lifted:
    """With a note on the poses that were not lifted; DatasetError if none was."""
    count, failed = len(lifted.points), int((~lifted.rows).sum())
    if failed:
        lifted = lifted.noted(f"{failed} of {count} poses were not lifted: {why}")
    if failed == count:
        notes = "; ".join(lifted.tracks.notes)
        raise DatasetError(f"{lifted.tracks.source}: none of {count} poses can be lifted: {notes}")
    return lifted


def lift_in_proportion(model: Model, lifted: Lifted) -> Lifted:
    """Lift the people of a video again, with the bones of the training set (`proportions`); images are not changed.

    Animals are not: of a mouse, flies and other quadrupeds than those trained on it makes each worse, as their bones
    are soft or short, and their ratios are estimated worse than they differ (docs/research-log.md).
    """
    tracks, rows = lifted.tracks, lifted.rows
    if not tracks.video or not is_human(model.skeleton):
        return lifted
    seen, ratio = np.isfinite(lifted.points).all(axis=-1), np.ones((len(rows), len(model.skeleton.bones)))
    for start, stop in each_person(tracks):
        person = slice(start, stop)
        shown = seen[person] & tracks.measured[person]
        ratio[person] = trusted(bone_proportions(lifted.points[person], shown, model, tracks.assumed_fps))
    changed = rows & (ratio != 1).any(axis=1)
    if not changed.any():
        return lifted
    number = tracks.person[changed]
    people = counted(len(np.unique(number)), "person was", "people were")
    note = f"{people} lifted with proportions nearer to the training set's (disable with --no-refine)"
    return with_proportions(model, lifted, ratio).noted(note)


def with_proportions(model: Model, lifted: Lifted, ratio: np.ndarray) -> Lifted:
    """The same lifted again where bones are `ratio` `[N, B]` times the training set's, and not as long."""
    changed = lifted.rows & (ratio != 1).any(axis=1)
    found, seen = np.nan_to_num(lifted.points[changed]), np.isfinite(lifted.points[changed]).all(axis=-1)
    poses, person = as_expected(found, model.distance), lifted.tracks.person[changed]
    depths = _depths_in_proportion(model, poses, seen, ratio[changed], person)
    about = {"distance": model.distance, "min_depth": model.min_depth, "nearness": lifted.nearness[changed]}
    points = lifted.points.copy()
    points[changed] = np.where(seen[..., None], move_on_rays(found, depths, **about), np.nan)
    return lifted._replace(points=points)


def _depths_in_proportion(
    model: Model, poses: np.ndarray, seen: np.ndarray, ratio: np.ndarray, person: np.ndarray
) -> np.ndarray:
    """`[N, J]` depths of poses whose bones are `ratio` `[N, B]` times the training set's, of person `[N]`."""
    rescale, ratio = functools.partial(_scaled, model.skeleton), ratio.astype(np.float32)
    poses = map_chunks(rescale, poses.astype(np.float32), 1 / ratio, seen)
    size = person_sizes(poses, seen, model.skeleton, model.normalization)
    for one in np.unique(person):  # other proportions, another size
        size[person == one] = np.nanmedian(size[person == one])
    shown = (poses / size[:, None, None]).astype(np.float32)
    depths = lift_poses(model, shown, seen if model.lifter.masks else None)[..., 2:]
    return size[:, None] * map_chunks(rescale, depths, ratio, seen)[..., 0]


@functools.partial(jax.jit, static_argnums=0)
def _scaled(skeleton: Skeleton, joints: jax.Array, factors: jax.Array, seen: jax.Array) -> jax.Array:
    return scale_bones(joints, factors, skeleton, seen)


def in_camera_axes(lifted: Lifted) -> Lifted:
    """Points and directions up in the axes of the camera, where cameras were turned to each person."""
    if lifted.rotation is None:
        return lifted
    rotation, up = lifted.rotation, lifted.up
    angle = np.degrees(np.arccos(rotation[lifted.rows, 2, 2].min()))
    turned = lifted._replace(
        points=turn_back(lifted.points, rotation),
        up=None if up is None else turn_back(up, rotation),
        rotation=None,
        alternatives=None if lifted.alternatives is None else turn_back(lifted.alternatives, rotation),
    )
    lens = "and their distance used" if lifted.distance_known else "for an assumed focal length (--focal)"
    return turned.noted(
        f"a camera was turned to each {body_words(lifted.tracks.skeleton)[0]}, by up to {angle:.0f} degrees, {lens}"
    )


def refine_lifted(model: Model, lifted: Lifted) -> Lifted:
    """Refine the points of each person of a video (`refinement.refine`); single images are not changed."""
    tracks, rows = lifted.tracks, lifted.rows
    if not tracks.video:
        return lifted
    noise = np.maximum(tracks.jitter[tracks.person] * model.distance / lifted.size, NOISE)
    refined = refine(
        lifted.points[rows],
        tracks.person[rows],
        model.skeleton,
        bones=model_bones(model),
        distance=model.distance,
        frame=_frames_apart(tracks)[rows],
        seen=np.isfinite(lifted.points[rows]).all(axis=-1),
        fps=tracks.assumed_fps,
        noise=noise[rows],
    )
    poses = counted(int(rows.sum()), "pose", "poses")
    note = f"bones were made to keep their lengths, soft ones less, through {poses} (disable with --no-refine)"
    return with_refined(model, lifted, refined).noted(note)


def with_refined(model: Model, lifted: Lifted, refined: Refined) -> Lifted:
    """The same with refined points of the rows that were lifted."""
    rows = lifted.rows
    points, size = lifted.points.copy(), lifted.size.copy()
    points[rows] = refined.points
    if lifted.rotation is not None:  # refined as seen from the lifter's distance; here from the true one
        scale = refined.scale[:, None, None]
        about = {"distance": model.distance, "min_depth": model.min_depth, "nearness": lifted.nearness[rows]}
        points[rows] = scale * move_on_rays(lifted.points[rows], refined.points[..., 2] / scale[..., 0], **about)
    size[rows] /= refined.scale
    return lifted._replace(points=points, size=size)


def _frames_apart(tracks: Tracks) -> np.ndarray:
    """`[N]` numbers of frames, those of different shots so far apart that nothing is made smooth across a cut."""
    return tracks.frame + CUT * shot_of(tracks.frame, tracks.shots)


def smooth_lifted(lifted: Lifted, seconds: float) -> Lifted:
    """Smooth points and positions of a video in windows of `seconds` (`smoothing.smooth`); 0: nothing is changed."""
    if not seconds:
        return lifted
    tracks, points = lifted.tracks, lifted.points
    window = tracks.frames_in(seconds) if tracks.video else 0
    smoothed = smooth(points, tracks, window)
    changed = int((np.nan_to_num(smoothed) != np.nan_to_num(points)).any(axis=(1, 2)).sum())
    position = None if lifted.position is None else smooth(lifted.position, tracks, window)
    note = f"{changed} of {len(points)} poses were smoothed; the others are not in a stretch of {window} frames"
    return lifted._replace(points=smoothed, position=position).noted(note)
