"""Recognition of keypoint files: the format is found by the content, never by the extension.

Nothing in a file is ever run. What is read at once is bounded: JSON and text by `LARGEST_TEXT`, arrays by `npz.limit`.
"""

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

from geolift.errors import DatasetError
from geolift.keypoints import json_folder
from geolift.keypoints.detector import pictures
from geolift.keypoints.formats import (
    aic,
    alphapose,
    arrays,
    bare_table,
    coco,
    coco_results,
    csv_table,
    deeplabcut,
    detectron,
    geolift_dataset,
    joint_table,
    kinetics_skeleton,
    label_studio,
    labelme,
    mediapipe,
    mmpose,
    mpii,
    opencap,
    openpifpaf,
    openpose,
    pose_format,
    pyskl,
    sleap,
    sleap_labels,
    trc,
    ultralytics,
    via,
    videopose3d,
)
from geolift.keypoints.formats.base import Format
from geolift.keypoints.opening import files_in, names_in, opened, where_files_are
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recording import Recording
from geolift.plurals import counted
from geolift.safe_io import bounded_file, json_file, npz, pickles
from geolift.safe_io.collection import collection_paused
from geolift.safe_io.npz import Archive

FORMATS: tuple[Format, ...] = (  # all known formats; docs of `formats.base` say how to add one
    *openpose.FORMATS,
    coco.FORMAT,
    aic.FORMAT,
    coco_results.FORMAT,
    alphapose.FORMAT,
    *ultralytics.FORMATS,
    openpifpaf.FORMAT,
    mmpose.FORMAT,
    mpii.FORMAT,
    mediapipe.FORMAT,
    kinetics_skeleton.FORMAT,
    pyskl.FORMAT,
    opencap.FORMAT,
    labelme.FORMAT,
    label_studio.FORMAT,
    via.FORMAT,
    detectron.FORMAT,
    videopose3d.FORMAT,
    *deeplabcut.FORMATS,
    sleap.FORMAT,
    sleap_labels.FORMAT,
    pose_format.FORMAT,
    *arrays.FORMATS,
    csv_table.FORMAT,
    joint_table.FORMAT,
    bare_table.FORMAT,
    trc.FORMAT,
    geolift_dataset.FORMAT,
)
LARGEST_TEXT = 2**30  # bytes; Python's objects for a JSON file take up to about twenty times as much
HDF5 = b"\x89HDF\r\n\x1a\n"
HDF5_OFFSETS = (0, 512, 1024, 2048)  # of its signature, after a block of the user's
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
NPY = b"\x93NUMPY"
PICKLE = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
LARGEST_PICKLE = 2**29  # bytes; what is unpickled takes up to a few hundred bytes for each
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how text in UTF-16 begins, as spreadsheets save "Unicode text"
BEGINNING = 40  # bytes of a file that an error shows
KIND_NAMES = {
    "folder": "a folder", "json": "JSON", "npz": "an archive of arrays (.npz)", "csv": "text", "hdf5": "HDF5",
    "pickle": "a pickle", "npy": "an array (.npy)", "pose": "a .pose file",
}  # fmt: skip


class Recognized(NamedTuple):
    """A keypoint file, read.

    Attributes:
        recording: its content.
        format: the name of its format, as `--from` takes it.
        why: what it was recognized as and why, one sentence.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from geolift.keypoints import read_keypoints
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "cat.csv")
        ...     _ = path.write_text("frame,head_x,head_y\\n0,10,20\\n1,11,20\\n")
        ...     recording, format, why = read_keypoints(path)
        >>> format, why
        ('table', 'recognized as table (a table of people: frame, person, JOINT_x, JOINT_y): the header names joints \
with x and y: head_x, head_y')
    """

    recording: Recording
    format: str
    why: str


def open_content(path: str | os.PathLike[str]) -> tuple[str, Any]:
    """The kind of a file, one of `KINDS`, and its content, which depends on the kind.

    * "folder": the paths in it, a sorted list without files of the operating system;
    * "json": the parsed values (`json_file.parse_json`; NaN and Infinity are accepted); of JSON lines a list of them;
    * "npz": an `Archive`;
    * "csv": the lines of any other text, a list of str without line ends;
    * "hdf5": its path;
    * "pickle": the object, by the unpickler that runs nothing (`pickles.load_pickle`);
    * "npy": the array;
    * "pose": its path.

    Raises:
        DatasetError: if it is empty, damaged, too large or of no such kind.
        FileNotFoundError: if there is no such file or folder.
    """
    path = Path(path)
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file or folder")
    try:
        if path.is_dir():
            return "folder", files_in(path)
        if not path.is_file():
            raise DatasetError(f"{path}: found no file and no folder, expected one of keypoints")
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(max(HDF5_OFFSETS) + len(HDF5))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
    if not begin:
        raise DatasetError(f"{path}: the file is empty, expected keypoints")
    if begin.startswith(ZIP):
        return "npz", Archive(path)
    if any(begin[offset : offset + len(HDF5)] == HDF5 for offset in HDF5_OFFSETS):
        return "hdf5", path
    if begin.startswith(NPY):
        return "npy", npz.read_array_file(path)
    if begin.startswith(pose_format.BEGIN):
        return "pose", path
    if begin.startswith(PICKLE):
        data = bounded_file.content(path, LARGEST_PICKLE, "a pickle")
        return "pickle", pickles.load_pickle(io.BytesIO(data), str(path))
    if size > LARGEST_TEXT:
        raise DatasetError(f"{path}: found {size} bytes of text, expected up to {LARGEST_TEXT}")
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith(UTF16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        found = f"byte {content[error.start : error.start + 1]!r} at {error.start}"
        raise DatasetError(
            f"{path}: {_begins(begin)}: neither {error.encoding.upper()} text ({found}), .npz nor HDF5"
        ) from error
    if "\0" in text:
        raise DatasetError(f"{path}: {_begins(begin)}: found zero bytes, expected text, .npz or HDF5")
    if text.lstrip()[:1] in ("{", "["):
        return "json", _json(text, path)
    return "csv", text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def read_keypoints(
    path: str | os.PathLike[str], *, format: str | None = None, options: Options = NO_OPTIONS
) -> Recognized:
    """Read a keypoint file of any known format, or detect people in images or a video.

    Images and videos are known by their suffix, all other files by their content. Packed files are unpacked first, and
    a folder that holds one folder alone stands for that one (`opening`).

    Args:
        path: a file, or a folder of files.
        format: the name of a format in `FORMATS`; None: the one that recognizes the content.
        options: what the user states about it.

    Returns:
        The recording, the name of its format, and why it was recognized as that.

    Raises:
        DatasetError: if no format or several recognize the content, if it is damaged, or contradicts the options.
        FileNotFoundError: if there is no such file or folder.

    Source:
        docs/formats.md lists the formats.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from geolift.keypoints import Options, read_keypoints
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "cat.csv")
        ...     _ = path.write_text("frame,head_x,head_y\\n0,10,20\\n1,11,20\\n")
        ...     recording = read_keypoints(path, options=Options(fps=25)).recording
        >>> recording.keypoints[:, 0].tolist(), recording.fps
        ([[10.0, 20.0], [11.0, 20.0]], 25.0)
    """
    if format is not None and format not in {known.name for known in FORMATS}:
        raise DatasetError(f"--from: found {format!r}, expected one of {sorted({known.name for known in FORMATS})}")
    with opened(Path(path)) as (inside, notes), collection_paused():
        recognized = _read(inside, format, options)
    recording = recognized.recording
    return recognized._replace(recording=recording._replace(notes=(*notes, *recording.notes)))


def _read(path: Path, format: str | None, options: Options) -> Recognized:
    """Read a file or a folder that is not packed."""
    if format is None and _is_picture(path) and not _keypoints_beside(path):
        given = sorted(name for name, value in options._asdict().items() if value is not None and name != "fps")
        if given:
            raise DatasetError(f"{path}: {', '.join(given)}: found with images or a video, which state it themselves")
        return Recognized(pictures.detect(path, fps=options.fps), "picture", "people found by BlazePose")
    kind, content = open_content(path)
    try:
        chosen, why = _asked(path, kind, content, format) if format is not None else _recognized(path, kind, content)
        return Recognized(_noted(chosen.read(content, path, options), kind, content), chosen.name, why)
    except (OverflowError, RecursionError, MemoryError) as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"{path}: damaged, or too large: {what}") from error


def _is_picture(path: Path) -> bool:
    """Whether it is an image or a video, by its suffix, or a folder with images."""
    if path.is_dir():
        return any(os.path.splitext(name)[1].lower() in pictures.IMAGES for name in names_in(path))
    return path.suffix.lower() in (*pictures.IMAGES, *pictures.VIDEOS)


def _keypoints_beside(path: Path) -> bool:
    """Whether a folder with images also holds their keypoints, as programs that draw them leave it."""
    if not path.is_dir():
        return False
    files = files_in(path)
    folders = [known for known in FORMATS if known.kind == "folder" and known.recognize(files)]
    return bool(folders or json_folder.recognize(files, FORMATS))


def _noted(recording: Recording, kind: str, content: Any) -> Recording:
    """The recording with a note on images beside the files of keypoints, at which nobody looks."""
    images = sum(file.suffix.lower() in pictures.IMAGES for file in content) if kind == "folder" else 0
    if not images:
        return recording
    note = f"{counted(images, 'image', 'images')} beside the keypoints: not looked at"
    return recording._replace(notes=(*recording.notes, note))


def _recognized(path: Path, kind: str, content: Any) -> tuple[Format, str]:
    """The one format that recognizes the content, and why."""
    candidates = [known for known in FORMATS if known.kind == kind]
    found = [(known, why) for known in candidates if (why := known.recognize(content))]
    if not found and kind == "folder":
        found = json_folder.recognize(content, FORMATS)
    if len(found) > 1:
        listed = "; ".join(f"{known.name} ({why})" for known, why in found)
        raise DatasetError(f"{path}: found several formats, say which with --from: {listed}")
    if not found:
        looked = "; ".join(f"{known.name} ({known.what})" for known in candidates) or "none"
        where = where_files_are(path) if kind == "folder" else ""
        raise DatasetError(
            f"{path}: not recognized: found {KIND_NAMES[kind]}, {_begins(content, kind)}. "
            + (f"{where}. " if where else "")
            + f"Formats looked for: {looked}"
        )
    chosen, why = found[0]
    return chosen, f"recognized as {chosen.name} ({chosen.what}): {why}"


def _asked(path: Path, kind: str, content: Any, name: str) -> tuple[Format, str]:
    """The format of that name for files of this kind."""
    named = [known for known in FORMATS if known.name == name]
    if kind == "folder":
        named += [json_folder.of_folder(known) for known in named if known.merge]
    chosen = next((known for known in named if known.kind == kind), None)
    if chosen is None:
        kinds = " or ".join(KIND_NAMES[known.kind] for known in named)
        raise DatasetError(f"{path}: found {KIND_NAMES[kind]}, expected {kinds} for {name}")
    why = chosen.recognize(content) or "its content does not confirm it"
    return chosen, f"read as {chosen.name} ({chosen.what}), as asked: {why}"


def _json(text: str, path: Path) -> Any:
    """The parsed values; of JSON lines (a value in each line) a list of them."""
    try:
        return json_file.parse_json(text)
    except ValueError as error:
        values = _json_lines(text, path) if "\n" in text.strip() else None
        if values is None:
            raise DatasetError(f"{path}: damaged JSON: {error}") from error
        return values


def _json_lines(text: str, path: Path) -> list[Any] | None:
    """The values of JSON lines, without empty lines; None if already the first line is not JSON."""
    values: list[Any] = []
    for i, line in enumerate(text.split("\n")):
        try:
            if line.strip():
                values.append(json_file.parse_json(line))
        except ValueError as error:
            if not values:
                return None
            where = f"line {i + 1}, {str(error).removeprefix('line 1, ')}"
            raise DatasetError(f"{path}: damaged JSON lines: {where}") from error
    return values


def _begins(content: Any, kind: str = "") -> str:
    """What a file begins with, in words."""
    if kind == "folder":
        names = [file.name for file in content[:3]]
        return f"of {len(content)} files: {', '.join(names)}{', ...' if len(content) > 3 else ''}" if names else "empty"
    if kind == "npz":
        return f"with the arrays {sorted(content.names)[:10]}"
    if kind == "hdf5":
        return "whose tables are of another program"
    if kind == "npy":
        return f"{content.dtype} of shape {list(content.shape)}"
    if kind == "pickle":
        keys = content[0] if isinstance(content, list) and content else content
        named = f" with {sorted(map(str, keys))[:10]}" if isinstance(keys, dict) else ""
        return f"of {type(content).__name__}{named}"
    if kind == "json":
        keys = content if isinstance(content, dict) else content[0] if content and isinstance(content[0], dict) else {}
        what = "an object" if isinstance(content, dict) else f"a list of {len(content)}"
        return f"{what} with {sorted(keys)[:10]}" if keys else what
    if kind == "csv":
        return f"which begins with {content[0][:BEGINNING]!r}"
    return f"begins with {content[:BEGINNING]!r}"
