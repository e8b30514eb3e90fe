"""A run evaluated: the table on the screen, `evaluation.json` and `poses.png` in its folder."""

import json
import os
from pathlib import Path

from geolift import model
from geolift.dataset import Dataset
from geolift.evaluation import DEFINITIONS, UNITS, evaluate, table
from geolift.train import load


def report(workdir: str | os.PathLike, data: Dataset, *, source: str, split: str) -> None:
    """Evaluate the newest checkpoint of `workdir` on one split of a data set; print and write the results.

    Args:
        workdir: where `train` wrote. An `evaluation.json` and `poses.png` of an earlier report are replaced.
        data: a data set with `points_3d`.
        source: what `data` is called in the results.
        split: any split of `data`, or "all".

    Raises:
        DatasetError: if `data` lacks the split or 3D points, or does not fit the model.
        FileNotFoundError, ConfigError: if there is no good run in `workdir`.
    """
    trained, _, step = load(workdir)
    untrained, _, _ = load(workdir, trained=False)
    data = data.select(split)
    poses = model.poses(trained, data)
    points = model.lift_poses(trained, poses)
    results = {
        "flat skeleton": evaluate(model.flat(poses), data),
        "untrained": evaluate(model.lift_poses(untrained, poses), data),
        "trained": evaluate(points, data),
    }
    print(f"\n{source}, split {split!r}, step {step}\n\n{table(results)}\n")
    baselines = {name: results[name] for name in ("flat skeleton", "untrained")}
    about = {"data": source, "split": split, "step": step, "units": UNITS, "definitions": DEFINITIONS}
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
