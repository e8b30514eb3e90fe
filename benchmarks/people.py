"""Speed where people wait: `python -m benchmarks.people`, or some rows, `--only=reading` (docs/performance.md).

Makes its input files itself, runs the stages of every row (benchmarks/people_rows) in turn for several rounds, and
prints CPU seconds (of programs that are started, too) and wall time of each: medians, of which the first call, which
compiles and imports, is left out. With --against a program of another checkout runs the same stages in the same rounds.
The row `video` has other people's programs beside ours and a table of its own (benchmarks/people_rows/video.py).
"""

import importlib
import tempfile
from pathlib import Path

from absl import app, flags

from benchmarks.people_rows import ROWS, Files
from benchmarks.people_rows.measure import HEAD, line, measure
from benchmarks.people_rows.worker import HERE, StageWorker

ONLY = flags.DEFINE_multi_enum("only", list(ROWS), ROWS, "Rows.")
STAGES = flags.DEFINE_string("stages", "", "Only stages whose names hold this text.")
FRAMES = flags.DEFINE_integer("frames", 18_000, "Frames of the video: ten minutes.")
STILLS = flags.DEFINE_integer("stills", 20_000, "Single images.")
DATA = flags.DEFINE_string("data", "procedural", "The motion: a geolift data set with long clips, or 'procedural'.")
ROUNDS = flags.DEFINE_integer("rounds", 3, "Rounds, after a first one that is not counted.")
WHEELS = flags.DEFINE_string("wheels", "", "Folder with the wheels of the row 'video'; empty: without this row.")
MEDIAPIPE = flags.DEFINE_string("mediapipe", "", "A Python with MediaPipe, for the row 'video'; empty: without it.")
AGAINST = flags.DEFINE_string("against", "", "Another checkout of geolift, whose stages take turns: 'before'.")


def main(_: list[str]) -> None:
    """Print the table."""
    checkouts = ({"before": Path(AGAINST.value)} if AGAINST.value else {}) | {"now": HERE}
    with tempfile.TemporaryDirectory(prefix="people.") as folder:
        for row in ONLY.value:
            if row == "video" and not WHEELS.value:
                print("video: left out, it needs --wheels (benchmarks/people_rows/video.py)")
                continue
            files = Files(Path(folder, row), FRAMES.value, STILLS.value, DATA.value, WHEELS.value, MEDIAPIPE.value)
            files.folder.mkdir()
            module = importlib.import_module(f"benchmarks.people_rows.{row}")
            module.make(files)
            peers = module.peers(files) if hasattr(module, "peers") else {}
            workers = {name: StageWorker(row, files, checkout) for name, checkout in checkouts.items()}
            print(getattr(module, "HEAD", HEAD))
            measure(row, peers | workers, stages=STAGES.value, rounds=ROUNDS.value, line=getattr(module, "line", line))


if __name__ == "__main__":
    app.run(main)
