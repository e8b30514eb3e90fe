"""The two pose networks in a MediaPipe wheel, on the CPU, without the parts whose outputs are not used."""

import hashlib
import os
import queue
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError


class _Model(NamedTuple):
    """A network's file in the wheels of MediaPipe 0.10.14 and 0.10.21, its SHA-256, and its outputs that are used."""

    file: str
    digest: str
    outputs: tuple[str, ...]


MODELS = (
    _Model(
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ("Identity", "Identity_1"),  # boxes and points, scores
    ),
    _Model(
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        # Landmarks, score, heat maps. Without the mask of the person (and the landmarks in metres), whose layers of
        # 256 x 256 pixels take two fifths of the network's time.
        ("Identity", "Identity_1", "Identity_3"),
    ),
)
FOLDER = Path("~/.cache/geolift").expanduser()  # of the wheel
# Only two data files of the wheel are read: the wheel of any platform and Python serves all.
COMMAND = (
    "pip download mediapipe==0.10.21 --no-deps --only-binary=:all: --python-version=3.12 "
    f'--platform=manylinux_2_28_x86_64 --dest="{FOLDER}"'
)
OPERATORS, OUTPUTS = 10, 8  # fields of a subgraph in TensorFlow Lite's schema


class Network:
    """A network that several threads may run at once; each run takes one thread.

    The threads of one run wait for each other after each layer, which beside other work costs more than they gain.

    Args:
        content: a .tflite file.
        outputs: names of the outputs to compute, in this order.
    """

    def __init__(self, content: bytes, outputs: Sequence[str]):
        self._content = _without_unused(content, outputs)
        self._idle: queue.LifoQueue = queue.LifoQueue()  # the last used first: one after the other needs only one

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """The outputs for an image `[S, S, 3]`."""
        try:
            interpreter = self._idle.get_nowait()
        except queue.Empty:
            interpreter = self._interpreter()
        try:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None].astype(np.float32))
            interpreter.invoke()
            return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]
        finally:
            self._idle.put(interpreter)

    def _interpreter(self):
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_content=self._content, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter


def load_networks(folder: str | os.PathLike[str]) -> list[Network]:
    """The network that finds people and the one that finds their landmarks, from a folder with a MediaPipe wheel.

    Raises:
        DatasetError: if `geolift[detect]` is not installed, or the folder has no wheel with the two networks.
    """
    try:
        import ai_edge_litert.interpreter  # noqa: F401
    except ImportError:
        raise DatasetError("ai-edge-litert is missing: pip install 'geolift[detect]'") from None
    return [Network(content, model.outputs) for content, model in zip(_read(folder), MODELS, strict=True)]


def _read(folder: str | os.PathLike[str]) -> list[bytes]:
    """The two networks, from the last wheel in `folder` by name."""
    wheels = sorted(Path(folder).glob("mediapipe-*.whl"))
    if not wheels:
        raise DatasetError(f"{folder}: found no MediaPipe wheel with the pose networks, expected one from: {COMMAND}")
    try:
        with zipfile.ZipFile(wheels[-1]) as wheel:
            contents = [wheel.read(model.file) for model in MODELS]
    except (zipfile.BadZipFile, KeyError) as error:
        raise DatasetError(f"{wheels[-1]}: found {error}, expected a wheel from: {COMMAND}") from None
    for content, model in zip(contents, MODELS, strict=True):
        found = hashlib.sha256(content).hexdigest()
        if found != model.digest:
            raise DatasetError(f"{wheels[-1]}: {model.file}: found SHA-256 {found}, expected {model.digest}")
    return contents


def _without_unused(content: bytes, outputs: Sequence[str]) -> bytes:
    """A .tflite file with these outputs alone and the operators that they need, in the same order.

    The lists of operators and outputs become shorter where they are: nothing else in the file moves.
    """
    from ai_edge_litert import schema_py_generated as schema

    changed = bytearray(content)
    graph = schema.Model.GetRootAs(changed, 0).Subgraphs(0)
    index_of = {graph.Tensors(i).Name().decode(): i for i in graph.OutputsAsNumpy().tolist()}
    indices = [index_of[name] for name in outputs]
    needed, kept = set(indices), []
    for number in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(number)
        if needed.intersection(operator.OutputsAsNumpy().tolist()):
            needed.update(operator.InputsAsNumpy().tolist())
            kept.insert(0, operator._tab.Pos)
    table = graph._tab
    start = table.Vector(table.Offset(OPERATORS))  # the number of entries is stored in the four bytes before
    entries = start + 4 * np.arange(len(kept))
    np.frombuffer(changed, "<u4", len(kept) + 1, start - 4)[:] = [len(kept), *(kept - entries)]  # from entry to table
    start = table.Vector(table.Offset(OUTPUTS))
    np.frombuffer(changed, "<i4", len(indices) + 1, start - 4)[:] = [len(indices), *indices]
    return bytes(changed)
