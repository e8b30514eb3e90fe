"""Exported files compute what `lift_on_device` does, for any number of poses, without geolift."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from geolift.errors import DatasetError
from geolift.model import lift_on_device
from geolift.networks.mlp import NORMS
from geolift.pretrained.export import FORMATS, describe, export_model
from geolift.pretrained.models import load
from geolift.pretrained.weights_file import save
from geolift.skeletons.skeleton import H36M17
from tests.launch.test_programs import program
from tests.pretrained.test_weights_file import CARD, DOG, assert_same_model, make_model, make_poses

SIZES = (1.0, 30.0)  # of poses; the larger ones reach the nearest depth


def arguments(model, poses, seen):
    return (poses, seen) if model.lifter.masks else (poses,)


def assert_close(points, expected):
    """Within 1e-4 of the pose's size, or of 1 if it is smaller."""
    assert points.shape == expected.shape and np.isfinite(expected).all()
    scale = np.maximum(1, np.abs(expected).max(axis=(1, 2), keepdims=True))
    np.testing.assert_allclose(points / scale, expected / scale, atol=1e-4)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("skeleton", [H36M17, DOG])
def test_onnx_runtime_agrees(norm, masks, skeleton, tmp_path):
    model = make_model(norm, masks, skeleton)
    export_model(model, tmp_path / "model.onnx", "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    assert names == ["pose", "seen"][: 1 + masks] and [node.name for node in session.get_outputs()] == ["points"]
    nearest = 0
    for rows in (1, 7, 64):
        for size in SIZES:
            inputs = arguments(model, *make_poses(model, rows, seed=rows, size=size))
            expected = np.asarray(lift_on_device(model, *inputs))
            nearest += (expected[..., 2] == np.float32(model.min_depth - model.distance)).sum()
            assert_close(session.run(None, dict(zip(names, inputs, strict=True)))[0], expected)
    assert nearest > 0


@pytest.mark.parametrize("masks", [False, True])
def test_stablehlo_agrees_in_a_program_without_geolift(masks, tmp_path):
    model = make_model("batch", masks)
    export_model(model, tmp_path / "model.stablehlo", "stablehlo")
    batches = [arguments(model, *make_poses(model, rows, size=30.0)) for rows in (1, 7, 64)]
    for i, inputs in enumerate(batches):
        np.savez(tmp_path / f"in{i}.npz", *inputs)
    code = (
        "import sys, jax, jax.export, numpy as np\n"
        "lift = jax.export.deserialize(bytearray(open('model.stablehlo', 'rb').read()))\n"
        f"for i in range({len(batches)}):\n"
        "    np.save(f'out{i}.npy', lift.call(*np.load(f'in{i}.npz').values()))\n"
        "print(lift.platforms, [str(a) for a in lift.in_avals], 'geolift' in sys.modules)"
    )
    said = program("-c", code, cwd=tmp_path).stdout
    shapes = ["float32[b,17,2]", "bool[b,17]"][: 1 + masks]
    assert said.strip() == f"('cpu', 'cuda', 'tpu') {shapes} False"
    for i, inputs in enumerate(batches):
        assert_close(np.load(tmp_path / f"out{i}.npy"), np.asarray(lift_on_device(model, *inputs)))


def test_a_mask_of_all_joints_is_no_mask(tmp_path):
    model = make_model(masks=True)
    export_model(model, tmp_path / "model.onnx", "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    poses = np.nan_to_num(make_poses(model, 7)[0])
    points = session.run(None, {"pose": poses, "seen": np.ones(poses.shape[:-1], bool)})[0]
    assert_close(points, np.asarray(lift_on_device(model, poses)))


def test_files_describe_inputs_and_outputs(tmp_path):
    model = make_model(masks=True)
    for name in ("stablehlo", "onnx"):
        export_model(model, tmp_path / f"model.{name}", name)
    expected = json.loads(json.dumps(describe(model)))
    assert json.loads((tmp_path / "model.stablehlo.json").read_text()) == expected
    made = onnx.load(tmp_path / "model.onnx")
    found = {entry.key: entry.value for entry in made.metadata_props}
    texts = {key for key, value in expected.items() if isinstance(value, str)}
    assert {key: value if key in texts else json.loads(value) for key, value in found.items()} == expected
    assert found["model"] == model.id and json.loads(found["joint_names"]) == list(H36M17.names)
    assert [(entry.domain, entry.version) for entry in made.opset_import] == [("", 17)]
    again = tmp_path / "again.onnx"
    export_model(model, again, "onnx")
    assert again.read_bytes() == (tmp_path / "model.onnx").read_bytes()


def test_safetensors_are_those_of_pretrained(tmp_path):
    model = make_model()
    export_model(model, tmp_path / "a.safetensors", "safetensors", card=CARD)
    save(model, tmp_path / "b.safetensors", CARD)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    with pytest.raises(DatasetError, match=r"card: \['command', .*missing"):
        export_model(model, tmp_path / "a.safetensors", "safetensors")


def test_an_exported_file_exports_the_same_model(tmp_path):
    save(make_model(), tmp_path / "small.safetensors", CARD)
    model = load(tmp_path / "small.safetensors")
    export_model(model, tmp_path / "small.onnx", "onnx")
    found = {entry.key: entry.value for entry in onnx.load(tmp_path / "small.onnx").metadata_props}
    assert found["model"] == model.id
    assert_same_model(load(tmp_path / "small.safetensors"), model)


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=f"format: found 'tflite', expected one of {', '.join(FORMATS)}"):
        export_model(make_model(), tmp_path / "model.tflite", "tflite")


@pytest.mark.parametrize(("format", "library"), [("onnx", "onnx"), ("stablehlo", "flatbuffers")])
def test_a_missing_library_is_named(format, library, tmp_path):
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from geolift.pretrained import export_model, load\n"
        "from geolift.errors import DatasetError\n"
        "try:\n"
        f"    export_model(load('small.safetensors'), 'out', {format!r})\n"
        "except DatasetError as error:\n"
        "    print(error)"
    )
    save(make_model(), tmp_path / "small.safetensors", CARD)
    said = program("-c", code, cwd=tmp_path).stdout.strip()
    assert said == f"{format}: needs {library}: pip install 'geolift[export]'"
    assert [path.name for path in tmp_path.iterdir()] == ["small.safetensors"]
