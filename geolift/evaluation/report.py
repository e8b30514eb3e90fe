"""The evaluation of a run: a table on the screen, `evaluation.json` and `poses.png` in its folder."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geolift import model
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import evaluate, table
from geolift.evaluation.protocols import PROTOCOLS, Protocol
from geolift.lifting.refinement import refine
from geolift.model import Model, model_bones
from geolift.safe_io.json_file import write_json
from geolift.training.run import load


def lift_and_evaluate(
    trained: Model, data: Dataset, *, protocol: Protocol = PROTOCOLS["cmu"]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Lift a data set and evaluate the result.

    A model trained with masks is measured on the joints that were seen, others on frames with all joints.

    Args:
        trained: the model.
        data: a data set with `points_3d`.
        protocol: what is measured.

    Returns:
        The lifted points `[F, J, 3]`, model units, and the result of `accuracy.evaluate`.

    Raises:
        DatasetError: if `data` lacks 3D points, or does not fit the model or the protocol.

    Example:
        >>> import geolift
        >>> from geolift.data.cameras import film
        >>> from geolift.data.synthetic.motions import procedural_clips
        >>> people = film(procedural_clips(seed=0, people=3, seconds=1.0, fps=5.0), geolift.H36M17, seed=0)
        >>> points, result = lift_and_evaluate(geolift.load("cmu"), people)
        >>> points.shape == people.points_3d.shape, list(result["headline"])
        (True, ['p_mpjpe'])
    """
    poses = model.normalized_poses(trained, data)
    seen = data.seen if trained.lifter.masks else None
    points = model.lift_poses(trained, poses, seen)
    return points, evaluate(points, data, protocol=protocol, seen=seen)


def refine_dataset(trained: Model, data: Dataset, points: np.ndarray, *, ahead: int | None = None) -> np.ndarray:
    """Refine the lifted points of every clip of a data set (`refinement.refine`).

    Clips without a frame rate, and frames that the model could not lift, stay the same.

    Args:
        trained: the model that lifted them.
        data: the data set.
        points: `[F, J, 3]` lifted points, model units.
        ahead: as in `refine`.

    Returns:
        The refined points `[F, J, 3]`.

    Raises:
        DatasetError: if no clip has a frame rate.
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


def write_report(
    workdir: str | os.PathLike[str],
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
        workdir: the run's folder. `evaluation.json` and `poses.png` of an earlier report are replaced.
        data: a data set with `points_3d`.
        source: the name of `data` in the results.
        split: any split of `data`, or "all".
        protocol: what is measured.
        step: which checkpoint; None takes the newest.
        refine_clips: also measure the points of `refine_dataset`, which use all frames of a clip.
        ahead: then use at most this many later frames for each frame; None: all.

    Raises:
        DatasetError: if `data` lacks the split or 3D points, or does not fit the model or the protocol.
        FileNotFoundError, ConfigError: if there is no run in `workdir`, or it cannot be read.
    """
    trained, _, step = load(workdir, step=step)
    data = data.select(split)
    points, result = lift_and_evaluate(trained, data, protocol=protocol)
    measure = partial(evaluate, dataset=data, protocol=protocol, seen=data.seen if trained.lifter.masks else None)
    baselines = {
        "flat skeleton": measure(model.flat_skeleton(model.normalized_poses(trained, data))),
        "untrained": lift_and_evaluate(load(workdir, trained=False)[0], data, protocol=protocol)[1],
    }
    others = {"baselines": baselines}
    if refine_clips:
        others["refined"] = measure(refine_dataset(trained, data, points, ahead=ahead))
    rows = {**baselines, **({"clips refined": others["refined"]} if refine_clips else {}), "trained": result}
    print(f"\n{source}, split {split!r}, step {step}\n\n{table(rows)}\n")
    for other in (*baselines.values(), *([others["refined"]] if refine_clips else [])):
        del other["units"], other["definitions"]  # those of the result
    folder = Path(workdir)
    write_results(folder, {**result, **others, "data": source, "source": data.source, "split": split, "step": step})
    print(f"metrics      {folder / 'evaluation.json'}")
    print(f"log          {folder / 'metrics.jsonl'}")
    print(f"checkpoints  {folder / 'checkpoints'}")
    print(f"pictures     {_draw(points, data, folder / 'poses.png')}")


def _draw(points: np.ndarray, data: Dataset, path: Path) -> str:
    """Draw lifted points beside the true ones; the path of the picture, or why there is none."""
    try:
        from geolift.output.view.figures import contact_sheet
    except ImportError:
        return "none: pip install 'geolift[viz]'"
    if not data.whole.any():
        return "none: no frame has all joints"
    contact_sheet(points, data, path)
    return str(path)


def write_results(folder: Path, result: dict[str, Any]) -> None:
    """Write `evaluation.json`: a result with the units and definitions of its measures."""
    write_json(folder / "evaluation.json", result)


def mean_and_deviation(values: Sequence[float | None], *, digits: int = 1) -> str:
    """Mean ± standard deviation (n - 1) of the values that are not None, as text; "none" if there is none."""
    values = [value for value in values if value is not None]
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}" if values else "none"
