"""Models by name, file or run folder: those that come with geolift, .safetensors files, and trained runs.

Nothing here needs what training needs: orbax and ml_collections are imported for a run's folder alone.
"""

import os
from importlib import resources
from pathlib import Path
from typing import Any

from geolift.errors import ConfigError, DatasetError
from geolift.model import Model
from geolift.pretrained.card import card_metrics
from geolift.pretrained.weights_file import SUFFIX, read
from geolift.safe_io import bounded_file, json_file

WEIGHTS = Path(resources.files("geolift.pretrained")) / "weights"


def model_names() -> list[str]:
    """The models that come with geolift.

    Returns:
        Their names, sorted.

    Example:
        >>> model_names()
        ['cmu', 'fly', 'human', 'mouse']
    """
    files = WEIGHTS.iterdir() if WEIGHTS.is_dir() else ()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def load(name_or_path: str | os.PathLike[str]) -> Model:
    """A trained model: one that comes with geolift, a .safetensors file, or the newest checkpoint of a run's folder.

    Weights are float32, also where the file keeps bfloat16. A name of `model_names()` means that model, even if a file
    or folder has the same name: write ./cmu for that.

    Args:
        name_or_path: one of `model_names()`, a file that `save` wrote, or a folder that `train` wrote.

    Returns:
        The model, with its id.

    Raises:
        FileNotFoundError: if there is no such model; the message lists those that come with geolift.
        DatasetError: if the file is not a model of this version, is incomplete, or was changed since it was written.

    Example:
        >>> model = load("cmu")
        >>> len(model.skeleton.names), model.id.split("-")[0]
        (17, 'cmu')
    """
    path = _find(name_or_path)
    return _run(path)[0] if path.is_dir() else read(path)[0]


def load_card(name_or_path: str | os.PathLike[str]) -> dict[str, Any]:
    """The model card: what it was trained on and how, what it is good for, how well it does.

    The card of a run's folder has what the run recorded: no terms, command, commit, hardware, use and limits, and
    "metrics" only if it was evaluated.

    Args:
        name_or_path: as for `load`.

    Returns:
        Entries of `CARD`, and "model": the id of what was read ("run" is that of the run before weights were rounded).

    Raises:
        FileNotFoundError, DatasetError: as `load`; also if a run's evaluation is of another step.

    Example:
        >>> load_card("cmu")["metrics"]["split"]
        'test'
    """
    path = _find(name_or_path)
    model, content = _run_card(path) if path.is_dir() else read(path)
    return {"model": model.id, **content}


def is_weights(name_or_path: str | os.PathLike[str]) -> bool:
    """Whether this is the name of a model that comes with geolift, or a file of weights by its suffix.

    Example:
        >>> is_weights("human"), is_weights("dog.csv")
        (True, False)
    """
    return name_or_path in model_names() or str(name_or_path).lower().endswith(SUFFIX)


def _find(name_or_path: str | os.PathLike[str]) -> Path:
    """A .safetensors file or a run's folder."""
    if name_or_path in model_names():
        return WEIGHTS / f"{name_or_path}{SUFFIX}"
    path = Path(name_or_path)
    if not bounded_file.exists(path):
        shipped = ", ".join(model_names()) or "none"
        raise FileNotFoundError(f"{path}: no such file or folder, and no model of geolift (there are: {shipped})")
    return path


def _run(folder: Path) -> tuple[Model, int]:
    """The model of a run's folder, and its step."""
    from geolift.training.run import load

    try:
        model, _, step = load(folder)
    except ConfigError as error:
        raise DatasetError(str(error)) from error
    return model, step


def _run_card(folder: Path) -> tuple[Model, dict[str, Any]]:
    """The model of a run's folder, and what the run recorded for its card; paths of data are cut to file names."""
    model, step = _run(folder)
    config, recorded = json_file.read_json(folder / "config.json"), json_file.read_json(folder / "model.json")
    for entry, key in ((config["data"], "path"), (config["adapter"], "data")):
        entry[key] = ",".join(Path(path).name for path in entry[key].split(","))
    content = {
        "run": model.id,
        "data": f"{config['data']['path']}, split {config['data']['split']}: {recorded['training_poses']} poses, "
        f"keypoints sha256 {recorded['keypoints_sha256']}",
        "config": config,
        "seed": config["seed"],
        "steps": step,
    }
    path = folder / "evaluation.json"
    if path.exists():
        result = json_file.read_json(path)
        if result["step"] != step:
            raise DatasetError(f"{path}: step: found {result['step']}, expected {step}, the newest: evaluate again")
        content["metrics"] = card_metrics(result, model)
    return model, content
