"""Train and tabulate the paper's ablation, several seeds side by side:

`python -m launch.ablation --config.data.path=cmu.npz --config.adapter.data=mpii.npz,coco.npz --workdir=runs/ablation`.
The config is the full recipe; each row of configs/ablation.py takes something away from it. Every run is an ordinary
one, in `workdir/ROW/seed_N`; a second start goes on where the first one stopped. Writes `ablation.json`, `ablation.md`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from absl import app, flags, logging
from ml_collections import config_flags

from configs import ablation
from geolift.dataset import DatasetError
from geolift.report import measure, write
from geolift.sources import open_dataset
from geolift.train import train_seeds
from geolift.workdir import ConfigError

CONFIG = config_flags.DEFINE_config_file("config", "configs/cmu_cpu.py", "The full recipe.")
WORKDIR = flags.DEFINE_string("workdir", "runs/ablation", "Folder of all runs.")
SEEDS = flags.DEFINE_list("seeds", "0,1,2", "Seeds, trained side by side.")
ROWS = flags.DEFINE_list("rows", list(ablation.ROWS), "Rows of configs/ablation.py.")
SPLIT = flags.DEFINE_string("split", "test", "Split that is evaluated.")
COLUMNS = {
    "p_mpjpe": "P-MPJPE", "p_mpjpe_reflection": "(reflected)", "n_mpjpe": "N-MPJPE", "mpjpe": "MPJPE",
    "mpjve": "MPJVE", "pck": "PCK@150", "auc": "AUC", "cps": "CPS", "flip_rate": "flip rate %",
}  # fmt: skip


def run_row(name: str, folder: Path) -> list[dict]:
    """Train the seeds of one row and evaluate each."""
    config = ablation.row(CONFIG.value, name)
    seeds = [int(seed) for seed in SEEDS.value]
    models = train_seeds(config, folder, seeds)
    data = open_dataset(config.data.path).select(SPLIT.value)
    results = []
    for seed, trained in zip(seeds, models, strict=True):
        _, result = measure(trained, data)
        about = {"data": config.data.path, "split": SPLIT.value, "step": config.steps, "row": name, "seed": seed}
        write(folder / f"seed_{seed}", result | about)
        results.append(result)
    return results


def markdown(results: dict[str, list[dict]]) -> str:
    """The table: mean and standard deviation (n - 1) over the seeds."""
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "| --- |" + " --- |" * len(COLUMNS)]
    for name, runs in results.items():
        cells = []
        for key in COLUMNS:
            values = [run[key] for run in runs if run[key] is not None]
            spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.1f}{spread}" if values else "none")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    unknown = [name for name in ROWS.value if name not in ablation.ROWS]
    if unknown or not all(seed.isdecimal() for seed in SEEDS.value):
        sys.exit(f"geolift: found rows {ROWS.value}, seeds {SEEDS.value}, expected rows of {list(ablation.ROWS)}")
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    workdir = Path(WORKDIR.value)
    results = {}
    try:
        if not CONFIG.value.adapter.data and {"+domain", "+both"} & set(ROWS.value):
            raise ConfigError("adapter.data is empty; give 2D poses of another domain, or leave out +domain and +both")
        for name in ROWS.value:
            print(f"row {name!r}, seeds {', '.join(SEEDS.value)}", flush=True)
            results[name] = run_row(name, workdir / name)
            table = markdown(results)
            (workdir / "ablation.md").write_text(table + "\n")
            keys = {name: [{key: run[key] for key in COLUMNS} for run in runs] for name, runs in results.items()}
            (workdir / "ablation.json").write_text(json.dumps({"seeds": SEEDS.value, "rows": keys}, indent=2) + "\n")
    except (DatasetError, ConfigError, OSError, FloatingPointError) as error:
        sys.exit(f"geolift: {error}")
    print(f"\n{table}\n\n{workdir / 'ablation.md'}")


if __name__ == "__main__":
    app.run(main)
