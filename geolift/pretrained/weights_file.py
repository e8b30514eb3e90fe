"""Weights files: a model and its card in one .safetensors file (docs/models.md)."""

import hashlib
import json
import math
import os
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from geolift.data.normalization import Normalization
from geolift.errors import DatasetError
from geolift.model import TILT, Model, TiltNetwork, digest, identify, model_weights, path_name
from geolift.networks.mlp import Lifter
from geolift.networks.tilt import PitchRange, PoseTilt
from geolift.pretrained.card import CARD
from geolift.safe_io import bounded_file, json_file
from geolift.safe_io.atomic import replace_file
from geolift.skeletons import skeleton as skeletons
from geolift.skeletons.skeleton import Skeleton

VERSION, TILTED = 1, 2  # of a file without and with a tilt network
SUFFIX = ".safetensors"
KEY = "geolift"  # the file's one entry of metadata: several would stand in another order in every file
LARGEST = 2**32  # bytes of a file of weights
WIDEST = 2**20  # units of a layer
LARGEST_NUMBER = 1e9  # of a factor, a distance, a length
DTYPES = ("bfloat16", "float32")
LIFTER = {"width": int, "blocks": int, "norm": str, "gain": float, "masks": bool}  # what a file states of its lifter
NETWORK = {"width": int, "blocks": int, "gain": float, "masks": bool}  # and of its tilt network, beside its ranges:
RANGES = {"low": float, "high": float, "start": float, "roll_limit": float}  # radians, the first three of the pitch


def save(model: Model, path: str | os.PathLike[str], card: dict[str, Any], *, dtype: str = "bfloat16") -> None:
    """Write a model and its card to one .safetensors file, the same bytes for the same model and card.

    Args:
        model: what is written, with its tilt network if it has one; its weights are rounded to `dtype`.
        path: the file; an existing one is replaced.
        card: every key of `CARD`, values as JSON has them; "model" is left to the reader.
        dtype: "bfloat16" (half the size, three digits) or "float32" (exact).

    Raises:
        DatasetError: if the card lacks a key, has an unknown one or is not JSON, or the dtype is unknown.
        OSError: if the disk does not accept the file; an existing one is as it was then.

    Source:
        safetensors, the format; its metadata are ours (docs/models.md).

    Example:
        >>> import tempfile
        >>> from geolift.pretrained import load, load_card
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(load("cmu"), f"{folder}/copy.safetensors", load_card("cmu"))
        ...     copy = load(f"{folder}/copy.safetensors")
        >>> copy.id.split("-")[1] == load("cmu").id.split("-")[1]
        True
    """
    content = {key: value for key, value in card.items() if key != "model"}
    if content.keys() != CARD.keys():
        lacking, unknown = sorted(CARD.keys() - content.keys()), sorted(content.keys() - CARD.keys())
        raise DatasetError(f"card: {lacking} missing, found {unknown} beyond the entries of a card")
    if dtype not in DTYPES:
        raise DatasetError(f"dtype: found {dtype!r}, expected one of {', '.join(DTYPES)}")
    rounded = {name: np.asarray(jnp.asarray(array, dtype)) for name, array in model_weights(model).items()}
    tilt = {} if model.tilt is None else {"tilt": _described_tilt(model.tilt.network)}
    metadata = {
        "version": TILTED if tilt else VERSION,
        "lifter": {key: getattr(model.lifter, key) for key in LIFTER},
        **tilt,
        **({} if model.pitch is None else {"pitch": float(model.pitch)}),
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
    replace_file(Path(path), to_bytes(rounded, metadata={KEY: text}))


def read(path: Path) -> tuple[Model, dict[str, Any]]:
    """The model and the card of a file.

    Raises:
        DatasetError: if the file is not a model of this version, is incomplete, or was changed since it was written.
        FileNotFoundError: if there is no such file.
    """
    size = bounded_file.size(path, "a .safetensors file")
    if size > LARGEST:
        raise DatasetError(f"{path}: found {size} bytes, expected weights of at most {LARGEST}")
    try:
        with safe_open(path, "np") as file:
            metadata, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError, OSError, MemoryError) as error:
        raise DatasetError(f"{path}: not a whole .safetensors file ({error})") from error
    content = _content(path, metadata, tensors)
    try:
        _check(content, tensors)
        model = _model(content, tensors)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    return identify(model, path.name.removesuffix(SUFFIX)), content["card"]


def _content(path: Path, metadata: dict[str, str], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """What the metadata of a file state, of this version and with the right checksum."""
    if KEY not in metadata:
        raise DatasetError(f"{path}: metadata: found {sorted(metadata)}, expected {KEY!r}: not written by geolift")
    try:
        content = json_file.parse_json(metadata[KEY], strict=True)
        version, expected = content["version"], content.pop("sha256")
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: metadata: not readable ({error})") from error
    if version != (TILTED if "tilt" in content else VERSION):
        expected = f"{VERSION}, or {TILTED} with a tilt network"
        raise DatasetError(f"{path}: version: found {version}, expected {expected}")
    try:
        found = _checksum(content, tensors)
    except (RecursionError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: metadata: not readable ({error})") from error
    if found != expected:
        raise DatasetError(f"{path}: sha256: found {found}, expected {expected}: changed since it was written")
    return content


def _checksum(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> str:
    """sha256 of the weights and of everything else in the file."""
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(f"{text} {digest(tensors)}".encode()).hexdigest()


def _check(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Raise ValueError unless everything in the file has its type and range."""
    _check_network("lifter", content["lifter"], LIFTER, len(tensors))
    if "tilt" in content:
        _check_tilt(content["tilt"], len(tensors))
    pitch = content.get("pitch", 0)
    if type(pitch) not in (int, float) or not abs(pitch) <= math.pi / 2:
        raise ValueError(f"pitch: found {pitch!r}, expected radians within a right angle")
    normalization, lacking = content["normalization"], sorted(set(CARD) - set(content["card"]))
    bones = normalization.get("bones", ())
    numbers = {key: content[key] for key in ("distance", "min_depth")} | {"factor": normalization["factor"]}
    numbers |= {f"bones[{i}]": bone for i, bone in enumerate(bones)}
    for name, number in numbers.items():
        if type(number) not in (int, float) or not 0 < number < LARGEST_NUMBER:
            raise ValueError(f"{name}: found {number!r}, expected a positive number")
    plane = normalization["plane"]
    if plane not in ("camera", "image") or lacking:
        raise ValueError(f"found the plane {plane!r}, expected camera or image; the card lacks {lacking}")
    if len(bones) not in (0, len(content["skeleton"]["names"]) - 1):
        raise ValueError(f"normalization: found {len(bones)} bones, expected those of the skeleton, or none")
    for name, array in tensors.items():
        if not np.issubdtype(array.dtype, np.integer) and not np.isfinite(array.astype(np.float32)).all():
            raise ValueError(f"{name}: found weights that are not finite")


def _check_network(name: str, network: dict[str, Any], entries: dict[str, type], tensors: int) -> None:
    """Raise ValueError unless a network has these entries, and at most as many blocks as there are tensors."""
    unknown = sorted(set(network) - set(entries))
    if unknown:
        raise ValueError(f"{name}: unexpected keyword argument {unknown[0]!r}, expected {', '.join(entries)}")
    kinds = {key: {float, int} if kind is float else {kind} for key, kind in entries.items()}
    wrong = [key for key in entries if type(network[key]) not in kinds[key]]
    if wrong or not 0 < network["width"] < WIDEST or abs(network["gain"]) > LARGEST_NUMBER:
        raise ValueError(f"{name}: found {network}, expected {', '.join(entries)}")
    if not 0 <= network["blocks"] <= tensors:
        raise ValueError(f"{name}: found {network['blocks']} blocks, expected no more than its {tensors} tensors")


def _check_tilt(tilt: dict[str, Any], tensors: int) -> None:
    """Raise ValueError unless a tilt network has its entries, and its ranges are angles in order."""
    _check_network("tilt", tilt, NETWORK | RANGES, tensors)
    low, high, start, roll_limit = (tilt[key] for key in RANGES)
    if not (-math.pi / 2 <= low < start < high <= math.pi / 2 and 0 < roll_limit <= math.pi):
        raise ValueError(f"tilt: found {tilt}, expected low < start < high within a right angle, roll_limit up to pi")


def _described_tilt(network: PoseTilt) -> dict[str, Any]:
    """What a file states of a tilt network."""
    entries = {key: getattr(network, key) for key in NETWORK}
    return entries | network.range._asdict() | {"roll_limit": network.roll_limit}


def _model(content: dict[str, Any], tensors: dict[str, np.ndarray]) -> Model:
    """The model that a file describes; ValueError if its tensors are not those of its networks."""
    skeleton = skeletons.check_skeleton(Skeleton(**_tuples(content["skeleton"])))
    networks = {"": Lifter(**content["lifter"])}
    if "tilt" in content:
        sizes, ranges = ({key: content["tilt"][key] for key in keys} for keys in (NETWORK, RANGES))
        roll_limit = ranges.pop("roll_limit")
        networks[TILT] = PoseTilt(**sizes, range=PitchRange(**ranges), roll_limit=roll_limit)
    variables = _variables(networks, len(skeleton.names), tensors)
    return Model(
        lifter=networks[""],
        variables=variables[""],
        skeleton=skeleton,
        normalization=Normalization(**_tuples(content["normalization"])),
        distance=content["distance"],
        min_depth=content["min_depth"],
        tilt=TiltNetwork(networks[TILT], variables[TILT]) if TILT in networks else None,
        pitch=content.get("pitch"),
    )


def _variables(networks: dict[str, Any], joints: int, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """The variables of each network; ValueError if there are other tensors than theirs. Keys begin their paths."""
    pose, trees, expected = jax.ShapeDtypeStruct((1, joints, 2), np.float32), {}, {}
    for prefix, network in networks.items():
        leaves, structure = jax.tree.flatten_with_path(jax.eval_shape(partial(_initial, network), pose))
        names = [prefix + path_name(path) for path, _ in leaves]
        trees[prefix] = structure, names
        expected |= {name: leaf.shape for name, (_, leaf) in zip(names, leaves, strict=True)}
    found = {name: array.shape for name, array in tensors.items()}
    differ = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if differ:
        first, none = differ[0], "no such tensor"
        raise ValueError(
            f"{first}: found {found.get(first, none)}, expected {expected.get(first, none)} by its network; "
            f"{len(differ)} of {len(expected | found)} tensors differ"
        )
    return {
        prefix: jax.tree.unflatten(structure, jax.device_put([np.asarray(tensors[name], np.float32) for name in names]))
        for prefix, (structure, names) in trees.items()
    }


def _initial(network: Any, pose: jax.Array) -> Any:
    """The variables before training. The key is made where it is only traced: nothing is compiled."""
    return network.init(jax.random.key(0), pose)


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples they were."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
