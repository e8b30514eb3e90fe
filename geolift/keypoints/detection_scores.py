"""Scores of detections: how sure a program is of a person. What is beyond doubt nobody is left out.

Programs that are evaluated keep detections down to a score of 0.001: beside each person there are then ten "people" of
0.01 to 0.1 where nobody is.
"""

import numpy as np

from geolift.errors import DatasetError
from geolift.plurals import counted

SURE = 0.5  # what the best detection of an image usually has, where scores are probabilities
UNLIKELY = 0.2  # below it, a detection beside a surer one is no person; programs show people from 0.25 or 0.3 on
NOBODY = 0.1  # below it, no detection is a person where others are sure


def likely_people(
    score: np.ndarray | None, frame: np.ndarray, min_score: float | None, origin: str, *, tracked: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which of N detections are people, by their scores.

    With `min_score` those are people that have as much, or have no score. Without it, detections are left out only
    where scores are probabilities and most images have a sure detection (`SURE`): those below `NOBODY`, and those below
    `UNLIKELY` that are not the best of their image. Where the program follows people, it has judged its detections
    itself, and none is left out.

    Args:
        score: `[N]`, NaN for a detection without one; None if the file has no scores.
        frame: `[N]` int, the image of each detection.
        min_score: what the user asks for (`Options.min_score`).
        origin: the file, named in errors.
        tracked: whether the file follows people.

    Returns:
        `[N]` bool and a note.

    Raises:
        DatasetError: if nobody has the score that the user asks for.
    """
    everybody = np.ones(len(frame), bool)
    if score is None or np.isnan(score).all():
        return everybody, () if min_score is None else ("--min-score was not used: the file has no detection scores",)
    known = np.where(np.isnan(score), np.inf, score)
    if min_score is not None:
        likely = known >= min_score
        if not likely.any():
            best = np.nanmax(score)
            raise DatasetError(
                f"{origin}: found detection scores up to {best:.3g}, none of them as high as --min-score {min_score:g}"
            )
        return likely, _note(likely, f"score below {min_score:g}, as asked")
    if tracked or not (np.nanmin(score) >= 0 and np.nanmax(score) <= 1):
        return everybody, ()
    best = np.full(int(frame.max(initial=0)) + 1, -1.0)
    np.maximum.at(best, frame, np.nan_to_num(score, nan=1.0))
    if np.median(best[best >= 0]) < SURE:
        return everybody, ()
    likely = (known >= UNLIKELY) | ((known >= NOBODY) & (known == best[frame]))
    return likely, _note(
        likely, f"score below {UNLIKELY:g} while people have {SURE:g} and more (--min-score 0 keeps all)"
    )


def _note(likely: np.ndarray, why: str) -> tuple[str, ...]:
    ghosts = int((~likely).sum())
    return (f"{counted(ghosts, 'detection was', 'detections were')} left out: {why}",) if ghosts else ()
