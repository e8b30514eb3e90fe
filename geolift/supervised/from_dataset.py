"""From a data set with 3D to a lifter in one call: settings, training, its error on what was held out, weights."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geolift.data.dataset import Dataset, load_dataset
from geolift.data.learnable import Content
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import evaluate
from geolift.evaluation.protocols import PROTOCOLS
from geolift.evaluation.report import lift_and_evaluate
from geolift.model import Model, flat_skeleton, identify, normalized_poses
from geolift.new_lifter.cameras import CAMERAS
from geolift.new_lifter.settings import choose_settings, learnable_content
from geolift.new_lifter.training_data import with_held_out
from geolift.new_lifter.weights import expect_output, folder_of, made_by
from geolift.pretrained.export import export_model
from geolift.supervised.training import train, trained
from geolift.training.config import Config
from geolift.training.signals import Stopped

STEPS = 6000  # after which the error on held-out train frames hardly falls any more, at this batch


def train_with_3d(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    minutes: float | None = None,
    seed: int = 0,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
) -> Model:
    """Train a lifter on the 2D and the 3D of a data set, and write its weights.

    The one function of geolift that trains on 3D. The network is that of `geolift train`. What is not in the split
    "train" is held out; without a split "test" that is the last fifth of every clip. A second call with the same data
    and settings resumes the training, which is kept in a folder beside the weights, NAME_run.

    Args:
        path: a geolift data set with `points_3d`.
        output: the file of the weights, .safetensors; its card says that it was trained with 3D.
        minutes: after which the training ends. Default: after 6000 steps.
        seed: of the training.
        stop: True ends the training (`training.signals.Signals`); it can be resumed.
        say: is called with each line for people.

    Returns:
        The model, as `geolift.load` reads it.

    Raises:
        DatasetError: naming the file or argument, if there is no 3D, or nothing can be learnt.
        FileNotFoundError: if there is no such file.
        Stopped: if `stop` ended the training.

    Source:
        Martinez et al. 2017, with the loss after the best scale, as one view has none.

    Example:
        >>> train_with_3d("mouse.npz", "mouse.npz")
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: mouse.npz: found the suffix '.npz', expected .safetensors
    """
    end = None if minutes is None else time.monotonic() + 60 * minutes
    output = Path(output)
    expect_output(output, minutes)
    data = load_dataset(path)
    if data.points_3d is None:
        raise DatasetError(
            f"{path}: points_3d: found none, expected 3D; `geolift train` trains without (docs/dataset.md)"
        )
    data = with_held_out(data)
    seen = data.select("train")
    content = learnable_content(seen, str(path))
    config = config_for(seen, content, seed=seed)
    say(f"trained with 3D: {content.rooted if config.data.masks else content.whole} poses of the split train")
    folder = folder_of(output, config, data)
    config.data.path = str(path)
    try:
        train(config, data, folder, stop=lambda: stop() or (end is not None and time.monotonic() > end))
    except Stopped:
        if stop():
            raise  # by the time that is over the weights are written
    model, steps = trained(config, data, folder)
    model = identify(model, f"{output.stem}-{steps}")
    found = _described(model, data)
    say(f"{steps} steps; {found}")
    export_model(model, output, "safetensors", card=_card(model, config, content, Path(path), steps, found))
    return model


def config_for(seen: Dataset, content: Content, *, seed: int) -> Config:
    """The config of `geolift train` for the poses `seen`, of which `content` is known; of cameras nothing is learnt."""
    config = choose_settings(seen, content, cameras=CAMERAS["above"], seed=seed).config
    config.steps, config.data.split = STEPS, "train"
    config.loss.weights.likelihood = 0.0  # there is no flow to start
    return config


def _described(model: Model, data: Dataset) -> str:
    """The error on what was held out, in words."""
    if "test" not in data.split:
        return "nothing was held out to measure it"
    held_out = data.select("test")
    result = lift_and_evaluate(model, held_out)[1]
    seen = held_out.seen if model.lifter.masks else None
    flat = evaluate(flat_skeleton(normalized_poses(model, held_out)), held_out, protocol=PROTOCOLS["cmu"], seen=seen)
    unit = result["units"]["n_mpjpe"]
    return (
        f"error on {result['counts']['frames']} held-out frames {result['n_mpjpe']:.3g} {unit}, "
        f"of the flat skeleton {flat['n_mpjpe']:.3g} (N-MPJPE)"
    )


def _card(model: Model, config: Config, content: Content, path: Path, steps: int, found: str) -> dict[str, Any]:
    config = Config(config.to_dict())
    config.data.path = path.name
    poses = content.rooted if config.data.masks else content.whole
    return {
        "run": model.id,
        "data": f"{path.name}, split train: {poses} poses, trained with 3D",
        "terms": "Those of the data set.",
        **made_by("geolift train-with-3d"),
        "seed": config.seed,
        "steps": steps,
        "limits": f"Trained with 3D, unlike all other lifters of geolift. {found[0].upper()}{found[1:]}. "
        "Cameras and motions that the 3D lacks are not learnt.",
        "config": config.to_dict(),
    }
