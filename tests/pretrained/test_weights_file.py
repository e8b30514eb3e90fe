"""Weights files and cards: what is read is what was written, other files are refused, cards hold what runs recorded."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from configs import quickstart
from geolift.data.normalization import Normalization
from geolift.errors import DatasetError
from geolift.evaluation.report import lift_and_evaluate, write_results
from geolift.model import Model, TiltNetwork, digest, estimate_tilt, identify, lift_poses, named_weights
from geolift.networks.mlp import NORMS, Lifter
from geolift.networks.tilt import PitchRange, PoseTilt
from geolift.pretrained import models, weights_file
from geolift.pretrained.card import CARD as ENTRIES
from geolift.pretrained.card import describe_card
from geolift.pretrained.models import load, load_card, model_names
from geolift.pretrained.weights_file import save
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.training.config import Config
from geolift.training.run import load as load_run
from geolift.training.train import train
from tests.launch.test_programs import program

CARD = {key: f"some {key}" for key in ENTRIES if key not in ("metrics", "config")} | {
    "metrics": {},
    "config": {"seed": 0, "name": 'a "quoted" µ'},
}
DOG = Skeleton(("tail", "hip", "neck", "nose", "left_ear", "right_ear"), (1, -1, 1, 2, 3, 3), (4,), (5,), 3)


def make_model(norm="batch", masks=False, skeleton=H36M17, width=16, blocks=2, tilt=False):
    """A model with random weights everywhere, whose depths spread over both sides of the nearest one."""
    rng = np.random.default_rng(1)
    lifter = Lifter(width, blocks, norm, 7.5, masks)

    def value(path, leaf):
        noise = rng.normal(size=leaf.shape) / np.sqrt(leaf.shape[0])
        positive = path[-1].key in ("var", "scale")
        return jnp.asarray(rng.uniform(0.5, 2, leaf.shape) if positive else 1.5 * noise, jnp.float32)

    def draw(network):
        pose = np.zeros((1, len(skeleton.names), 2), np.float32)
        return jax.tree.map_with_path(value, jax.eval_shape(network.init, jax.random.key(0), pose))

    normalization = Normalization("camera", 0.37, tuple(range(1, len(skeleton.names))))
    model = Model(lifter, draw(lifter), skeleton, normalization, 4.0, 2.5)
    if tilt:
        camera = PoseTilt(12, 1, 5.0, masks, range=PitchRange(-0.2, 0.7, 0.1), roll_limit=0.4)
        model = model._replace(tilt=TiltNetwork(camera, draw(camera)))
    return identify(model, "random")


def make_poses(model, rows, seed=0, size=1.0):
    """Poses `[N, J, 2]` around the root and `seen` `[N, J]`; junk stands at the joints that were not."""
    rng = np.random.default_rng(seed)
    joints, root = len(model.skeleton.names), model.skeleton.root
    poses = (size * rng.normal(size=(rows, joints, 2)) / 10).astype(np.float32)
    poses[:, root] = 0
    seen = rng.uniform(size=(rows, joints)) < 0.8
    seen[:, root] = True
    return np.where(seen[..., None] | (not model.lifter.masks), poses, np.float32(np.nan)), seen


def assert_same_model(a, b):
    assert a._replace(variables=None, tilt=None, id="") == b._replace(variables=None, tilt=None, id="")
    assert (a.tilt and a.tilt.network) == (b.tilt and b.tilt.network)
    for ours, theirs in ((a.variables, b.variables), (a.tilt and a.tilt.variables, b.tilt and b.tilt.variables)):
        assert jax.tree.structure(ours) == jax.tree.structure(theirs)
        jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def content_of(path):
    """Tensors and metadata of a file."""
    with safe_open(path, "np") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, json.loads(file.metadata()["geolift"])  # noqa: SIM118


def rewrite(path, tensors, content, *, honest=True):
    """Write a file as `save` would, the checksum made to fit if `honest`."""
    if honest:
        content.pop("sha256")
        content["sha256"] = weights_file._checksum(content, tensors)
    save_file(tensors, path, metadata={"geolift": json.dumps(content)})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.safetensors"
    save(make_model(), path, CARD)
    return path


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("skeleton", [H36M17, DOG])
def test_float32_comes_back_to_the_bit(norm, masks, skeleton, tmp_path):
    model = make_model(norm, masks, skeleton)
    save(model, tmp_path / "exact.safetensors", CARD, dtype="float32")
    back = load(tmp_path / "exact.safetensors")
    assert_same_model(back, model)
    assert back.id == f"exact-{digest(model.variables)[:8]}"
    poses, seen = make_poses(model, 9)
    seen = seen if masks else None
    np.testing.assert_array_equal(lift_poses(back, poses, seen), lift_poses(model, poses, seen))


def test_the_pitch_of_the_cameras_comes_back(tmp_path):
    path, model = tmp_path / "down.safetensors", make_model("none", skeleton=DOG, width=4, blocks=1)
    save(model, path, CARD)
    assert load(path).pitch is None
    save(model._replace(pitch=-0.7), path, CARD)
    assert load(path).pitch == -0.7
    tensors, content = content_of(path)
    for wrong in (1.6, "0.7", None, True):
        content["pitch"] = wrong
        rewrite(path, tensors, content)
        with pytest.raises(DatasetError, match=r"pitch: found .*, expected radians within a right angle"):
            load(path)


def test_bfloat16_is_rounded_once(tmp_path):
    model = make_model()
    first, second, exact = (tmp_path / f"{name}.safetensors" for name in ("first", "second", "exact"))
    save(model, first, CARD)
    rounded = load(first)
    for name, array in named_weights(model.variables).items():
        np.testing.assert_allclose(named_weights(rounded.variables)[name], array, rtol=2**-8, err_msg=name)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(rounded.variables))
    save(rounded, second, CARD)
    save(rounded, exact, CARD, dtype="float32")
    assert_same_model(load(second), rounded)
    assert second.read_bytes() == first.read_bytes()
    assert first.stat().st_size < 0.7 * exact.stat().st_size
    ids = {load(path).id.split("-")[1] for path in (first, second, exact)}
    assert len(ids) == 1 and model.id.split("-")[1] not in ids


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("skeleton", [H36M17, DOG])
def test_the_tilt_network_is_kept(masks, skeleton, tmp_path):
    model, path = make_model("none", masks, skeleton, tilt=True), tmp_path / "tilted.safetensors"
    save(model, path, CARD, dtype="float32")
    back = load(path)
    assert_same_model(back, model)
    assert back.id.split("-")[1] == model.id.split("-")[1]
    poses, seen = make_poses(model, 9)
    seen = seen if masks else None
    np.testing.assert_array_equal(estimate_tilt(back, poses, seen), estimate_tilt(model, poses, seen))
    tensors, content = content_of(path)
    assert {"params/ResidualMLP_0/Dense_0/kernel", "tilt/params/ResidualMLP_0/Dense_0/kernel"} <= tensors.keys()
    ranges = {"low": -0.2, "high": 0.7, "start": 0.1, "roll_limit": 0.4}
    assert content["tilt"] == {"width": 12, "blocks": 1, "gain": 5.0, "masks": masks, **ranges}
    assert content["version"] == 2


def test_an_id_stands_for_all_weights_and_is_the_lifter_s_without_a_tilt_network():
    model = make_model("none", tilt=True)
    alone = identify(model._replace(tilt=None), "random")
    assert alone.id == f"random-{digest(model.variables)[:8]}"
    more = jax.tree.map(lambda x: x + 1e-3, model.tilt.variables)
    other = identify(model._replace(tilt=model.tilt._replace(variables=more)), "random")
    assert len({alone.id, model.id, other.id}) == 3


def test_the_shipped_file_is_written_again_to_the_byte(tmp_path):
    """And so is any file without a tilt network, by any version that knows these networks."""
    save(load("cmu"), tmp_path / "cmu.safetensors", load_card("cmu"))
    shipped = models.WEIGHTS / "cmu.safetensors"
    assert (tmp_path / "cmu.safetensors").read_bytes() == shipped.read_bytes()


def test_tensors_are_found_by_path(file):
    tensors, content = content_of(file)
    assert {"params/ResidualMLP_0/Dense_0/kernel", "batch_stats/ResidualMLP_0/BatchNorm_4/var"} <= tensors.keys()
    assert all(array.dtype == jnp.bfloat16 for array in tensors.values())
    assert content["lifter"] == {"width": 16, "blocks": 2, "norm": "batch", "gain": 7.5, "masks": False}
    assert content["skeleton"]["names"] == list(H36M17.names) and content["normalization"]["factor"] == 0.37


def test_the_digest_differs_for_different_weights():
    variables = make_model().variables
    assert digest(variables) == digest(jax.tree.map(lambda x: np.array(x, np.float64), variables))
    for i, leaf in enumerate(jax.tree.leaves(variables)):
        leaves, structure = jax.tree.flatten(variables)
        leaves[i] = leaf.at[(0,) * leaf.ndim].add(1e-3)
        assert digest(jax.tree.unflatten(structure, leaves)) != digest(variables)


def test_a_flipped_bit_is_never_read(file, rng):
    whole = file.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    bits = [*range(64), *rng.integers(64, 8 * begin, 300), *rng.integers(8 * begin, 8 * len(whole), 100)]
    for bit in bits:
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << (bit % 8)
        file.write_bytes(broken)
        with pytest.raises(DatasetError) as error:
            load(file)
        assert str(error.value).startswith(str(file)) and "\n" not in str(error.value)


@pytest.mark.parametrize("keep", [0, 5, 100, 2000, -1])
def test_a_truncated_file_is_refused(keep, file):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DatasetError, match=r"not a whole \.safetensors file") as error:
        load(file)
    assert str(error.value).startswith(str(file)) and "\n" not in str(error.value)


def without(name):
    return lambda tensors, content: tensors.pop(name)


KERNEL = "params/ResidualMLP_0/Dense_0/kernel"
WRONG = {
    "version": (lambda t, c: c.update(version=3), "version: found 3, expected 1, or 2 with a tilt network"),
    "no tilt": (lambda t, c: c.update(version=2), "version: found 2, expected 1, or 2 with a tilt network"),
    "no version": (lambda t, c: c.pop("version"), r"metadata: not readable \('version'\)"),
    "wider": (lambda t, c: c["lifter"].update(width=17), r"BatchNorm_0/mean: found \(16,\), expected \(17,\)"),
    "more blocks": (lambda t, c: c["lifter"].update(blocks=3), "found no such tensor"),
    "masks": (lambda t, c: c["lifter"].update(masks=True), r"found \(34, 16\), expected \(51, 16\)"),
    "tensor missing": (without(KERNEL), f"{KERNEL}: found no such tensor, expected .34, 16.* 1 of 32"),
    "tensor unknown": (lambda t, c: t.update(more=np.ones(3, np.float32)), "more: found .* expected no such tensor"),
    "unknown entry": (lambda t, c: c["lifter"].update(depth=3), "unexpected keyword argument 'depth'"),
    "norm": (lambda t, c: c["lifter"].update(norm="group"), "norm: found 'group'"),
    "no skeleton": (lambda t, c: c.pop("skeleton"), "skeleton"),
    "two roots": (lambda t, c: c["skeleton"]["parents"].__setitem__(3, -1), "exactly one joint"),
}


@pytest.mark.parametrize("case", WRONG)
def test_other_files_are_refused_in_one_line(case, file):
    change, message = WRONG[case]
    tensors, content = content_of(file)
    change(tensors, content)
    rewrite(file, tensors, content)
    with pytest.raises(DatasetError, match=message) as error:
        load(file)
    assert str(error.value).startswith(str(file)) and "\n" not in str(error.value)


WRONG_TILT = {
    "version": (lambda t, c: c.update(version=1), "version: found 1, expected 1, or 2 with a tilt network"),
    "not there": (lambda t, c: c.pop("tilt"), "version: found 2"),
    "no tensors": (lambda t, c: [t.pop(k) for k in list(t) if k.startswith("tilt/")], "tilt/params.* no such tensor"),
    "wider": (lambda t, c: c["tilt"].update(width=13), r"tilt/params.*found \(12,\), expected \(13,\) by its network"),
    "huge": (lambda t, c: c["tilt"].update(width=2**40), "tilt: found .*, expected width, blocks"),
    "deep": (lambda t, c: c["tilt"].update(blocks=10**9), "tilt: found 1000000000 blocks, expected no more than"),
    "text": (lambda t, c: c["tilt"].update(gain="5"), "tilt: found .*, expected width, blocks"),
    "a list": (lambda t, c: c.update(tilt=[1, 2]), "tilt: unexpected keyword argument"),
    "null": (lambda t, c: c.update(tilt=None), "TypeError"),
    "entry missing": (lambda t, c: c["tilt"].pop("low"), "KeyError: 'low'"),
    "entry unknown": (lambda t, c: c["tilt"].update(depth=3), "tilt: unexpected keyword argument 'depth'"),
    "turned range": (lambda t, c: c["tilt"].update(low=0.8), "tilt: found .*, expected low < start < high"),
    "wide range": (lambda t, c: c["tilt"].update(high=2.0), "tilt: found .*, expected low < start < high"),
    "start": (lambda t, c: c["tilt"].update(start=-0.2), "tilt: found .*, expected low < start < high"),
    "roll": (lambda t, c: c["tilt"].update(roll_limit=0), "tilt: found .*, expected .*, roll_limit up to pi"),
}


@pytest.mark.parametrize("case", WRONG_TILT)
def test_wrong_tilt_networks_are_refused_in_one_line(case, tmp_path):
    change, message = WRONG_TILT[case]
    path = tmp_path / "tilted.safetensors"
    save(make_model("none", tilt=True), path, CARD)
    tensors, content = content_of(path)
    change(tensors, content)
    rewrite(path, tensors, content)
    with pytest.raises(DatasetError, match=message) as error:
        load(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_foreign_files_are_refused(file, tmp_path):
    tensors, content = content_of(file)
    content["distance"] = 4.5
    rewrite(file, tensors, content, honest=False)
    with pytest.raises(DatasetError, match=r"sha256: found .*, expected .*changed since"):
        load(file)
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(DatasetError, match=r"found \['format'\], expected 'geolift'"):
        load(file)
    save_file(tensors, file)
    with pytest.raises(DatasetError, match=r"found \[\], expected 'geolift'"):
        load(file)
    save_file(tensors, file, metadata={"geolift": "[" * 100_000})
    with pytest.raises(DatasetError, match="metadata: not readable"):
        load(file)
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(DatasetError, match=r"not a whole \.safetensors file"):
        load(tmp_path / "other.npz")


def test_names(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "weights")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"cmu: no such file or folder.*there are: none"):
        load("cmu")
    models.WEIGHTS.mkdir()
    save(make_model(), models.WEIGHTS / "cmu.safetensors", CARD)
    (tmp_path / "cmu").mkdir()
    assert model_names() == ["cmu"]
    model = load("cmu")
    assert model.id == f"cmu-{digest(model.variables)[:8]}"
    assert_same_model(model, load(models.WEIGHTS / "cmu.safetensors"))
    with pytest.raises(FileNotFoundError, match=r"smu: no such file.*there are: cmu"):
        load("smu")
    with pytest.raises(FileNotFoundError, match="has this folder been trained in"):
        load("./cmu/")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"terms": None}, r"card: \['terms'\] missing, found \[\] beyond"),
        ({"licence": "free"}, r"card: \[\] missing, found \['licence'\] beyond"),
        ({"metrics": {"p_mpjpe": float("nan")}}, "card: found what JSON cannot hold"),
        ({"config": Config()}, "card: found what JSON cannot hold"),
    ],
)
def test_nothing_is_written_without_a_card(change, message, tmp_path):
    card = {key: value for key, value in {**CARD, **change}.items() if value is not None}
    with pytest.raises(DatasetError, match=message):
        save(make_model(), tmp_path / "small.safetensors", card)
    assert not list(tmp_path.iterdir())
    with pytest.raises(DatasetError, match="dtype: found 'int8'"):
        save(make_model(), tmp_path / "small.safetensors", CARD, dtype="int8")


def test_a_card_goes_round(file, tmp_path):
    card = load_card(file)
    assert card == {"model": load(file).id, **CARD}
    save(make_model(), tmp_path / "again.safetensors", card)
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()
    text = describe_card(card)
    assert text.startswith(f"# {card['model']}\n") and all(str(CARD[key]) in text for key in ("terms", "use", "limits"))
    assert "| Terms of data and weights | not recorded |" in describe_card({"run": "a-1-b"})


@pytest.fixture(scope="module")
def run(people, people_file, tmp_path_factory):
    """The folder of a run of two steps, evaluated, and its model as `train.load` gives it."""
    folder = tmp_path_factory.mktemp("runs") / "short"
    config = quickstart.get_config()
    config.data.path = str(people_file)
    config.lifter = Config({"width": 8, "blocks": 1, "norm": "batch"})
    config.discriminator.update({"width": 8, "blocks": 1})
    config.batch_size, config.steps, config.data.validation_split, config.loss.weights.temporal = 16, 2, "", 0.0
    config.run.update({"steps_per_dispatch": 2, "log_every": 2, "validate_every": 2, "checkpoint_every": 2})
    train(config, folder)
    trained, _, _ = load_run(folder)
    test = people.select("test")
    _, result = lift_and_evaluate(trained, test)
    about = {"data": str(people_file), "source": test.source, "split": "test", "step": 2}
    write_results(folder, {**result, "baselines": {"flat skeleton": result}, **about})
    return folder, trained


def test_a_run_is_a_model(run, tmp_path):
    run, trained = run
    model = load(run)
    assert_same_model(model, trained)
    assert model.id == trained.id == f"short-2-{digest(model.variables)[:8]}"
    card = load_card(run)
    assert card["model"] == card["run"] == model.id and card["steps"] == 2 and card["config"]["lifter"]["width"] == 8
    assert card["metrics"]["values"]["p_mpjpe"] > 0 and "flat skeleton" in card["metrics"]["baselines"]
    assert str(run.parent) not in json.dumps(card) and card["data"].startswith("people.npz, split train: ")
    text = describe_card(card)
    assert f"| measure | unit | {model.id} | flat skeleton | definition |" in text
    rest = {key: CARD[key] for key in ("terms", "command", "commit", "hardware", "use", "limits")}
    save(model, tmp_path / "short.safetensors", card | rest)
    assert load_card(tmp_path / "short.safetensors")["run"] == model.id

    evaluation = json.loads((run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(evaluation | {"step": 1}))
    with pytest.raises(DatasetError, match=r"evaluation.json: step: found 1, expected 2"):
        load_card(run)


def test_files_are_read_without_the_libraries_of_training(file, people, tmp_path):
    code = (
        "import sys; import geolift; "
        f"print(geolift.load({str(file)!r}).id); "
        "print([m for m in ('onnx', 'jax2onnx', 'onnxruntime', 'orbax', 'ml_collections') if m in sys.modules])"
    )
    assert program("-c", code, cwd=tmp_path).stdout.split() == [load(file).id, "[]"]
