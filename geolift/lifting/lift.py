"""Any keypoints in, 3D poses out: the whole way from a file to a `Result`.

File, recording, people followed, joints of the model, gaps filled, everybody at the training set's size, one pass of
the network, metres. What each step left out, changed or took for granted is a line in the result's notes.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.data.normalization import person_sizes, root_centered
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording, select_rows, without_unsure_joints
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import select, track
from geolift.lifting import refinement
from geolift.lifting.denoise import steady
from geolift.lifting.metric_scale import FOCAL, STATURE, metres_per_unit, root_position
from geolift.lifting.tracks import Timeline, fill, running_median, smooth, timeline
from geolift.model import Model, lift_poses, model_bones
from geolift.output.result import Result
from geolift.pretrained import weights_file
from geolift.skeletons import skeleton_file
from geolift.skeletons.mapping import JointMapping, check_head, map_joints
from geolift.skeletons.skeleton import H36M17, expect_skeleton

UNKNOWN_RATE = 30.0  # frames per second that stretches of time are counted by where nobody tells the rate
TALLEST = 20.0  # metres, of any animal
LARGEST = 1e6  # frames per second, metres, pixels
BRIEF = 5  # frames
WORTH_SAYING = 0.1  # pixels of trembling; less is rounding
SIZE_WINDOW = 2.0  # seconds over which a person's size in the image is told; it changes as they come nearer


def lift(
    source: str | os.PathLike | Recording,
    *,
    model: str | os.PathLike | Model = "cmu",
    format: str | None = None,
    joints: str | None = None,
    skeleton: str | os.PathLike | None = None,
    fps: float | None = None,
    image_size: tuple[float, float] | None = None,
    people: str | Sequence[str] = "all",
    min_confidence: float = 0.1,
    head: str = "mask",
    gap: float = 0.5,
    refine: bool = True,
    smoothing: float = 0.0,
    height: float | None = None,
    focal: float | None = None,
) -> Result:
    """Lift the people of a keypoint file, an image, a video or a recording to 3D.

    Args:
        source: a file or folder of any format in docs/formats.md, an image or a video (extra "detect"), or a recording.
        model: "cmu", a .safetensors file, a training run's folder, or a model.
        format: what the file is; None: it is recognised.
        joints: name of the joint set (`joint_sets.JOINT_SETS`) where the file does not tell.
        skeleton: a TOML or JSON file that maps the file's joints to those of the model, for joint sets of your own.
        fps: frames per second where the file does not tell.
        image_size: width and height in pixels of all images where the file does not tell.
        people: "all", "largest", or people's names, as in `tracking.select`.
        min_confidence: joints less sure than this count as missing.
        head: what becomes of the top of the head in joint sets without one: "mask" (missing) or "extrapolate".
        gap: joints missed for up to so many seconds of a video are filled in on a straight line; 0: none are.
        refine: make the frames of a person in a video agree: keypoints are smoothed as much as they tremble
            (`keypoints.jitter`), bones keep their lengths and depths change smoothly (`refinement.refine`).
        smoothing: seconds; windows of Savitzky and Golay's filter over the lifted points of a video; 0: none.
        height: metres; for Human3.6M-17 the people's stature (default `body_size.STATURE`), for other skeletons the
            length of the bones from the root to the head of a body with the training set's proportions (default: none
            is known, and units are "normalised").
        focal: focal length in pixels (default: `body_size.FOCAL` times the larger side of the image).

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    _check(min_confidence=(min_confidence, 1.0), gap=(gap, 3600.0), smoothing=(smoothing, 3600.0))
    _check_positive(fps=fps, height=height, focal=focal)
    if height is not None and height > TALLEST:
        raise DatasetError(f"height: found {height:g} m, expected metres, up to {TALLEST:g} (are these centimetres?)")
    check_head(head)
    if not isinstance(model, Model):
        model = weights_file.load(model)
    recording, what = _open(source, format, Options(joints, fps, image_size))
    recording = select(track(without_unsure_joints(recording, min_confidence)), people)
    rate = recording.fps or UNKNOWN_RATE

    recording, rows = _in_joints_of(model, recording, _joint_mapping(recording, model, skeleton, what), head)
    notes = [*recording.notes, *_missing(rows, model, made_up=rows.filled)]
    notes += [f"warning: {sentence}" for sentence in check_recording(recording)]
    if recording.video:
        notes += _brief(recording)
    if recording.video and gap:
        before = rows.filled.sum()
        rows = fill(rows, round(gap * rate))
        if rows.filled.sum() > before:
            notes.append(f"{int(rows.filled.sum() - before)} joints were filled in over gaps of up to {gap:g} s")

    trembling = np.zeros(len(rows.frame))
    if refine and recording.video:
        rows, found, trembling = steady(rows, rate)
        pixels = float(np.sqrt((found**2).mean()))
        if pixels >= WORTH_SAYING:
            notes.append(f"keypoints trembled by {pixels:.1f} pixels, which was smoothed (--no-refine: not)")

    points, sizes, why_not = _points(model, rows, round(SIZE_WINDOW * rate) if recording.video else 1)
    lifted = np.isfinite(points).any(axis=(1, 2))
    if not lifted.all():
        notes.append(f"{int((~lifted).sum())} of {len(lifted)} poses were not lifted: {why_not}")
    if not lifted.any():
        raise DatasetError(f"{what}: none of {len(lifted)} poses can be lifted: {'; '.join(notes)}")
    if refine and recording.video:
        larger = _refine(model, points, lifted, rows, rate, trembling * model.distance / sizes)
        sizes = sizes / larger
        notes.append(f"bones were made to keep their lengths through {int(lifted.sum())} poses (--no-refine: not)")

    metres, units, scale = _metres(points, rows, model, height)
    position, more = np.full((len(points), 3), np.nan), ""
    if recording.image_size is None or units != "m":
        wanted = "the image size (--image-size)" if units == "m" else "the size of this skeleton (--height)"
        notes.append(f"where people stand is not known, for want of {wanted}")
    else:
        root, images = rows.keypoints[:, model.skeleton.root], recording.image_size[rows.frame]
        position[lifted] = root_position(root, sizes / (model.distance * metres), images, focal)[lifted]
        lens = f"{focal:g} pixels" if focal else f"{FOCAL:g} times the larger side of the image (assumed)"
        more = f"; position for a focal length of {lens} and a camera axis through the image's centre"
    points *= metres[:, None, None]
    if smoothing:
        points, position, note = _smoothed(points, position, rows, round(smoothing * rate) if recording.video else 0)
        notes.append(note)
    return Result(
        points=points.astype(np.float32),
        position=position.astype(np.float32),
        keypoints=np.where(rows.known[..., None], rows.keypoints, np.nan).astype(np.float32),
        confidence=rows.confidence.astype(np.float32),
        filled=rows.filled,
        frame=rows.frame,
        person=rows.person,
        skeleton=model.skeleton,
        frames=recording.frames,
        people=recording.people,
        video=recording.video,
        fps=recording.fps,
        image_size=recording.image_size,
        units=units,
        scale=scale + more,
        model=model.id,
        source=what,
        notes=tuple(notes),
    )


def _check(**limits: tuple[float, float]) -> None:
    for name, (value, most) in limits.items():
        if not 0 <= value <= most:
            raise DatasetError(f"{name}: found {value}, expected a number from 0 to {most:g}")


def _check_positive(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not 0 < value < LARGEST:
            raise DatasetError(f"{name}: found {value}, expected a number above 0, under {LARGEST:g}")


def _open(source: str | os.PathLike | Recording, format: str | None, options: Options) -> tuple[Recording, str]:
    """The recording, and in words where it is from."""
    said = {name for name, value in {"format": format, **options._asdict()}.items() if value is not None}
    if isinstance(source, Recording):
        if said:
            raise DatasetError(f"{', '.join(sorted(said))}: found with a recording, expected it to tell them itself")
        return source, "recording"
    path = Path(source)
    read = read_keypoints(path, format=format, options=options)
    return read.recording, f"{path.name}: {read.why}"


def _joint_mapping(recording: Recording, model: Model, skeleton: str | os.PathLike | None, what: str) -> JointMapping:
    """From the recording's joints to the model's."""
    by_name = not recording.joint_set or model.skeleton != H36M17
    if skeleton is None and by_name and set(recording.joints) >= set(model.skeleton.names):
        return JointMapping(recording.joints, {name: (name,) for name in model.skeleton.names}, model.skeleton)
    mapping = skeleton_file.resolve_mapping(recording.joints, recording.joint_set, skeleton, what)
    try:
        expect_skeleton(mapping.target, model.skeleton)
    except DatasetError as error:
        raise DatasetError(f"{what}: the model's skeleton is another one: {error}") from error
    return mapping


def _in_joints_of(model: Model, recording: Recording, mapping: JointMapping, head: str) -> tuple[Recording, Timeline]:
    """The detections that have any of the model's joints, and these; a head top that was made up is marked."""
    keypoints, confidence = map_joints(mapping, recording.keypoints, recording.confidence, head=head)
    some = (confidence > 0).any(axis=1)
    recording = select_rows(recording, some, "none of their joints is one of the model's")
    rows = timeline(keypoints[some], confidence[some], recording.frame, recording.person)
    top = model.skeleton.head
    if head == "extrapolate" and not mapping.mean_of[model.skeleton.names[top]]:
        rows.filled[:, top] = rows.confidence[:, top] > 0
        rows.confidence[:, top] = 0
        note = f"the top of the head was extrapolated in {int(rows.filled[:, top].sum())} poses"
        recording = recording._replace(notes=(*recording.notes, note))
    return recording, rows


def _brief(recording: Recording) -> list[str]:
    """Who is there so shortly that it may be nobody."""
    frames = np.bincount(recording.person, minlength=len(recording.people))
    brief = [name for name, n in zip(recording.people, frames, strict=True) if n <= BRIEF]
    if not brief or len(recording.frames) <= BRIEF:
        return []
    who = ", ".join(brief[:10]) + (", ..." if len(brief) > 10 else "")
    return [f"{len(brief)} of {len(recording.people)} people are in {BRIEF} frames or fewer: {who} (--people chooses)"]


def _missing(rows: Timeline, model: Model, made_up: np.ndarray) -> list[str]:
    """What is missing, joint by joint."""
    counts = ((rows.confidence == 0) & ~made_up).sum(axis=0)
    names = model.skeleton.names
    never = [name for name, n in zip(names, counts, strict=True) if n == len(rows.frame)]
    if model.skeleton == H36M17:
        never = ["head (its top)" if name == "head" else name for name in never]
    notes = [f"no pose has {', '.join(never)}"] if never else []
    some = [f"{name} {n}" for name, n in zip(names, counts, strict=True) if 0 < n < len(rows.frame)]
    return [*notes, f"missing, in poses of {len(rows.frame)}: {', '.join(some)}"] if some else notes


def _points(model: Model, rows: Timeline, window: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Lift what can be lifted in one pass.

    Returns:
        Points `[N, J, 3]` in model units, NaN where missing or not lifted; `[N]` the people's sizes (`person_sizes`),
        told over `window` frames; and why poses are not lifted.
    """
    known, root = rows.known, model.skeleton.root
    own = person_sizes(rows.keypoints, known, model.skeleton, model.normalization)
    whole = model.lifter.masks | known.all(axis=1)
    usable = known[:, root] & (own > 0) & whole
    sizes = running_median(own, rows, window) if window > 1 else own
    points = np.full((*known.shape, 3), np.nan)
    if usable.any():
        poses = root_centered(rows.keypoints[usable].astype(np.float64), known[usable], root)
        poses = (poses / sizes[usable, None, None]).astype(np.float32)
        points[usable] = lift_poses(model, poses, known[usable] if model.lifter.masks else None)
        points[~known] = np.nan
    why_not = f"they lack {model.skeleton.names[root]}, or show fewer than three bones"
    return points, sizes, why_not if model.lifter.masks else "they lack a joint, and this model takes whole poses only"


def _refine(
    model: Model, points: np.ndarray, lifted: np.ndarray, rows: Timeline, rate: float, noise: np.ndarray
) -> np.ndarray:
    """Make the lifted rows of each person agree, in place; `[N]` how much larger each row's person was made."""
    refined = refinement.refine(
        points[lifted],
        rows.person[lifted],
        model.skeleton,
        bones=model_bones(model),
        distance=model.distance,
        frame=rows.frame[lifted],
        seen=np.isfinite(points[lifted]).all(axis=-1),
        rate=rate,
        noise=noise[lifted],
    )
    larger = np.ones(len(points))
    points[lifted], larger[lifted] = refined
    return larger


def _metres(points: np.ndarray, rows: Timeline, model: Model, height: float | None) -> tuple[np.ndarray, str, str]:
    """`[N]` how much of the units a unit of the model is, for each row's person; the units; what they rest on."""
    human = model.skeleton == H36M17
    if height is None and not human:
        return np.ones(len(points)), "normalised", "1 is the model's unit: nothing tells the size of this skeleton"
    told = f"{STATURE:g} m (assumed, as nothing tells it)" if height is None else f"{height:g} m (as given)"
    scale = f"height of each person {told}" if human else f"bones from root to head {told}"
    return metres_per_unit(points, rows, model, height or STATURE), "m", scale


def _smoothed(
    points: np.ndarray, position: np.ndarray, rows: Timeline, window: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Points and positions smoothed over `window` frames, and how many poses that changed."""
    smoother = smooth(points, rows, window)
    changed = int((np.nan_to_num(smoother) != np.nan_to_num(points)).any(axis=(1, 2)).sum())
    note = f"{changed} of {len(points)} poses were smoothed; the others are not in a stretch of {window} frames"
    return smoother, smooth(position, rows, window), note
