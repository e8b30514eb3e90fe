"""Train and tabulate an ablation, several seeds side by side:

`python -m launch.ablation --config.data.path=cmu.npz --config.adapter.data=mpii.npz,coco.npz --workdir=runs/ablation`.
Each row of a table, configs/tables/ablation.py (the paper's) or configs/tables/ladder.py (one idea at a time), switches
parts of the config on or off. Every run is an ordinary one, in `workdir/ROW/seed_N`; a second start resumes where the
first one stopped. Writes `ablation.json` and `ablation.md`.
"""

import importlib
from itertools import combinations
from pathlib import Path
from types import ModuleType

from absl import flags

from geolift.compile_cache import keep_programs
from geolift.data.dataset import Dataset
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError, DatasetError
from geolift.evaluation.report import lift_and_evaluate, mean_and_deviation, write_results
from geolift.safe_io.atomic import replace_file
from geolift.safe_io.json_file import read_json, write_json
from geolift.training.config import Config
from geolift.training.config_checks import check
from geolift.training.signals import Signals
from geolift.training.train import train_seeds
from launch import program
from launch.config_flags import ConfigFlags

CONFIG = ConfigFlags("configs/cmu_cpu.py", "The full recipe.")
WORKDIR = flags.DEFINE_string("workdir", "runs/ablation", "Folder of all runs.")
SEEDS = flags.DEFINE_list("seeds", "0,1,2", "Seeds, trained side by side.")
TABLE = flags.DEFINE_enum("table", "ablation", ["ablation", "ladder"], "Which file of configs/tables/ holds the rows.")
ROWS = flags.DEFINE_list("rows", None, "Rows of the table. Default: all.")
SPLIT = flags.DEFINE_string("split", "test", "Split that is evaluated.")
COLUMNS = {
    "p_mpjpe": "P-MPJPE", "p_mpjpe_reflection": "(reflected)", "n_mpjpe": "N-MPJPE", "mpjpe": "MPJPE",
    "mpjve": "MPJVE", "pck": "PCK", "auc": "AUC", "cps": "CPS", "flip_rate": "flip rate %",
}  # fmt: skip


def table() -> ModuleType:
    """The module with the rows."""
    return importlib.import_module(f"configs.tables.{TABLE.value}")


def run_row(name: str, config: Config, folder: Path, data: Dataset, stop: Signals) -> list[dict]:
    """Train the seeds of one row and evaluate each on `data`; returns the row's entries in the table."""
    seeds = [int(seed) for seed in SEEDS.value]
    models = train_seeds(config, folder, seeds, stop=stop)
    results = []
    for seed, trained in zip(seeds, models, strict=True):
        _, result = lift_and_evaluate(trained, data)
        about = {"data": config.data.path, "source": data.source, "split": SPLIT.value, "row": name, "seed": seed}
        write_results(folder / f"seed_{seed}", result | about)
        results.append({key: result[key] for key in COLUMNS})
    return results


def known(path: Path) -> dict[str, list[dict]]:
    """The rows that an earlier start with the same seeds has finished."""
    before = read_json(path) if path.exists() else {}
    return before["rows"] if before.get("seeds") == SEEDS.value else {}


def markdown(results: dict[str, list[dict]]) -> str:
    """The table: mean and standard deviation (n - 1) over the seeds."""
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "| --- |" + " --- |" * len(COLUMNS)]
    for name, runs in results.items():
        cells = [mean_and_deviation([run[key] for run in runs]) for key in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    keep_programs()
    every = list(table().ROWS)
    rows = every if ROWS.value is None else ROWS.value
    if not rows or set(rows) - set(every):
        raise ConfigError(f"--rows: found {','.join(rows)!r}, expected some of {','.join(every)}")
    if not SEEDS.value or not all(seed.isdecimal() for seed in SEEDS.value):
        raise ConfigError(f"--seeds: found {','.join(SEEDS.value)!r}, expected whole numbers from 0 on, as in 0,1,2")
    workdir = Path(WORKDIR.value)
    if not CONFIG.value.adapter.data and {"+domain", "+both"} & set(rows):
        raise ConfigError(
            "adapter.data: found none, expected data sets of other domains for the rows +domain and +both"
        )
    configs = {name: table().row(CONFIG.value, name) for name in rows}
    for (name, config), (other, same) in combinations(configs.items(), 2):
        if config == same:
            raise ConfigError(
                f"--rows: {name} and {other} are the same with this config; --table={TABLE.value} needs another"
            )
    for config in (CONFIG.value, *configs.values()):
        check(config)
    data = open_dataset(CONFIG.value.data.path).select(SPLIT.value)
    if data.points_3d is None:
        raise DatasetError(f"{CONFIG.value.data.path}: points_3d: found none, expected 3D points to evaluate against")
    results = known(workdir / "ablation.json")
    with Signals() as stop:
        for name, config in configs.items():
            print(f"row {name!r}, seeds {', '.join(SEEDS.value)}", flush=True)
            results[name] = run_row(name, config, workdir / name, data, stop)
            results = {name: results[name] for name in every if name in results}
            write_json(workdir / "ablation.json", {"seeds": SEEDS.value, "rows": results})
            replace_file(workdir / "ablation.md", (markdown(results) + "\n").encode())
    print(f"\n{markdown(results)}\n\n{workdir / 'ablation.md'}")


if __name__ == "__main__":
    program.run(main)
