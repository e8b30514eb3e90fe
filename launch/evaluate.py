"""Evaluate a run: `python -m launch.evaluate --workdir=runs/cmu --data=cmu.npz --split=test`.

Prints a table beside the untrained network and the flat skeleton, writes `evaluation.json` and `poses.png` to the run.
"""

import json
from pathlib import Path

from absl import app, flags, logging

from geolift import model
from geolift.evaluation import HABITS, UNITS, evaluate, table
from geolift.sources import open_dataset
from geolift.train import load


def evaluate_and_report(workdir: str, source: str, split: str) -> None:
    """Evaluate the newest checkpoint of `workdir` on one split of a data set; print and write the results."""
    trained, _, step = load(workdir)
    untrained, _, _ = load(workdir, trained=False)
    data = open_dataset(source).select(split)
    poses = model.poses(trained, data)
    points = model.lift_poses(trained, poses)
    results = {
        "flat skeleton": evaluate(model.flat(poses), data),
        "untrained": evaluate(model.lift_poses(untrained, poses), data),
        "trained": evaluate(points, data),
    }
    print(f"\n{source}, split {split!r}, step {step}\n\n{table(results)}\n")
    baselines = {name: results[name] for name in ("flat skeleton", "untrained")}
    written = Path(workdir) / "evaluation.json"
    about = {"data": str(source), "split": split, "step": step, "units": UNITS, "definitions": HABITS}
    written.write_text(json.dumps({**results["trained"], "baselines": baselines, **about}, indent=2) + "\n")
    for what, path in (("metrics", written), ("log", "metrics.jsonl"), ("checkpoints", "checkpoints")):
        print(f"{what:<12} {Path(workdir) / Path(path).name}")
    try:
        from geolift.viz import contact_sheet
    except ImportError:
        print("pictures     none: pip install 'geolift[viz]'")
        return
    picture = Path(workdir) / "poses.png"
    contact_sheet(points, data, picture)
    print(f"pictures     {picture}")


def main(argv: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    evaluate_and_report(WORKDIR.value, DATA.value, SPLIT.value)


if __name__ == "__main__":
    WORKDIR = flags.DEFINE_string("workdir", None, "Folder that launch.train wrote.", required=True)
    DATA = flags.DEFINE_string("data", None, "A geolift data set with points_3d, or 'procedural'.", required=True)
    SPLIT = flags.DEFINE_string("split", "test", "Any split of the data set, or 'all'.")
    app.run(main)
