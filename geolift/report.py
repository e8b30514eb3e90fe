"""A run evaluated: the table on the screen, `evaluation.json` and `poses.png` in its folder."""

import json
from pathlib import Path

from geolift import model
from geolift.evaluation import DEFINITIONS, UNITS, evaluate, table
from geolift.sources import open_dataset
from geolift.train import load


def report(workdir: str, source: str, split: str) -> None:
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
    about = {"data": str(source), "split": split, "step": step, "units": UNITS, "definitions": DEFINITIONS}
    folder = Path(workdir)
    (folder / "evaluation.json").write_text(
        json.dumps({**results["trained"], "baselines": baselines, **about}, indent=2) + "\n"
    )
    print(f"metrics      {folder / 'evaluation.json'}")
    print(f"log          {folder / 'metrics.jsonl'}")
    print(f"checkpoints  {folder / 'checkpoints'}")
    try:
        from geolift.viz import contact_sheet
    except ImportError:
        print("pictures     none: pip install 'geolift[viz]'")
        return
    contact_sheet(points, data, folder / "poses.png")
    print(f"pictures     {folder / 'poses.png'}")
