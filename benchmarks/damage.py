"""Detection of damaged checkpoints, by geolift and by orbax alone, for every kind of damage that a disk does.

`python -m benchmarks.damage --workdir=runs/cmu --damages=500`. The run is not touched; each damage is done to a copy.
Prints how often each kind was detected before restoring, and what orbax restores without the manifest.
"""

import io
import shutil
import sys
from collections import Counter, defaultdict
from contextlib import redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from absl import app, flags, logging

from geolift.training import checkpoint
from geolift.training.checkpoint import FOLDER
from geolift.training.run import open_run

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of a run with a checkpoint.", required=True)
DAMAGES = flags.DEFINE_integer("damages", 500, "How many.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of the damage.")
WRONG = "wrong values"


def flip(file: Path, rng: np.random.Generator) -> None:
    data = bytearray(file.read_bytes())
    data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    file.write_bytes(data)


def zero(file: Path, rng: np.random.Generator) -> None:
    data = bytearray(file.read_bytes())
    start = int(rng.integers(len(data)))
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))
    file.write_bytes(data)


def truncate(file: Path, rng: np.random.Generator) -> None:
    file.write_bytes(file.read_bytes()[: int(rng.integers(file.stat().st_size))])


def delete(file: Path, rng: np.random.Generator) -> None:
    file.unlink()


def scramble(file: Path, rng: np.random.Generator) -> None:
    file.write_bytes(rng.bytes(file.stat().st_size))


KINDS = {"bit flipped": flip, "4 KiB zeroed": zero, "truncated": truncate, "deleted": delete, "scrambled": scramble}


def found(path: Path) -> bool:
    try:
        checkpoint.verify(path)
    except checkpoint.DamagedCheckpoint:
        return True
    return False


def by_orbax(path: Path, template: dict, expected: str) -> str:
    """What restoring without the manifest gives: "raises", "right values", or WRONG."""
    try:
        with redirect_stderr(io.StringIO()):
            arrays = checkpoint._restore(path, template)
    except Exception:  # orbax and tensorstore raise what they like
        return "raises"
    return "right values" if checkpoint.digest(arrays) == expected else WRONG


def main(_: list[str]) -> None:
    logging.set_verbosity(logging.FATAL)  # orbax tells every error at length
    run, rng = open_run(WORKDIR.value), np.random.default_rng(SEED.value)
    original = run.folder / FOLDER / str(checkpoint.saved_steps(run.folder)[-1])
    expected = checkpoint.verify(original)["state_sha256"]
    template = checkpoint.snapshot(run.start())
    files = [path.relative_to(original) for path in original.rglob("*") if path.is_file() and path.stat().st_size]
    odds = np.sqrt([(original / file).stat().st_size for file in files])  # between all files alike and all bytes alike
    counts, harmless = defaultdict(Counter), 0
    with TemporaryDirectory() as name:
        for i in range(DAMAGES.value):
            kind, damage = list(KINDS.items())[i % len(KINDS)]
            path = shutil.copytree(original, Path(name) / str(i) / original.name)
            file = path / files[rng.choice(len(files), p=odds / odds.sum())]
            before = file.read_bytes()
            damage(file, rng)
            if file.exists() and file.read_bytes() == before:
                harmless += 1  # zeros over zeros
                continue
            counts[kind]["found" if found(path) else "missed"] += 1
            counts[kind][by_orbax(path, template, expected)] += 1
            shutil.rmtree(path.parent)
    columns = ("found", "missed", "raises", "right values", WRONG)
    print("| damage | found by geolift | missed | orbax alone: raises | right values | wrong values |")
    print("|" + " --- |" * 6)
    for kind, count in counts.items():
        print(f"| {kind} | {' | '.join(str(count[column]) for column in columns)} |")
    missed = sum(count["missed"] for count in counts.values())
    print(f"{DAMAGES.value - harmless} damages, {len(files)} files, {missed} missed")
    sys.exit(bool(missed))


if __name__ == "__main__":
    app.run(main)
