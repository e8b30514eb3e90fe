"""A result as a report: one page with the view of it, tables and plots of how people move, and nothing else needed.

The page is that of `geolift.output.view.page`, whose policy holds here, too, with top.html, middle.html, report.css,
plots.js and report.js in it. Numbers are computed here; the page draws them.
"""

import os
from importlib.resources import files
from pathlib import Path

from geolift.output.report.content import person_content
from geolift.output.report.motion import motions
from geolift.output.report.series import Packer
from geolift.output.result import ASSUMED_FPS, Result
from geolift.output.view.page import Addition, page


def write_report(result: Result, path: str | os.PathLike[str]) -> int:
    """Write the report of `result` to `path` and return its size in bytes.

    Raises:
        DatasetError: if the result is not of a video of people; it does not name the path.
    """
    return Path(path).write_bytes(report(result).encode())


def report(result: Result) -> str:
    """The report of `result` as text."""
    people, notes = motions(result)
    packer, fps = Packer(), float(result.fps or ASSUMED_FPS)
    data = {"fps": fps, "people": [person_content(motion, fps, packer) for motion in people]}
    style, plots, script, top, middle = (
        files("geolift.output.report").joinpath(name).read_text(encoding="utf-8")
        for name in ("report.css", "plots.js", "report.js", "top.html", "middle.html")
    )
    addition = Addition("geolift report", style, plots + script, top, middle, data, packer.arrays())
    return page(result._replace(notes=(*result.notes, *notes)), addition)
