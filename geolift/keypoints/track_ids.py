"""People by the track numbers in a keypoint file."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from geolift.plurals import counted

ALONE = "untracked"  # with a number: the name of a detection that has no track number
NO_PERSON = 0.2  # share of its frames in which a number is given to several people, from which on it says nothing
USED = 0.5  # share of the detections that must have a number for numbers to be used
LISTED = 5  # numbers


def people_by_id(
    ids: Sequence[int | str | None], frame: np.ndarray, *, untracked: int | None = None
) -> tuple[np.ndarray | None, tuple[str, ...], tuple[str, ...]]:
    """The person of each of N detections.

    A number that several people have in one frame is not used there; if that is so in many of its frames, nowhere. The
    detections without a usable number are people named "untracked 0", ..., whom `tracking.track` joins with the others
    by position.

    Args:
        ids: each detection's track number, or name; None where it has none.
        frame: `[N]` int, the detections' frames.
        untracked: the number that all people have where the program did not track.

    Returns:
        `[N]` int, index into the people, or None if there are no tracks that can be used; the people's names; notes.

    Example:
        >>> person, people, notes = people_by_id([7, 7, 7, 7, 7, 7, 9, None], np.array([0, 1, 2, 3, 4, 5, 5, 5]))
        >>> person.tolist(), people
        ([0, 0, 0, 0, 0, 0, 1, 2], ('7', '9', 'untracked 0'))
    """
    if all(number is None or number == untracked for number in ids):
        return None, (), ()
    times = Counter((number, at) for number, at in zip(ids, frame.tolist(), strict=True) if number is not None)
    total = Counter(number for number, _ in times)
    twice: dict[int | str, set[int]] = {}
    for number, at in (place for place, count in times.items() if count > 1):
        twice.setdefault(number, set()).add(at)
    nobody = {number for number, frames in twice.items() if len(frames) > NO_PERSON * total[number]}
    usable = [
        number is not None and number not in nobody and at not in twice.get(number, ())
        for number, at in zip(ids, frame.tolist(), strict=True)
    ]
    listed = ", ".join(
        f"{number} ({len(frames)} of {total[number]})" for number, frames in list(twice.items())[:LISTED]
    )
    listed += ", ..." if len(twice) > LISTED else ""
    if sum(usable) < USED * len(ids) and twice:
        why = f"given to several people in a frame, in these of their frames: {listed}"
        return None, (), (f"the file's track numbers were not used: {why}",)
    known = sorted({number for number, good in zip(ids, usable, strict=True) if good}, key=_by_number)
    place = {number: i for i, number in enumerate(known)}
    names, person, alone = [str(number) for number in known], np.empty(len(ids), int), 0
    for i, (number, good) in enumerate(zip(ids, usable, strict=True)):
        if not good:
            names.append(f"{ALONE} {alone}")
            alone += 1
        person[i] = place[number] if good else len(names) - 1
    notes = []
    if twice:
        notes.append(f"track numbers that several people have in a frame were not used there: {listed} of their frames")
    if alone:
        notes.append(f"{counted(alone, 'detection', 'detections')} without a track number: followed by position")
    return person, tuple(names), tuple(notes)


def _by_number(name: int | str) -> tuple[bool, int, str]:
    return (isinstance(name, str), 0 if isinstance(name, str) else name, str(name))
