"""People by the track numbers in a keypoint file."""

from collections.abc import Sequence

import numpy as np

from geolift.plurals import counted


def people_by_id(
    ids: Sequence[int | None], frame: np.ndarray, *, untracked: int | None = None
) -> tuple[np.ndarray | None, tuple[str, ...], tuple[str, ...]]:
    """The person of each of N detections.

    Args:
        ids: each detection's track number; None where it has none.
        frame: `[N]` int, the detections' frames.
        untracked: the number that all people have where the program did not track.

    Returns:
        `[N]` int, index into the people, or None if there are no tracks; the people's names; notes.
    """
    if all(number is None or number == untracked for number in ids):
        return None, (), ()
    known = sorted({number for number in ids if number is not None})
    place = {number: i for i, number in enumerate(known)}
    names = [str(number) for number in known]
    person = np.empty(len(ids), int)
    for i, number in enumerate(ids):
        if number is None:
            names.append(f"untracked {len(names) - len(known)}")
        person[i] = len(names) - 1 if number is None else place[number]
    twice = len(ids) - len(np.unique(np.stack([frame, person]), axis=1).T)
    if twice:
        return None, (), (f"the file's track numbers were not used: {twice} of them are twice in a frame",)
    alone = len(names) - len(known)
    note = f"{counted(alone, 'detection', 'detections')} without a track number: each counted as a separate person"
    notes = (note,) if alone else ()
    return person, tuple(names), notes
