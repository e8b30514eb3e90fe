"""The data set of a new lifter: from keypoint files or a data set, with a skeleton that is given, known or proposed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.keypoint_files import TEST_EVERY, TEST_GAP, convert
from geolift.convert.skeleton_of_files import propose_of
from geolift.data.dataset import Dataset, load_dataset
from geolift.data.moments import with_moments_of_clips
from geolift.data.splitting import split_by_time
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording
from geolift.new_lifter.table_folders import tables_of
from geolift.output.overwriting import PROPOSED, is_dataset
from geolift.output.view.skeleton_picture import draw_skeleton
from geolift.safe_io.atomic import replace_file
from geolift.skeletons.skeleton_file import resolve_mapping, skeleton_text


class Keypoints(NamedTuple):
    """What a lifter is trained on.

    Attributes:
        data: a data set with the splits "train" and "test", without 3D.
        notes: how it was made, a sentence each.
    """

    data: Dataset
    notes: tuple[str, ...]


def prepare_keypoints(
    paths: Sequence[str | os.PathLike[str]],
    beside: Path,
    *,
    skeleton: str | os.PathLike[str] | None = None,
    synchronized: bool = False,
    **reading: Any,
) -> Keypoints:
    """Read what a lifter is trained on; the last fifth of the time of every clip is held out.

    Joints of no known set get a skeleton that is proposed, and written beside the lifter: NAME.toml and, with
    matplotlib, NAME.png. If NAME.toml is there already, it is used: so that it can be corrected.

    Args:
        paths: keypoint files, folders of them or of any known format, or one data set.
        beside: the lifter's file; NAME is its name.
        skeleton: a skeleton file; None: as the joints are known, or proposed.
        synchronized: whether several cameras film the same moments: files frame by frame, clips of a data set with the
            same name and length. A data set that states moments is synchronised without it.
        reading: options of `convert`: fps, image_size, focal, ...

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    if len(paths) == 1 and is_dataset(Path(paths[0])):
        given = sorted(name for name, value in {**reading, "skeleton": skeleton}.items() if value is not None)
        if given:
            raise DatasetError(f"{', '.join(given)}: found with a data set, expected keypoint files")
        data = load_dataset(paths[0]).without_3d()
        if synchronized:
            data = with_moments_of_clips(data, str(paths[0]))
        return Keypoints(with_held_out(data), ())
    files, notes = tables_of(paths)
    options = Options(**{name: value for name, value in reading.items() if name in Options._fields})
    read = [read_keypoints(path, format=reading.get("format"), options=options) for path in files]
    first = read[0].recording
    if skeleton is None and not _are_known(first, files[0]):
        skeleton, about = _proposed([one.recording for one in read], files, beside.with_suffix(".toml"))
        notes += about
    data = convert(*files, skeleton=skeleton, split_by="time", synchronized=synchronized, read=read, **reading)
    return Keypoints(data, (data.source, *notes))


def with_held_out(data: Dataset) -> Dataset:
    """A data set with the splits "train" and "test": as it is, or the last fifth of the time of every clip held out."""
    if set(np.unique(data.split)) >= {"train", "test"}:
        return data
    return split_by_time(data, share=1 / TEST_EVERY, gap=TEST_GAP)


def _are_known(recording: Recording, path: str | os.PathLike[str]) -> bool:
    """Whether joints are those of people, of a known set."""
    try:
        resolve_mapping(recording.joints, recording.joint_set, None, str(path))
    except DatasetError:
        return False
    return True


def _proposed(read: Sequence[Recording], paths: Sequence[Path], toml: Path) -> tuple[Path, tuple[str, ...]]:
    """The skeleton file beside the lifter, written if it is not there, and notes; `read` is what the files hold."""
    if toml.exists():
        return toml, (f"skeleton: {toml}, which is there already",)
    found = propose_of(read, paths)
    replace_file(toml, skeleton_text(found.file, (PROPOSED, *found.reasons)).encode())
    picture, shown = toml.with_suffix(".png"), ""
    try:
        draw_skeleton(found.file.skeleton, found.pose, picture)
        shown = f" (as a picture: {picture})"
    except DatasetError:
        pass  # without matplotlib there is no picture
    return toml, (f"skeleton: proposed in {toml}{shown}; correct it there and train again", *found.reasons)
