"""Parts of a result: some of its people, some of its frames."""

from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.pose_distance import box_sizes
from geolift.keypoints.selection import ALL, LARGEST
from geolift.output.result import Result

OF_FRAMES = ("image_size", "up", "up_spread", "to_world", "floor")  # fields with an entry for each frame
LISTED = 20  # names in a message


def select(
    result: Result, *, people: str | Sequence[str] = ALL, frames: tuple[int | None, int | None] | None = None
) -> Result:
    """Some people and frames of a result; notes of the new result say what was kept.

    World axes stay those of the whole: people keep their places, and their first frame need not be at the origin.

    Args:
        result: N poses.
        people: "all"; "largest": the person with the largest boxes around the 2D joints, summed over frames; or names.
        frames: the first that is kept, counted from 0, and the first after it that is not; None: from the first, to the
            last. Time begins anew at the first that is kept.

    Raises:
        DatasetError: if a name is unknown, frames are outside of the result, or nobody is in them.
    """
    if people != ALL:
        result = _with_people(result, people)
    return result if frames is None else _with_frames(result, *frames)


def _with_people(result: Result, people: str | Sequence[str]) -> Result:
    if people == LARGEST:
        area = box_sizes(result.keypoints, np.isfinite(result.keypoints).all(axis=-1)).prod(axis=-1)
        wanted = (result.people[np.bincount(result.person, area, len(result.people)).argmax()],)
    else:
        wanted = (people,) if isinstance(people, str) else tuple(people)
    unknown = [name for name in wanted if name not in result.people]
    if unknown or not wanted:
        raise DatasetError(f"people: found {unknown}, expected 'all', 'largest' or names of {_list(result.people)}")
    kept = np.isin(result.person, [result.people.index(name) for name in wanted])
    note = f"people: {_list([name for name in result.people if name in wanted])} of {len(result.people)} were kept"
    return _without_empty_people(result.select_rows(kept))._replace(notes=(*result.notes, note))


def _with_frames(result: Result, first: int | None, stop: int | None) -> Result:
    count = len(result.frames)
    begin, end = 0 if first is None else first, count if stop is None else stop
    if not 0 <= begin < end <= count:
        raise DatasetError(f"frames: found {begin}:{end}, expected a part of 0:{count}")
    part = result.select_rows((result.frame >= begin) & (result.frame < end))
    if not len(part.frame):
        raise DatasetError(f"frames: found nobody in {begin}:{end}, expected a pose")
    cut = {key: getattr(result, key) for key in OF_FRAMES}
    cut = {key: value[begin:end] for key, value in cut.items() if value is not None}
    named = _without_empty_people(part)
    notes = [f"frames: {begin} to {end - 1} of 0 to {count - 1} were kept; time begins at the first of them"]
    if gone := [name for name in part.people if name not in named.people]:
        notes.append(f"people: {_list(gone)} are in none of these frames")
    return named._replace(
        frame=part.frame - begin, frames=result.frames[begin:end], notes=(*result.notes, *notes), **cut
    )


def _without_empty_people(result: Result) -> Result:
    """The result without people who have no row."""
    there, person = np.unique(result.person, return_inverse=True)
    return result._replace(person=person.astype(np.int64), people=tuple(result.people[i] for i in there.tolist()))


def _list(names: Sequence[str]) -> str:
    return ", ".join([*map(repr, names[:LISTED]), *["..."] * (len(names) > LISTED)])
