"""Reading a run's folder: its config, its model at any checkpoint, and what it was trained on."""

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization
from geolift.data.sampling import Pools
from geolift.errors import ConfigError
from geolift.model import Model, TiltNetwork, identify
from geolift.networks.mlp import unfold_lifter
from geolift.networks.tilt import PoseTilt, mean_pitch, unfold_tilt
from geolift.safe_io.json_file import read_json
from geolift.skeletons.skeleton import Skeleton
from geolift.training.build.networks import build_networks
from geolift.training.build.state import build_state
from geolift.training.checkpoint import FOLDER, DamagedCheckpoint, read, saved_steps, verify
from geolift.training.config import Config, load_older
from geolift.training.train_state import TrainState

CONFIG, CARD = "config.json", "model.json"


class Run(NamedTuple):
    """What a run was started with.

    Attributes:
        folder: the run's folder.
        config: its config, whole.
        skeleton, normalization: of its poses.
        training_poses: number of training poses.
    """

    folder: Path
    config: Config
    skeleton: Skeleton
    normalization: Normalization
    training_poses: int

    def start(self) -> TrainState:
        """The state before the first step."""
        return build_state(self.config, self.skeleton, self.training_poses)


def read_config(path: Path) -> Config:
    """The config of a run, which an earlier version of geolift may have written.

    Args:
        path: the run's `config.json`.

    Raises:
        FileNotFoundError: if there is none.
        ConfigError: if it cannot be read, or has entries that this version does not know.
    """
    values = read_json(path)
    try:
        return load_older(values)
    except ConfigError as error:
        raise _foreign(path.parent, error) from error


def open_run(folder: str | os.PathLike[str]) -> Run:
    """The run in a folder.

    Raises:
        FileNotFoundError: if there is none.
        ConfigError: if its files cannot be read, or were written by another version of geolift.
    """
    folder = Path(folder)
    config, about = read_config(folder / CONFIG), read_json(folder / CARD)
    try:
        skeleton = Skeleton(**{k: tuple(v) if isinstance(v, list) else v for k, v in about["skeleton"].items()})
        return Run(folder, config, skeleton, Normalization(**about["normalization"]), int(about["training_poses"]))
    except KeyError as error:
        raise ConfigError(f"{folder / CARD}: found no entry {error}, expected one") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise _foreign(folder, error) from error


def load(
    workdir: str | os.PathLike[str], *, trained: bool = True, step: int | None = None
) -> tuple[Model, Config, int]:
    """Load the model of a run, with its config and its step; the model's id is folder, step and digest.

    If one pitch for all cameras was learnt, the config's `view.pitch` is the learnt one. It is the model's `pitch`, as
    is one that the config states.

    Args:
        workdir: the folder that `train` wrote.
        trained: False gives the network as it was before the first step.
        step: the checkpoint's step (`checkpoint.saved_steps`); None: the newest.

    Raises:
        FileNotFoundError: if there is no run or no such checkpoint.
        ConfigError: if its files cannot be read, were written by another version, or the checkpoint is damaged.
    """
    run = open_run(workdir)
    try:
        state = run.start()
        if trained:
            state = _restore(run.folder, state, step)
        model = as_model(run.config, run.skeleton, run.normalization, state)
        config = Config(run.config.to_dict())
        if trained and config.view.tilt == "mean":
            network = build_networks(config, run.skeleton)["camera"]
            config.view.pitch = mean_pitch(network, state.params["camera"])
            model = model._replace(pitch=config.view.pitch)
        elif config.view.pitch:  # 0: views turn about the camera's own axis, however it is tilted
            model = model._replace(pitch=config.view.pitch)
    except ConfigError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _foreign(run.folder, error) from error
    return identify(model, f"{run.folder.resolve().name}-{int(state.step)}"), config, int(state.step)


def card(seen: Dataset, normalization: Normalization, pools: Pools) -> dict[str, Any]:
    """What a run keeps of its data: skeleton, normalization, and fingerprints that other data do not have."""
    content = {
        "skeleton": seen.skeleton._asdict(),
        "normalization": normalization._asdict(),
        "training_poses": len(pools.target.poses.joints),
        "keypoints_sha256": hashlib.sha256(np.ascontiguousarray(seen.keypoints)).hexdigest(),
    }
    if pools.source:
        joints = pools.source.poses.joints
        content |= {
            "source_poses": len(joints),
            "source_sha256": hashlib.sha256(np.ascontiguousarray(joints)).hexdigest(),
        }
    return content


def as_model(config: Config, skeleton: Skeleton, normalization: Normalization, state: TrainState) -> Model:
    """The lifter of a state: the moving average of its weights, in float32 however it was trained."""
    networks = build_networks(config, skeleton)
    lifter, variables = unfold_lifter(networks["lifter"].clone(bfloat16=False), state.ema["lifter"])
    tilt, camera = None, networks.get("camera")
    if isinstance(camera, PoseTilt):
        tilt = TiltNetwork(*unfold_tilt(camera.clone(bfloat16=False), state.ema["camera"]))
    return Model(
        lifter=lifter,
        variables=variables,
        skeleton=skeleton,
        normalization=normalization,
        distance=config.view.distance,
        min_depth=config.view.min_depth,
        tilt=tilt,
    )


def _restore(folder: Path, like: TrainState, step: int | None) -> TrainState:
    saved = saved_steps(folder)
    step = saved[-1] if step is None else step
    if step not in saved:
        raise FileNotFoundError(f"{folder / FOLDER}: no checkpoint of step {step}, found {saved}")
    try:
        return read(folder / FOLDER / str(step), like)
    except DamagedCheckpoint as error:
        whole = [other for other in saved if other != step and _whole(folder / FOLDER / str(other))]
        raise ConfigError(f"{error}; whole checkpoints beside it: {whole or 'none'}") from error


def _whole(path: Path) -> bool:
    try:
        verify(path)
    except DamagedCheckpoint:
        return False
    return True


def _foreign(folder: Path, error: Exception) -> ConfigError:
    why = str(error).partition("\n")[0]
    return ConfigError(f"{folder}: {why}; the run is damaged, or another version of geolift made it: use that one")
