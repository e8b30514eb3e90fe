"""The lifters of animals that come with geolift: `python -m benchmarks.animal_weights mouse` (docs/models.md).

Films published motion by virtual cameras, trains on the 2D alone as `geolift train --synchronized` does, measures the
lifter before other cameras at another time, and writes weights with their card. A training that was stopped is resumed
by the same command.
"""

import json
from pathlib import Path

from absl import app, flags, logging

from benchmarks.animal_rows.lifters import RECIPES, make
from benchmarks.animal_rows.species import SPECIES, missing
from geolift.compile_cache import keep_programs

OUTPUT = flags.DEFINE_string("output", "", "The file of the weights; default: NAME.safetensors here.")


def main(words: list[str]) -> None:
    """Make the lifter of that name."""
    name = words[1] if len(words) == 2 else ""
    if name not in RECIPES:
        raise app.UsageError(f"found {' '.join(words[1:])!r}, expected one of {', '.join(RECIPES)}")
    if lacking := missing(SPECIES[RECIPES[name].species].file):
        raise app.UsageError(lacking)
    keep_programs()
    logging.set_verbosity(logging.WARNING)  # of checkpoints
    print(json.dumps(make(name, Path(OUTPUT.value or f"{name}.safetensors")), indent=2))


if __name__ == "__main__":
    app.run(main)
