"""Formats of views: which suffix is a page, a sheet or a movie."""

import os
from pathlib import Path

from geolift.errors import DatasetError
from geolift.output.result import Result, check_result
from geolift.output.view.movie import write_movie
from geolift.output.view.page import write_page
from geolift.output.view.sheet import write_sheet

VIEWERS = {".html": write_page, ".png": write_sheet, ".gif": write_movie, ".mp4": write_movie}


def write_view(result: Result, path: str | os.PathLike) -> None:
    """Write a result to look at, by the suffix of the path: .html, .png, .gif or .mp4.

    Args:
        result: N poses.
        path: the file; an existing one is replaced.

    Raises:
        DatasetError: if the suffix is unknown, the result is not as documented or has no bone to draw, or what pictures
            need is not installed.

    Example:
        >>> import tempfile
        >>> import geolift
        >>> import numpy as np
        >>> pose = np.random.default_rng(0).uniform(100, 900, (1, 17, 2))
        >>> result = geolift.lift(geolift.record(pose, np.ones((1, 17)), joints=geolift.H36M17.names, video=False))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_view(result, Path(folder) / "page.html")
        ...     (Path(folder) / "page.html").read_text()[:15]
        '<!doctype html>'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in VIEWERS:
        raise DatasetError(f"{path}: found suffix {suffix!r}, expected one of {', '.join(VIEWERS)}")
    check_result(result, str(path))
    VIEWERS[suffix](result, path)
