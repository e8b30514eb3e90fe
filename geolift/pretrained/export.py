"""Export of models to other programs: safetensors, StableHLO and ONNX files (docs/models.md).

The last two hold the function of `model.lift_on_device`, from poses `[b, J, 2]` (and `seen` `[b, J]` bool if the model
has masks) to root-centred points `[b, J, 3]`, for any number b of poses.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from geolift.errors import DatasetError
from geolift.model import Model, lift_on_device
from geolift.output.overwriting import has_mark
from geolift.output.result import AXES
from geolift.pretrained.weights_file import save
from geolift.safe_io.atomic import replace_file

FORMATS = ("safetensors", "stablehlo", "onnx")
MARKS = {  # in the first or the last bytes of every file of a format
    "safetensors": re.compile(rb'^.{8}\{"__metadata__":\{"geolift":', re.DOTALL),
    "onnx": re.compile(rb"^.{2}\x12\x07geolift", re.DOTALL),  # the producer's name
    "stablehlo": re.compile(rb"^.{2}\x00\x00.*geolift_lift", re.DOTALL),
}
DESCRIPTION = re.compile(rb'^\{\s+"model": ".*"joint_names": \[.*"normalization": \{', re.DOTALL)
PLATFORMS = ("cpu", "cuda", "tpu")
UNITS = "normalised: 1 is about the length from root to head"


def export_model(
    model: Model, path: str | os.PathLike[str], format: str, *, card: dict[str, Any] | None = None
) -> None:
    """Write a model for other programs; an existing file is replaced.

    Args:
        model: what is written.
        path: the file. With "stablehlo", which has no place for it, `describe` goes to `path` + ".json".
        format: one of `FORMATS`. "safetensors" keeps weights in bfloat16 (`pretrained.save`), the others in float32.
        card: for "safetensors": the model card (`pretrained.CARD`).

    Raises:
        DatasetError: if the format is unknown, its library is not installed, or the card is missing or incomplete.
        OSError: if the disk does not accept the file.

    Source:
        StableHLO by `jax.export`; ONNX, opset 17 (`onnx_graph`).

    Example:
        >>> import tempfile
        >>> from geolift.pretrained import load, load_card
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     export_model(load("cmu"), f"{folder}/mine.safetensors", "safetensors", card=load_card("cmu"))
        ...     load(f"{folder}/mine.safetensors").id.split("-")[0]
        'mine'
    """
    if format not in FORMATS:
        raise DatasetError(f"format: found {format!r}, expected one of {', '.join(FORMATS)}")
    if format == "safetensors":
        save(model, path, card or {})
    elif format == "onnx":
        replace_file(Path(path), _onnx(model))
    else:
        replace_file(Path(path), _stablehlo(model))
        replace_file(_description(path), (json.dumps(describe(model), indent=2) + "\n").encode())


def files_of(path: str | os.PathLike[str], format: str) -> tuple[Path, ...]:
    """The files that `export_model` writes."""
    return (Path(path), _description(path)) if format == "stablehlo" else (Path(path),)


def is_export(path: Path, format: str) -> bool:
    """Whether `export_model` wrote a file in that format."""
    return has_mark(path, MARKS[format]) or (format == "stablehlo" and has_mark(path, DESCRIPTION))


def describe(model: Model) -> dict[str, Any]:
    """What users of an exported function need: joints, how poses are made, what the points mean."""
    return {
        "model": model.id,
        "joint_names": model.skeleton.names,
        "parents": model.skeleton.parents,
        "root": model.skeleton.root,
        "normalization": model.normalization._asdict(),
        "pose": "(place on the plane - the root's) * factor; the place is (pixel - principal point) / focal length on "
        "the plane 'camera', pixel / larger side of the image on the plane 'image'; y down",
        "distance": model.distance,
        "axes": AXES,
        "units": UNITS,
    }


def _description(path: str | os.PathLike[str]) -> Path:
    """The file beside an exported function that describes it."""
    return Path(f"{os.fspath(path)}.json")


def _stablehlo(model: Model) -> bytes:
    """The function serialised by `jax.export`."""
    from jax import export as jax_export

    batch, joints = jax_export.symbolic_shape("b")[0], len(model.skeleton.names)
    inputs = [jax.ShapeDtypeStruct((batch, joints, 2), jnp.float32)]
    if model.lifter.masks:
        inputs.append(jax.ShapeDtypeStruct((batch, joints), jnp.bool_))

    def geolift_lift(*arrays: jax.Array) -> jax.Array:  # its name is in the file
        return lift_on_device(model, *arrays)

    exported = jax_export.export(jax.jit(geolift_lift), platforms=PLATFORMS)(*inputs)
    try:
        return bytes(exported.serialize())
    except ImportError as error:
        raise DatasetError("stablehlo: needs flatbuffers: pip install 'geolift[export]'") from error


def _onnx(model: Model) -> bytes:
    """The function as an ONNX model, `describe` in its metadata."""
    try:
        from geolift.pretrained.onnx_graph import build
    except ImportError as error:
        raise DatasetError("onnx: needs onnx: pip install 'geolift[export]'") from error
    metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in describe(model).items()}
    return build(model, metadata)
