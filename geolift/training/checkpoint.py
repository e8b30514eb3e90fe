"""Checkpoints: training states on disk, each with a manifest of checksums for every byte.

    STEP/state/         the arrays, by orbax
    STEP/manifest.json  size and sha256 of each file, shape of each array, sha256 of the state, and of all this

A checkpoint is written under another name and renamed when it is complete: a folder named by a number is never half
written. The manifest detects later damage.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from flax import serialization
from flax.traverse_util import flatten_dict

from geolift.errors import ConfigError
from geolift.safe_io import json_file
from geolift.training import run_settings
from geolift.training.train_state import TrainState

FOLDER = "checkpoints"  # of a run
SAVED = "saved.json"  # beside it: the newest step saved, which shows that there were checkpoints if all are gone
MANIFEST = "manifest.json"
FORMAT = 1
ROOM = 1 << 20  # bytes beyond those of the arrays, for orbax's metadata
UNFINISHED, REMOVING = ".writing-", ".removing-"  # prefixes of folders that are not a checkpoint yet, or no longer


class DamagedCheckpoint(ConfigError):
    """A checkpoint that differs from what was saved; the message names the file and its fault."""


def snapshot(state: TrainState) -> dict[str, Any]:
    """A state as nested dicts of numpy arrays, as it is written; PRNG keys become their data."""
    return jax.device_get(serialization.to_state_dict(jax.tree.map(_key_data, state)))


def write(folder: Path, step: int, arrays: dict[str, Any]) -> None:
    """Write `folder/STEP`, whole or not at all.

    Args:
        folder: the checkpoints' folder; made if missing.
        step: the state's step.
        arrays: from `snapshot`.

    Raises:
        OSError, ValueError: if the file system or orbax cannot write it.
    """
    partial, state_digest = folder / f"{UNFINISHED}{step}", digest(arrays)
    _remove(partial)
    try:
        partial.mkdir(parents=True)
        _expect_room(partial, arrays)
        with _checkpointer() as checkpointer:
            checkpointer.save((partial / "state").resolve(), args=ocp.args.StandardSave(arrays))
        if digest(_restore(partial, arrays)) != state_digest:
            raise DamagedCheckpoint(f"{partial}: what was written is read back with other content")
        files = {name: _file_entry(path) for name, path in _files(partial)}
        manifest = {"format": FORMAT, "step": step, "state_sha256": state_digest}
        manifest |= {"arrays": _shapes(arrays), "files": files}
        json_file.write_json(partial / MANIFEST, manifest | {"sha256": _seal(manifest)})
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        partial.rename(folder / str(step))
        for path in (folder, folder.parent):
            _sync(path)
    finally:
        _remove(partial)  # after an error


def prune(folder: Path, keep: int, *, spare: int | None = None) -> None:
    """Remove all but the `keep` newest checkpoints of `folder`, and that of the step `spare`."""
    for step in [step for step in steps(folder)[:-keep] if step != spare]:
        doomed = folder / f"{REMOVING}{step}"
        (folder / str(step)).rename(doomed)
        _remove(doomed)


def clean(folder: Path) -> None:
    """Remove what writes and removals left in `folder` when they were interrupted."""
    for path in [*folder.glob(f"{UNFINISHED}*"), *folder.glob(f"{REMOVING}*")]:
        _remove(path)


def steps(folder: Path) -> list[int]:
    """The steps that have a checkpoint in `folder`, rising; the checkpoints may be damaged."""
    if not folder.is_dir():
        return []
    return sorted(int(p.name) for p in folder.iterdir() if p.name.isdecimal() and str(int(p.name)) == p.name)


def saved_steps(run: Path) -> list[int]:
    """The steps of a run's checkpoints, rising.

    Raises:
        FileNotFoundError: if there is none.
    """
    found = steps(Path(run) / FOLDER)
    if not found:
        raise FileNotFoundError(f"{Path(run) / FOLDER}: no checkpoint")
    return found


def verify(path: Path) -> dict[str, Any]:
    """The manifest of a checkpoint, after every file was compared with it.

    Raises:
        DamagedCheckpoint: naming the first file that differs.
    """
    try:
        manifest = json_file.read_json(path / MANIFEST)
        step, files = int(manifest["step"]), manifest["files"].items()
        expected = {str(name): (int(file["bytes"]), str(file["sha256"])) for name, file in files}
        content = {"state_sha256": str(manifest["state_sha256"]), "arrays": dict(manifest["arrays"])}
        seal = manifest.pop("sha256")
    except FileNotFoundError:
        raise DamagedCheckpoint(f"{path}: no {MANIFEST}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedCheckpoint(f"{path / MANIFEST}: not readable ({error!r})") from error
    if manifest.get("format") != FORMAT or str(step) != path.name:
        found = f"format {manifest.get('format')!r}, step {step}"
        raise DamagedCheckpoint(f"{path / MANIFEST}: found {found}, expected format {FORMAT}, step {path.name}")
    if seal != _seal(manifest):
        raise DamagedCheckpoint(f"{path / MANIFEST}: its content changed (sha256)")
    found = dict(_files(path))
    for name, (size, sha256) in expected.items():
        if name not in found:
            raise DamagedCheckpoint(f"{path / name}: missing")
        if found[name].stat().st_size != size:
            raise DamagedCheckpoint(f"{path / name}: found {found[name].stat().st_size} bytes, expected {size}")
        if _file_entry(found[name])["sha256"] != sha256:
            raise DamagedCheckpoint(f"{path / name}: its bytes changed (sha256)")
    return content


def read(path: Path, like: TrainState) -> TrainState:
    """The state in the checkpoint `path`, to the bit as it was saved, with the structure and placement of `like`.

    Raises:
        DamagedCheckpoint: if it is not whole.
        ConfigError: if it is the state of other networks or optimisers than `like`.
    """
    manifest = verify(path)
    template = snapshot(like)
    rows = run_settings.differences(manifest["arrays"], _shapes(template))
    if rows:
        raise ConfigError(f"{path}: the state of other networks, or of another version of geolift; {rows[0]}")
    try:
        arrays = _restore(path, template)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedCheckpoint(f"{path / 'state'}: {str(error).splitlines()[0][:200]}") from error
    if digest(arrays) != manifest["state_sha256"]:
        raise DamagedCheckpoint(f"{path / 'state'}: its content is not what was saved (sha256 of the state)")
    restored = serialization.from_state_dict(jax.tree.map(_key_data, like), arrays)
    return jax.tree.map(_place_like, restored, like)


def digest(arrays: dict[str, Any]) -> str:
    """sha256 of the paths, types, shapes and bytes of a tree of arrays."""
    sha = hashlib.sha256()
    for name, array in sorted(flatten_dict(arrays, sep="/").items()):
        sha.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        sha.update(np.ascontiguousarray(array))
    return sha.hexdigest()


def _expect_room(folder: Path, arrays: dict[str, Any]) -> None:
    """Reserve the room of a checkpoint and free it: a full disk is a clearer error here than midway from orbax."""
    if not hasattr(os, "posix_fallocate"):  # macOS
        return
    room = folder / "room"
    with room.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, ROOM + sum(leaf.nbytes for leaf in jax.tree.leaves(arrays)))
    room.unlink()


def _restore(path: Path, template: dict[str, Any]) -> dict[str, Any]:
    with _checkpointer() as checkpointer:
        return checkpointer.restore((path / "state").resolve(), args=ocp.args.StandardRestore(template))


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _key_data(leaf: jax.Array) -> jax.Array:
    return jax.random.key_data(leaf) if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def _place_like(array: np.ndarray, like: jax.Array) -> jax.Array:
    if jax.dtypes.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jax.device_put(jax.random.wrap_key_data(array, impl=jax.random.key_impl(like)), like.sharding)
    return jax.device_put(array, like.sharding)


def _seal(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _shapes(arrays: dict[str, Any]) -> dict[str, str]:
    return {name: f"{a.dtype}{list(a.shape)}" for name, a in sorted(flatten_dict(arrays, sep="/").items())}


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a checkpoint except its manifest, with its name in the manifest."""
    for file in sorted(path.rglob("*")):
        if file.is_file() and file != path / MANIFEST:
            yield file.relative_to(path).as_posix(), file


def _file_entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _sync(path: Path) -> None:
    """Have a file or the names in a folder written to the disk; folders as far as the system opens them."""
    if path.is_dir():
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except PermissionError:  # Windows opens no folder: it writes their names by itself
            return
    else:
        descriptor = os.open(path, os.O_RDWR)  # Windows syncs what is open for writing alone
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checkpointer() -> ocp.Checkpointer:
    """Orbax's checkpointer for this process alone: every process holds the whole state, so none waits for another."""
    me = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=me, active_processes={me}, barrier_sync_key_prefix=f"process-{me}"
    )
    return ocp.Checkpointer(ocp.StandardCheckpointHandler(multiprocessing_options=alone), multiprocessing_options=alone)
