"""Every output of one long video of one person, from its result."""

import itertools

import geolift
from benchmarks.people_rows import Files, Stage, inputs
from geolift.output.result import Result
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.write import WRITERS, write_result
from geolift.skeletons.skeleton import H36M17

STEP = 1e-6  # frames per second: a rig is fitted once to what is the same, so each time the motion is a bit faster


def make(files: Files) -> None:
    """Nothing: the result is lifted by each program for itself."""


def stages(files: Files) -> dict[str, Stage]:
    """A file of every ending; the film of a long video is as long."""
    keypoints = inputs.poses(files)[inputs.VIDEO]
    about = {"joints": H36M17.names, "fps": float(inputs.FPS), "image_size": (inputs.SIZE, inputs.SIZE)}
    result = geolift.lift(geolift.record(keypoints, keypoints[..., 0] * 0 + 0.9, **about))
    times = itertools.count()

    def write(ending: str) -> None:
        _write(result._replace(fps=inputs.FPS + STEP * next(times)), files, ending)

    return {ending: Stage(lambda ending=ending: write(ending), files.frames) for ending in (*WRITERS, *VIEWERS)}


def _write(result: Result, files: Files, ending: str) -> None:
    write = write_view if ending in VIEWERS else write_result
    write(result, files.folder / f"clip{ending}")
