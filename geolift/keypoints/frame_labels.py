"""Labels of frames as text: which part of a label says when its frame was taken, and which names its clip.

A label is a number ("12", "-3", "0.033", "3.0"), a time ("00:01:02.500", "2024-05-01T12:00:00.033"), or a name with a
number or a time in it ("walk_0012", "cam1_0001_rgb2", "frame_1618300000123.jpg"). In names with several numbers the
frame is the last one that changes; what is left of the name is the name of the clip.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}\Z")
LONGEST_EXTENSION = 5  # characters after the point
MOST_DIGITS = 19  # of a frame's number: nanoseconds since 1970 have as many
FEW = 5  # values of a number that is more likely one of cameras or takes than of frames
NANOSECOND = 1e-9
SEPARATORS = " _-./\\"
PLAIN = re.compile(r"\s*([-+]?[0-9]{1,19})(?:\.0*)?\s*\Z")
FRACTION = re.compile(r"\s*([-+]?[0-9]{0,19}[.,]?[0-9]{1,20}(?:[eE][-+]?[0-9]{1,2})?)\s*\Z")
RUN = re.compile(r"((?<![0-9A-Za-z])-[0-9]+|[0-9]+)")  # a minus sign belongs to the number unless it separates words
DECIMAL = re.compile(r"(?<![0-9A-Za-z.])[0-9]{1,9}\.[0-9]{1,9}\Z")
DATE = re.compile(
    r"(?<![0-9])((?:19|20)[0-9]{2})([-_/.]?)([01][0-9])\2([0-3][0-9])[T _-]*"
    r"([0-2][0-9])([:._-]?)([0-5][0-9])\6([0-5][0-9])(?:[.,:_-]?([0-9]{1,9}))?(Z|[+-][0-9]{2}:?[0-9]{2})?(?![0-9])"
)
CLOCK = re.compile(r"(?<![0-9:])(?:([0-9]{1,3}):)?([0-5]?[0-9]):([0-5][0-9])(?:[.,]([0-9]{1,9}))?(?![0-9:])")
CLOCK_IN_NAME = re.compile(r"(?<![0-9])([0-9]{2})([-_.])([0-5][0-9])\2([0-5][0-9])[-_.]([0-9]{3})(?![0-9])")

Place = tuple[str, str]  # what precedes the frame in a label, and what follows it: the name of a clip
Parsed = tuple[Place, int | float]


class Series(NamedTuple):
    """The labels of one clip.

    Attributes:
        place: what precedes the number in each of the labels, and what follows it.
        members: which of the given labels they are.
        values: the number or time of each.
        unit: seconds that 1 stands for; 0: not known.
    """

    place: Place
    members: list[int]
    values: list[int | float]
    unit: float = 0.0


def readings(labels: Sequence[str]) -> Iterator[list[Series]]:
    """The ways to read labels as series of numbers or times, the most particular first."""
    for parse, unit in ((_date, NANOSECOND), (_clock, NANOSECOND), (_clock_in_name, NANOSECOND), (_plain, 0.0)):
        if parsed := _all(labels, parse):
            yield _series(parsed, unit)
            return
    if parsed := _all(labels, _decimal):
        yield _series(parsed, 0.0)
    if parsed := _numbers_in_names(labels):
        yield _series(parsed, 0.0)


def clip_name(place: Place) -> str:
    """What a clip is called: its labels without the frame and without the extension."""
    before, after = place[0].rstrip(SEPARATORS), EXTENSION.sub("", place[1]).lstrip(SEPARATORS)
    return f"{before}_{after}".strip(SEPARATORS)


def _all(labels: Sequence[str], parse: Callable[[str], Parsed | None]) -> list[Parsed]:
    """Each label parsed; none if one of them cannot be."""
    parsed = []
    for label in labels:
        found = parse(label)
        if found is None:
            return []
        parsed.append(found)
    return parsed


def _series(parsed: Sequence[Parsed], unit: float) -> list[Series]:
    by_place = defaultdict(lambda: ([], []))
    for i, (place, value) in enumerate(parsed):
        members, values = by_place[place]
        members.append(i)
        values.append(value)
    return [Series(place, members, values, unit) for place, (members, values) in by_place.items()]


def _plain(label: str) -> Parsed | None:
    if found := PLAIN.match(label):
        return ("", ""), int(found[1])
    if found := FRACTION.match(label):
        return ("", ""), float(found[1].replace(",", "."))
    return None


def _decimal(label: str) -> Parsed | None:
    """A name that ends with a number with a decimal point, as "frame_0.033.jpg"."""
    stem = EXTENSION.sub("", label)
    found = DECIMAL.search(stem)
    return ((label[: found.start()], label[found.end() :]), float(found[0])) if found else None


def _date(label: str) -> Parsed | None:
    """A date with a time of day, in nanoseconds."""
    if not (found := DATE.search(label)):
        return None
    year, _, month, day, hour, _, minute, second, fraction, zone = found.groups()
    try:
        time = datetime(*map(int, (year, month, day, hour, minute, second)), tzinfo=UTC)
        if zone and zone != "Z":
            digits = zone[1:].replace(":", "")
            east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            time += east if zone[0] == "-" else -east
    except (ValueError, OverflowError):
        return None
    whole = int(time.timestamp()) * 10**9
    return (label[: found.start()], label[found.end() :]), whole + _nanoseconds(fraction)


def _clock(label: str) -> Parsed | None:
    """Hours, minutes, seconds, in nanoseconds; hours may be left out where there is a fraction of a second."""
    found = CLOCK.search(label)
    if not found or (found[1] is None and found[4] is None):
        return None
    whole = (int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])
    return (label[: found.start()], label[found.end() :]), whole * 10**9 + _nanoseconds(found[4])


def _clock_in_name(label: str) -> Parsed | None:
    """Hours, minutes, seconds and milliseconds in a name of a file, which cannot have colons: "00-00-01-033.jpg"."""
    if not (found := CLOCK_IN_NAME.search(label)):
        return None
    whole = (int(found[1]) * 60 + int(found[3])) * 60 + int(found[4])
    return (label[: found.start()], label[found.end() :]), whole * 10**9 + _nanoseconds(found[5])


def _nanoseconds(fraction: str | None) -> int:
    return int((fraction or "").ljust(9, "0"))


def _numbers_in_names(labels: Sequence[str]) -> list[Parsed]:
    """Names by their numbers; names without one stay alone. Empty if no name has a number."""
    parts = []  # of each name: text, number, text, ..., number, text
    by_text = defaultdict(list)  # names that differ in numbers alone
    for i, label in enumerate(labels):
        split = RUN.split(label)
        if len(split) > 1 and _within_extension(label, split[-1]):
            split[-3:] = ["".join(split[-3:])]
        parts.append(split)
        by_text[tuple(split[::2])].append(i)
    parsed: list[Parsed] = [((label, ""), 0) for label in labels]
    for members in by_text.values():
        chosen, alone = _frame_run([parts[i][1::2] for i in members])
        if chosen is None:
            continue
        at, split = 2 * chosen + 1, parts[members[0]]
        place = "".join(split[:at]), "".join(split[at + 1 :])
        for i in members:
            split = parts[i]
            parsed[i] = place if alone else ("".join(split[:at]), "".join(split[at + 1 :])), int(split[at])
    return parsed if max(map(len, parts)) > 1 else []


def _within_extension(label: str, rest: str) -> bool:
    """Whether the last number of a name, which `rest` follows, is in its extension, as in ".mp4"."""
    extension = EXTENSION.search(label) if len(rest) < LONGEST_EXTENSION and "." not in rest else None
    return extension is not None and len(rest) < len(extension[0])


def _frame_run(rows: list[list[str]]) -> tuple[int | None, bool]:
    """Which of the numbers in names is that of the frame: the last that changes, unless it has few values.

    Returns:
        Its place, None if there is none, and whether it alone changes.
    """
    if len(rows) == 1:
        return (len(rows[0]) - 1 if rows[0] and len(rows[0][-1]) <= MOST_DIGITS else None), True
    columns = list(zip(*rows, strict=True))
    different = [len(set(column)) for column in columns]
    usable = [max(map(len, column)) <= MOST_DIGITS for column in columns]
    changing = [i for i, count in enumerate(different) if count > 1 and usable[i]]
    alone = sum(count > 1 for count in different) <= 1
    many = [i for i in changing if different[i] >= FEW]
    if many:
        return many[-1], alone
    if changing:
        return max(changing, key=lambda i: (different[i], i)), alone
    return (len(different) - 1 if different and usable[-1] else None), alone
