"""What a reader of keypoint files is: how a format is recognised, and how it becomes a `Recording`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from geolift.keypoints.recording import Recording

KINDS = ("folder", "json", "npz", "csv", "hdf5")


class Options(NamedTuple):
    """What a user says about a file where the file itself does not.

    Attributes:
        joints: name of the joint set (`joint_sets.JOINT_SETS`) or None.
        fps: frames per second, or None.
        image_size: width and height of all images in pixels, or None.
    """

    joints: str | None = None
    fps: float | None = None
    image_size: tuple[float, float] | None = None


class Format(NamedTuple):
    """One format.

    Attributes:
        name: what `--from` takes.
        what: one line for people: which program writes it.
        kind: which of `KINDS` it comes as; it decides what `content` is.
        recognise: `(content) -> why`: why the content is of this format, in words, or None if it is not.
        read: `(content, path, options) -> Recording`; raises DatasetError beginning with the path.
    """

    name: str
    what: str
    kind: str
    recognise: Callable[[Any], str | None]
    read: Callable[[Any, Path, Options], Recording]
