"""People by the numbers under which a program followed them."""

from collections.abc import Sequence

import numpy as np


def people(
    ids: Sequence[int | None], frame: np.ndarray, *, none: int | None = None
) -> tuple[np.ndarray | None, tuple[str, ...], tuple[str, ...]]:
    """Who N detections are.

    Args:
        ids: each detection's number; None where it has none.
        frame: `[N]` int, the detections' frames.
        none: the number that everybody has where the program followed nobody.

    Returns:
        `[N]` int, index into the people, or None if nobody was followed; the people's names; notes.
    """
    if all(number is None or number == none for number in ids):
        return None, (), ()
    known = sorted({number for number in ids if number is not None})
    place = {number: i for i, number in enumerate(known)}
    names = [str(number) for number in known]
    person = np.empty(len(ids), int)
    for i, number in enumerate(ids):
        if number is None:
            names.append(f"not followed {len(names) - len(known)}")
        person[i] = len(names) - 1 if number is None else place[number]
    twice = len(ids) - len(np.unique(np.stack([frame, person]), axis=1).T)
    if twice:
        return None, (), (f"the file's track numbers were not used: {twice} of them are twice in a frame",)
    alone = len(names) - len(known)
    notes = (f"{alone} detections without a track number were taken as people of their own",) if alone else ()
    return person, tuple(names), notes
