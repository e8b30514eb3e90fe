"""Text tables as people have them: lines to cells, names of columns, and cells to numbers.

Cells are separated by commas, semicolons, tabs, bars or spaces; the first line decides. With another separator than the
comma, decimals may be written with a comma ("931,40"). `MISSING` lists what a cell without a value may hold. Lines that
begin with # or % are comments; one just before a table without a header is its header (as NumPy writes it).
"""

import csv
import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError

SEPARATORS = ("\t", ";", ",", "|", " ")  # the first of these in the first line is the table's
MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", ".", "?"))
COMMENT = ("#", "%", "//")
VALUES = 0.8  # share of numbers in a first row that holds values
BEGINNING = 40  # lines that recognition looks at
COORDINATES = ("x", "y", "z", "confidence", "conf", "likelihood", "score", "visibility", "c", "p", "v", "prob")
STATED = re.compile(r'"?sep=([,;\t|])"?')  # the first line of tables for Excel
QUOTED = re.compile(r'"[^"]*"')
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
LIST = re.compile(r"\A[\[(](.*)[\])]\Z", re.DOTALL)
LISTED = ("x", "y", "third", "visibility")  # what a cell with a list of numbers holds, in this order


class TextTable(NamedTuple):
    """A table of text.

    Attributes:
        header: C names of columns, "" for a column without one.
        rows: N lists of C cells.
        lines: the line of each row in the file, from 1.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, index: int) -> list[str]:
        """The cells of a column, without spaces around them; "" where a cell holds none."""
        cells = [row[index].strip() for row in self.rows]
        return ["" if cell.lower() in MISSING else cell for cell in cells]


def read_table(lines: Sequence[str], origin: str) -> TextTable:
    """The table in the lines of a file.

    Raises:
        DatasetError: naming the line that has more or fewer cells than the header.
    """
    table = _table(lines, origin)
    _check_widths(table, origin)
    return _lists_unpacked(table, origin)


def beginning(lines: Sequence[str]) -> TextTable:
    """The first rows of a table, for recognition: those as long as the header; nothing if the lines are no table."""
    for count in (BEGINNING, 1):  # the first line alone where a later one is damaged
        try:
            table = _table(lines[:count], "table")
            even = [i for i, row in enumerate(table.rows) if len(row) == len(table.header)]
            even = table._replace(rows=[table.rows[i] for i in even], lines=[table.lines[i] for i in even])
            return _lists_unpacked(even, "table")
        except DatasetError:
            continue
    return TextTable([], [], [])


def whole_table(lines: Sequence[str], origin: str) -> TextTable:
    """All rows of a table, those with names of columns, too; its header is empty.

    Raises:
        DatasetError: naming the line that has more or fewer cells than the first.
    """
    rows, numbers = _cells(lines, find_separator(lines), origin)
    table = TextTable([""] * len(rows[0]) if rows else [], rows, numbers)
    _check_widths(table, origin)
    return table


def find_separator(lines: Iterable[str]) -> str:
    """The separator of a table's cells, by its first line that is not a comment."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith(COMMENT)), "")
    if stated := STATED.fullmatch(first.strip(" ")):
        return stated[1]
    first = QUOTED.sub("", first.strip(" "))
    return next((separator for separator in SEPARATORS if separator in first), ",")


def numbers(table: TextTable, columns: Sequence[int], origin: str) -> np.ndarray:
    """Some columns of a table as `[N, len(columns)]` float64, NaN where a cell holds no value.

    Raises:
        DatasetError: naming the line and the column, if a cell holds text, or decimals have points and commas.
    """
    values = np.empty((len(table.rows), len(columns)))
    if not len(columns):
        return values
    pick = itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)
    comma = ""
    for i, row in enumerate(table.rows):
        chosen = pick(row)
        try:
            values[i] = list(map(float, chosen))
        except ValueError:
            for j, cell in enumerate(chosen):
                values[i, j] = number = _number(cell)
                if number is None:
                    name = repr(table.header[columns[j]]) if table.header[columns[j]] else f"{columns[j] + 1}"
                    where = f"{origin}: line {table.lines[i]}, column {name}"
                    raise DatasetError(f"{where}: found {cell.strip()[:40]!r}, expected a number or nothing") from None
                comma = comma or (cell.strip() if "," in cell else "")
    if comma:
        _check_decimals(table, columns, comma, origin)
    return values


def is_number(cell: str) -> bool:
    """Whether a cell holds a number or no value."""
    return _number(cell) is not None


def _number(cell: str) -> float | None:
    """The number in a cell, NaN where it holds no value, None for text."""
    text = cell.strip()
    if text.lower() in MISSING:
        return np.nan
    if DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def _table(lines: Sequence[str], origin: str) -> TextTable:
    rows, numbers = _cells(lines, find_separator(lines), origin)
    return TextTable(*_split_header(rows, numbers, _comment_before(lines)))


def _cells(lines: Sequence[str], separator: str, origin: str) -> tuple[list[list[str]], list[int]]:
    """The cells of all lines but comments and empty ones, and the number of each line."""
    plain = ["" if line.lstrip().startswith(COMMENT) or not line.strip() else line for line in lines]
    if plain and STATED.fullmatch(plain[0].strip(" ")):
        plain[0] = ""
    if separator == " ":
        plain = [line.strip() for line in plain]
    rows, numbers = [], []
    reader = csv.reader(plain, strict=True, delimiter=separator, skipinitialspace=separator != "\t")
    try:
        for row in reader:
            if row:
                rows.append([cell for cell in row if cell] if separator == " " else row)
                numbers.append(reader.line_num)
    except csv.Error as error:
        raise DatasetError(f"{origin}: line {reader.line_num}: {error}, expected values in columns") from error
    while rows and not any(map(str.strip, rows[-1])):  # lines without values, as spreadsheets leave them at the end
        rows.pop()
        numbers.pop()
    return rows, numbers


def _comment_before(lines: Sequence[str]) -> str:
    """The last comment before the first row, without its sign."""
    comment = ""
    for line in lines:
        text = line.strip()
        if text and not text.startswith(COMMENT):
            break
        comment = text or comment
    return comment.lstrip("#%/ ")


def _split_header(
    rows: list[list[str]], numbers: list[int], comment: str
) -> tuple[list[str], list[list[str]], list[int]]:
    """The names of the columns, "" for those without, and the rows below them with their lines."""
    if not rows:
        return [], [], []
    first = [cell.strip() for cell in rows[0]]
    if _is_data(first):
        named = next(iter(_cells([comment], find_separator([comment]), "comment")[0]), [])
        return ([cell.strip() for cell in named] if len(named) == len(first) else [""] * len(first)), rows, numbers
    second = [cell.strip() for cell in rows[1]] if len(rows) > 1 else []
    if len(second) == len(first) > 1 and _is_second_header(second):
        third = rows[2] if len(rows) > 2 else []
        named = len(third) > 1 and third[0].strip() and not any(cell.strip() for cell in third[1:])
        header, below = _merged(first, second), 3 if named else 2
        if named:  # pandas writes the name of the first column on a line by itself
            header[0] = third[0].strip()
        return header, rows[below:], numbers[below:]
    header = _without_column_numbers(first)
    rows, numbers = rows[1:], numbers[1:]
    if rows and all(len(row) == len(header) + 1 for row in rows[:BEGINNING]):
        named_rows = any(row[-1].strip() for row in rows[:BEGINNING])  # R writes no name above the names of rows
        header = ["", *header] if named_rows else [*header, ""]  # else a separator ends the lines
    return header, rows, numbers


def _is_data(first: list[str]) -> bool:
    """Whether the first row holds values, not names: most cells are numbers, which do not just count the columns."""
    values = [cell for cell in first if cell and (is_number(cell) or _listed(cell))]
    return len(values) >= VALUES * len(first) and not _counts(values)


def _counts(names: list[str]) -> bool:
    """Whether names are 0, 1, 2, ... or 1, 2, 3, ...: numbers of columns."""
    return len(names) > 2 and names in ([str(i + start) for i in range(len(names))] for start in (0, 1))


def _without_column_numbers(header: list[str]) -> list[str]:
    """The header with "" in place of numbers that only count the columns, as pandas writes them."""
    numbered = [cell for cell in header if cell.isdecimal()]
    return ["" if cell.isdecimal() else cell for cell in header] if _counts(numbered) else header


def _is_second_header(row: list[str]) -> bool:
    """Whether a row names coordinates, which belong to the names above them."""
    plain = [cell.lower() for cell in row if cell]
    return plain.count("x") >= 1 and plain.count("x") == plain.count("y") and 2 * plain.count("x") >= len(plain) // 2


def _merged(first: list[str], second: list[str]) -> list[str]:
    """Names of columns from two rows: "nose" above "x" is "nose.x"; a name stands for the empty cells after it."""
    header, above = [], ""
    for name, below in zip(first, second, strict=True):
        above = name or above
        header.append(f"{above}.{below}" if below.lower() in COORDINATES and above else below or above)
    return header


def _check_widths(table: TextTable, origin: str) -> None:
    width = len(table.header) or (len(table.rows[0]) if table.rows else 0)
    for row, line in zip(table.rows, table.lines, strict=True):
        if len(row) != width:
            raise DatasetError(f"{origin}: line {line}: found {len(row)} cells, expected {width}")


def _check_decimals(table: TextTable, columns: Sequence[int], comma: str, origin: str) -> None:
    """Raise if numbers have commas in some cells and points in others: one of the two separates thousands."""
    point = next((row[i].strip() for row in table.rows for i in columns if "." in row[i] and is_number(row[i])), "")
    if point:
        expected = "decimals with a point or with a comma, not both"
        raise DatasetError(f"{origin}: found {comma!r} and {point!r}, expected {expected}")


def _listed(cell: str) -> list[str] | None:
    """The numbers of a cell such as "[0.1, 0.2, -0.3]" or "(241, 245)", as text; None for other cells."""
    inside = LIST.match(cell.strip())
    parts = [part for part in re.split(r"[\s,;]+", inside[1]) if part] if inside else []
    return parts if 2 <= len(parts) <= len(LISTED) and all(map(is_number, parts)) else None


def _lists_unpacked(table: TextTable, origin: str) -> TextTable:
    """The table with a column for each number of cells that hold a list."""
    widths = [len(_listed(cell) or ()) for cell in (table.rows[0] if table.rows else [])]
    if not any(widths):
        return table
    header = []
    for i, (name, width) in enumerate(zip(table.header, widths, strict=True)):
        header += [f"{name or i}.{part}" for part in LISTED[:width]] if width else [name]
    rows = []
    for row, line in zip(table.rows, table.lines, strict=True):
        unpacked = []
        for cell, width in zip(row, widths, strict=True):
            numbers = [cell] if not width else [""] * width if cell.strip().lower() in MISSING else _listed(cell) or []
            if len(numbers) != max(width, 1):
                raise DatasetError(f"{origin}: line {line}: found {cell[:40]!r}, expected a list of {width} numbers")
            unpacked += numbers
        rows.append(unpacked)
    return table._replace(header=header, rows=rows)
