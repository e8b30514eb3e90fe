"""The lifting pipeline: any keypoints in, 3D poses out, from a file to a `Result`.

File, recording, tracked people, joints of the model, gaps filled, jitter smoothed, every person at the training set's
size, the network, in a video once more with the training set's proportions, constant bones, metres, positions, the
world. Each step takes `Tracks` (or `Lifted`) and returns them with notes on what it left out, changed or
assumed; the notes are part of the result.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.joint_jumps import without_jumps
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.readings import check_people
from geolift.keypoints.recognition import Recognized, read_keypoints
from geolift.keypoints.recording import Recording, without_unsure_joints
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.selection import select
from geolift.keypoints.side_swaps import undo_swaps
from geolift.keypoints.tracking import track
from geolift.lifting.alternatives import check_count, expect_images, find_alternatives
from geolift.lifting.denoise import denoise
from geolift.lifting.feet import add_feet, feet_of
from geolift.lifting.gaps import fill_gaps
from geolift.lifting.joints import mapping_to, missing_joints, to_tracks, with_joints_of
from geolift.lifting.lifted import (
    Lifted,
    in_camera_axes,
    lift_in_proportion,
    lift_tracks,
    refine_lifted,
    smooth_lifted,
)
from geolift.lifting.metric_scale import in_metres, locate, people_heights
from geolift.lifting.option_ranges import LONGEST, expect_metres, expect_positive, expect_up_to
from geolift.lifting.tracks import Tracks
from geolift.lifting.trunk import place_trunks
from geolift.lifting.uncertainty import estimate_uncertainty
from geolift.lifting.up import given_up, learnt_up
from geolift.lifting.upright import turn_results_back, turn_upright
from geolift.lifting.world import World, place_in_world
from geolift.model import Model
from geolift.output.result import ASSUMED_FPS, Result
from geolift.pretrained.models import load
from geolift.skeletons.mapping import check_head
from geolift.skeletons.skeleton import H36M17, Skeleton, body_words

BRIEF = 5  # frames; a person in no more may be a false detection


class Source(NamedTuple):
    """What is to be lifted.

    Attributes:
        path: the file; "": a recording was given.
        read: its content.
        origin: in words where it is from.
    """

    path: str
    read: Recognized
    origin: str


class Prepared(NamedTuple):
    """What `prepare` makes of a file.

    Attributes:
        recording: its people, followed through the frames; those that are lifted.
        warnings: what looks wrong in it, a sentence each; they are among the notes of `tracks`.
        tracks: the same people in the joints of the model.
    """

    recording: Recording
    warnings: tuple[str, ...]
    tracks: Tracks


def lift(
    source: str | os.PathLike[str] | Recording,
    *,
    model: str | os.PathLike[str] | Model = "human",
    format: str | None = None,
    joints: str | None = None,
    skeleton: str | os.PathLike[str] | None = None,
    fps: float | None = None,
    image_size: tuple[float, float] | None = None,
    min_score: float | None = None,
    coordinates: str | None = None,
    clip: str | None = None,
    people: str | Sequence[str] = "all",
    min_confidence: float = 0.1,
    head: str | None = None,
    gap: float = 0.5,
    refine: bool = True,
    smoothing: float = 0.0,
    height: float | Mapping[str, float] | None = None,
    focal: float | None = None,
    up: Sequence[float] | None = None,
    pitch: float | None = None,
    roll: float | None = None,
    alternatives: int = 1,
    check: Callable[[Recording], None] | None = None,
) -> Result:
    """Lift the people of a keypoint file, an image, a video or a recording to 3D.

    Args:
        source: a file or folder of any format in docs/formats.md, an image or a video (extra "detect"), or a recording.
        model: a name ("human", "cmu", "fly", "mouse"), a .safetensors file, a training run's folder, or a model.
        format: the file's format, as `--from` takes it; None: it is recognized.
        joints: name of the joint set (`joint_sets.JOINT_SETS`) where the file does not state it.
        skeleton: a TOML or JSON file that maps the file's joints to those of the model, for other joint sets.
        fps: frames per second where the file does not state them.
        image_size: width and height in pixels of all images where the file does not state them.
        min_score: detections that the program scored lower are left out; None: only those beyond doubt no person.
        coordinates: what the coordinates of the file are, one of `coordinates.COORDINATES`; None: it is recognized.
        clip: of several clips in a file or folder, the beginning of the name of the one to lift; None: all.
        people: "all", "largest", "one", or people's names, as in `selection.select`.
        min_confidence: 0 to 1; joints with less confidence count as missing.
        head: the top of the head in joint sets without one: "mask" (missing) or "extrapolate" (from ears and thorax).
            None: missing, or extrapolated for a model that takes whole poses only.
        gap: seconds; joints of a video missed for at most as long are filled in on a straight line; 0: none are.
        refine: make the frames of a person in a video agree: keypoints are smoothed by as much as they jitter
            (`denoise.denoise`), proportions that differ from the training set's are taken out while lifting
            (`proportions.bone_proportions`), bones keep their lengths and depths change smoothly (`refinement.refine`).
        smoothing: seconds; windows of Savitzky and Golay's filter over the lifted points of a video; 0: none.
        height: metres, one for all or by people's names. For Human3.6M-17 it is their stature (default: as the file
            states, else `metric_scale.ASSUMED_STATURE`). For other skeletons it is the length of the bones from the
            root to the head of a body with the training set's proportions (default: not known, and units are
            "normalised").
        focal: focal length in pixels, by which people's distances are used in lifting (`virtual_camera`). Default: they
            are not, and `virtual_camera.ASSUMED_FOCAL_RATIO` times the image's larger side is assumed. By either one a
            virtual camera is turned to each person where the size of the images is known.
        up: three numbers, the direction against gravity in camera axes (x right, y down, z forward), of any length.
            Default: it is estimated, or for bodies that are not people's that of the cameras of the training.
        pitch: degrees by which the camera looks down, instead of `up`; with `roll` alone 0. A level camera: 0.
        roll: degrees by which the camera is turned about its axis, what is seen clockwise; with `pitch` alone 0.
        alternatives: of single images, how many bodies to give for each pose: 3 are the best and two others that the
            image allows, too (`alternatives.find_alternatives`).
        check: called with what was read before anything is lifted; an error that it raises is that of `lift`.

    Returns:
        `Result` of N poses: points `[N, J, 3]`, root-centred, camera axes (x right, y down, z forward), in metres or
        model units, with positions, the direction up if the model estimates it, the 2D that was lifted, and notes.

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.

    Source:
        Ours; the lifter is trained as in Chen et al. 2019 (docs/method.md).

    Example:
        >>> import geolift
        >>> import numpy as np
        >>> walker = np.random.default_rng(0).uniform(100, 900, (5, 17, 2))
        >>> recording = geolift.record(walker, np.ones((5, 17)), joints=geolift.H36M17.names, image_size=(1000, 1000))
        >>> result = geolift.lift(recording, height=1.8)
        >>> result.points.shape, result.units
        ((5, 17, 3), 'm')
    """
    expect_up_to(1.0, min_confidence=min_confidence)
    expect_up_to(LONGEST, gap=gap, smoothing=smoothing)
    expect_positive(fps=fps, focal=focal)
    expect_metres(height)
    if head is not None:
        check_head(head)
    gravity = given_up(up, pitch, roll)
    if not isinstance(model, Model):
        model = load(model)
    check_count(alternatives, model.skeleton)
    head = head or ("mask" if model.lifter.masks else "extrapolate")
    reading = Options(joints, fps, image_size, min_score, coordinates, clip)
    how = {"people": people, "skeleton": skeleton, "min_confidence": min_confidence, "head": head}
    read = read_source(source, format, reading)
    expect_images(alternatives, read.read.recording.video)
    if check is not None:
        check(read.read.recording)
    prepared = prepare(read, model.skeleton, options=reading, **how)
    tracks, stated = prepared.tracks, dict(prepared.recording.heights)
    heights = people_heights(tracks.people, height, stated, human=model.skeleton == H36M17)
    feet = feet_of(prepared.recording, tracks, gap, smooth=refine)
    tracks = fill_gaps(tracks, gap)
    if refine:
        tracks = denoise(tracks).tracks
    upright = turn_upright(model, tracks, focal, up=gravity)
    lifted = lift_tracks(model, place_trunks(model, upright.turned), focal)
    if refine:
        lifted = refine_lifted(model, lift_in_proportion(model, lifted))
    lifted = find_alternatives(model, estimate_uncertainty(model, lifted, refined=refine), alternatives)
    lifted = turn_results_back(lifted, upright)
    lifted = locate(model, in_metres(model, lifted, heights), focal)
    lifted = smooth_lifted(in_camera_axes(lifted), smoothing)
    lifted, world = place_in_world(lifted, up=gravity, learnt=learnt_up(model), focal=focal, correct=refine)
    return _result(model, *add_feet(feet, lifted, world, distance=model.distance))


def prepare(
    source: Source,
    target: Skeleton,
    *,
    options: Options = NO_OPTIONS,
    people: str | Sequence[str] = "all",
    skeleton: str | os.PathLike[str] | None = None,
    min_confidence: float = 0.1,
    head: str = "mask",
) -> Prepared:
    """What is lifted: the people of a file, followed through its frames, in the joints of the model; nothing filled in.

    Args:
        source: from `read_source`.
        target: the skeleton of the model.
        options: what the file does not state.
        people: as in `lift`.
        skeleton: as in `lift`.
        min_confidence: as in `lift`.
        head: as in `lift`.

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
    """
    path, read, origin = source
    recording = select(track(without_unsure_joints(read.recording, min_confidence, path or "recording")), people)
    mapping = mapping_to(target, recording, skeleton, origin)
    if path and skeleton is None and options.joints is None and target == H36M17:
        check_people(recording, origin)
    recording = with_joints_of(mapping, without_jumps(undo_swaps(recording)))
    tracks = to_tracks(recording, mapping, head=head, source=origin)
    warnings = check_recording(recording)
    tracks = tracks.noted(*missing_joints(tracks), *(f"warning: {sentence}" for sentence in warnings))
    return Prepared(recording, warnings, tracks.noted(*_unknown_fps(tracks), *_brief(tracks)))


def read_source(source: str | os.PathLike[str] | Recording, format: str | None, options: Options) -> Source:
    """Read what `lift` gets; the arguments, and errors, are those of `lift`."""
    if isinstance(source, Recording):
        given = {name for name, value in {"format": format, **options._asdict()}.items() if value is not None}
        if given:
            raise DatasetError(f"{', '.join(sorted(given))}: found with a recording, expected them in the recording")
        return Source("", Recognized(source, "", "recording"), "recording")
    path = Path(source)
    read = read_keypoints(path, format=format, options=options)
    return Source(str(source), read, f"{path.name}: {read.why}")


def _unknown_fps(tracks: Tracks) -> list[str]:
    """A note on a video whose frame rate is unknown."""
    if not tracks.video or tracks.fps:
        return []
    return [f"the frame rate is unknown: {ASSUMED_FPS:g} frames per second were assumed (set with --fps)"]


def _brief(tracks: Tracks) -> list[str]:
    """A note on people of a video who are in so few frames that they may be false detections."""
    if not tracks.video or len(tracks.frames) <= BRIEF:
        return []
    frames = np.bincount(tracks.person, minlength=len(tracks.people))
    brief = [name for name, n in zip(tracks.people, frames, strict=True) if n <= BRIEF]
    if not brief:
        return []
    who = ", ".join(brief[:10]) + (", ..." if len(brief) > 10 else "")
    several = body_words(tracks.skeleton)[1]
    return [
        f"{len(brief)} of {len(tracks.people)} {several} are in {BRIEF} frames or fewer: {who} (select with --people)"
    ]


def _result(model: Model, lifted: Lifted, world: World) -> Result:
    tracks, points = lifted.tracks, lifted.points
    position = np.full((len(points), 3), np.nan) if lifted.position is None else lifted.position

    def single(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values.astype(np.float32)

    return Result(
        points=points.astype(np.float32),
        position=position.astype(np.float32),
        keypoints=np.where(tracks.available[..., None], tracks.keypoints, np.nan).astype(np.float32),
        confidence=tracks.confidence.astype(np.float32),
        filled=tracks.filled,
        frame=tracks.frame,
        person=tracks.person,
        skeleton=tracks.skeleton,
        frames=tracks.frames,
        people=tracks.people,
        video=tracks.video,
        fps=tracks.fps,
        image_size=tracks.image_size,
        units="normalised" if lifted.metres is None else "m",
        scale=lifted.scale,
        model=model.id,
        source=tracks.source,
        notes=tracks.notes,
        up=single(world.up),
        up_spread=single(world.up_spread),
        world_points=single(world.points),
        to_world=single(world.to_world),
        floor=single(world.floor),
        contact=world.contact,
        focal=single(world.focal),
        uncertainty=lifted.uncertainty.astype(np.float32),
        depth_uncertainty=lifted.depth_uncertainty.astype(np.float32),
        alternatives=single(lifted.alternatives),
    )
