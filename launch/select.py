"""Rank trained runs by 2D alone, best first: `python -m launch.select --runs='runs/ablation/*/*' --data=cmu.npz`.

What is measured, and why: docs/selection.md. Writes `selection.json` with the pick before any 3D is read; with
`--truth_split` the true errors and their rank correlation with every criterion are added afterwards. Works on data
without 3D and with unknown cameras; `--pictures` draws poses that the pick lifted. `--checkpoints=all` ranks every
checkpoint that was kept, not only the newest of each run.
"""

import glob
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from absl import flags

from geolift.compile_cache import keep_programs
from geolift.data.dataset import Dataset
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError, DatasetError
from geolift.evaluation.report import lift_and_evaluate, mean_and_deviation
from geolift.evaluation.selection import CRITERIA, DEFINITIONS, assess, lift_usable, usable_poses
from geolift.model import Model
from geolift.objectives.views import View
from geolift.training.build.view import build_view
from geolift.training.checkpoint import saved_steps
from geolift.training.config import Config
from geolift.training.run import load
from launch import program

RUNS = flags.DEFINE_list("runs", None, "Folders that launch.train wrote; * stands for any name.", required=True)
CHECKPOINTS = flags.DEFINE_enum("checkpoints", "newest", ["newest", "all"], "Which checkpoints of each run are ranked.")
DATA = flags.DEFINE_string("data", None, "A geolift data set, or 'procedural'.", required=True)
SPLIT = flags.DEFINE_string(
    "split", "extra", "Split whose 2D is used, best one of neither training nor test; or 'all'."
)
VIEW_OF = flags.DEFINE_string(
    "view_of", "", "Run whose views are used for all. Default: those of each run, which must be the same."
)
TRUTH_SPLIT = flags.DEFINE_string("truth_split", "", "Split whose 3D the ranking is then compared with; '' for none.")
OUT = flags.DEFINE_string("out", "selection.json", "File to write.")
PICTURES = flags.DEFINE_string("pictures", "", "Where to draw 12 poses that the pick lifted; '' for nowhere.")
SCORES = ("score", *CRITERIA)
COLUMNS = (*SCORES, "plausible_bones", "plausible_poses")


class Candidate(NamedTuple):
    """A checkpoint of a run: that of `step`, or the newest if None."""

    run: Path
    step: int | None = None

    def __str__(self) -> str:
        return _at(self.run, self.step)

    @property
    def folder(self) -> str:
        """Shared by the seeds of a row of the ablation at the same step."""
        return _at(self.run.parent, self.step)


def _at(path: Path, step: int | None) -> str:
    return str(path) if step is None else f"{path}@{step}"


def find_candidates(patterns: list[str], checkpoints: str) -> dict[str, Candidate]:
    """The candidates of the runs that match the patterns, by name: their newest checkpoints or all of them."""
    runs = find_runs(patterns)
    every = checkpoints == "all"
    found = [Candidate(run, step) for run in runs for step in (saved_steps(run) if every else [None])]
    return {str(candidate): candidate for candidate in found}


def find_runs(patterns: list[str]) -> list[Path]:
    """The run folders that match any of the patterns, each of which must match one."""
    runs = set()
    for pattern in patterns:
        found = {path for path in map(Path, glob.glob(pattern)) if (path / "config.json").exists()}
        if not found:
            raise FileNotFoundError(f"--runs: {pattern}: found no folder with a config.json, expected trained runs")
        runs |= found
    return sorted(runs)


def view_of(run: Path, trained: Model, config: Config) -> View:
    """The views that a run was trained with: about its learnt pitch if it has one, or about each pose's gravity."""
    if config.view.tilt == "elepose":
        raise ConfigError(f"{run}: view.tilt: found 'elepose', expected views about one pitch (see --view_of)")
    view = build_view(config, trained.skeleton)
    return view._replace(pitch=None) if config.view.tilt in ("pose", "given") else view


def rank(candidates: dict[str, Candidate], data: Dataset, like: Path | None = None) -> list[dict[str, Any]]:
    """Score every candidate, best first. Other views or frames than those of the first are refused.

    Args:
        candidates: by name.
        data: data set whose 2D is used.
        like: run whose views are used for all; None: those of each candidate, which must be the same.
    """
    common = None if like is None else view_of(like, *load(like)[:2])
    results, expected = [], None
    for name, candidate in candidates.items():
        trained, config, step = load(candidate.run, step=candidate.step)
        view = common or view_of(candidate.run, trained, config)
        view = view._replace(distance=trained.distance, min_depth=trained.min_depth, root=trained.skeleton.root)
        result = assess(trained, data, view)
        found = {"view": view._asdict(), "frames scored (data.masks)": result["frames"]}
        expected = expected or found
        for key in found:
            if found[key] != expected[key]:
                first = next(iter(candidates))
                hint = " (--view_of takes the views of one run for all)" if key == "view" else ""
                raise ConfigError(f"{name}: {key}: found {found[key]}, expected {expected[key]}, that of {first}{hint}")
        results.append({"run": name, "step": step, **result})
    return sorted(results, key=lambda result: result["score"])


def correlate(results: list[dict[str, Any]], candidates: dict[str, Candidate], data: Dataset) -> dict[str, Any]:
    """True errors by candidate, their unit, and how every criterion agrees with them.

    Over all of them Spearman's rank correlation (None if either is constant); among those of one folder at one step,
    which differ less, the number of pairs in the right order.
    """
    from scipy.stats import spearmanr  # jax needs scipy, too

    errors, unit = {}, ""
    for name, step in ((result["run"], result["step"]) for result in results):
        trained, _, _ = load(candidates[name].run, step=step)  # the one that was scored: the run may have been resumed
        measured = lift_and_evaluate(trained, data)[1]
        errors[name], unit = measured["p_mpjpe"], measured["units"]["p_mpjpe"]
    scores = {key: [r[key] for r in results] for key in SCORES if all(r[key] is not None for r in results)}
    truth, folders = list(errors.values()), [candidates[name].folder for name in errors]
    pairs = [(i, j) for i, j in combinations(range(len(truth)), 2) if folders[i] == folders[j]]
    return {
        "p_mpjpe": errors,
        "unit": unit,
        "spearman": {
            key: float(spearmanr(values, truth).statistic) if min(len(set(values)), len(set(truth))) > 1 else None
            for key, values in scores.items()
        },
        "pairs": len(pairs),
        "pairs_in_order": {
            key: sum((values[i] - values[j]) * (truth[i] - truth[j]) > 0 for i, j in pairs)
            for key, values in scores.items()
        },
    }


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Rows of `COLUMNS`; a value may be a list, of which mean and deviation (n - 1) are shown."""
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{key:>17}" for key in COLUMNS)]
    for name, row in rows.items():
        lines.append(f"{name:{width}}" + "".join(f"{_cell(row[key], key):>17}" for key in COLUMNS))
    return "\n".join(lines)


def _cell(value: Any, key: str) -> str:
    return mean_and_deviation(
        value if isinstance(value, list) else [value], digits=1 if key.startswith("plausible") else 3
    )


def by_folder(results: list[dict[str, Any]], candidates: dict[str, Candidate]) -> dict[str, dict[str, list]]:
    """The values of all runs in one folder together, step by step: the seeds of a row of the ablation."""
    folders = defaultdict(lambda: {key: [] for key in COLUMNS})
    for result in sorted(results, key=lambda result: candidates[result["run"]]):
        for key, values in folders[candidates[result["run"]].folder].items():
            values.append(result[key])
    return dict(folders)


def agreement(truth: dict[str, Any]) -> str:
    """The result of `correlate` as text."""
    lines = [f"the truth, split {truth['split']!r}: P-MPJPE in {truth['unit']}, in the order of the ranking", ""]
    lines += [f"{run}  {error:.2f}" for run, error in truth["p_mpjpe"].items()]
    number, pairs = len(truth["p_mpjpe"]), truth["pairs"]
    lines += ["", f"rank correlation with it over all {number}; pairs of a folder in the right order, of {pairs}", ""]
    for key, value in truth["spearman"].items():
        lines.append(f"{key:15} {'none' if value is None else f'{value:+.2f}':>6} {truth['pairs_in_order'][key]:4}")
    return "\n".join(lines)


def main() -> None:
    keep_programs()
    data = open_dataset(DATA.value)
    candidates, unlabelled = find_candidates(RUNS.value, CHECKPOINTS.value), data.select(SPLIT.value).without_3d()
    truth = data.select(TRUTH_SPLIT.value) if TRUTH_SPLIT.value else None
    if truth is not None and truth.points_3d is None:
        raise DatasetError(f"{DATA.value}: points_3d: found none, expected them for --truth_split")
    results = rank(candidates, unlabelled, Path(VIEW_OF.value) if VIEW_OF.value else None)
    pick, flat = results[0]["run"], results[0]["flat"]
    content = {
        "pick": pick, "data": DATA.value, "split": SPLIT.value, "ranking": results, "definitions": DEFINITIONS,
    }  # fmt: skip
    write(content)
    print(f"\n{DATA.value}, split {SPLIT.value!r}, {results[0]['frames']} poses, no 3D; smaller is better\n")
    print(table({r["run"]: r for r in results} | {"flat skeleton": {"score": 1.0, **flat}}))
    folders = by_folder(results, candidates)
    if len(folders) < len(results):
        print(f"\nmean ± deviation of the runs of a folder\n\n{table(folders)}")
    print(f"\npick         {pick}\nranking      {OUT.value}")
    if PICTURES.value:
        draw(candidates[pick].run, results[0]["step"], unlabelled)
    if truth is not None:
        content["truth"] = {"split": TRUTH_SPLIT.value, **correlate(results, candidates, truth)}
        write(content)
        print(f"\n{agreement(content['truth'])}")


def write(content: dict[str, Any]) -> None:
    Path(OUT.value).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def draw(run: Path, step: int, data: Dataset) -> None:
    """Draw 12 lifted poses, evenly spaced over the data."""
    try:
        from geolift.output.view.figures import lifted_sheet
    except ImportError:
        print("pictures     none: pip install 'geolift[viz]'")
        return
    trained, _, _ = load(run, step=step)
    chosen = usable_poses(trained, data)
    lifted_sheet(lift_usable(trained, chosen), chosen.poses, chosen.seen, trained.skeleton, PICTURES.value)
    print(f"pictures     {PICTURES.value}")


if __name__ == "__main__":
    program.run(main)
