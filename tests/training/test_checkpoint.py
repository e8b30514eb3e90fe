"""Checkpoints: what is read back is what was saved, to the bit, or it is refused, moved aside and reported."""

import hashlib
import os
import shutil
import threading
from concurrent.futures import Future
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geolift.errors import ConfigError
from geolift.safe_io import json_file
from geolift.training import checkpoint, checkpoint_writer, recovery, train_state
from geolift.training.checkpoint import FOLDER, SAVED, DamagedCheckpoint
from geolift.training.checkpoint_writer import CheckpointWriter, SaveError
from geolift.training.recovery import QUARANTINE


def make_state(number, *, width=96):
    """A state of two networks after `number` steps, different for every number."""
    kernel = jax.random.normal(jax.random.key(number), (width, width))
    params = {"lifter": {"kernel": kernel, "bias": jnp.arange(3.0)}, "discriminator": {"kernel": kernel[:, :5]}}
    adam = optax.adam(1e-3)
    state = train_state.create_state(
        jax.random.key(7), apply_fn=None, params=params, batch_stats={}, optimizers=dict.fromkeys(params, adam),
        ema_decay=0.9,
    )  # fmt: skip
    return state.replace(step=jnp.asarray(number, jnp.int32))


def save(run, *numbers):
    for number in numbers:
        checkpoint.write(run / FOLDER, number, checkpoint.snapshot(make_state(number)))
        json_file.write_json(run / SAVED, {"step": number})


def contents(folder):
    """Every file below a folder with the digest of what it holds."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def assert_same(a, b):
    for (path, x), y in zip(jax.tree.leaves_with_path(a), jax.tree.leaves(b), strict=True):
        if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, err_msg=jax.tree_util.keystr(path))


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A run with checkpoints of the steps 10 and 20."""
    run = tmp_path_factory.mktemp("two")
    save(run, 10, 20)
    return run


@pytest.fixture
def run(two, tmp_path):
    return shutil.copytree(two, tmp_path / "run")


def test_what_is_read_is_what_was_saved(run):
    state = make_state(20)
    restored = checkpoint.read(run / FOLDER / "20", make_state(1))
    assert_same(restored, state)
    assert jax.tree.structure(restored.opt_state) == jax.tree.structure(state.opt_state)
    assert recovery.resume_step([run]) == (20, [])


def test_a_system_that_opens_no_folder_saves_all_the_same(tmp_path, monkeypatch):
    opened, synced = os.open, []

    def open_as_windows_does(path, flags, *args, **kwargs):
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *args, **kwargs)

    def sync_as_windows_does(descriptor):
        synced.append(os.write(descriptor, b""))  # OSError if it is not open for writing

    monkeypatch.setattr(checkpoint.os, "open", open_as_windows_does)
    monkeypatch.setattr(checkpoint.os, "fsync", sync_as_windows_does)
    arrays = {"w": np.arange(3.0)}
    checkpoint.write(tmp_path, 7, arrays)
    checkpoint.verify(tmp_path / "7")
    assert len(synced) >= sum(path.is_file() for path in tmp_path.rglob("*"))


def test_it_is_placed_where_the_other_was(run):
    sharding = jax.sharding.NamedSharding(jax.make_mesh((8,), ("devices",)), jax.sharding.PartitionSpec())
    restored = checkpoint.read(run / FOLDER / "20", jax.device_put(make_state(1), sharding))
    assert {leaf.sharding for leaf in jax.tree.leaves(restored)} == {sharding}


def test_the_state_of_other_networks_is_refused_by_name(run):
    with pytest.raises(ConfigError, match=r"started with 'float32\[96, 96\]', now 'float32\[95, 95\]'"):
        checkpoint.read(run / FOLDER / "20", make_state(1, width=95))
    assert recovery.resume_step([run])[0] == 20, "the checkpoint is good"


def files(run):
    return [p for p in sorted((run / FOLDER / "20").rglob("*")) if p.is_file()]


def every_file(damage):
    """Damage to one file of the newest checkpoint, for each of its files."""
    return lambda run: [(lambda file=file: damage(file)) for file in files(run)]


def flip(file, *, bit, rng):
    data = bytearray(file.read_bytes())
    position = rng.integers(len(data))
    data[position] ^= 1 << bit
    file.write_bytes(data)


def zero(file):
    data = bytearray(file.read_bytes())
    start = len(data) // 3
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))
    file.write_bytes(data)


def swap(run):
    """Every file of the newest holds what the one before holds at the same place: a good state of the wrong step."""
    shutil.rmtree(run / FOLDER / "20")
    shutil.copytree(run / FOLDER / "10", run / FOLDER / "20")


def no_folder(run):
    shutil.rmtree(run / FOLDER / "20")
    (run / FOLDER / "20").mkdir()


def lose(run):
    shutil.rmtree(run / FOLDER / "20" / "state")


def empty_tree(run):
    for file in files(run):
        file.unlink()


def file_for_folder(run):
    shutil.rmtree(run / FOLDER / "20")
    (run / FOLDER / "20").write_text("not a folder")


DAMAGE = {
    "truncated by two bytes": every_file(lambda f: f.write_bytes(f.read_bytes()[:-2])),
    "truncated to half": every_file(lambda f: f.write_bytes(f.read_bytes()[: f.stat().st_size // 2])),
    "emptied": every_file(lambda f: f.write_bytes(b"")),
    "deleted": every_file(lambda f: f.unlink()),
    "4 KiB zeroed": every_file(zero),
    "longer by a byte": every_file(lambda f: f.write_bytes(f.read_bytes() + b"\0")),
    "junk of the same size": every_file(lambda f: f.write_bytes(b"\xa5" * f.stat().st_size)),
    "a folder in its place": every_file(lambda f: (f.unlink(), f.mkdir())),
    **{f"bit {bit} flipped": every_file(partial(flip, bit=bit, rng=np.random.default_rng(bit))) for bit in range(8)},
    "empty folder": lambda run: [lambda: no_folder(run)],
    "all files gone": lambda run: [lambda: empty_tree(run)],
    "state gone": lambda run: [lambda: lose(run)],
    "a file in its place": lambda run: [lambda: file_for_folder(run)],
    "another step's": lambda run: [lambda: swap(run)],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_reported_and_moved_aside(two, tmp_path, kind):
    """Every file of a checkpoint damaged in turn: the run resumes from the previous one, and nothing is deleted."""
    number = len(DAMAGE[kind](two))
    for i in range(number):
        run = shutil.copytree(two, tmp_path / str(i))
        DAMAGE[kind](run)[i]()
        before = contents(run / FOLDER)
        at, messages = recovery.resume_step([run])
        assert (
            at == 10 and len(messages) == 1 and f"{FOLDER}/20" in messages[0] and "resuming from step 10" in messages[0]
        ), messages
        moved = {name.replace("20", f"../{QUARANTINE}/20", 1) if name[:2] == "20" else name for name in before}
        after = contents(run / FOLDER) | {f"../{QUARANTINE}/{n}": d for n, d in contents(run / QUARANTINE).items()}
        assert set(after) == moved and sorted(after.values()) == sorted(before.values())
        assert_same(checkpoint.read(run / FOLDER / "10", make_state(1)), make_state(10))
        assert recovery.resume_step([run]) == (10, []), "reported once"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what orbax leaves after an error
@pytest.mark.parametrize("kind", ["truncated to half", "bit 3 flipped", "emptied"])
def test_damage_behind_a_good_manifest_is_found(two, tmp_path, kind, monkeypatch):
    """Were the files' checksums fooled, the state's own would tell: never is another state given out."""
    monkeypatch.setattr(checkpoint, "verify", lambda path, read=checkpoint.verify: read(two / FOLDER / "20"))
    for i in range(len(DAMAGE[kind](two))):
        run = shutil.copytree(two, tmp_path / str(i))
        DAMAGE[kind](run)[i]()
        try:
            restored = checkpoint.read(run / FOLDER / "20", make_state(1))
        except DamagedCheckpoint:
            continue
        assert_same(restored, make_state(20))  # a file that orbax does not need


def test_unfinished_writes_and_removals_are_no_checkpoints(run):
    shutil.copytree(run / FOLDER / "20", run / FOLDER / ".writing-30")
    shutil.copytree(run / FOLDER / "20", run / FOLDER / ".removing-5")
    (run / FOLDER / "40.orbax-checkpoint-tmp-1").mkdir()
    assert checkpoint.saved_steps(run) == [10, 20]
    assert recovery.resume_step([run]) == (20, [])
    assert not list((run / FOLDER).glob(".*"))


def test_without_a_whole_checkpoint_no_run_starts_again(run):
    for number in (10, 20):
        (run / FOLDER / str(number) / "manifest.json").write_text("{}")
    before = contents(run)
    for _ in range(2):  # also when it is started again and again
        with pytest.raises(
            ConfigError, match=r"no whole checkpoint \(.*20/manifest.json.*10/manifest.json.*not started"
        ):
            recovery.resume_step([run])
        assert contents(run) == before
    shutil.rmtree(run / FOLDER)
    with pytest.raises(ConfigError, match="found none"):
        recovery.resume_step([run])


def test_a_missing_checkpoint_is_reported(run):
    shutil.rmtree(run / FOLDER / "20")
    at, messages = recovery.resume_step([run])
    assert at == 10 and len(messages) == 1 and "the checkpoint of step 20 is gone" in messages[0]
    assert recovery.resume_step([run]) == (10, [])


def test_a_new_run_and_one_killed_before_its_first_mark(tmp_path):
    assert recovery.resume_step([tmp_path]) == (None, [])
    checkpoint.write(tmp_path / FOLDER, 10, checkpoint.snapshot(make_state(10)))
    assert recovery.resume_step([tmp_path]) == (10, [])


def test_runs_side_by_side_go_on_from_the_newest_step_of_all(two, tmp_path):
    a, b, c = (tmp_path / name for name in "abc")
    shutil.copytree(two, a)
    shutil.copytree(two, b)
    save(b, 30)
    at, messages = recovery.resume_step([a, b])
    assert (
        at == 20
        and len(messages) == 1
        and "another run has no whole checkpoint" in messages[0]
        and (b / QUARANTINE / "30").is_dir()
    )
    zero(a / FOLDER / "20" / "manifest.json")
    at, messages = recovery.resume_step([a, b])
    assert at == 10 and len(messages) == 2 and (b / QUARANTINE / "20").is_dir()
    with pytest.raises(ConfigError, match="no step of which all runs have a whole checkpoint"):
        recovery.resume_step([a, c])  # c is new: a, which has come far, is not started again for it
    c.mkdir()
    for each in (a, c):
        json_file.write_json(each / recovery.CARD, {})
    at, messages = recovery.resume_step([a, c])  # both started, and ended between their first saves
    assert at is None and len(messages) == 1 and (a / QUARANTINE / "10").is_dir()
    assert recovery.resume_step([a, c]) == (None, []), "as new runs, should they end before their first save again"


def test_a_run_far_ahead_does_not_start_again_for_one_that_was_never_saved(two, tmp_path):
    a, b = shutil.copytree(two, tmp_path / "a"), tmp_path / "b"
    b.mkdir()
    for run in (a, b):
        json_file.write_json(run / recovery.CARD, {})
    before = contents(a)
    with pytest.raises(ConfigError, match="not started again"):
        recovery.resume_step([a, b])
    assert contents(a) == before


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"step": "x"}', "{}"])
def test_a_mark_that_cannot_be_read_stops_nothing(run, junk):
    (run / SAVED).write_text(junk)
    assert recovery.resume_step([run]) == (20, [])
    (run / FOLDER / "20" / "manifest.json").write_text("{}")
    assert recovery.resume_step([run])[0] == 10 and json_file.read_json(run / SAVED) == {"step": 10}


def test_no_bit_of_the_manifest_counts_for_nothing(run, rng):
    path = run / FOLDER / "20" / "manifest.json"
    good = path.read_bytes()
    for position in rng.integers(len(good) - 1, size=200):
        data = bytearray(good)
        data[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        with pytest.raises(DamagedCheckpoint):
            checkpoint.verify(path.parent)


def test_runs_side_by_side_keep_the_newest_step_of_all(tmp_path):
    """However often one of them is saved, what the other has saved as well stays."""
    a, b = tmp_path / "a", tmp_path / "b"
    with (
        CheckpointWriter(a, keep=1, notify=pytest.fail, beside=(a, b)) as first,
        CheckpointWriter(b, keep=1, notify=pytest.fail) as second,
    ):
        first.finish(make_state(10))
        second.finish(make_state(10))
        for number in (20, 30):
            first.finish(make_state(number))
            assert checkpoint.saved_steps(a) == [10, number]
        second.finish(make_state(30))
        first.finish(make_state(40))
        assert checkpoint.saved_steps(a) == [30, 40]
        assert recovery.resume_step([a, b])[0] == 30


def test_moved_aside_twice_keeps_both(run):
    for _ in range(2):
        (run / FOLDER / "20" / "manifest.json").write_text("{}")
        assert recovery.resume_step([run])[0] == 10
        save(run, 20)
    assert {p.name for p in (run / QUARANTINE).iterdir()} == {"20", "20.2"}


def test_old_checkpoints_are_removed_only_when_the_new_one_is_there(tmp_path, monkeypatch):
    write, before = checkpoint.write, []
    monkeypatch.setattr(checkpoint, "write", lambda f, *args: (before.append(checkpoint.steps(f)), write(f, *args)))
    with CheckpointWriter(tmp_path, keep=2, notify=pytest.fail) as writer:
        for number in (10, 20, 30, 40):
            writer.save(make_state(number))
        writer.finish(make_state(50))
    assert before == [[], [10], [10, 20], [20, 30], [30, 40]]
    assert checkpoint.saved_steps(tmp_path) == [40, 50]
    assert json_file.read_json(tmp_path / SAVED) == {"step": 50}
    assert_same(checkpoint.read(tmp_path / FOLDER / "50", make_state(1)), make_state(50))


def test_a_write_that_reads_back_wrong_is_no_checkpoint(tmp_path, monkeypatch):
    restore = checkpoint._restore

    def bad(path, template):
        arrays = restore(path, template)
        arrays["params"]["lifter"]["bias"] = arrays["params"]["lifter"]["bias"] + 1
        return arrays

    monkeypatch.setattr(checkpoint, "_restore", bad)
    with pytest.raises(DamagedCheckpoint, match="read back with other content"):
        save(tmp_path, 10)
    assert checkpoint.steps(tmp_path / FOLDER) == [] and not list((tmp_path / FOLDER).iterdir())


def test_a_slow_store_does_not_hold_training_up(tmp_path, monkeypatch):
    """A save that hangs: the next is skipped with a message, and the last is waited for."""
    hang, write, messages = threading.Event(), checkpoint.write, []

    def slow(*args):
        hang.wait()
        write(*args)

    monkeypatch.setattr(checkpoint, "write", slow)
    monkeypatch.setattr(checkpoint_writer, "SLOW", 0.05)
    with CheckpointWriter(tmp_path, keep=5, notify=messages.append) as writer:
        writer.save(make_state(10))
        writer.save(make_state(20))
        assert messages == ["checkpoint 20 skipped: the store is still busy with the previous one"]
        hang.set()
        writer.finish(make_state(30))
    assert checkpoint.saved_steps(tmp_path) == [10, 30]


def failing_store(monkeypatch, failures):
    """The file system's own error, from the file system: the folder of checkpoints is below a plain file."""
    real, left = checkpoint.write, iter(range(failures))

    def write(folder, *args):
        return real(folder if next(left, None) is None else folder.parent / SAVED / "below", *args)

    monkeypatch.setattr(checkpoint, "write", write)


def test_a_failing_store_is_reported_and_tried_again(tmp_path, monkeypatch):
    messages = []
    json_file.write_json(tmp_path / SAVED, {"step": 0})
    failing_store(monkeypatch, 2)
    monkeypatch.setattr(checkpoint_writer, "PAUSES", (0.0,))
    with CheckpointWriter(tmp_path, keep=2, notify=messages.append) as writer:
        assert not writer.retry_due()
        for number in (10, 20, 30):
            writer.save(make_state(number))
            writer._writing.result()
            assert writer.retry_due() == (number < 30)
            hang = Future()
            writer._writing, done = hang, writer._writing
            assert not writer.retry_due(), "not while it is being tried again"
            writer._writing = done
        writer.finish(make_state(30))
    assert len(messages) == 3 and "checkpoint 10 not saved" in messages[0] and "saved, after 2 failures" in messages[2]
    assert checkpoint.saved_steps(tmp_path) == [30]


def test_a_store_that_never_comes_back_is_the_last_word(tmp_path, monkeypatch):
    messages = []
    json_file.write_json(tmp_path / SAVED, {"step": 0})
    failing_store(monkeypatch, 99)
    monkeypatch.setattr(checkpoint_writer, "LAST_PAUSES", (0.0, 0.0))
    with (
        CheckpointWriter(tmp_path, keep=2, notify=messages.append) as writer,
        pytest.raises(SaveError, match="step 10 could not be"),
    ):
        writer.finish(make_state(10))
    assert len(messages) == 3
