"""Looking at results: a web page to turn and play, a sheet of evenly spaced poses, a moving picture."""

import os
from pathlib import Path

from geolift.errors import DatasetError
from geolift.output.result import Result, check

SUFFIXES = (".html", ".png", ".gif", ".mp4")


def view(result: Result, path: str | os.PathLike) -> None:
    """Write `result` in the way that the suffix of `path` says, one of `SUFFIXES`.

    Raises:
        DatasetError: if it is another suffix, the result is not as documented or has no bone to draw, or what pictures
            need is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise DatasetError(f"{path}: found suffix {suffix!r}, expected one of {', '.join(SUFFIXES)}")
    check(result, str(path))
    if suffix == ".html":
        from geolift.output.view.page import write_page

        write_page(result, path)
    elif suffix == ".png":
        from geolift.output.view.sheet import write_sheet

        write_sheet(result, path)
    else:
        from geolift.output.view.movie import write_movie

        write_movie(result, path)
