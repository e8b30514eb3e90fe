"""What the columns of a table hold, by their names: frames, people, sizes of images, and coordinates of joints.

A joint's column is named after the joint and the coordinate, in one of `STYLES`: nose_x, "nose (x)", x_nose, x0, noseX.
What a column is called besides (`PARTS`, `FRAME`, `TIME`, `PERSON`, `SCORE`) makes no difference in case and signs. All
other columns are left out.
"""

import re
from collections.abc import Sequence, Set
from typing import NamedTuple

from geolift.errors import DatasetError

# Coordinates and confidences, by the words that columns have for them; the first of several in one table is used.
PARTS = {
    "x": ("x",),
    "y": ("y",),
    "z": ("z", "depth"),
    "confidence": (
        "confidence", "conf", "likelihood", "probability", "prob", "score", "visibility", "visible", "vis", "c", "p",
        "v", "presence",
    ),
    "third": ("third",),  # of numbers without a name: a depth or a confidence, by their values
    "triangulation": ("error", "ncams"),  # of points in 3D, as Anipose writes them
}  # fmt: skip
PART_OF = {word: part for part, words in PARTS.items() for word in words}
FRAME = (
    "frame", "frames", "frameid", "frameidx", "frameindex", "framenumber", "framenum", "frameno", "framenr", "fnum",
    "image", "imageid", "imagename", "imagepath", "imagefile", "img", "imgid", "imgname", "imgpath", "filename", "file",
    "filepath", "filenames", "path",
)  # fmt: skip
# Times, with the seconds that 1 stands for; 0 where the name does not say.
UNITS = {
    1.0: ("times", "timesec", "timeseconds", "timeins", "timeinseconds", "seconds", "sec", "secs", "ts"),
    1e-3: ("timems", "timestampms", "ms", "msec", "milliseconds", "timeinms", "timemsec", "timemilliseconds"),
    1e-6: ("timeus", "timestampus", "us", "timestampmicroseconds"),
    1e-9: ("timens", "timestampns", "ns"),
    0.0: ("time", "timestamp", "timestamps", "t", "datetime"),
}
UNIT_OF = {name: unit for unit, names in UNITS.items() for name in names}
TIME = tuple(UNIT_OF)
PERSON = (
    "person", "personid", "personidx", "personindex", "trackid", "track", "tracknumber", "tracklet", "individual",
    "individuals", "animal", "animalid", "subject", "subjectid", "player", "playerid", "instanceid", "skeletonid",
    "poseid", "pid", "id", "name",
)  # fmt: skip
ROW_NUMBER = ("id", "name", "poseid")  # these may also name rows
JOINT = (
    "landmark", "landmarks", "landmarkid", "landmarkidx", "landmarkindex", "landmarknumber", "landmarkname", "keypoint",
    "keypointid", "keypointidx", "keypointindex", "keypointname", "kp", "kpid", "kpt", "joint", "jointid", "jointidx",
    "jointindex", "jointname", "bodypart", "bodyparts", "part", "partname", "marker", "markername", "point", "pointid",
    "pointname", "node", "nodename", "name", "label",
)  # fmt: skip
NUMBER = ("id", "idx", "number")  # of a joint, in a table of joints with their depth or confidence
KIND = ("type", "kind", "landmarktype", "modality", "source")  # pose, face, left_hand, ...: of a row with one joint
CLIP = (
    "video", "videoid", "videoname", "clip", "clipid", "clipname", "sequence", "sequenceid", "seq", "recording",
    "trial", "session", "take", "filename", "file", "filepath", "path", "camera", "cam", "view",
)  # fmt: skip
SCORE = (
    "score", "instancescore", "detectionscore", "bboxscore", "personscore", "posescore", "boxscore", "detscore",
    "confidence", "bboxconfidence",
)  # fmt: skip
WIDTH = ("width", "imagewidth", "imgwidth", "framewidth", "videowidth")
HEIGHT = ("height", "imageheight", "imgheight", "frameheight", "videoheight")
# Statures of people, and the only name that may as well be the height of an image or a box.
STATURE = ("stature", "personheight", "bodyheight", "heightm", "heightinm", "heightmetres", "heightmeters", "height")
INDEX = ("", "unnamed0", "index", "rowid", "rownumber")
NO_JOINT = {"bbox", "box", "bboxcenter", "boundingbox", "image", "frame", "video"}  # have x, y, but are none
# Names of a lifted pose that geolift wrote (output/csv_table.py).
LIFTED = ["person", "frame", "frame_name", "seconds", "units", "axes"]

WORD = f"(?P<part>{'|'.join(sorted(PART_OF, key=len, reverse=True))})"
ADDED = r"(?P<added>(?:[\s_.-]*(?:px|pixels?|coords?|coordinates?|pos|position|norm|normali[sz]ed|world))*)"
SEPARATOR = r"[\s_.:/-]"
STYLES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<name>.*\S)(?:{SEPARATOR}+[(\[]?|[(\[])(?i:{WORD}{ADDED})[)\]]?",  # nose_x, nose.x, nose (x), nose_x_px
        rf"(?i:{WORD}{ADDED}){SEPARATOR}+(?P<name>\S.*)",  # x_nose
        rf"(?i:{WORD})(?P<name>\d+)(?i:{ADDED})",  # x0, x0_coord
        rf"(?P<name>.*[a-z0-9])(?=[A-Z])(?i:{WORD}{ADDED})",  # noseX, noseScore
        r"(?P<name>.+)(?P<part>[xyzcvpXYZCVP])(?P<added>)",  # nosex
    )
)
OF_A_ROW = re.compile(rf"(?i:(?:(?:landmark|keypoint|joint|point){SEPARATOR}*)?{WORD}{ADDED})")  # x, Landmark_X
WORLD = re.compile(r"(?i)(?<![a-z])world(?![a-z])")  # metres in 3D, beside places in the image
SIGNS = re.compile(r"[\W_]+")
LONGEST = 200  # characters of a name of a column


class Columns(NamedTuple):
    """What columns hold, as numbers of columns; None where there is no such column.

    Attributes:
        joints: the columns of each joint, {"x": 2, "y": 3, "confidence": 4}, by its name. In a table with one joint a
            row, one joint "" with the coordinates.
        joint, kind: the joint of a row; which of body, face and hands it belongs to.
        frame, time, clip, person, score: of a row.
        size: width and height of the image.
        stature: of the person, if it is one (`table_heights`).
        left_out: the names of all other columns.
    """

    joints: dict[str, dict[str, int]]
    frame: int | None = None
    time: int | None = None
    clip: int | None = None
    person: int | None = None
    score: int | None = None
    size: tuple[int, int] | None = None
    stature: int | None = None
    joint: int | None = None
    kind: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def has_joints(self) -> bool:
        """Whether there are joints, or a joint in each row, with x and y."""
        return any({"x", "y"} <= parts.keys() for parts in self.joints.values())


def wide_columns(header: Sequence[str], origin: str) -> Columns:
    """The columns of a table whose rows are people, with columns for each joint.

    Raises:
        DatasetError: if two columns have the same name.
    """
    joints, twice, matched = max((_joints(header, style) for style in STYLES), key=lambda found: _complete(found[0]))
    joints = {
        name: parts for name, parts in joints.items() if parts.keys() & {"x", "y"} and plain_name(name) not in NO_JOINT
    }
    numbered = {name for name in joints if name.isdecimal()}
    if 0 < len(numbered) <= len(joints) / 2:  # corners of boxes, x1, y1, x2, y2, beside joints with names
        joints = {name: parts for name, parts in joints.items() if name not in numbered}
    if twice and joints:
        raise DatasetError(f"{origin}: header: found {twice!r} twice")
    return _with_rest(header, joints, {}, {i for i, name in matched.items() if name in joints})


def long_columns(header: Sequence[str]) -> Columns:
    """The columns of a table whose rows are single joints, with columns for its name and its x and y."""
    parts: dict[str, tuple[int, int]] = {}
    for i, cell in enumerate(header):
        found = OF_A_ROW.fullmatch(cell) if len(cell) <= LONGEST else None
        if found and not WORLD.search(found["added"]):
            part, rank = _part(found["part"], found["added"])
            parts[part] = min(parts.get(part, (rank, i)), (rank, i))
    chosen = {part: i for part, (_, i) in parts.items()}
    joint = _first(header, JOINT, set(chosen.values()))
    if joint is None and chosen.keys() & {"z", "confidence"}:
        joint = _first(header, NUMBER, set(chosen.values()))
    named = {} if joint is None else {"joint": joint}
    return _with_rest(header, {"": chosen}, named, set())


def _with_rest(
    header: Sequence[str], joints: dict[str, dict[str, int]], named: dict[str, int], taken: Set[int]
) -> Columns:
    """The columns of the joints, which are `taken` with others of them, and what the rest hold."""
    taken = taken | {i for parts in joints.values() for i in parts.values()} | set(named.values())
    frame, time = _first(header, FRAME, taken), _first(header, TIME, taken)
    taken |= {i for i in (frame, time) if i is not None}
    clip, person, score = _first(header, CLIP, taken), _first(header, PERSON, taken), _first(header, SCORE, taken)
    kind = _first(header, KIND, taken) if named else None
    width, height = _first(header, WIDTH, taken), _first(header, HEIGHT, taken)
    size = None if None in (width, height) else (width, height)
    taken |= {i for i in (clip, person, score, kind, *(size or ())) if i is not None}
    stature = _first(header, STATURE, taken)
    taken |= {stature}
    left_out = tuple(name for i, name in enumerate(header) if i not in taken and plain_name(name) not in INDEX)
    return Columns(joints, frame, time, clip, person, score, size, stature, named.get("joint"), kind, left_out)


def _joints(header: Sequence[str], style: re.Pattern) -> tuple[dict[str, dict[str, int]], str, dict[int, str]]:
    """The columns of each joint whose names are of a style, a name that two have, and the joint of all such columns."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    twice, matched = "", {}
    for i, cell in enumerate(header):
        match = style.fullmatch(cell) if len(cell) <= LONGEST else None
        if not match or not SIGNS.sub("", match["name"]) or WORLD.search(f"{match['name']} {match['added']}"):
            continue
        matched[i] = match["name"]
        part, rank = _part(match["part"], match["added"])
        columns = found.setdefault(match["name"], {})
        if part in columns and columns[part][0] == rank:
            twice = cell
        columns[part] = min(columns.get(part, (rank, i)), (rank, i))
    return {name: {part: i for part, (_, i) in columns.items()} for name, columns in found.items()}, twice, matched


def _part(word: str, added: str) -> tuple[str, int]:
    """What a word in a column's name stands for, and its rank: the lowest is used where several stand for the same."""
    part = PART_OF[word.lower()]
    return part, 2 * PARTS[part].index(word.lower()) + ("norm" in added.lower())


def _complete(joints: dict[str, dict[str, int]]) -> int:
    return sum({"x", "y"} <= parts.keys() for parts in joints.values())


def _first(header: Sequence[str], words: Sequence[str], taken: set[int]) -> int | None:
    """The column with the earliest of the words, the first of these columns."""
    free = ((i, plain_name(name)) for i, name in enumerate(header) if i not in taken)
    found = [(words.index(name), i) for i, name in free if name in words]
    return min(found)[1] if found else None


def plain_name(name: str) -> str:
    """A column's name in small letters and digits, without signs and spaces."""
    return SIGNS.sub("", name.lower())
