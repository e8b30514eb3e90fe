"""Accuracy on animals: `python -m benchmarks.animals` (docs/animals.md).

Trains every row as `geolift train` does, on 2D alone, and beside it the same network with 3D; measures both on frames
of another time. Results are kept a line each, and a run that has one is not made again: the command resumes.
`--list` prints the names of the runs that are left, and `--only` chooses those whose names begin with a text, so that
several programs can share the work. `--page=docs/animals.md` writes the table of the results that are there into that
page, and their picture beside it.
"""

import json
from pathlib import Path

from absl import app, flags, logging

from benchmarks.animal_rows import grid
from benchmarks.animal_rows.pictures import draw_curves
from benchmarks.animal_rows.tables import table, with_table
from geolift.compile_cache import keep_programs

RESULTS = flags.DEFINE_string("results", "animals.jsonl", "Where results are kept.")
ONLY = flags.DEFINE_string("only", "", "Runs whose name begins so, ROW/FRAMES/SEED/HOW.")
SEEDS = flags.DEFINE_multi_integer("seeds", list(grid.SEEDS), "The first is that of all rows.")
MINUTES = flags.DEFINE_float("minutes", 4.0, "Longest training on 2D alone.")
LIST = flags.DEFINE_bool("list", False, "Only name the runs that are left.")
PAGE = flags.DEFINE_string("page", "", "Only write the results into this page, and results/animals.svg beside it.")


def main(_: list[str]) -> None:
    """Make the runs that are left."""
    path = Path(RESULTS.value)
    if PAGE.value:
        results, page = grid.read_results(path), Path(PAGE.value)
        page.write_text(with_table(page.read_text(), table(results)))
        draw_curves(results, page.parent / "results" / "animals.svg")
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
