"""Any keypoints in, 3D poses out: the whole way from a file to a `Result`.

File, recording, people followed, joints of the model, gaps filled, everybody at the training set's size, one pass of
the network, metres. What each step left out, changed or took for granted is a line in the result's notes.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift import bridges, pretrained, skeleton_file
from geolift.body_size import FOCAL, STATURE, person_factor, reference_length, root_position
from geolift.bridges import Bridge
from geolift.errors import DatasetError
from geolift.keypoints import detector
from geolift.keypoints.format import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording, without_doubtful
from geolift.keypoints.timeline import Timeline, fill, people, running_median, smooth, timeline
from geolift.keypoints.tracking import select, track
from geolift.model import Model, lift_poses
from geolift.normalization import person_sizes, root_centered
from geolift.output.result import Result
from geolift.skeleton import H36M17

UNKNOWN_RATE = 30.0  # frames per second that stretches of time are counted by where nobody tells the rate
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
        smoothing: seconds; windows of Savitzky and Golay's filter over the lifted points of a video; 0: none.
        height: metres; for Human3.6M-17 the people's stature (default `body_size.STATURE`), for other skeletons the
            length of the bones from the root to the head (default: none is known, and units are "normalised").
        focal: focal length in pixels (default: `body_size.FOCAL` times the larger side of the image).

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    limits = {"min_confidence": (min_confidence, 1.0), "gap": (gap, 3600.0), "smoothing": (smoothing, 3600.0)}
    for name, (value, most) in limits.items():
        if not 0 <= value <= most:
            raise DatasetError(f"{name}: found {value}, expected a number from 0 to {most:g}")
    for name, value in {"height": height, "focal": focal}.items():
        if value is not None and not 0 < value < 1e6:
            raise DatasetError(f"{name}: found {value}, expected a number above 0")
    if not isinstance(model, Model):
        model = pretrained.load(model)
    recording, what = _open(source, format, Options(joints, fps, image_size))
    recording = select(track(without_doubtful(recording, min_confidence)), people)
    rate = recording.fps or UNKNOWN_RATE

    bridge = _bridge(recording, model, skeleton, what)
    rows = timeline(
        *bridges.apply(bridge, recording.keypoints, recording.confidence, head=head), recording.frame, recording.person
    )
    notes = [*recording.notes, *_missing(rows, model)]
    if recording.video and gap:
        rows = fill(rows, round(gap * rate))
        if rows.filled.any():
            notes.append(f"{int(rows.filled.sum())} joints were filled in over gaps of up to {gap:g} s")
    known = rows.known
    usable = known[:, model.skeleton.root] & (model.lifter.masks | known.all(axis=1))
    sizes = person_sizes(rows.keypoints, known, model.skeleton, model.normalization)
    if recording.video:
        sizes = running_median(sizes, rows, round(SIZE_WINDOW * rate))
    usable &= sizes > 0
    if not usable.all():
        why = f"want of {model.skeleton.names[model.skeleton.root]} or of three bones"
        notes.append(f"{int((~usable).sum())} of {len(usable)} poses were not lifted for {why}")
    if not usable.any():
        raise DatasetError(f"{what}: none of {len(usable)} poses can be lifted: {'; '.join(notes)}")

    points = np.full((*known.shape, 3), np.nan, np.float32)
    poses = root_centered(rows.keypoints[usable].astype(np.float64), known[usable], model.skeleton.root)
    poses = (poses / sizes[usable, None, None]).astype(np.float32)
    points[usable] = lift_poses(model, poses, known[usable] if model.lifter.masks else None)
    points[~known] = np.nan

    units, scale, metres = _metres(points, rows, model, height)
    size = None if recording.image_size is None else recording.image_size[rows.frame]
    position = np.full((len(points), 3), np.nan, np.float32)
    if size is not None and units == "m":
        root = rows.keypoints[:, model.skeleton.root]
        pixels_per_metre = sizes / (model.distance * metres)
        position[usable] = root_position(root, pixels_per_metre, size, focal)[usable]
        lens = f"{focal:g} pixels" if focal else f"{FOCAL:g} times the larger side of the image (assumed)"
        scale += f"; position for a focal length of {lens} and a camera axis through the image's centre"
    points *= metres[:, None, None]
    if recording.video and smoothing:
        points, position = (smooth(values, rows, round(smoothing * rate)) for values in (points, position))
        notes.append(f"points were smoothed over windows of {smoothing:g} s")
    return Result(
        points=points.astype(np.float32),
        position=position.astype(np.float32),
        keypoints=np.where(known[..., None], rows.keypoints, np.nan).astype(np.float32),
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
        scale=scale,
        model=model.id,
        source=what,
        notes=tuple(notes),
    )


def _open(source: str | os.PathLike | Recording, format: str | None, options: Options) -> tuple[Recording, str]:
    """The recording, and in words where it is from."""
    if isinstance(source, Recording):
        return source, "recording"
    path = Path(source)
    files = path.iterdir() if path.is_dir() else [path]
    if format is None and {file.suffix.lower() for file in files} & {*detector.IMAGES, *detector.VIDEOS}:
        return detector.detect(path, fps=options.fps), f"{path.name}: people found by BlazePose"
    read = read_keypoints(path, format=format, options=options)
    return read.recording, f"{path.name}: {read.why}"


def _bridge(recording: Recording, model: Model, skeleton: str | os.PathLike | None, what: str) -> Bridge:
    """From the recording's joints to the model's."""
    if skeleton is None and not recording.joint_set and set(recording.joints) >= set(model.skeleton.names):
        bridge = Bridge(recording.joints, {name: (name,) for name in model.skeleton.names}, model.skeleton)
    else:
        bridge = skeleton_file.bridge_of(recording, skeleton, what)
    if bridge.target != model.skeleton:
        found, expected = list(bridge.target.names), list(model.skeleton.names)
        raise DatasetError(f"{what}: joints: found those of {found}, expected the model's {expected}")
    return bridge


def _missing(rows: Timeline, model: Model) -> list[str]:
    """What is missing, joint by joint."""
    counts = (rows.confidence == 0).sum(axis=0)
    always = [name for name, n in zip(model.skeleton.names, counts, strict=True) if n == len(rows.frame)]
    notes = [f"the file has no {', '.join(always)}"] if always else []
    some = [f"{name} {n}" for name, n in zip(model.skeleton.names, counts, strict=True) if 0 < n < len(rows.frame)]
    return [*notes, f"missing, in poses of {len(rows.frame)}: {', '.join(some)}"] if some else notes


def _metres(points: np.ndarray, rows: Timeline, model: Model, height: float | None) -> tuple[str, str, np.ndarray]:
    """The units, what they rest on, and `[N]` how many of them a unit of the model is for each row's person."""
    human = model.skeleton == H36M17
    factor = np.ones(len(points))
    if height is None and not human:
        return "normalised", "1 is the model's unit: nothing tells the size of this skeleton", factor
    known = np.isfinite(points).all(axis=-1)
    for start, stop in people(rows):
        if known[start:stop].any():
            factor[start:stop] = person_factor(points[start:stop], known[start:stop], model)
    length = STATURE if height is None else height
    what = "each person is" if human else "the bones from root to head are"
    told = "assumed, as nothing tells it" if height is None else "as given"
    return "m", f"{what} {length:g} m {'tall' if human else 'long'} ({told})", length / reference_length(model) / factor
