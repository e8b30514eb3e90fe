"""Statures of people in a table: a column `height` or `stature`, metres, the same in all rows of a person."""

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows
from geolift.keypoints.formats.column_names import Columns, plain_name
from geolift.keypoints.formats.csv_rows import TextTable

SHORTEST, TALLEST = 0.3, 3.0  # metres, of people
AMBIGUOUS = "height"  # may as well be the height of an image or of a box


def stated_heights(
    table: TextTable, columns: Columns, person: np.ndarray | None, people: tuple[str, ...], origin: str
) -> tuple[tuple[str, float], ...]:
    """The people whose stature a table states, with it; () without a column, or if one of that name holds no statures.

    Args:
        table, columns: the rows of the people.
        person: `[N]` indices of each row into `people`; None: it is not known who is who.
        people: names.
        origin: the file, named in errors.

    Raises:
        DatasetError: if a column that can hold nothing else holds no metres, several for a person, or no person.
    """
    if columns.stature is None:
        return ()
    name = table.header[columns.stature]
    column = f"{origin}: column {name}"
    try:
        values = csv_rows.numbers(table, [columns.stature], origin)[:, 0]
    except DatasetError:
        if plain_name(name) == AMBIGUOUS:
            return ()
        raise
    known = np.isfinite(values)
    if person is None:
        problem = "heights, but no column for people"
        heights = {}
    else:
        heights = {people[i]: np.unique(values[known & (person == i)]) for i in np.unique(person[known])}
        problem = _problem(heights)
    if problem and plain_name(name) != AMBIGUOUS:
        raise DatasetError(f"{column}: found {problem}, expected the metres of each person")
    return () if problem else tuple((who, float(height[0])) for who, height in heights.items())


def _problem(heights: dict[str, np.ndarray]) -> str:
    """What is wrong with the heights of people; "" if nothing is."""
    for who, found in heights.items():
        if len(found) > 1:
            return f"{found[0]:g} and {found[1]:g} for {who!r}"
        if not SHORTEST <= found[0] <= TALLEST:
            return f"{found[0]:g} for {who!r}"
    return ""
