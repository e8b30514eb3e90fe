"""CPU time of films: `python -m benchmarks.films`, or of a kept result, `--result=kept.npz`.

Of `.mp4` and `.gif`: seconds in this program (drawing) and in ffmpeg (encoding), and the size of the file. Beside it,
the same film encoded by x264's preset `veryfast` with `-crf 20`, from colours as they are drawn.
"""

import resource
import tempfile
from pathlib import Path

import numpy as np
from absl import app, flags

import geolift
from geolift.data.sources import open_dataset
from geolift.output.result import Result
from geolift.output.selection import select
from geolift.output.view import movie
from geolift.output.write import load_result

RESULT = flags.DEFINE_string("result", None, "A kept result (.npz, .json); None: a walk of the procedural human.")
FRAMES = flags.DEFINE_integer("frames", 1800, "Frames of the walk.")

OTHERS = {  # ways of encoding that films are compared with
    "veryfast, crf 20": {"-preset": "veryfast", "-crf": "20"},
    "ultrafast, crf 22, cabac": {"-preset": "ultrafast", "-crf": "22", "-threads": "1", "-x264-params": "cabac=1"},
}


def main(_: list[str]) -> None:
    """Print the table."""
    result = load_result(RESULT.value) if RESULT.value else _walk(FRAMES.value)
    ways = {".mp4": movie.ENCODING, **{f".mp4, {name}": way for name, way in OTHERS.items()}, ".gif": movie.ENCODING}
    print(f"{len(result.frames)} frames, {len(result.people)} people: CPU seconds\n{'':32s} drawing ffmpeg    MB")
    with tempfile.TemporaryDirectory(prefix="films.") as folder:
        movie.write_movie(select(result, frames=(0, 2)), Path(folder, "first.mp4"))  # imports
        for name, encoding in ways.items():
            path = Path(folder, f"film{name[:4]}")
            before = _seconds()
            movie.write_movie(result, path, encoding=encoding)
            here, there = _seconds() - before
            print(f"{name:32s} {here:7.2f} {there:6.2f} {path.stat().st_size / 1e6:5.1f}", flush=True)


def _seconds() -> np.ndarray:
    """`[2]` CPU seconds of this program, and of those that it ran, so far."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return np.array([one.ru_utime + one.ru_stime for one in used])


def _walk(frames: int) -> Result:
    """A walk of the procedural human, there and back again, lifted."""
    data = open_dataset("procedural").select("test")
    start, stop = (int(ends[list(data.action).index("walk")]) for ends in (data.start, data.stop))
    walk = data.keypoints[start:stop]
    there_and_back = np.concatenate([walk, walk[::-1]])
    keypoints = np.tile(there_and_back, (frames // len(there_and_back) + 1, 1, 1))[:frames]
    names = data.skeleton.names
    recording = geolift.record(keypoints, np.ones(keypoints.shape[:2]), joints=names, fps=30.0, image_size=(1000, 1000))
    return geolift.lift(recording)


if __name__ == "__main__":
    app.run(main)
