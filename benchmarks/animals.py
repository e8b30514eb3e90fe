"""Accuracy on animals: `python -m benchmarks.animals` (docs/animals.md).

Trains every row as `geolift train` does, on 2D alone, and beside it the same network with 3D; measures both on frames
of another time. Results are kept a line each, and a run that has one is not made again: the command resumes.
`--list` prints the names of the runs that are left, and `--only` chooses those whose names begin with a text, so that
several programs can share the work. `--table` writes the table and the pictures of the results that are there.
"""

import json
from pathlib import Path

from absl import app, flags, logging

from benchmarks.animal_rows import grid
from benchmarks.animal_rows.pictures import draw_curves
from benchmarks.animal_rows.tables import table
from geolift.compile_cache import keep_programs

RESULTS = flags.DEFINE_string("results", "animals.jsonl", "Where results are kept.")
ONLY = flags.DEFINE_string("only", "", "Runs whose name begins so, ROW/FRAMES/SEED/HOW.")
SEEDS = flags.DEFINE_multi_integer("seeds", list(grid.SEEDS), "The first is that of all rows.")
MINUTES = flags.DEFINE_float("minutes", 4.0, "Longest training on 2D alone.")
LIST = flags.DEFINE_bool("list", False, "Only name the runs that are left.")
TABLE = flags.DEFINE_string("table", "", "Only write this folder's animals.md and animals.svg from the results.")


def main(_: list[str]) -> None:
    """Make the runs that are left."""
    path = Path(RESULTS.value)
    if TABLE.value:
        results, folder = grid.read_results(path), Path(TABLE.value)
        (folder / "animals.md").write_text(table(results))
        draw_curves(results, folder / "animals.svg")
        return
    keep_programs()
    logging.set_verbosity(logging.WARNING)  # of checkpoints
    wanted = [run for run in grid.runs(seeds=tuple(SEEDS.value)) if run.name.startswith(ONLY.value)]
    for run in grid.still_to_make(wanted, grid.read_results(path)):
        if LIST.value:
            print(run.name)
            continue
        result = grid.make(run, minutes=MINUTES.value)
        with path.open("a") as file:
            file.write(json.dumps(result) + "\n")
        print(run.name, {key: value for key, value in result.items() if key != "said"}, flush=True)


if __name__ == "__main__":
    app.run(main)
