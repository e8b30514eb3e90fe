"""Poses that do not fit on the device come in shards: the same chances, none waited for, to the bit after a restart."""

import threading

import jax
import numpy as np
import pytest

from geolift.data.sampling import BY, Pool, Pools, Poses, make_pool, shard_pools
from geolift.errors import ConfigError
from geolift.training.config import load
from geolift.training.config_checks import check
from geolift.training.data_stream import Shards, stream
from geolift.training.train import train, train_seeds
from tests.training.test_train import assert_bit_equal, state_of, tiny

SIZE = 20


@pytest.fixture
def pools(people, poses):
    few = Pool(Poses(0.5 * poses[:7]), None, np.zeros(1, np.int32), np.full(1, 7, np.int32))
    return Pools(make_pool(poses, people, gap=2, masks=True), few)


def test_a_shard_holds_poses_of_the_pool_with_their_partners(pools):
    made = shard_pools(pools, SIZE, 3)
    target, whole = made.target, pools.target
    at = {pose.tobytes(): i for i, pose in enumerate(whole.poses.joints)}
    places = [at[pose.tobytes()] for pose in target.poses.joints]
    assert len(places) == SIZE and target.size.tolist() == [SIZE] and target.start.tolist() == [0]
    np.testing.assert_array_equal(target.later.joints, whole.later.joints[places])
    np.testing.assert_array_equal(target.poses.seen, whole.poses.seen[places])
    assert made.source is pools.source, "what fits comes whole"


def test_a_shard_depends_on_its_number_alone(pools):
    again, other = shard_pools(pools, SIZE, 3), shard_pools(pools, SIZE, 4)
    np.testing.assert_array_equal(again.target.poses.joints, shard_pools(pools, SIZE, 3).target.poses.joints)
    assert not np.array_equal(again.target.poses.joints, other.target.poses.joints)


@pytest.mark.parametrize("by", BY)
def test_shards_have_the_chances_of_the_whole(people, poses, by):
    pool = make_pool(poses, people, by=by)
    expected = {}
    for start, size in zip(pool.start, pool.size, strict=True):
        for pose in pool.poses.joints[start : start + size]:
            expected[pose.tobytes()] = expected.get(pose.tobytes(), 0) + 1 / (len(pool.size) * size)
    size, found = len(poses) - 1, dict.fromkeys(expected, 0.0)
    shards = 100
    for number in range(shards):
        for pose in shard_pools(Pools(pool), size, number).target.poses.joints:
            found[pose.tobytes()] += 1 / (size * shards)
    deviation = np.array([(found[p] - q) / np.sqrt(q / (size * shards)) for p, q in expected.items()])
    assert np.abs(deviation).max() < 5 and 0.8 < deviation.std() < 1.2


def test_the_next_shard_comes_while_one_is_drawn_from():
    loaded, free = [], threading.Event()

    def load(number):
        if number == 2:
            assert free.wait(10)
        loaded.append(number)
        return number

    shards = Shards(load, steps=10, last=85)
    assert [shards.at(step) for step in (0, 5, 9, 10, 15)] == [0, 0, 0, 1, 1]  # though shard 2 is not there
    free.set()
    assert [shards.at(step) for step in (20, 29, 30, 70, 80)] == [2, 2, 3, 7, 8]
    assert sorted(loaded) == [0, 1, 2, 3, 4, 7, 8], "each once, and none beyond the last step"


def test_an_error_of_the_worker_is_raised_where_the_shard_is_asked_for():
    def load(number):
        if number:
            raise OSError("gone")

    shards = Shards(load, steps=1, last=9)
    shards.at(0)
    with pytest.raises(OSError, match="gone"):
        shards.at(1)


def test_what_fits_is_placed_once(people_file, pools):
    config, placed = tiny(people_file), []
    for size in (0, 10_000):
        config.data.shard = size
        at = stream(config, pools, lambda p: placed.append(p) or p, last=8)
        assert all(at(step) is pools for step in (0, 1000))
    assert len(placed) == 2


def test_a_shard_lasts_until_its_poses_were_lifted_once(people_file, pools):
    """However many steps a dispatch has, which a resumed run may change; one that no longer fits is refused."""
    config = tiny(people_file, **{"data.shard": 64})  # batches of 16, two steps in a dispatch
    check(config)
    for dispatch in (1, 2):
        config.run.steps_per_dispatch = dispatch
        at = stream(config, pools, lambda p: p, last=12)
        found = [at(step).target.poses.joints[0] for step in range(0, 12, dispatch)]
        per = 4 // dispatch
        for i, pose in enumerate(found):
            np.testing.assert_array_equal(pose, shard_pools(pools, 64, i // per).target.poses.joints[0])
    multiple = "0 or a multiple of .*, 32"
    for shard, expected in ((-32, "a whole number of at least 0"), (16, multiple), (100, multiple)):
        config.data.shard, config.run.steps_per_dispatch = shard, 2
        with pytest.raises(ConfigError, match=rf"data\.shard: found {shard}, expected {expected}"):
            check(load(config))


def test_a_run_in_shards_resumes_to_the_bit(people_file, people, tmp_path):
    """Shards of 32 poses change every two steps; eight steps, four and four more; a run alone and side by side."""
    config = tiny(people_file, **{"data.shard": 32})
    train(config, tmp_path / "straight")
    train(tiny(people_file, steps=4, **{"data.shard": 32}), tmp_path / "broken")
    train(config, tmp_path / "broken")
    straight, broken = (state_of(tmp_path / name, config, people) for name in ("straight", "broken"))
    assert_bit_equal(straight, broken)
    train(tiny(people_file), tmp_path / "whole")
    whole = state_of(tmp_path / "whole", config, people)
    assert not np.array_equal(*(jax.tree.leaves(s.params)[0] for s in (straight, whole)))
    train_seeds(config, tmp_path / "seeds", [0, 1])
    side = state_of(tmp_path / "seeds" / "seed_0", config, people)
    for a, b in zip(*(jax.tree.leaves(s.params) for s in (straight, side)), strict=True):
        np.testing.assert_allclose(a, b, atol=0.01)  # rounding differs, and Adam's first steps make much of it
