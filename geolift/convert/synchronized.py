"""Keypoint files of synchronised cameras: the same moments, frame by frame (docs/convert.md)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError


def expect_same_moments(parts: Sequence[Dataset], frames: Sequence[int], paths: Sequence[Path]) -> None:
    """Refuse files that cannot film the same moments: one alone, of other lengths, rates or individuals.

    Args:
        parts: a data set of each file.
        frames: how many frames each has.
        paths: the files of one recording.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
    """
    if len(paths) < 2:
        raise DatasetError(f"{paths[0]}: synchronized: found 1 file of a recording, expected one of each camera")
    for part, count, path in zip(parts, frames, paths, strict=True):
        rate, names = float(part.fps[0]), sorted(set(part.subject.tolist()))
        first, others = float(parts[0].fps[0]), sorted(set(parts[0].subject.tolist()))
        if count != frames[0]:
            raise DatasetError(
                f"{path}: synchronized: found {count} frames, expected {frames[0]} as in {paths[0].name}"
            )
        if rate != first:
            raise DatasetError(f"{path}: synchronized: found {rate:g} frames per second, expected {first:g}")
        if len(names) != len(others) or (len(names) > 1 and names != others):
            raise DatasetError(
                f"{path}: synchronized: found the individuals {', '.join(names)[:100]}, expected those of "
                f"{paths[0].name}, {', '.join(others)[:100]}"
            )


def with_shared_moments(data: Dataset, first: np.ndarray, file: np.ndarray, names: Sequence[str]) -> Dataset:
    """A data set of synchronised files whose clips have moments, one name of each individual, and their cameras.

    Files of the same name in several folders are one camera; each folder is a recording.

    Args:
        data: C clips of all files.
        first: `[C]` int, the number of each clip's first frame in its file.
        file: `[C]` int, the file of each clip.
        names: of the files, all different, FOLDER/NAME where several have one NAME.
    """
    recording, camera = recordings_of(names), np.array([name.rpartition("/")[2] for name in names])
    length = data.stop - data.start
    number, offset = np.array(recording)[file], 0
    moment = first.astype(np.int64)
    for one in range(max(recording) + 1):
        mine = number == one
        moment[mine] += offset
        offset = int((moment + length)[mine].max())
    folder = np.array([name.rpartition("/")[0] for name in names])[file]
    frame = [name.rpartition("/")[2] for name in data.clip]
    clip = np.array([f"{where}/{name}" if where else name for where, name in zip(folder, frame, strict=True)])
    single = len({(f, s) for f, s in zip(file, data.subject, strict=True)}) == len(names)
    subject = np.full(len(file), data.subject[0]) if single else data.subject
    return data._replace(moment=moment, camera=camera[file], clip=clip, subject=subject)


def recordings_of(names: Sequence[str]) -> list[int]:
    """The number of each file's recording: its folder, where files of several folders have one name; else all 0.

    Example:
        >>> recordings_of(["day1/cam0", "day1/cam1", "day2/cam0", "day2/cam1"]), recordings_of(["cam0", "cam1"])
        ([0, 0, 1, 1], [0, 0])
    """
    folders = list(dict.fromkeys(name.rpartition("/")[0] for name in names))
    return [folders.index(name.rpartition("/")[0]) for name in names]
