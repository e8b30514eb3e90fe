"""geolift's data sets (docs/dataset.md) as keypoints to lift."""

from pathlib import Path

import numpy as np

from geolift.data.dataset import load_dataset
from geolift.keypoints.formats.base import Format
from geolift.keypoints.options import Options, resolve_fps, resolve_image_size, resolve_joints
from geolift.keypoints.recording import Recording, record
from geolift.safe_io.npz import Archive
from geolift.skeletons.skeleton import H36M17

ARRAYS = {"version", "keypoints", "confidence", "joint_names", "parents", "start", "stop"}


def recognize(archive: Archive) -> str | None:
    """Why the archive is a data set, or None: it holds its arrays."""
    return f"it holds the arrays {', '.join(sorted(ARRAYS))}" if set(archive.names) >= ARRAYS else None


def read(archive: Archive, path: Path, options: Options) -> Recording:
    """Read a data set: each clip becomes another person in separate frames.

    A clip keeps its name; where two clips have the same name, it becomes name/camera, where these are the same as well,
    name/camera/number. Frames are named by the clip and their number in it.

    Raises:
        DatasetError: if it is not a valid data set, or contradicts the options.
    """
    data = load_dataset(path)
    resolved = resolve_joints(data.skeleton.names, options.joints, str(path))
    clips = [str(name) for name in data.clip]
    for more in (data.camera, range(len(clips))):
        if len(set(clips)) < len(clips):
            clips = [f"{clip}/{part}" for clip, part in zip(clips, more, strict=True)]
    clip = data.clip_of_frame
    rates = np.unique(data.fps)
    notes = list(resolved.notes)
    if len(rates) > 1:
        notes.append(f"clips have {len(rates)} frame rates from {rates[0]:g} to {rates[-1]:g}: none was used")
    fps = float(rates[0]) if len(rates) == 1 else 0.0
    size = None if data.image_size is None else data.image_size[clip]
    return record(
        data.keypoints[:, resolved.order],
        data.confidence[:, resolved.order],
        frame=np.arange(data.frames),
        joints=resolved.joints,
        joint_set="h36m17" if data.skeleton == H36M17 else resolved.joint_set,
        frames=tuple(f"{clips[c]}/{i}" for c, i in zip(clip, np.arange(data.frames) - data.start[clip], strict=True)),
        video=bool((data.fps > 0).all()),
        origin=str(path),
        person=clip,
        people=tuple(clips),
        fps=resolve_fps(fps, options.fps, str(path)),
        image_size=resolve_image_size(size, options.image_size, data.frames, str(path)),
        notes=tuple(notes),
    )


FORMAT = Format("geolift", "a geolift data set", "npz", recognize, read)
