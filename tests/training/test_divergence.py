"""Steps that are not finite: skipped and counted on the device, a few forgiven, and what is left when they go on."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geolift.data.dataset import load_dataset, save_dataset
from geolift.data.sampling import Pools, make_pool, sample_batch, shard_pools
from geolift.errors import ConfigError
from geolift.training import checkpoint, divergence, step
from geolift.training import train as training
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.checkpoint import FOLDER
from geolift.training.devices import parallel, stack, unstack
from geolift.training.divergence import Diverged
from geolift.training.run import load, open_run
from geolift.training.step import IN_A_ROW, SKIPPED
from tests.training.test_step import close, make_state
from tests.training.test_train import assert_bit_equal, tiny


def poisoned(sample, state, bad, *, example=None):
    """`sample`, with a pose that is not a number in the steps `bad` of the run that starts with `state`."""
    keys = jnp.stack([jax.random.key_data(jax.random.fold_in(state.key, number)) for number in bad])

    def corrupted(pools, key, examples):
        batch = sample(pools, key, examples)
        hit = (keys == jax.random.key_data(key)[None]).all(-1).any()
        if example is not None:
            hit = hit & (examples == example)[:, None, None]
        return batch._replace(pose=batch.pose._replace(joints=jnp.where(hit, jnp.nan, batch.pose.joints)))

    return corrupted


@pytest.fixture
def source(people, poses):
    return Pools(make_pool(poses, people))


def run(source, sample, *, steps, patience, devices=1, state=None, **kwargs):
    start, objectives = make_state(norm="batch", **kwargs)
    program = parallel(
        jax.devices()[:devices], batch_size=32, steps=steps, sample=sample, objectives=objectives, patience=patience
    )
    return program.run(program.place(start if state is None else state), program.place(source))


def learnt(state):
    return state.params, state.opt_state, state.batch_stats, state.ema, state.averaged


@pytest.mark.parametrize("devices", [1, 8])
def test_bad_steps_are_skipped_and_nothing_else_changes(source, devices):
    """Steps 3 and 4 of 8, bad on one device alone: as if they had never been, but for the count of steps."""
    sgd = {"optimizer": optax.sgd(0.01)}  # Adam makes much of rounding in the first steps
    start, objectives = make_state(norm="batch", **sgd)
    sample = poisoned(sample_batch, start, (3, 4), example=5)
    state, metrics = run(source, sample, steps=8, patience=3, devices=devices, **sgd)
    expected = start
    one = jax.jit(functools.partial(step.train_step, objectives=objectives))
    for number in (0, 1, 2, 5, 6, 7):
        batch = sample_batch(source, jax.random.fold_in(start.key, number), jnp.arange(32))
        expected, _ = one(expected, batch)
    assert (int(state.step), int(state.bad)) == (8, 0)
    assert (int(metrics[SKIPPED]), int(metrics[IN_A_ROW])) == (2, 0)
    assert all(np.isfinite(value) for value in metrics.values())
    close(
        (state.params, state.batch_stats, state.ema),
        (expected.params, expected.batch_stats, expected.ema),
        rtol=2e-4,
        atol=4e-6,
    )
    assert int(state.averaged["lifter"]) == 6


def test_after_so_many_in_a_row_the_state_stands_still(source):
    """Bad from step 5 on, patience 3: the state is that after step 4, to the bit, however often the program is run."""
    start, _ = make_state(norm="batch")
    sample = poisoned(sample_batch, start, range(5, 40))
    before, _ = run(source, sample, steps=5, patience=3)
    state, metrics = run(source, sample, steps=16, patience=3)
    assert (int(state.step), int(state.bad), int(metrics[SKIPPED]), int(metrics[IN_A_ROW])) == (8, 3, 11, 3)
    assert_bit_equal(learnt(state), learnt(before))
    stopped = jax.tree.map(jnp.copy, state)
    for sampling in (sample, sample_batch):  # good poses would not wake it, either
        state, metrics = run(source, sampling, steps=4, patience=3, state=state)
        assert_bit_equal(state, stopped)
        assert int(metrics[SKIPPED]) == 4 and np.isnan(metrics["loss/lifter"])


def test_one_seed_that_diverges_leaves_the_others_alone(source):
    states = [make_state()[0].replace(key=jax.random.key(seed)) for seed in (0, 1)]
    _, objectives = make_state()
    sample = poisoned(sample_batch, states[1], range(2, 9))
    program = parallel(
        jax.devices()[:1], batch_size=32, steps=6, sample=sample, objectives=objectives, patience=2, replicas=True
    )
    state, metrics = program.run(program.place(stack(states)), program.place(source))
    assert state.step.tolist() == [6, 4] and state.bad.tolist() == [0, 2] and metrics[SKIPPED].tolist() == [0, 4]
    assert np.isfinite(jax.tree.leaves(unstack(state, 1).params)[0]).all()


def lines(workdir, name="metrics.jsonl"):
    return [json.loads(line) for line in (workdir / name).read_text().splitlines()]


def test_a_run_forgives_a_few_bad_steps_and_says_so(people_file, tmp_path, monkeypatch):
    config = tiny(people_file, steps=8)
    start = training.build_state(config, load_dataset(people_file).skeleton, 1)
    monkeypatch.setattr(training, "sample_batch", poisoned(sample_batch, start, (2, 5)))
    training.train(config, tmp_path)
    assert [line["health/skipped"] for line in lines(tmp_path)] == [0, 1, 1, 0]
    assert all(np.isfinite(value) for line in lines(tmp_path) for value in line.values())
    messages = [line["message"] for line in lines(tmp_path, "history.jsonl")]
    assert sum("1 of the 2 steps up to" in message and "skipped" in message for message in messages) == 2


def test_a_run_that_diverges_leaves_what_shows_why(people_file, people, tmp_path, capsys):
    """A rate far too high: the run stops, the dump is the state before the first bad step, and computes them again."""
    config = tiny(people_file, steps=40, **{"optimizer.lifter": 1e20, "run.patience": 5})
    with pytest.raises(Diverged, match=rf"{tmp_path}: not finite in the steps (\d+) to (\d+),.*diverged/\2; .*replay"):
        training.train(config, tmp_path)
    [dumped] = checkpoint.steps(tmp_path / divergence.FOLDER)
    state = checkpoint.read(tmp_path / divergence.FOLDER / str(dumped), open_run(tmp_path).start())
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(learnt(state)))
    again = divergence.replay(tmp_path)
    assert [bad.step for bad in again] == list(range(dumped - 5, dumped))
    for bad in again:
        assert not np.isfinite([*bad.metrics.values(), *bad.gradients.values()]).all()
        assert set(bad.first) <= set(state.params) and bad.largest < 1
    # What is saved beside it is finite, and a second start ends the same way.
    if (tmp_path / FOLDER).is_dir():
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(load(tmp_path)[0].variables))
    with pytest.raises(Diverged, match=f"diverged/{dumped}; "):
        training.train(config, tmp_path)
    other = tmp_path / "other.npz"
    save_dataset(people._replace(keypoints=people.keypoints * 1.01, points_3d=None), other)
    content = json.loads((tmp_path / "config.json").read_text())
    content["data"]["path"] = str(other)
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="keypoints_sha256: started with"):
        divergence.replay(tmp_path)


def test_a_run_in_shards_is_computed_again_from_its_shards(people_file, tmp_path):
    config = tiny(people_file, steps=40, **{"optimizer.lifter": 1e20, "run.patience": 5, "data.shard": 32})
    with pytest.raises(Diverged):
        training.train(config, tmp_path)
    run = open_run(tmp_path)
    pools = build_pools(run.config, load_dataset(people_file).select("train").without_3d(), run.normalization)
    key = build_state(run.config, run.skeleton, run.training_poses).key
    again = divergence.replay(tmp_path)
    assert len(again) == 5
    for bad in again:
        drawn = shard_pools(pools, 32, bad.step // 2)  # batches of 16
        batch = sample_batch(drawn, jax.random.fold_in(key, bad.step), np.arange(16))
        assert bad.largest == pytest.approx(float(np.abs(batch.pose.joints).max()))


def test_a_run_that_did_not_diverge_has_nothing_to_replay(people_file, tmp_path):
    training.train(tiny(people_file, steps=2, **{"run.checkpoint_every": 2}), tmp_path)
    with pytest.raises(FileNotFoundError, match="no dump"):
        divergence.replay(tmp_path)
