"""Writing of results in the format that a file's suffix names, and reading of the formats that keep everything."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from geolift.errors import DatasetError
from geolift.output.angles_csv import write_angles_csv
from geolift.output.csv_table import write_csv
from geolift.output.endings import ending_of
from geolift.output.mocap.axes import BVH_AXES, C3D_AXES, TRC_AXES, Axes, axes_notes
from geolift.output.mocap.bvh import write_bvh
from geolift.output.mocap.c3d import write_c3d
from geolift.output.mocap.glb import write_glb
from geolift.output.mocap.marker_names import MARKERS
from geolift.output.mocap.mot import write_mot
from geolift.output.mocap.trc import write_trc
from geolift.output.npz_json import load_json, load_npz, write_json, write_npz
from geolift.output.people_files import split_people
from geolift.output.result import ASSUMED_FPS, Result, check_result
from geolift.output.trust import trust_note, untrusted, without_joints
from geolift.safe_io import bounded_file
from geolift.safe_io.atomic import replacing_all


def with_a_marker_set(options: Mapping[str, Any]) -> bool:
    """A file holds one person only where programs scale a model to it, and find its markers by their names alone."""
    return options.get("markers") in MARKERS


class Writer(NamedTuple):
    """How a format is written.

    Attributes:
        write: `(result, path, **options) -> notes`; raises DatasetError that does not name the path.
        axes: of a motion file, which has a time line, and no place to flag joints; None: not one.
        alone: whether a file holds one person only.
        alone_if: `(options) -> bool`, whether it does with these options; None: as `alone`.
        options: keyword arguments of `write` that users may give, among those of `write_result`; not given: left out.
    """

    write: Callable[..., list[str]]
    axes: Axes | None = None
    alone: bool = False
    alone_if: Callable[[Mapping[str, Any]], bool] | None = None
    options: tuple[str, ...] = ()

    @property
    def takes(self) -> tuple[str, ...]:
        """Names of what users may ask for: the options, and of a motion file which axes and which joints it has."""
        return (*(("camera", "trust") if self.axes else ()), *self.options)


class Written(NamedTuple):
    """What `write_result` returns.

    Attributes:
        paths: the files, for formats of one person a file in the order of people.
        notes: what the format left out, changed or assumed, a line each.

    Example:
        >>> Written(paths=(Path("out.npz"),), notes=()).paths[0].name
        'out.npz'
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


WRITERS = {
    ".npz": Writer(write_npz, options=("trust",)),
    ".json": Writer(write_json, options=("trust",)),
    ".csv": Writer(write_csv, options=("trust",)),
    ".bvh": Writer(write_bvh, BVH_AXES, alone=True, options=("names",)),
    ".c3d": Writer(write_c3d, C3D_AXES, options=("markers",)),
    ".glb": Writer(write_glb, BVH_AXES, options=("names",)),
    ".trc": Writer(write_trc, TRC_AXES, alone_if=with_a_marker_set, options=("markers",)),
    ".angles.csv": Writer(write_angles_csv, options=("camera", "trust")),
    ".mot": Writer(write_mot, TRC_AXES, alone=True),
}
LOADERS = {".npz": load_npz, ".json": load_json}


def write_result(
    result: Result,
    path: str | os.PathLike[str],
    *,
    camera: bool = False,
    trust: float | None = None,
    names: str | None = None,
    markers: str | None = None,
) -> Written:
    """Check a result and write it in the format that the end of the path names.

    .npz, .json, .csv, .bvh, .c3d, .glb, .trc; joint angles: .angles.csv, .mot.
    Files appear whole or not at all, in place of existing ones. With several people, formats of one person a file
    (.bvh, .mot, and .trc with a marker set) become files like out_NAME.bvh, or out_0.bvh, out_1.bvh where a name does
    not suit a file.

    Args:
        result: N poses.
        path: the file.
        camera: keep camera axes in motion files and angles; by default they have the world's where known.
        trust: metres; joints with more uncertainty are missing in motion files and flagged in .csv. None: all are kept.
            .npz and .json keep all joints, with their uncertainty.
        names: names of the bones of a rig, for the program that takes it. None: the usual ones.
        markers: names of the joints in .trc and .c3d: "h36m", "pose2sim" or "opencap" (`mocap.marker_names`). None:
            those of the result.

    Returns:
        The files and notes.

    Raises:
        DatasetError: if the suffix is unknown, the format does not take an option that is given, the result is not as
            documented, or the format cannot hold it.
        FileNotFoundError: if there is no such folder.
        OSError: if the disk does not accept a file; it names the file, and existing ones are as they were.

    Source:
        Formats: docs/result-files.md.

    Example:
        >>> import tempfile
        >>> import geolift
        >>> import numpy as np
        >>> pose = np.random.default_rng(0).uniform(100, 900, (1, 17, 2))
        >>> result = geolift.lift(geolift.record(pose, np.ones((1, 17)), joints=geolift.H36M17.names, video=False))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = write_result(result, Path(folder) / "poses.csv")
        ...     written.paths[0].read_text().split(",")[:3]
        ['person', 'frame', 'frame_name']
    """
    path = Path(path)
    writer = _by_ending(WRITERS, path)
    asked = {"camera": camera or None, "trust": trust, "names": names, "markers": markers}
    asked = {option: value for option, value in asked.items() if value is not None}
    expect_taken(asked, [path], takers())
    check_result(result, str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent}: no such folder")
    if path.is_dir():
        raise DatasetError(f"{path}: found a folder, expected a file")
    expect_time_line(result.video, path)
    result, notes = _as_asked(result, writer, asked)
    options = {option: asked[option] for option in writer.options if option in asked}
    results, left_out = _by_file(result, path, asked)
    notes += left_out
    with replacing_all(*results) as partials:
        for (target, part), partial in zip(results.items(), partials, strict=True):
            try:
                found = writer.write(part, partial, **options)
            except DatasetError as error:
                raise DatasetError(f"{target}: {error}") from error
            except OSError as error:
                raise OSError(error.errno, error.strerror or str(error), str(target)) from error
            notes += found if len(results) == 1 else [f"{target.name}: {note}" for note in found]
    return Written(tuple(results), tuple(notes))


def takers() -> dict[str, tuple[str, ...]]:
    """The names of what users may ask for, by the ending of the format that takes them."""
    return {ending: writer.takes for ending, writer in WRITERS.items()}


def expect_taken(asked: Iterable[str], paths: Sequence[Path], taken: Mapping[str, Sequence[str]]) -> None:
    """Refuse an option that no file takes, so that none is without effect.

    Args:
        asked: names of options.
        paths: files that are to be written.
        taken: names of options by the endings of formats, as `takers` gives them.

    Raises:
        DatasetError: naming the option, and the formats that take it.
    """
    endings = [ending_of(path, taken) for path in paths]
    for option in asked:
        if not any(option in taken[ending] for ending in endings):
            known = ", ".join(ending for ending, options in taken.items() if option in options) or "no format yet"
            found = ", ".join(sorted(set(endings)))
            raise DatasetError(f"{option}: found with {found} alone, expected an output that takes it: {known}")


def expect_time_line(video: bool, path: Path) -> None:
    """Refuse single images for a format with a time line.

    Raises:
        DatasetError: naming the file, and the formats that take single images.
    """
    if not video and WRITERS[ending_of(path, WRITERS)].axes:
        still = " or ".join(ending for ending, writer in WRITERS.items() if not writer.axes)
        raise DatasetError(f"{path}: found single images, expected a video: {path.suffix} has a time line; use {still}")


def _as_asked(result: Result, writer: Writer, asked: Mapping[str, Any]) -> tuple[Result, list[str]]:
    """The result of a motion file in the axes, with the joints and the frame rate, that it will have, and notes."""
    if not writer.axes:
        return result, []
    notes = []
    if "trust" in asked:
        unsure = untrusted(result, asked["trust"])
        notes.append(trust_note(unsure, result, asked["trust"], "missing"))
        result = without_joints(result, unsure)
    if "camera" in asked:
        result = result.without_world()
    notes = [*axes_notes(result, writer.axes, "camera" in asked), *notes]
    if not result.fps:
        result = result._replace(fps=ASSUMED_FPS)
        notes.append(f"the frame rate is unknown: {ASSUMED_FPS:g} frames per second were written")
    return result, notes


def files_of(result: Result, path: str | os.PathLike[str], asked: Mapping[str, Any]) -> tuple[Path, ...]:
    """The files that `write_result` writes; for a path of a view, which has another suffix, the path alone.

    Args:
        result: N poses.
        path: the file that is asked for.
        asked: options of `write_result`.

    Raises:
        DatasetError: if the format cannot hold the result.
    """
    return tuple(_by_file(result, Path(path), asked)[0])


def load_result(path: str | os.PathLike[str]) -> Result:
    """Read and check a .npz or .json that `write_result` wrote; nothing was lost.

    Args:
        path: the file.

    Returns:
        The result that was written.

    Raises:
        DatasetError: naming the file, the entry, what was found and what was expected.
        FileNotFoundError: if there is no such file.

    Source:
        Formats: docs/result-files.md.

    Example:
        >>> import tempfile
        >>> import geolift
        >>> import numpy as np
        >>> pose = np.random.default_rng(0).uniform(100, 900, (1, 17, 2))
        >>> result = geolift.lift(geolift.record(pose, np.ones((1, 17)), joints=geolift.H36M17.names, video=False))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = write_result(result, Path(folder) / "poses.json")
        ...     again = load_result(written.paths[0])
        >>> bool((again.points == result.points).all())
        True
    """
    path = Path(path)
    loader = _by_ending(LOADERS, path)
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_dir():
        raise DatasetError(f"{path}: found a folder, expected a file")
    return loader(path)


def _by_ending(formats: dict, path: Path):
    ending = ending_of(path, formats)
    if ending is None:
        raise DatasetError(f"{path}: found the suffix {path.suffix!r}, expected one of {', '.join(formats)}")
    return formats[ending]


def _by_file(result: Result, path: Path, asked: Mapping[str, Any]) -> tuple[dict[Path, Result], list[str]]:
    """The result by the file that it goes to, one for each person in some formats, and notes."""
    writer = WRITERS.get(ending_of(path, WRITERS))
    alone = writer is not None and (writer.alone_if(asked) if writer.alone_if else writer.alone)
    if not alone or len(result.people) == 1:
        return {path: result}, []
    return split_people(result, path, ending_of(path, WRITERS))
