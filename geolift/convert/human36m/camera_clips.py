"""Clips of Human3.6M: a sequence in one camera, with the camera's constants and the split of its subject."""

from typing import Any

from geolift.convert.assemble import CameraClip
from geolift.data import human36m


def camera_clip(subject: str, sequence: str, camera: str, origin: str, **fields: Any) -> CameraClip:
    """The clip of a sequence in one camera, at 50 Hz with the camera's constants unless `fields` has others.

    Args:
        subject: S1 to S11.
        sequence: the name as `human36m.sequence_name` gives it, e.g. "Walking 1".
        camera: one of `human36m.CAMERAS`.
        origin: the file, for errors.
        fields: `keypoints`, and others of `CameraClip`.

    Raises:
        DatasetError: if there is no such subject.
    """
    lens = human36m.LENSES[camera]
    constants = {
        "fps": human36m.FPS,
        "image_size": lens.image_size,
        "intrinsics": lens.intrinsics,
        "gravity": human36m.gravity(subject, camera),
    }
    return CameraClip(
        subject=subject,
        action=sequence,
        camera=camera,
        split=human36m.split_of(subject, origin),
        clip=f"{subject} {sequence}",
        **constants | fields,
    )
