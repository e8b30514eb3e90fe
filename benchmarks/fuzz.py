"""Fuzzing of all readers: `python -m benchmarks.fuzz --corpus=FOLDER --mutations=10000 --out=fuzz.json`.

Every file and folder in the corpus must be good; each is damaged in turn (`benchmarks.mutations`) and read by
recognition, as its format, or by `geolift convert`. Prints a table and writes the counts as JSON. Files on which a
reader fails are kept, with the messages, in a folder that is named at the end; the exit code is 1 then.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from absl import app, flags

from benchmarks.guarded import MEMORY, SECONDS
from benchmarks.mutations import find_cases, run

CORPUS = flags.DEFINE_string("corpus", None, "Folder of good files and folders.", required=True)
MUTATIONS = flags.DEFINE_integer("mutations", 10_000, "How many damaged files.")
SEED = flags.DEFINE_integer("seed", 0, "Seed of the damage.")
OUT = flags.DEFINE_string("out", "", "File for the counts, JSON.")
RESULTS = ("read", "refused", "failed", "slow", "died")


def main(_: list[str]) -> None:
    cases = find_cases(Path(CORPUS.value))
    folder = Path(tempfile.mkdtemp(prefix="geolift-fuzz-"))
    started = time.perf_counter()
    counts = {case.path.name: Counter() for case in cases}
    bad = []
    for outcome in run(cases, range(MUTATIONS.value), SEED.value, folder):
        counts[outcome.case][outcome.result] += 1
        if outcome.result not in ("read", "refused"):
            bad.append(outcome)
            (folder / f"{outcome.number}.txt").write_text(f"{outcome.case}, {outcome.reader}\n{outcome.message}\n")
            print(
                f"{outcome.number} {outcome.case} {outcome.reader} {outcome.result}: {outcome.message[-300:]}",
                flush=True,
            )
    print(f"| file | {' | '.join(RESULTS)} |\n|{' --- |' * (len(RESULTS) + 1)}")
    for name, count in counts.items():
        print(f"| {name} | {' | '.join(str(count[result]) for result in RESULTS)} |")
    print(
        f"{MUTATIONS.value} damaged files, seed {SEED.value}, {time.perf_counter() - started:.0f} s; "
        f"limits {SECONDS:g} s and {MEMORY >> 20} MiB each; {len(bad)} failures"
    )
    if OUT.value:
        settings = {"mutations": MUTATIONS.value, "seed": SEED.value, "seconds": SECONDS, "memory": MEMORY}
        Path(OUT.value).write_text(json.dumps({**settings, "files": counts}, indent=1) + "\n")
    if bad:
        sys.exit(f"failures are in {folder}")
    folder.rmdir()


if __name__ == "__main__":
    app.run(main)
