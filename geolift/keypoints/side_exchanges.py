"""Moments at which left and right of a limb change places from one frame to the next, and the runs between two."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

APART = 0.05  # sizes of the person by which a limb must move, on average, to have changed places
NEARER = 0.45  # of that way: as near is the other side's place before
FEWEST = 2  # pairs of joints of a limb that change places
STEP = 0.2  # seconds between two detections in which sides are compared
BLEND = 0.07  # seconds around a frame that shows sides half-way; legs themselves take longer
LONGEST = 2.0  # seconds of swapped sides between two exchanges
SURROUNDED = 1.5  # times as many frames with the other sides are before and after
AT_END = 0.25  # seconds of swapped sides where the video begins or ends with them
END_SURROUNDED = 4.0  # times as many frames after, or before, these


class Person(NamedTuple):
    """Detections of one person: `[T, K, 2]` pixels, `[T, K]` seen, `[T]` frames and sizes."""

    points: np.ndarray
    seen: np.ndarray
    frame: np.ndarray
    size: np.ndarray


class Exchanges(NamedTuple):
    """Of a limb with P pairs of joints, step by step to each row.

    `rows`: those at which sides have changed places. `same`, `other`: `[T, P]` pixels from where a pair was expected
    and from where the other sides were; NaN if unknown. `stays`: `[T, P]` bool, pairs that move and keep their sides.
    """

    rows: list[int]
    same: np.ndarray
    other: np.ndarray
    stays: np.ndarray


def exchanges(person: Person, pairs: list[tuple[int, int]], *, step: int, blend: int) -> Exchanges:
    """Of one limb. Detectors that smooth show a frame between both places: then the frames around it are compared.

    Args:
        person: of which `pairs` are joints, left and right.
        pairs: of the limb.
        step: frames, up to which two detections are compared.
        blend: the same for those around a frame; under 2, none are.
    """
    same, other = _moved(person, pairs, step)
    exchange, stays = _judged(same, other, person.size)
    if blend >= 2:
        every_other, stays_over = _over_two(person, pairs, blend)
        for row in np.flatnonzero(every_other):
            # `row` is after the frame half-way, which has the sides that it is nearer to.
            if not exchange[max(0, row - 2) : row + 2].any():
                at = row if np.nansum(same[row - 1]) < np.nansum(other[row - 1]) else row - 1
                exchange[at], stays[at] = True, stays_over[row]
    return Exchanges(np.flatnonzero(exchange).tolist(), same, other, stays)


def _judged(same: np.ndarray, other: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[T]` bool, whether sides change places in the step to a row, and `[T, P]` bool, pairs that do not."""
    known = np.isfinite(same)
    apart = known & (same > APART * size[:, None])
    crossed = apart & (other < NEARER * same)
    total, total_other = (np.where(known, moved, 0).sum(axis=1) for moved in (same, other))
    far = total > APART * size * np.maximum(known.sum(axis=1), 1)
    return far & (total_other < NEARER * total) & (crossed.sum(axis=1) >= FEWEST), apart & ~crossed


def _over_two(person: Person, pairs: list[tuple[int, int]], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """As `_judged`, from the row before the last one to each."""
    exchange, stays = np.zeros(len(person.frame), bool), np.zeros((len(person.frame), len(pairs)), bool)
    for first in (0, 1):
        half = Person(*(values[first::2] for values in person))
        if len(half.frame) > 1:
            exchange[first::2], stays[first::2] = _judged(*_moved(half, pairs, longest), half.size)
    return exchange, stays


def _moved(person: Person, pairs: list[tuple[int, int]], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """`[T, P]` pixels from where a pair of joints was expected, and from where the other sides were; NaN if unknown.

    A joint is expected where it was or where its speed takes it, whichever is nearer; both sides by the same rule.
    """
    points, seen, frame = person.points, person.seen, person.frame
    same, other = (np.full((len(points), len(pairs)), np.nan) for _ in range(2))
    wait = np.diff(frame)
    for number, (left, right) in enumerate(pairs):
        both = points[:, [left, right]]
        there = seen[:, left] & seen[:, right]
        known = there[1:] & there[:-1] & (wait <= longest)
        speed = np.zeros_like(both)
        steady = known[:-1] & known[1:]
        before = np.diff(both, axis=0)[:-1] / wait[:-1, None, None]
        speed[1:-1][steady] = before[steady]
        guesses = both[:-1], both[:-1] + speed[:-1] * wait[:, None, None]
        for moved, chosen in ((same, [0, 1]), (other, [1, 0])):
            off = [np.linalg.norm(both[1:, chosen] - guess, axis=-1).mean(axis=1) for guess in guesses]
            moved[1:, number] = np.where(known, np.minimum(*off), np.nan)
    return same, other


def runs(rows: list[int], frame: np.ndarray, rate: float) -> Iterator[tuple[int, int, list[int]]]:
    """Rows between two exchanges that are swapped beyond doubt, and these; the shortest first.

    Those of `rows` at which these runs begin and end are taken out of the list.
    """
    end = int(frame[-1]) + 1
    while len(rows) > 1:
        at = frame[rows]
        lengths = np.diff(at)
        around = np.diff(np.concatenate([[frame[0]], at, [end]]))
        enough = (around[:-2] + around[2:] >= SURROUNDED * lengths) & (lengths <= LONGEST * rate)
        if not enough.any():
            break
        first = int(np.where(enough, lengths, np.inf).argmin())
        yield rows[first], rows[first + 1], rows[first : first + 2]
        del rows[first : first + 2]


def end_runs(rows: list[int], frame: np.ndarray, rate: float) -> Iterator[tuple[int, int, list[int]]]:
    """As `runs`: few rows before the first exchange of a video, few after its last."""
    end = int(frame[-1]) + 1
    if rows and _brief(0, rows[0], rows[1:2], frame, rate):
        yield 0, rows[0], rows[:1]
        del rows[:1]
    mirrored = end - 1 - frame[::-1]
    if rows and _brief(0, len(frame) - rows[-1], [len(frame) - i for i in rows[-2:-1]], mirrored, rate):
        yield rows[-1], len(frame), rows[-1:]
        del rows[-1:]


def _brief(start: int, stop: int, following: list[int], frame: np.ndarray, rate: float) -> bool:
    """Whether the first rows of a video are few, and those from `stop` to the `following` exchange many."""
    length = int(frame[stop] - frame[start])
    rest = int(frame[following[0]] if following else frame[-1]) - int(frame[stop])
    return length <= AT_END * rate and rest >= END_SURROUNDED * length
