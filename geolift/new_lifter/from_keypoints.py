"""From keypoints to a lifter in one call: data, settings, training until it has settled, judgement, weights."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.data.dataset import Dataset, save_dataset
from geolift.errors import DatasetError
from geolift.new_lifter.cameras import choose_cameras
from geolift.new_lifter.judgement import Judgement, described, judge
from geolift.new_lifter.settings import LONGEST, choose_settings, learnable_content
from geolift.new_lifter.settled import Settled
from geolift.new_lifter.synchronised import find_rotations, with_synchronised_cameras
from geolift.new_lifter.training_data import prepare_keypoints
from geolift.new_lifter.weights import expect_output, folder_of, made_by
from geolift.plurals import first_of
from geolift.pretrained.export import export_model
from geolift.pretrained.models import load_card
from geolift.training.build.view import build_view
from geolift.training.checkpoint import FOLDER
from geolift.training.checkpoint import steps as steps_in
from geolift.training.config import Config
from geolift.training.run import load
from geolift.training.signals import Stopped
from geolift.training.train import train

DATA, RUN = "data.npz", "run"  # in a training's folder


class NewLifter(NamedTuple):
    """What was trained.

    Attributes:
        path: the weights.
        judgement: of them, by 2D alone.
        ended: why the training ended.
        folder: the training's folder, from which it can be resumed.

    Example:
        >>> found = Judgement(0.4, 0.2, 12, 1.0, (), "")
        >>> NewLifter(Path("a.safetensors"), found, "the time is over", Path("a_run")).ended
        'the time is over'
    """

    path: Path
    judgement: Judgement
    ended: str
    folder: Path


def train_lifter(
    paths: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    skeleton: str | os.PathLike[str] | None = None,
    cameras: str | None = None,
    minutes: float | None = None,
    steps: int = LONGEST,
    seed: int = 0,
    force: bool = False,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
    **reading: Any,
) -> NewLifter:
    """Train a lifter on 2D keypoints alone, and write its weights.

    A second call with the same keypoints and settings resumes the training, which is kept in a folder beside the
    weights, NAME_run.

    Args:
        paths: keypoint files or folders of any known format, or one data set; of people or animals.
        output: the file of the weights, .safetensors.
        skeleton: a skeleton file. Default: as the joints are known, else one is proposed (`skeletons.proposal`).
        cameras: "above", "level", "below" or "anywhere": which way they look. Default: by the side of the bodies that
            they see, or from above where that is not known.
        minutes: after which the training ends. Default: when its score by 2D has settled, or after `steps`.
        steps: of the lifter, at most. A training that they end gives the same weights on the same machine.
        seed: of the training.
        force: train where sides contradict `cameras` or each other, and write weights that the judgement refuses.
        stop: True ends the training (`training.signals.Signals`); it can be resumed.
        say: is called with each line for people.
        reading: options of reading keypoints: format, fps, image_size, focal, ...; `synchronized` for several cameras
            that do not move and film the same moments.

    Returns:
        Where the weights are, and what 2D alone says of them.

    Raises:
        DatasetError: naming the file or argument; if nothing can be learnt; or, without `force`, if the lifter must not
            be used: cameras from straight above, bodies seen from few directions, or mirrored ones.
        Stopped: if `stop` ended the training.

    Source:
        Ours; the method is that of Chen et al. 2019 with a flow (docs/method.md).

    Example:
        >>> train_lifter([], "mouse.npz")
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: mouse.npz: found the suffix '.npz', expected .safetensors
    """
    started, output = time.monotonic(), Path(output)
    expect_output(output, minutes)
    data, notes = prepare_keypoints(paths, output, skeleton=skeleton, **reading)
    content = learnable_content(data.select("train"), str(paths[0]))
    looking, seen = choose_cameras(data.select("train"), stated=cameras, force=force)
    config, reasons = choose_settings(data.select("train"), content, cameras=looking, seed=seed, steps=steps)
    together = None
    if data.moment is not None:
        together, rotations = find_rotations(data.select("train"), look_down=looking.start >= 0)
        seen = (*rotations, *(line for line in seen if line.startswith("warning")))
        config = with_synchronised_cameras(config, together)
    for line in (*notes, _rates(data), *seen, *reasons, _plan(config, minutes)):
        say(line)
    folder = folder_of(output, config, data)
    folder.mkdir(parents=True, exist_ok=True)
    config.data.path = str(folder / DATA)
    save_dataset(data, config.data.path)
    held_out = data.select("test") if "test" in data.split else data
    end = None if minutes is None else started + 60 * minutes
    settled = Settled(
        folder / RUN, held_out, end=end, stop=stop, even_steep=force or together is not None, cameras=together
    )
    ended = _train(config, folder / RUN, settled)
    done = max(steps_in(folder / RUN / FOLDER), default=0)
    if done <= _preparing(config):
        raise DatasetError(
            f"minutes: found {minutes:g}, expected more: it ended after {done} steps, and those of the lifter begin "
            f"after {_preparing(config)}; the same command with more minutes goes on there"
        )
    model, trained, step = load(folder / RUN)
    found = judge(model, held_out, build_view(trained, model.skeleton), cameras=together)
    say(f"{step} steps; {ended}")
    for line in described(found):
        say(line)
    if found.fatal and not force:
        raise DatasetError(f"{output}: was not written, as {found.fatal} (--force writes it)")
    export_model(model, output, "safetensors", card=_card(load_card(folder / RUN), paths, found))
    return NewLifter(output, found, ended, folder)


def _preparing(config: Config) -> int:
    """The steps that come before those of the lifter."""
    return config.flow.steps if config.loss.weights.likelihood else 0


def _rates(data: Dataset) -> str:
    """What the frame rate is for: no loss of these trainings compares frames, so that a wrong one shows in no score."""
    rates = [f"{rate:g}" if rate else "unknown" for rate in np.unique(data.fps)]
    what = f"{rates[0]}" if len(rates) == 1 else f"differ from file to file: {', '.join(rates)}"
    return (
        f"frames per second: {what}. They are not checked and hardly matter here: frames are learnt one by one, "
        "and only the gap before the held-out ones is in seconds. `geolift lift` needs those of each new video"
    )


def _plan(config: Config, minutes: float | None) -> str:
    """How long the training will take at most."""
    first = _preparing(config)
    before = f", after {first} of the flow" if first else ""
    end = "" if minutes is None else f", and after {minutes:g} minutes"
    return (
        f"training: {config.steps} steps of the lifter at most{before}; it ends earlier when its score by 2D has "
        f"settled{end}. The remaining time that is shown is that of all steps"
    )


def _train(config: Config, folder: Path, settled: Settled) -> str:
    """Train until it has settled, and say why it ended."""
    try:
        train(config, folder, stop=settled)
    except Stopped:
        if settled.why in ("", "stopped"):
            raise
    return settled.why or "all steps were done"


def _card(card: dict[str, Any], paths: Sequence[str | os.PathLike[str]], found: Judgement) -> dict[str, Any]:
    names = first_of([Path(path).name for path in paths])
    return card | {
        "data": f"{names}: {card['data']}",
        "terms": "Those of the keypoints.",
        **made_by("geolift train"),
        "limits": " ".join(line[0].upper() + line[1:] + "." for line in described(found)),
    }
