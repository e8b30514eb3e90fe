"""Overwriting: an output replaces only what the same command wrote there before, never its input or another file."""

import os
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from geolift.errors import DatasetError
from geolift.output.endings import ending_of

PROPOSED = "Proposed by geolift skeleton: look at it and correct it."  # the first line of such a skeleton file
BEGINNING, END = 2**22, 2**16  # bytes of a file by which it is known
RESULT = {"format.npy", "points.npy", "joint_names.npy"}  # of the files in a .npz of lifted poses
DATASET = {"version.npy", "keypoints.npy", "confidence.npy", "joint_names.npy", "start.npy", "stop.npy"}
CSV = re.compile(rb"^person,frame,frame_name,seconds,units,axes,root_x,root_y,root_z,")
ANGLES = re.compile(rb"^person,frame,frame_name,seconds,view,left_contact,right_contact,event(,pelvis_tilt,|\n)")
MOT = re.compile(rb"^Coordinates\n(?:[^\n]*\n){5}[^\n]*; written by geolift\.\nendheader\ntime\t")
BVH = re.compile(  # blanks, digits, order of the channels; every end has length 0, or it is a rig
    rb"HIERARCHY\nROOT [^\n]*\n\{\n\tOFFSET( -?\d+\.\d{6}){3}\n"
    rb"\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
)
RIG = re.compile(  # the spine begins straight above the hips, and a frame's time does not have the 6 digits of Blender
    rb"HIERARCHY\nROOT [^\n]*\n\{\n\tOFFSET( 0\.000000){3}\n\tCHANNELS 6( [XYZ]position){3}( [XYZ]rotation){3}\n"
    rb"\tJOINT [^\n]*\n\t\{\n\t\tOFFSET 0\.000000 \d+\.\d{6} 0\.000000\n.*\nMOTION\nFrames: \d+\n"
    rb"Frame Time: (?!\d\.\d{6}\n)[0-9.e-]+\n(-?\d+\.\d{6} ){6}",
    re.DOTALL,
)
BVH_END = re.compile(rb"End Site\n\t+\{\n\t+OFFSET ([^\n]*)\n")
TRC = re.compile(
    rb"^PathFileType\t4\t\(X/Y/Z\)\t[^\n]*\nDataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\t"
    rb"OrigDataStartFrame\tOrigNumFrames\n([^\n\t]+\t){4}m\t[^\n\t]+\t1\t\d+\nFrame#\tTime\t[^\n]*\t\t\t\n"
    rb"\t\tX1\tY1\tZ1\t[^\n]*\t\n\n1\t0\.000000\t[^\n]*\t\n"
)
HTML = re.compile(rb"^<!doctype html>.{,2000}<title>geolift</title>", re.DOTALL)
REPORT = re.compile(rb"^<!doctype html>.{,2000}<title>geolift report</title>", re.DOTALL)
PNG = re.compile(rb"^\x89PNG.*tEXtSoftware\x00geolift", re.DOTALL)
C3D = re.compile(rb"^.P.*MANUFACTURER.{,40}SOFTWARE.{,20}geolift", re.DOTALL)
GLB = re.compile(rb'^glTF\x02\x00{3}.{8}JSON\{.*"generator":"geolift"', re.DOTALL)
GIF = re.compile(rb"^GIF8.*!\xfe\x07geolift\x00", re.DOTALL)
MP4 = re.compile(rb"^.{4}ftyp.*\xa9cmt.{4,24}geolift", re.DOTALL)  # the comment


def is_result(path: Path) -> bool:
    """Whether a file is a .npz or .json of lifted poses, by the names in it."""
    return _is_json_result(path) or _archive(path) >= RESULT


def is_dataset(path: Path) -> bool:
    """Whether a file is a geolift data set, by the names in it."""
    return _archive(path) >= DATASET


def expect_replaceable(
    outputs: Sequence[str | os.PathLike[str]],
    ours: Callable[[Path], bool],
    *,
    inputs: Iterable[str | os.PathLike[str] | None] = (),
    force: bool = False,
) -> None:
    """Refuse to write where something else would be lost.

    Args:
        outputs: the files to write.
        ours: whether an existing file of that name was written by the same command.
        inputs: the files and folders that are read; None is none.
        force: replace whatever is there; only an output twice, and a folder, is still an error.

    Raises:
        DatasetError: naming the output, if it is a folder, is named twice, is an input by this name or by another (a
            link), or exists and is neither empty nor `ours`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     walk = Path(folder, "walk.csv")
        ...     _ = walk.write_text("frame,hip_x,hip_y")
        ...     expect_replaceable([Path(folder, "walk.npz")], is_lifted, inputs=[walk])
        ...     try:
        ...         expect_replaceable([walk], is_lifted, inputs=[walk])
        ...     except DatasetError as error:
        ...         print(str(error).removeprefix(folder + os.sep))
        walk.csv: found the input, expected another file to write to (--force replaces it)
    """
    written = [Path(os.path.realpath(output)) for output in outputs]
    for i, (output, place) in enumerate(zip(outputs, written, strict=True)):
        if place in written[:i]:
            raise DatasetError(f"{output}: found this file to write to twice, expected different ones")
        if place.is_dir():
            raise DatasetError(f"{output}: found a folder, expected a file")
        if force or not place.exists():
            continue
        if any(os.path.exists(other) and os.path.samefile(place, other) for other in inputs if other is not None):
            raise DatasetError(f"{output}: found the input, expected another file to write to (--force replaces it)")
        if place.stat().st_size and not ours(place):
            found = "a geolift data set" if is_dataset(place) else "lifted poses" if is_result(place) else "a file"
            raise DatasetError(
                f"{output}: found {found} that this command did not write, expected a new file (--force replaces it)"
            )


def is_lifted(path: Path) -> bool:
    """Whether `geolift lift`, `write` or `view` wrote a file in the format of its name."""
    return KNOWN[ending_of(path, KNOWN)](path)


def is_skeleton(path: Path) -> bool:
    """Whether `geolift skeleton` wrote a file: its picture, or a file that begins with `PROPOSED`."""
    return has_mark(path, PNG) or _ends(path).startswith(f"# {PROPOSED}".encode())


def has_mark(path: Path, mark: re.Pattern[bytes]) -> bool:
    """Whether the first and the last bytes of a file, which are looked at together, have a mark."""
    return bool(mark.search(_ends(path)))


def _ends(path: Path) -> bytes:
    """The first and the last bytes of a regular file; none of others, or if it cannot be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            begin = file.read(BEGINNING)
            file.seek(max(len(begin), path.stat().st_size - END))
            return begin + file.read(END)
    except OSError:
        return b""


def _archive(path: Path) -> set[str]:
    """The names in a zip archive; none of other files."""
    if _ends(path)[:2] != b"PK":
        return set()
    try:
        with zipfile.ZipFile(path) as file:
            return set(file.namelist())
    except Exception:  # a damaged archive can raise nearly anything
        return set()


def _is_json_result(path: Path) -> bool:
    begin = _ends(path)[:1000]
    return begin.startswith(b"{") and b'"geolift poses"' in begin


def _is_bvh(path: Path) -> bool:
    begin = _ends(path)
    rigid = BVH.match(begin) and not any(end.strip(b" 0.") for end in BVH_END.findall(begin))
    return bool(rigid or RIG.match(begin))


KNOWN: dict[str, Callable[[Path], bool]] = {
    ".npz": lambda path: _archive(path) >= RESULT,
    ".json": _is_json_result,
    ".csv": lambda path: has_mark(path, CSV),
    ".angles.csv": lambda path: has_mark(path, ANGLES),
    ".mot": lambda path: has_mark(path, MOT),
    ".bvh": _is_bvh,
    ".c3d": lambda path: has_mark(path, C3D),
    ".glb": lambda path: has_mark(path, GLB),
    ".trc": lambda path: has_mark(path, TRC),
    ".html": lambda path: has_mark(path, HTML),
    "report.html": lambda path: has_mark(path, REPORT),
    ".png": lambda path: has_mark(path, PNG),
    ".gif": lambda path: has_mark(path, GIF),
    ".mp4": lambda path: has_mark(path, MP4),
}
