"""Weights that travel: model and card in one .safetensors file, read by name, path or run folder (docs/models.md).

Nothing here needs what training needs: orbax and ml_collections are imported for a run's folder alone.
"""

import hashlib
import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from geolift.data.normalization import Normalization
from geolift.errors import ConfigError, DatasetError
from geolift.model import Model, digest, identify, path_name, weights
from geolift.networks.mlp import Lifter
from geolift.safe_io import bounded_file, json_file
from geolift.skeletons import skeleton as skeletons
from geolift.skeletons.skeleton import Skeleton

WEIGHTS = Path(resources.files("geolift.pretrained")) / "weights"
VERSION = 1
SUFFIX = ".safetensors"
KEY = "geolift"  # the file's one entry of metadata: several would stand in another order in every file
LARGEST = 2**32  # bytes of a file of weights
WIDEST = 2**20  # units of a layer
LARGEST_SCALE = 1e9  # of a factor, a distance, a length
DTYPES = ("bfloat16", "float32")
CARD = {
    "run": "Run",
    "data": "Training data",
    "terms": "Terms of data and weights",
    "command": "Command",
    "commit": "Commit of geolift",
    "seed": "Seed",
    "steps": "Steps",
    "hardware": "Hardware",
    "use": "Intended use",
    "limits": "Limits",
    "metrics": "Accuracy",
    "config": "Config",
}  # what a card holds, and its headings


def names() -> list[str]:
    """The models that come with geolift."""
    files = WEIGHTS.iterdir() if WEIGHTS.is_dir() else ()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def load(name_or_path: str | os.PathLike) -> Model:
    """A trained model: one that comes with geolift, a .safetensors file, or the newest checkpoint of a run's folder.

    Weights are float32, also where the file keeps bfloat16. A name of `names()` means that model, even if a file or
    folder is called the same: write ./cmu for that.

    Args:
        name_or_path: "cmu", a file that `save` wrote, or a folder that `train` wrote.

    Raises:
        FileNotFoundError: if there is no such model; the message lists those that there are.
        DatasetError: if the file is not a model of this version, is incomplete, or was changed since it was written.
    """
    path = _find(name_or_path)
    return _run(path)[0] if path.is_dir() else _read(path)[0]


def card(name_or_path: str | os.PathLike) -> dict[str, Any]:
    """The model card: what it was trained on and how, what it is good for, how well it does (keys: `CARD`).

    "model" is the id of what was read, "run" that of the run before weights were rounded. The card of a run's folder
    has what the run recorded: no terms, command, commit, hardware, use and limits, and "metrics" only if it was
    evaluated.

    Raises:
        FileNotFoundError, DatasetError: as `load`; also if a run's evaluation is of another step.
    """
    path = _find(name_or_path)
    model, content = _run_card(path) if path.is_dir() else _read(path)
    return {"model": model.id, **content}


def save(model: Model, path: str | os.PathLike, card: dict[str, Any], *, dtype: str = "bfloat16") -> None:
    """Write a model and its card to one .safetensors file, the same bytes for the same model and card.

    Args:
        model: what is written; its weights are rounded to `dtype`.
        path: the file; an existing one is replaced.
        card: every key of `CARD`, values as JSON has them; "model" is left to the reader.
        dtype: "bfloat16" (half the size, three digits) or "float32" (exact).

    Raises:
        DatasetError: if the card lacks a key, has an unknown one or is not JSON.
    """
    content = {key: value for key, value in card.items() if key != "model"}
    if content.keys() != CARD.keys():
        lacking, unknown = sorted(CARD.keys() - content.keys()), sorted(content.keys() - CARD.keys())
        raise DatasetError(f"card: {lacking} missing, found {unknown} beyond what a card holds")
    if dtype not in DTYPES:
        raise DatasetError(f"dtype: found {dtype!r}, expected one of {', '.join(DTYPES)}")
    rounded = {name: np.asarray(jnp.asarray(array, dtype)) for name, array in weights(model.variables).items()}
    metadata = {
        "version": VERSION,
        "lifter": {key: getattr(model.lifter, key) for key in ("width", "blocks", "norm", "gain", "masks")},
        "skeleton": model.skeleton._asdict(),
        "normalization": model.normalization._asdict(),
        "distance": model.distance,
        "min_depth": model.min_depth,
        "card": content,
    }
    try:
        metadata["sha256"] = _checksum(metadata, rounded)
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"card: found what JSON cannot hold ({error})") from error
    write(path, to_bytes(rounded, metadata={KEY: text}))


def write(path: str | os.PathLike, content: bytes) -> None:
    """Write a file whole or not at all."""
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def metrics(result: dict[str, Any], model: Model) -> dict[str, Any]:
    """What a card's "metrics" holds: the content of an `evaluation.json` without its rows of actions and joints.

    Args:
        result: that content.
        model: the model that was measured.
    """
    baselines = result.get("baselines", {})
    return {
        "model": model.id,
        "values": {key: result[key] for key in result["units"]},
        "baselines": {name: {key: row[key] for key in result["units"]} for name, row in baselines.items()},
        "frames": result["counts"]["frames"],
        **{key: result[key] for key in ("source", "split", "protocol", "statement", "units", "definitions")},
        "data": Path(result["data"]).name,
    }


def describe_card(card: dict[str, Any]) -> str:
    """A card in Markdown. What it does not say is "not recorded"."""
    lines = [f"# {card.get('model', card.get('run', 'model'))}", ""]
    long = ("use", "limits", "metrics", "config")
    lines += ["| | |", "| --- | --- |"]
    lines += [f"| {title} | {_cell(card.get(key))} |" for key, title in CARD.items() if key not in long]
    for key in ("use", "limits"):
        lines += ["", f"## {CARD[key]}", "", str(card.get(key, "not recorded"))]
    lines += ["", f"## {CARD['metrics']}", "", *_metrics(card.get("metrics"))]
    config = json.dumps(card["config"], indent=2, ensure_ascii=False) if "config" in card else "not recorded"
    lines += ["", f"## {CARD['config']}", "", "```json", config, "```"]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return "not recorded" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _metrics(metrics: dict[str, Any] | None) -> list[str]:
    """Lines of Markdown: where and how it was measured, then every measure beside the baselines."""
    if not metrics:
        return ["not recorded"]
    systems = {metrics["model"]: metrics["values"], **metrics["baselines"]}
    lines = [
        f"{metrics['data']}, split `{metrics['split']}`, {metrics['frames']} frames; {metrics['source']}.",
        f"Protocol `{metrics['protocol']}`: {metrics['statement']}.",
        f"Averages: {metrics['definitions']['average']}.",
        "",
        "| measure | unit | " + " | ".join(systems) + " | definition |",
        "| --- | --- | " + "--- | " * len(systems) + "--- |",
    ]
    for key, unit in metrics["units"].items():
        values = " | ".join("none" if v[key] is None else f"{v[key]:.1f}" for v in systems.values())
        lines.append(f"| {key} | {unit} | {values} | {metrics['definitions'][key]} |")
    return lines


def _find(name_or_path: str | os.PathLike) -> Path:
    """A .safetensors file or a run's folder."""
    if name_or_path in names():
        return WEIGHTS / f"{name_or_path}{SUFFIX}"
    path = Path(name_or_path)
    if not bounded_file.exists(path):
        shipped = ", ".join(names()) or "none"
        raise FileNotFoundError(f"{path}: no such file or folder, and no model of geolift (there are: {shipped})")
    return path


def _read(path: Path) -> tuple[Model, dict[str, Any]]:
    """The model and the card of a file."""
    size = bounded_file.size(path, "a .safetensors file")
    if size > LARGEST:
        raise DatasetError(f"{path}: found {size} bytes, expected weights of up to {LARGEST}")
    try:
        with safe_open(path, "np") as file:
            metadata, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError, OSError, MemoryError) as error:
        raise DatasetError(f"{path}: not a whole .safetensors file ({error})") from error
    if KEY not in metadata:
        raise DatasetError(f"{path}: metadata: found {sorted(metadata)}, expected {KEY!r}: not written by geolift")
    try:
        content = json_file.parse_json(metadata[KEY], strict=True)
        version, expected = content["version"], content.pop("sha256")
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: metadata: not readable ({error})") from error
    if version != VERSION:
        raise DatasetError(f"{path}: version: found {version}, expected {VERSION}")
    try:
        found = _checksum(content, tensors)
    except (RecursionError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: metadata: not readable ({error})") from error
    if found != expected:
        raise DatasetError(f"{path}: sha256: found {found}, expected {expected}: changed since it was written")
    try:
        _check(content, tensors)
        model = _model(content, tensors)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    return identify(model, path.name.removesuffix(SUFFIX)), content["card"]


def _checksum(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> str:
    """sha256 of the weights and of everything else that the file says."""
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(f"{text} {digest(tensors)}".encode()).hexdigest()


def _check(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Raise ValueError unless everything that the file says is of its kind; its lifter is as deep as its tensors."""
    lifter, scale, lacking = content["lifter"], content["normalization"], sorted(set(CARD) - set(content["card"]))
    kinds = {"width": int, "blocks": int, "norm": str, "gain": float, "masks": bool}
    unknown = sorted(set(lifter) - set(kinds))
    if unknown:
        raise ValueError(f"lifter: unexpected keyword argument {unknown[0]!r}, expected {', '.join(kinds)}")
    wrong = [key for key, kind in kinds.items() if type(lifter[key]) not in ({float, int} if kind is float else {kind})]
    if wrong or not 0 < lifter["width"] < WIDEST or abs(lifter["gain"]) > LARGEST_SCALE:
        raise ValueError(f"lifter: found {lifter}, expected {', '.join(kinds)}")
    if not 0 <= lifter["blocks"] <= len(tensors):
        raise ValueError(f"lifter: found {lifter['blocks']} blocks, expected no more than its {len(tensors)} tensors")
    numbers = {"distance": content["distance"], "min_depth": content["min_depth"], "factor": scale["factor"]}
    bones = scale.get("bones", ())
    numbers |= {f"bones[{i}]": bone for i, bone in enumerate(bones)}
    for name, number in numbers.items():
        if type(number) not in (int, float) or not 0 < number < LARGEST_SCALE:
            raise ValueError(f"{name}: found {number!r}, expected a positive number")
    if scale["plane"] not in ("camera", "image") or lacking:
        raise ValueError(f"found the plane {scale['plane']!r}, expected camera or image; the card lacks {lacking}")
    if len(bones) not in (0, len(content["skeleton"]["names"]) - 1):
        raise ValueError(f"normalization: found {len(bones)} bones, expected those of the skeleton, or none")
    for name, array in tensors.items():
        if not np.issubdtype(array.dtype, np.integer) and not np.isfinite(array.astype(np.float32)).all():
            raise ValueError(f"{name}: found weights that are not finite")


def _model(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """The model that a file describes; ValueError if its tensors are not those of its lifter."""
    lifter = Lifter(**content["lifter"])
    skeleton = skeletons.check_skeleton(Skeleton(**_tuples(content["skeleton"])))
    pose = jax.ShapeDtypeStruct((1, len(skeleton.names), 2), np.float32)
    leaves, structure = jax.tree.flatten_with_path(jax.eval_shape(lifter.init, jax.random.key(0), pose))
    expected = {path_name(path): leaf.shape for path, leaf in leaves}
    found = {name: array.shape for name, array in tensors.items()}
    differ = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if differ:
        first, none = differ[0], "no such tensor"
        raise ValueError(
            f"{first}: found {found.get(first, none)}, expected {expected.get(first, none)} by its lifter; "
            f"{len(differ)} of {len(expected | found)} tensors differ"
        )
    variables = jax.tree.unflatten(structure, [jnp.asarray(tensors[name], jnp.float32) for name in expected])
    normalization = Normalization(**_tuples(content["normalization"]))
    return Model(lifter, variables, skeleton, normalization, content["distance"], content["min_depth"])


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples they were."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}


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
        content["metrics"] = metrics(result, model)
    return model, content
