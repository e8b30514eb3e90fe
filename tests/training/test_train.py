"""A run: blind to 3D, exactly resumable, loud about anything that does not fit."""

import functools
import itertools
import json
import shutil

import jax
import numpy as np
import pytest

from configs import best, best_cpu, cmu_cpu, links, paper, pretrained, quickstart
from configs.tables import ablation, ladder
from geolift import model
from geolift.data import dataset
from geolift.data.dataset import save_dataset
from geolift.errors import ConfigError
from geolift.evaluation.accuracy import evaluate
from geolift.evaluation.report import lift_and_evaluate
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.training import checkpoint
from geolift.training.build.networks import build_networks
from geolift.training.build.state import build_state
from geolift.training.checkpoint import FOLDER, saved_steps
from geolift.training.checkpoint_writer import CheckpointWriter
from geolift.training.config import load as load_config
from geolift.training.logger import Logger
from geolift.training.run import load
from geolift.training.signals import Stopped
from geolift.training.train import train, train_seeds

EVERY = ("run.steps_per_dispatch", "run.log_every", "run.validate_every", "run.checkpoint_every")


def tiny(path, steps=8, **changes):
    config = quickstart.get_config()
    config.data.path = str(path)
    config.lifter.update({"width": 8, "blocks": 1, "norm": "batch"})
    for network in ("discriminator", "motion_discriminator", "domain_discriminator"):
        config[network].update({"width": 8, "blocks": 1})
    config.adapter.network.update({"width": 8, "blocks": 1})
    config.adapter.update({"first_steps": 4, "every": 2})
    config.batch_size = 16
    config.steps = steps
    config.run.update({"steps_per_dispatch": 2, "log_every": 2, "validate_every": 4, "checkpoint_every": 4})
    config.update_from_flattened_dict(changes)
    return config


def state_of(workdir, config, data):
    like = build_state(config, data.skeleton, data.select("train").frames)
    return checkpoint.read(workdir / FOLDER / str(saved_steps(workdir)[-1]), like)


def assert_bit_equal(a, b):
    a, b = (jax.tree.leaves_with_path(state) for state in (a, b))
    assert [path for path, _ in a] == [path for path, _ in b]
    for (path, x), (_, y) in zip(a, b, strict=True):
        if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        np.testing.assert_array_equal(x, y, err_msg=jax.tree_util.keystr(path))


def lines(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def straight(people_file, tmp_path_factory):
    """A finished run of eight steps."""
    workdir = tmp_path_factory.mktemp("straight")
    train(tiny(people_file), workdir)
    return workdir


def test_a_run_leaves_what_it_promises(straight, people, people_file):
    assert {p.name for p in straight.iterdir()} >= {"config.json", "model.json", "metrics.jsonl", "checkpoints"}
    log = lines(straight)
    assert [line["step"] for line in log] == [2, 4, 6, 8]
    names = {
        "loss/lifter", "loss/discriminator", "term/adversarial", "term/consistency_2d", "term/consistency_3d",
        "health/real_judged_real", "health/fake_judged_fake", "health/depth_spread",
    }  # fmt: skip
    assert all(names <= set(line) for line in log)
    assert ["validation/flip_rate" in line for line in log] == [False, True, False, True]
    trained, _, step = load(straight)
    untrained, _, zero = load(straight, trained=False)
    assert (step, zero) == (8, 0)
    poses = model.normalized_poses(trained, people)
    assert not np.allclose(model.lift_poses(trained, poses), model.lift_poses(untrained, poses))


def test_lifting_a_pose_does_not_depend_on_the_rest_of_the_batch(straight, people):
    trained, _, _ = load(straight)
    poses = model.normalized_poses(trained, people)
    lifted = model.lift_poses(trained, poses)
    assert lifted.shape == people.points_3d.shape
    np.testing.assert_allclose(model.lift_poses(trained, poses[7:9]), lifted[7:9], atol=1e-5)
    np.testing.assert_array_equal(lifted[:, people.skeleton.root], 0)


def test_training_is_blind_to_3d(straight, people, people_file, tmp_path):
    """Bit-equal weights with the true 3D, without any, and with nonsense in its place."""
    config = tiny(people_file)
    truth = state_of(straight, config, people)
    rng = np.random.default_rng(0)
    # Nonsense that projects onto the same keypoints, so that the file is a good one: another depth for every joint.
    nonsense = people.points_3d * rng.uniform(0.5, 2, size=(*people.points_3d.shape[:2], 1)).astype("f")
    for name, points in (("none", None), ("nonsense", nonsense)):
        save_dataset(people._replace(points_3d=points), tmp_path / f"{name}.npz")
        config = tiny(tmp_path / f"{name}.npz")
        train(config, tmp_path / name)
        assert_bit_equal(state_of(tmp_path / name, config, people), truth)
    assert "validation/flip_rate" not in lines(tmp_path / "none")[-1]


WHOLE = {"loss.weights.temporal": 1.0, "run.validate_every": 2, "run.checkpoint_every": 2, "run.keep": 4}


def whole(path, **changes):
    """Every network: four steps of the adapter first, then four of the lifter."""
    return tiny(path, steps=4, **WHOLE | {"adapter.data": str(path)} | changes)


@pytest.fixture(scope="module")
def whole_method(people_file, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("whole")
    train(whole(people_file), workdir)
    return workdir


def test_the_adapter_learns_first_and_is_then_frozen(whole_method, people_file, people):
    config = whole(people_file)
    start = build_state(config, people.skeleton, people.select("train").frames)
    assert saved_steps(whole_method) == [2, 4, 6, 8]
    states = [start, *(checkpoint.read(whole_method / FOLDER / str(step), start) for step in (2, 4, 6, 8))]
    lifting = {"lifter", "discriminator", "motion_discriminator"}
    assert set(start.params) == lifting | {"adapter", "domain_discriminator"}
    for i, (before, after) in enumerate(itertools.pairwise(states)):
        for name in start.params:
            trees = (jax.tree.leaves((s.params[name], s.opt_state[name])) for s in (before, after))
            moved = not all(np.array_equal(a, b) for a, b in zip(*trees, strict=True))
            assert moved == ((name in lifting) == (i >= 2)), (i, name)
        for name in ("lifter", "adapter"):
            averages = (jax.tree.leaves(s.ema[name]) for s in (before, after))
            moved = not all(np.array_equal(a, b) for a, b in zip(*averages, strict=True))
            assert moved == ((name == "lifter") == (i >= 2)), (i, name)
    assert [int(state.averaged["lifter"]) for state in states] == [0, 0, 0, 2, 4]
    assert [int(state.averaged["adapter"]) for state in states] == [0, 2, 4, 4, 4]
    log = lines(whole_method)
    assert ["loss/adapter" in line for line in log] == [True, True, False, False]
    assert ["loss/lifter" in line for line in log] == [False, False, True, True]
    _, _, step = load(whole_method, step=4)
    assert step == 4
    with pytest.raises(FileNotFoundError, match=r"no checkpoint of step 5, found \[2, 4, 6, 8\]"):
        load(whole_method, step=5)


@pytest.mark.parametrize("cut", [2, 4, 6])
def test_resuming_the_whole_method_is_exact(whole_method, people_file, people, tmp_path, cut):
    """Stopped in either part, and where they meet."""
    config = whole(people_file)
    asked = itertools.count(0, 2)  # once before the first dispatch of two steps, once after each
    with pytest.raises(Stopped, match=f"after step {cut}, which is saved"):
        train(config, tmp_path, stop=lambda: next(asked) >= cut)
    assert saved_steps(tmp_path)[-1] == cut
    train(config, tmp_path)
    assert_bit_equal(state_of(tmp_path, config, people), state_of(whole_method, config, people))
    assert lines(tmp_path) == lines(whole_method)


def test_the_whole_method_is_blind_to_3d(whole_method, people, people_file, tmp_path):
    """Of the training set's and of the source domain's."""
    rng = np.random.default_rng(0)
    nonsense = people.points_3d * rng.uniform(0.5, 2, size=(*people.points_3d.shape[:2], 1)).astype("f")
    save_dataset(people._replace(points_3d=nonsense), tmp_path / "nonsense.npz")
    path = tmp_path / "nonsense.npz"
    config = whole(path)
    train(config, tmp_path / "run")
    assert_bit_equal(state_of(tmp_path / "run", config, people), state_of(whole_method, config, people))


MIRRORED = {
    "mirror_equivariant": True, "lifter.norm": "none", "view.tilt": "mean", "view.pitch": 0.0,
    "loss.gradient_penalty": 0.1,
    "loss.weights.temporal": 1.0, "loss.weights.symmetry": 1.0, "loss.weights.spread": 1.0, "steps": 4,
    "run.validate_every": 2, "run.checkpoint_every": 2,
}  # fmt: skip
FLOW = {
    "lifter.norm": "none", "view.tilt": "elepose", "view.pitch": 0.0, "loss.squared": False,
    "loss.weights.adversarial": 0.0, "loss.weights.likelihood": 1.0, "loss.weights.deformation": 1.0,
    "loss.weights.proportions": 1.0, "steps": 2,
    "flow": {"parts": "whole,legs", "steps": 4, "components": 6, "layers": 2, "width": 8},
    "run.checkpoint_every": 2, "run.validate_every": 2,
}  # fmt: skip


TILTED = {
    "mirror_equivariant": True, "lifter.norm": "none", "view.tilt": "given", "view.pitch": 0.0, "data.masks": True,
    "augmentation.proportions": 0.1, "loss.weights.temporal": 1.0, "optimizer.decay_every": 2, "steps": 4,
    "run.validate_every": 2, "run.checkpoint_every": 2,
}  # fmt: skip


def later(path, changes):
    """Parts that came after the paper."""
    changes = dict(changes)
    config = tiny(path, **{name: value for name, value in changes.items() if name != "flow"})
    config.flow.update(changes.get("flow", {}))
    return config


@pytest.mark.parametrize(
    ("changes", "networks"),
    [
        (MIRRORED, {"lifter", "discriminator", "motion_discriminator", "camera"}),
        (FLOW, {"lifter", "camera", "flow"}),
        (TILTED, {"lifter", "discriminator", "motion_discriminator", "camera"}),
    ],
    ids=["mirrored", "flow", "tilted"],
)
def test_parts_after_the_paper_resume_exactly_and_are_blind_to_3d(changes, networks, people, people_file, tmp_path):
    config = later(people_file, changes)
    train(config, tmp_path / "straight")
    asked = itertools.count(0, 2)
    with pytest.raises(Stopped, match="after step 2, which is saved"):
        train(config, tmp_path / "cut", stop=lambda: next(asked) >= 2)
    train(config, tmp_path / "cut")
    straight = state_of(tmp_path / "straight", config, people)
    assert set(straight.params) == networks
    assert_bit_equal(state_of(tmp_path / "cut", config, people), straight)

    rng = np.random.default_rng(0)
    nonsense = people.points_3d * rng.uniform(0.5, 2, size=(*people.points_3d.shape[:2], 1)).astype("f")
    save_dataset(people._replace(points_3d=nonsense), tmp_path / "nonsense.npz")
    config = later(tmp_path / "nonsense.npz", changes)
    train(config, tmp_path / "blind")
    assert_bit_equal(state_of(tmp_path / "blind", config, people), straight)

    trained, learnt, _ = load(tmp_path / "straight")
    assert not trained.lifter.mirrored  # what is kept is an ordinary lifter
    lifted = model.lift_poses(trained, model.normalized_poses(trained, people))
    assert np.isfinite(lifted).all()
    if changes is MIRRORED:
        assert 0 < learnt.view.pitch < 0.35
        mirrored = mirror_pose(jax.numpy.asarray(model.normalized_poses(trained, people)), people.skeleton.mirrored)
        again = model.lift_poses(trained, np.asarray(mirrored))[:, list(people.skeleton.mirrored)]
        np.testing.assert_allclose(again * [-1, 1, 1], lifted, atol=1e-4)


EVERYTHING = MIRRORED | {
    "lifter.flat_start": True, "loss.weights.likelihood": 0.1, "flow": FLOW["flow"], "steps": 2,
    "loss.weights.temporal": 0.0,
}  # fmt: skip


def test_seeds_side_by_side_with_all_parts_train_as_alone(people, people_file, tmp_path):
    config = later(people_file, EVERYTHING)
    train_seeds(config, tmp_path, [0, 1])
    config.seed = 1
    train(config, tmp_path / "alone")
    both, alone = (state_of(folder, config, people) for folder in (tmp_path / "seed_1", tmp_path / "alone"))
    assert set(alone.params) == {"lifter", "discriminator", "camera", "flow"}
    for (path, a), b in zip(jax.tree.leaves_with_path(alone.params), jax.tree.leaves(both.params), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4, err_msg=jax.tree_util.keystr(path))


def test_the_adapter_and_the_flow_learn_one_after_the_other(people_file, tmp_path):
    config = later(people_file, EVERYTHING | {"adapter.data": str(people_file), "adapter.first_steps": 2})
    train(config, tmp_path)
    found = [[name for name in ("flow", "adapter", "lifter") if f"loss/{name}" in line] for line in lines(tmp_path)]
    assert found == [["flow"], ["flow"], ["adapter"], ["lifter"]]


def test_a_run_of_an_earlier_version_resumes(straight, people_file, tmp_path):
    """Its config.json lacks newer entries, others have their older names; it is loaded, and trained on to the bit."""
    shutil.copytree(straight, tmp_path / "old")
    path = tmp_path / "old" / "config.json"
    content = json.loads(path.read_text())
    for name in (
        *(
            "bfloat16",
            "data.shard",
            "mirror_equivariant",
            "loss.gradient_penalty",
            "loss.squared",
        ),
        *(
            f"loss.weights.{term}"
            for term in ("symmetry", "spread", "rigidity", "proportions", "deformation", "likelihood")
        ),
        *("view.cameras", "loss.weights.cameras"),
        *("lifter.flat_start", "flow", "camera", "view.pitch_low", "view.pitch_high", "view.pitch_start"),
        *("view.roll_limit", "augmentation.proportions", "augmentation.coco_trunk", "optimizer.decay_every"),
        *("optimizer.warmup", "optimizer.cooldown"),
    ):
        *blocks, last = name.split(".")
        functools.reduce(dict.get, blocks, content).pop(last)
    content["detector"] = content.pop("augmentation")
    content["view"]["learned_pitch"] = {"fixed": ""}[content["view"].pop("tilt")]
    content["mirror"], content["loss"]["unsquared"] = False, False
    path.write_text(json.dumps(content))
    assert load(tmp_path / "old")[0].id.rpartition("-")[2] == load(straight)[0].id.rpartition("-")[2]
    trained = [train(tiny(people_file, steps=12), folder) for folder in (tmp_path / "old", copied(straight, tmp_path))]
    assert_bit_equal(trained[0].variables, trained[1].variables)


def test_a_run_of_a_version_with_unknown_entries_is_refused_in_one_line(straight, people_file, tmp_path):
    shutil.copytree(straight, tmp_path / "other")
    path = tmp_path / "other" / "config.json"
    content = json.loads(path.read_text())
    content["lifter"]["attention"] = True
    path.write_text(json.dumps(content))
    for refused in (lambda: load(tmp_path / "other"), lambda: train(tiny(people_file, steps=12), tmp_path / "other")):
        with pytest.raises(ConfigError, match=r"other.*lifter\.attention: found no such entry") as caught:
            refused()
        assert "another version of geolift" in str(caught.value) and "\n" not in str(caught.value)


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "new")


def test_a_skeleton_without_a_middle_cannot_be_mirrored(people):
    """Its root is a hip with a partner."""
    skeleton = Skeleton(("left", "right", "head"), (-1, 0, 0), (0,), (1,), 2)
    config = later("procedural", MIRRORED)
    wrong = "found the root 'left', which has a left/right partner, expected a root on the midline"
    with pytest.raises(ConfigError, match=f"mirror_equivariant: {wrong}"):
        build_networks(config, skeleton)
    config.mirror_equivariant = False
    with pytest.raises(ConfigError, match=rf"loss\.weights\.symmetry, spread, proportions: {wrong}"):
        build_networks(config, skeleton)


def test_the_flow_learns_first_and_is_then_frozen(people, people_file, tmp_path):
    config = later(people_file, FLOW)
    bad = later(people_file, FLOW)
    bad.flow.parts = "whole,arms"
    with pytest.raises(
        ConfigError, match=r"flow\.parts: found 'arms', expected some of whole, legs, torso, left, right"
    ):
        train(bad, tmp_path)
    train(config, tmp_path)
    log = lines(tmp_path)
    assert ["loss/flow" in line for line in log] == [True, True, False]
    assert ["term/likelihood" in line for line in log] == [False, False, True]
    start = build_state(config, people.skeleton, people.select("train").frames)
    after = [checkpoint.read(tmp_path / FOLDER / str(step), start).ema["flow"] for step in (4, 6)]
    assert_bit_equal(*after)
    assert np.abs(after[0]["params"]["axes_0"]).max() > 0  # fitted to the training poses


def test_masks_train_on_frames_that_miss_joints(people, tmp_path):
    confidence = people.confidence.copy()
    confidence[::2, 5] = 0
    save_dataset(people._replace(confidence=confidence), tmp_path / "missing.npz")
    train(tiny(tmp_path / "missing.npz", **{"data.masks": True, "loss.weights.temporal": 1.0}), tmp_path / "run")
    trained, _, _ = load(tmp_path / "run")
    missing = people._replace(confidence=confidence)
    poses = model.normalized_poses(trained, missing)
    lifted = model.lift_poses(trained, poses, missing.seen)
    junk = np.where(missing.seen[..., None], poses, 99)
    again = model.lift_poses(trained, junk.astype("f"), missing.seen)
    np.testing.assert_array_equal(lifted[missing.seen], again[missing.seen])
    points, result = lift_and_evaluate(trained, missing)
    np.testing.assert_array_equal(points, lifted)
    assert result["counts"]["frames_left_out"] == 0
    with pytest.raises(dataset.DatasetError, match="no pair to train on"):
        train(tiny(tmp_path / "missing.npz", **{"loss.weights.temporal": 1.0, "motion.gap": 1}), tmp_path / "whole")


def test_several_seeds_side_by_side_are_ordinary_runs(straight, people_file, people, tmp_path):
    config = tiny(people_file, seed=5)
    train_seeds(tiny(people_file, steps=4), tmp_path, [0, 1])
    models = train_seeds(tiny(people_file), tmp_path, [0, 1])  # resumed
    poses = model.normalized_poses(models[0], people)
    alone, _, _ = load(straight)
    folder, _, step = load(tmp_path / "seed_0")
    lifted = [model.lift_poses(m, poses) for m in (alone, models[0], folder, models[1])]
    # Rounding differs, and Adam's first steps make much of it; another seed is another network altogether.
    np.testing.assert_allclose(lifted[0], lifted[1], atol=0.03)
    np.testing.assert_array_equal(lifted[1], lifted[2])
    assert step == 8 and np.abs(lifted[0] - lifted[3]).max() > 0.6
    for a, b in zip(lines(straight), lines(tmp_path / "seed_0"), strict=True):
        for key in a:
            np.testing.assert_allclose(a[key], b[key], rtol=2e-2, atol=1e-3, err_msg=key)
    for seeds in ([], [1, 1]):
        with pytest.raises(ConfigError, match="seeds: found"):
            train_seeds(config, tmp_path, seeds)
    # A start that was cut off between the saves of two seeds leaves one of them ahead.
    train(tiny(people_file, seed=2, steps=4), tmp_path / "seed_2")
    ahead = state_of(tmp_path / "seed_1", config, people)
    train_seeds(config, tmp_path, [1, 2])
    assert_bit_equal(state_of(tmp_path / "seed_1", config, people), ahead)
    assert load(tmp_path / "seed_2")[2] == 8
    assert [line["step"] for line in lines(tmp_path / "seed_1")] == [2, 4, 6, 8]


def test_resuming_is_exact(straight, people, people_file, tmp_path):
    """Four steps, a restart and four more give the state and the log of eight straight steps, to the bit."""
    train(tiny(people_file, steps=4), tmp_path)
    config = tiny(people_file)
    train(config, tmp_path)
    assert_bit_equal(state_of(tmp_path, config, people), state_of(straight, config, people))
    assert lines(tmp_path) == lines(straight)


def test_a_run_cut_off_between_checkpoints_does_those_steps_again(straight, people_file, tmp_path):
    train(tiny(people_file, steps=4), tmp_path)
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"step": 6, "loss/lifter": 1.0}\n{"step": 8, "loss/lif')  # logged, never saved, then cut off
    train(tiny(people_file), tmp_path)
    assert lines(tmp_path) == lines(straight)


def test_a_finished_run_is_not_changed(straight, people_file):
    before = lines(straight)
    train(tiny(people_file), straight)
    assert lines(straight) == before


def test_resuming_with_other_dispatches_is_exact_or_refused(straight, people, people_file, tmp_path):
    train(tiny(people_file, steps=4), tmp_path)
    with pytest.raises(ConfigError, match="found 3, expected a divisor of the 4 steps done"):
        train(tiny(people_file, steps=12, **dict.fromkeys(EVERY, 3)), tmp_path)
    config = tiny(people_file, **dict.fromkeys(EVERY, 4))
    train(config, tmp_path)
    for (path, a), b in zip(
        jax.tree.leaves_with_path(state_of(tmp_path, config, people).params),
        jax.tree.leaves(state_of(straight, config, people).params),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=jax.tree_util.keystr(path))


def test_nothing_is_compiled_after_the_first_dispatch(people_file, tmp_path, monkeypatch):
    compiled, counts = [], []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )
    write = Logger.write
    monkeypatch.setattr(Logger, "write", lambda *args: (counts.append(len(compiled)), write(*args)))
    train(tiny(people_file, steps=16), tmp_path)
    assert counts[0] > 0, "the listener hears nothing; this test would prove nothing"
    after_first_validation_and_save = counts[2:]
    assert len(after_first_validation_and_save) == 6 and len(set(after_first_validation_and_save)) == 1


def test_a_refused_config_leaves_the_workdir_free(people_file, tmp_path):
    for changes in ({"loss.adversarial": "hinge"}, {"lifter.norm": "weight"}, {"batch_size": 12}):
        with pytest.raises(ValueError, match=r"hinge|weight|12"):
            train(tiny(people_file, **changes), tmp_path / "run")
    train(tiny(people_file, steps=4), tmp_path / "run")


def test_any_skeleton_without_intrinsics_trains_and_is_evaluated(people, tmp_path):
    """Five joints, the root in the middle of the list, image sizes instead of intrinsics, misses in the keypoints."""
    chosen = [10, 12, 8, 15, 5]
    skeleton = Skeleton(("nose", "left_paw", "withers", "right_paw", "tail"), (2, 2, -1, 2, 2), (1,), (3,), 0)
    confidence = people.confidence[:, chosen].copy()
    confidence[::9, 1] = 0
    animal = people._replace(
        keypoints=people.keypoints[:, chosen], confidence=confidence, points_3d=people.points_3d[:, chosen],
        skeleton=skeleton, intrinsics=None,
    )  # fmt: skip
    save_dataset(animal, tmp_path / "animal.npz")
    train(tiny(tmp_path / "animal.npz"), tmp_path / "run")
    trained, _, _ = load(tmp_path / "run")
    lifted = model.lift_poses(trained, model.normalized_poses(trained, animal))
    np.testing.assert_array_equal(lifted[:, 2], 0)
    result = evaluate(lifted, animal)
    assert result["counts"]["frames_left_out"] == (confidence[:, 1] == 0).sum() and np.isfinite(result["p_mpjpe"])
    assert np.isfinite(lines(tmp_path / "run")[-1]["validation/p_mpjpe"])


def test_seeds_differ(straight, people, people_file, tmp_path):
    config = tiny(people_file, seed=1)
    train(config, tmp_path)
    a, b = state_of(tmp_path, config, people), state_of(straight, config, people)
    assert not np.array_equal(jax.tree.leaves(a.params)[1], jax.tree.leaves(b.params)[1])


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file() and p.name != "lock"}


def test_another_config_is_refused_in_the_same_workdir(straight, people_file):
    before = contents(straight)
    with pytest.raises(ValueError, match=r"lifter\.width: started with 8, now 4"):
        train(tiny(people_file, **{"lifter.width": 4}), straight)
    with pytest.raises(ValueError, match="trained for 8 already"):
        train(tiny(people_file, steps=4), straight)
    assert contents(straight) == before


def test_other_data_are_refused_in_the_same_workdir(straight, people, people_file, tmp_path):
    save_dataset(people.without_3d()._replace(keypoints=people.keypoints * 1.01), tmp_path / "other.npz")
    config = tiny(people_file)
    config.data.path = str(tmp_path / "other.npz")
    before = contents(straight)
    with pytest.raises(ConfigError, match=r"keypoints_sha256: started with .*; normalization\.factor: started with"):
        train(config, straight)
    assert contents(straight) == before


def test_a_state_is_saved_after_its_metrics_were_logged(people_file, tmp_path, monkeypatch):
    """In time, when a save is tried again, and at the end: a run that is killed after it lacks no line."""
    seen = []
    for name in ("save", "finish"):
        real = getattr(CheckpointWriter, name)

        def spy(saver, state, real=real):
            seen.append((int(state.step), lines(tmp_path)[-1]["step"]))
            real(saver, state)

        monkeypatch.setattr(CheckpointWriter, name, spy)
    monkeypatch.setattr(CheckpointWriter, "retry_due", lambda writer: True)
    train(tiny(people_file), tmp_path)
    assert seen == [(2, 2), (4, 4), (6, 6), (8, 8)]
    assert [line["step"] for line in lines(tmp_path)] == [2, 4, 6, 8]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 7}, "steps: found 7, expected a positive multiple of run.steps_per_dispatch, 2"),
        ({"steps": 0}, "steps: found 0"),
        ({"run.steps_per_dispatch": 0}, "run.steps_per_dispatch: found 0"),
        ({"batch_size": 0}, "batch_size: found 0"),
        ({"lifter.width": 0}, "lifter.width: found 0"),
        ({"ema_decay": 1.0}, "ema_decay: found 1.0"),
        ({"optimizer.lifter": float("inf")}, "optimizer.lifter: found inf"),
        ({"optimizer.discriminator": -1.0}, "optimizer.discriminator: found -1.0"),
        ({"loss.weights.adversarial": float("nan")}, "loss.weights.adversarial: found nan"),
        ({"run.patience": 0}, "run.patience: found 0"),
        ({"view.distance": 0.0}, "view.distance: found 0.0, expected a number above 0"),
        ({"view.distance": 1.0}, "view.min_depth, view.distance: found 1.0, 1.0, expected min_depth < distance"),
        ({"evaluation.split": "dev"}, "'dev'"),
        ({"data.validation_split": "dev"}, "'dev'"),
        ({"run.checkpoint_every": 3}, "run.checkpoint_every: found 3"),
        ({"batch_size": 12}, r"batch_size: found 12, expected a multiple of 8 \(8 devices\)"),
        ({"data.split": "dev"}, "'dev'"),
        ({"data.sampling": "joint"}, "'joint'"),
        ({"data.path": ""}, "data.path: found none, expected a geolift data set"),
        ({"data.path": "nowhere.npz"}, "no such file"),
        ({"loss.adversarial": "hinge"}, "'hinge'"),
        ({"loss.weights.temporal": -1.0}, "loss.weights.temporal: found -1.0"),
        ({"motion.gap": 0}, "motion.gap: found 0"),
        ({"adapter.data": "nowhere.npz"}, "nowhere.npz: no such file"),
        ({"adapter.data": "x.npz", "adapter.first_steps": 3}, "adapter.first_steps: found 3"),
        ({"adapter.data": "x.npz", "adapter.first_steps": -2}, "adapter.first_steps: found -2"),
        ({"adapter.penalty": -1.0}, "adapter.penalty: found -1.0"),
        ({"motion.gain": 0.0}, "motion.gain: found 0.0"),
        (
            {"adapter.data": "x.npz", "adapter.every": 4},
            r"batch_size: found 16, expected a multiple of 32 \(8 devices x adapter.every, 4\)",
        ),
        ({"adapter.data": "x.npz", "adapter.every": 1}, "adapter.every: found 1"),
        ({"lifter.norm": "weight"}, "'weight'"),
        ({"view.tilt": "roll"}, "view.tilt: found 'roll'"),
        ({"loss.gradient_penalty": -1.0}, "loss.gradient_penalty: found -1.0, expected a number from 0"),
        ({"loss.gradient_penalty": float("nan")}, "loss.gradient_penalty: found nan"),
        ({"view.tilt": "mean"}, "view.pitch: found 0.13.*, expected 0 with view.tilt=mean"),
        ({"view.tilt": "anywhere"}, "view.pitch: found 0.13.*, expected 0 with view.tilt=anywhere"),
        (
            {"view.tilt": "pose", "view.pitch": 0.0, "view.pitch_start": 0.4},
            "view.pitch_low, view.pitch_start, view.pitch_high: found 0.0, 0.4, 0.35, expected pitch_low < pitch_start",
        ),
        (
            {"view.tilt": "pose", "view.pitch": 0.0, "view.pitch_start": 0.0, "view.pitch_low": -0.3},
            "view.pitch_start: found 0.0, expected another number than 0: its sign decides",
        ),
        ({"mirror_equivariant": True}, "lifter.norm: found 'batch', expected 'none' with mirror_equivariant"),
        (
            {"mirror_equivariant": True, "lifter.norm": "none", "discriminator.width": 7},
            "discriminator.width: found 7, expected an even number with mirror_equivariant",
        ),
        (
            {"loss.weights.adversarial": 0.0, "loss.gradient_penalty": 1.0},
            "expected 0 where no discriminator is",
        ),
        ({"loss.weights.likelihood": 1.0, "flow.steps": 7}, "flow.steps: found 7, expected a positive multiple of run"),
        ({"flow.width": 0}, "flow.width: found 0, expected a whole number from 1 to 32768"),
        (
            {"loss.weights.deformation": 1.0, "batch_size": 8},
            r"batch_size: found 8, expected a multiple of 16 \(2 x 8 devices\)",
        ),
    ],
)
def test_bad_configs_are_refused(people_file, tmp_path, changes, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        train(tiny(people_file, **changes), tmp_path)


def test_joint_order_of_the_data_must_be_the_model_s(straight, people):
    trained, _, _ = load(straight)
    names = list(people.skeleton.names)
    names[1], names[4] = names[4], names[1]
    swapped = people._replace(skeleton=people.skeleton._replace(names=tuple(names)))
    with pytest.raises(dataset.DatasetError, match=r"1: left_hip for right_hip, 4: right_hip for left_hip"):
        model.normalized_poses(trained, swapped)
    sides = people._replace(skeleton=people.skeleton._replace(left=people.skeleton.right, right=people.skeleton.left))
    with pytest.raises(dataset.DatasetError, match="left: found"):
        model.normalized_poses(trained, sides)


def test_loading_what_is_not_there(tmp_path, people_file):
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        load(tmp_path)
    assert not list(tmp_path.iterdir()), "looking makes no folder"
    train(tiny(people_file, steps=2, **{"run.checkpoint_every": 2}), tmp_path)
    for step in (tmp_path / "checkpoints").iterdir():
        step.rename(tmp_path / f"moved_{step.name}")
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load(tmp_path)
    (tmp_path / "config.json").write_text('{"seed": 0,')
    with pytest.raises(ConfigError, match=r"config\.json: not readable"):
        load(tmp_path)


def test_the_defaults_are_the_paper_s():
    config = paper.get_config()
    assert config.to_dict() == load_config().to_dict()
    weights = {"adversarial": 1.0, "consistency_2d": 10.0, "consistency_3d": 0.001, "temporal": 1.0}
    assert {name: weight for name, weight in config.loss.weights.items() if weight} == weights
    assert (config.view.distance, config.batch_size, config.optimizer.lifter) == (10.0, 8192, 2e-4)
    assert (config.lifter.width, config.lifter.blocks, config.lifter.norm) == (1024, 4, "batch")
    assert (config.motion.gap, config.motion.with_pose, config.adapter.squared) == (1, False, True)
    for name in ("motion_discriminator", "domain_discriminator", "discriminator"):
        assert config[name].to_dict() == {"width": 1024, "blocks": 3}
    np.testing.assert_allclose(np.degrees([config.view.azimuth, config.view.elevation]), [180, 20])


@pytest.mark.parametrize("recipe", [best, links, pretrained])
def test_a_recipe_trains_all_that_it_names(recipe, people_file, tmp_path):
    """At a small size, pretrained with its masks, hidden joints, adapter and flow at once."""
    config = recipe.get_config()
    sizes = tiny(people_file, steps=2)
    for network in ("lifter", "discriminator", "motion_discriminator", "domain_discriminator"):
        config[network].update({"width": 8, "blocks": 1})
    config.adapter.network.update({"width": 8, "blocks": 1})
    config.adapter.update({"first_steps": 2, "data": str(people_file) if recipe is pretrained else ""})
    config.flow.update({"components": 4, "layers": 1, "width": 8, "steps": 2})
    config.data.path, config.batch_size, config.steps = str(people_file), 32, 2
    config.run.update(sizes.run.to_dict())
    train(config, tmp_path)
    last = lines(tmp_path)[-1]
    terms = {f"term/{name}" for name, weight in config.loss.weights.items() if weight}
    assert terms <= set(last) and all(np.isfinite(value) for value in last.values() if isinstance(value, float))


def test_the_ladder_goes_from_the_paper_s_losses_to_the_recipe_one_idea_at_a_time():
    config = best_cpu.get_config()
    rows = [ladder.row(config, name) for name in ladder.ROWS]
    assert rows[-1].to_dict() == config.to_dict()
    theirs, first = paper.get_config(), rows[0]
    assert {k: w for k, w in first.loss.weights.items() if k != "temporal"} == {
        k: w for k, w in theirs.loss.weights.items() if k != "temporal"
    }
    assert (first.view.to_dict(), first.mirror_equivariant) == (theirs.view.to_dict(), theirs.mirror_equivariant)
    for before, after in itertools.pairwise(rows):
        assert before.to_dict() != after.to_dict()
    with pytest.raises(ValueError, match=r"row: found 'bones', expected one of paper; \+l3d"):
        ladder.row(config, "bones")


def test_ablation_rows_take_something_away_from_any_recipe():
    for base in (paper.get_config(), cmu_cpu.get_config()):
        base.adapter.data = "wild.npz"
        rows = {name: ablation.row(base, name) for name in ablation.ROWS}
        assert base.adapter.data == "wild.npz"
        playing = {name: set(build_networks(config, H36M17)) for name, config in rows.items()}
        plain = {"lifter", "discriminator"}
        assert playing["ss"] == playing["adv"] == playing["ss+adv"] == playing["ss+adv+masks"] == plain
        assert playing["+temporal"] == plain | {"motion_discriminator"}
        assert playing["+domain"] == plain | {"adapter", "domain_discriminator"}
        assert playing["+both"] == playing["+temporal"] | playing["+domain"]
        assert rows["ss"].loss.weights.adversarial == 0 and rows["ss"].loss.weights.consistency_2d == 10
        assert rows["adv"].loss.weights.adversarial == 1 and rows["adv"].loss.weights.consistency_2d == 0
        assert {config.steps for config in rows.values()} == {base.steps}
        assert {rows[name].loss.weights.temporal for name in ("+temporal", "+both")} == {1.0}
        base.loss.weights.temporal = 0.3
        assert ablation.row(base, "+both").loss.weights.temporal == 0.3
    with pytest.raises(ValueError, match="'all', expected one of ss; adv"):
        ablation.row(base, "all")
    assert ablation.get_config("cmu_cpu/adv").lifter.width == 256 and ablation.get_config("adv").lifter.width == 1024
