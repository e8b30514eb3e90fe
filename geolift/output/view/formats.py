"""Formats of views: which ending of a name is a page, a report, a sheet or a movie."""

import os
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.output.endings import ending_of
from geolift.output.report.motion import expect_motion
from geolift.output.report.report import write_report
from geolift.output.result import Result, check_result
from geolift.output.trust import untrusted, without_joints
from geolift.output.view.movie import write_movie
from geolift.output.view.page import write_page
from geolift.output.view.sheet import write_sheet
from geolift.safe_io.atomic import replacing_all

VIEW_OPTIONS = ("camera", "trust")  # of `write_view`
REPORT = "report.html"
VIEWERS = {
    ".html": write_page, ".png": write_sheet, ".gif": write_movie, ".mp4": write_movie, REPORT: write_report,
}  # fmt: skip


def write_view(
    result: Result, path: str | os.PathLike[str], *, camera: bool = False, trust: float | None = None
) -> None:
    """Write a result to look at, by the ending of the path: .html, .png, .gif, .mp4 or report.html.

    Args:
        result: N poses.
        path: the file; it appears whole or not at all, in place of an existing one.
        camera: show camera axes, also where the world's are known.
        trust: metres; joints with more uncertainty are drawn hollow, as joints that were not seen, and in a .png
            and a report not at all. None: they are drawn as others.

    Raises:
        DatasetError: if the suffix is unknown, the result is not as documented or has no bone to draw, or what pictures
            need is not installed.
        OSError: if the disk does not accept the file; it names the file.

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
    path = Path(path)
    suffix = ending_of(path, VIEWERS)
    if suffix is None:
        raise DatasetError(f"{path}: found suffix {path.suffix!r}, expected one of {', '.join(VIEWERS)}")
    check_result(result, str(path))
    if camera:
        result = result.without_world()
    if trust is not None:
        unsure = untrusted(result, trust)
        if suffix in (".png", REPORT):  # they have no sign for them
            result = without_joints(result, unsure)
        else:
            confidence = np.where(unsure, np.float32(0), result.confidence)
            result = result._replace(filled=result.filled | unsure, confidence=confidence)
    with replacing_all(path) as (partial,):
        try:
            VIEWERS[suffix](result, partial)
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from error


def expect_viewable(video: bool, path: Path) -> None:
    """Refuse single images for a report.

    Raises:
        DatasetError: naming the file, and what takes single images.
    """
    if ending_of(path, VIEWERS) == REPORT:
        try:
            expect_motion(video)
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from error
