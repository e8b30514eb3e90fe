"""A run evaluated: the table on the screen, `evaluation.json` and `poses.png` in its folder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geolift import model
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.evaluation.evaluate import DEFINITIONS, UNITS, evaluate, table
from geolift.evaluation.protocols import PROTOCOLS, Protocol
from geolift.lifting.refinement import refine
from geolift.model import Model, model_bones
from geolift.safe_io.json_file import write_json
from geolift.training.run import load


def measure(
    trained: Model, data: Dataset, *, protocol: Protocol = PROTOCOLS["cmu"]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Lift a data set and evaluate it: the points `[F, J, 3]` and the result of `evaluation.evaluate`.

    A model trained with masks lifts and is measured on the joints that were seen, others on whole frames.

    Raises:
        DatasetError: if `data` lacks 3D points, or does not fit the model or the protocol.
    """
    poses = model.normalized_poses(trained, data)
    seen = data.seen if trained.lifter.masks else None
    points = model.lift_poses(trained, poses, seen)
    return points, evaluate(points, data, protocol=protocol, seen=seen)


def refined(trained: Model, data: Dataset, points: np.ndarray, *, ahead: int | None = None) -> np.ndarray:
    """The lifted points `[F, J, 3]` of a data set, each clip's frames made to agree (`refinement.refine`).

    Frames without a rate have nothing to agree with. Those that the model could not lift stay as they are.

    Raises:
        DatasetError: if no clip has a rate.
    """
    clip = data.clip_of_frame
    rate = data.fps[clip]
    seen = data.seen if trained.lifter.masks else np.repeat(data.whole[:, None], len(data.skeleton.names), axis=1)
    usable = np.flatnonzero(seen[:, data.skeleton.root] & (rate > 0))
    if not len(usable):
        raise DatasetError("fps: found no clip with a rate above 0 and a frame to refine, expected one")
    result = points.copy()
    result[usable] = refine(
        points[usable],
        clip[usable],
        data.skeleton,
        bones=model_bones(trained),
        distance=trained.distance,
        frame=usable,
        seen=seen[usable],
        fps=rate[usable],
        ahead=ahead,
    ).points
    return result


def report(
    workdir: str | os.PathLike,
    data: Dataset,
    *,
    source: str,
    split: str,
    protocol: Protocol = PROTOCOLS["cmu"],
    step: int | None = None,
    refine_clips: bool = False,
    ahead: int | None = None,
) -> None:
    """Evaluate a checkpoint of `workdir` on one split of a data set; print and write the results.

    Args:
        workdir: where `train` wrote. An `evaluation.json` and `poses.png` of an earlier report are replaced.
        data: a data set with `points_3d`.
        source: what `data` is called in the results.
        split: any split of `data`, or "all".
        protocol: what is measured.
        step: which checkpoint; None takes the newest.
        refine_clips: also measure the points of `refined`, which use all frames of a clip.
        ahead: with it, none later than so many after each.

    Raises:
        DatasetError: if `data` lacks the split or 3D points, or does not fit the model or the protocol.
        FileNotFoundError, ConfigError: if there is no good run in `workdir`.
    """
    trained, _, step = load(workdir, step=step)
    untrained, _, _ = load(workdir, trained=False)
    data = data.select(split)
    points, result = measure(trained, data, protocol=protocol)
    seen = data.seen if trained.lifter.masks else None
    results = {
        "flat skeleton": evaluate(
            model.flat_skeleton(model.normalized_poses(trained, data)), data, protocol=protocol, seen=seen
        ),
        "untrained": measure(untrained, data, protocol=protocol)[1],
    }
    if refine_clips:
        results["clips refined"] = evaluate(
            refined(trained, data, points, ahead=ahead), data, protocol=protocol, seen=seen
        )
    results["trained"] = result
    print(f"\n{source}, split {split!r}, step {step}\n\n{table(results)}\n")
    others = {"baselines": {name: results[name] for name in ("flat skeleton", "untrained")}}
    if refine_clips:
        others["refined"] = results["clips refined"]
    folder = Path(workdir)
    write(folder, {**result, **others, "data": source, "source": data.source, "split": split, "step": step})
    print(f"metrics      {folder / 'evaluation.json'}")
    print(f"log          {folder / 'metrics.jsonl'}")
    print(f"checkpoints  {folder / 'checkpoints'}")
    try:
        from geolift.output.view.figures import contact_sheet
    except ImportError:
        print("pictures     none: pip install 'geolift[viz]'")
        return
    if not data.whole.any():
        print("pictures     none: no frame has all joints")
        return
    contact_sheet(points, data, folder / "poses.png")
    print(f"pictures     {folder / 'poses.png'}")


def write(folder: Path, result: dict[str, Any]) -> None:
    """Write `evaluation.json`, the definitions of its measures with it."""
    content = {**result, "units": UNITS, "definitions": DEFINITIONS}
    write_json(folder / "evaluation.json", content)


def mean_and_deviation(values: Sequence[float | None], *, digits: int = 1) -> str:
    """Mean ± standard deviation (n - 1) of the values that are there, as text; a single one alone; "none" without."""
    values = [value for value in values if value is not None]
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}" if values else "none"
