"""Several processes that train as one program: how they find each other, agree and wait for each other.

Processes are started by SLURM, Open MPI, Kubernetes, on a TPU pod, or by hand. Without `start` there is one process,
and the functions here do nothing, or return what they are given.
"""

import functools
import hashlib
import importlib.util
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from geolift.errors import ConfigError

T = TypeVar("T")


class NotJoined(RuntimeError):
    """The other processes were not found, or not in time."""


class FirstProcessFailed(RuntimeError):
    """The first process raised an error, of the class named `kind`."""

    def __init__(self, message: str, kind: str):
        super().__init__(message)
        self.kind = kind


SLURM = ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID")
OPEN_MPI = ("OMPI_MCA_orte_hnp_uri", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK")
KUBERNETES = ("KUBERNETES_SERVICE_HOST", "JOB_COMPLETION_INDEX")
PATIENCE = 120.0  # seconds until a file written by one host must be seen by the others


def launcher() -> str | None:
    """What started this process together with others: "SLURM", "Open MPI", "Kubernetes", "TPU"; None if it is alone.

    Raises:
        ConfigError: if it is one of several, but JAX cannot find the others.
    """
    found = os.environ.keys()
    if found >= set(SLURM) and int(os.environ["SLURM_NTASKS"]) > 1:
        return "SLURM"
    if int(os.environ.get("OMPI_COMM_WORLD_SIZE", 1)) > 1:
        if not found >= set(OPEN_MPI):
            raise ConfigError(
                "Open MPI: found several processes, but not OMPI_MCA_orte_hnp_uri, which version 5 no longer sets; "
                "expected --coordinator_address=HOST:PORT --num_processes=$OMPI_COMM_WORLD_SIZE "
                "--process_id=$OMPI_COMM_WORLD_RANK (--num_processes=1 to train alone)"
            )
        return "Open MPI"
    if importlib.util.find_spec("libtpu") and (Path("/dev/accel0").exists() or Path("/dev/vfio").exists()):
        return "TPU"
    if found >= set(KUBERNETES):
        if not importlib.util.find_spec("kubernetes"):
            raise ConfigError(
                "Kubernetes: found an indexed job, but not the package that asks for its other pods; expected "
                "pip install 'geolift[k8s]' (--num_processes=1 to train alone)"
            )
        return "Kubernetes"
    return None


def start(address: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Join the other processes of this program; call it before anything else is done with JAX.

    With all arguments None the launcher gives them; a process that was started alone joins none.

    Args:
        address: "HOST:PORT" of the first process, the same in all.
        processes: how many there are; 1 joins none, whatever the launcher.
        process: number of this one, from 0.

    Raises:
        ConfigError: if only some are given, or they do not fit each other.
        NotJoined: if the others cannot be joined.
    """
    if processes == 1 and address is process is None:
        return
    given = (address, processes, process)
    if any(value is None for value in given) and any(value is not None for value in given):
        names = ("--coordinator_address", "--num_processes", "--process_id")
        found = [name for name, value in zip(names, given, strict=True) if value is not None]
        raise ConfigError(f"found {', '.join(found)} alone, expected all of {', '.join(names)}, or none")
    name = "--coordinator_address" if address else launcher()
    if name is None:
        return
    if address and not 0 <= process < processes:
        raise ConfigError(f"--process_id: found {process}, expected a number from 0 to under {processes}")
    # The preemption service would take SIGTERM away from geolift/training/signals.py.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(address, processes, process)
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise NotJoined(f"{name}: cannot join the other processes: {str(error).splitlines()[0]}") from error


def is_distributed() -> bool:
    """Whether there are other processes."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def is_first() -> bool:
    """Whether this is the first process, which writes the run's files."""
    return jax.process_index() == 0


def broadcast_from_first(function: Callable[[], T]) -> T:
    """Call a function in the first process only, and return its result in all.

    Args:
        function: returns what JSON can hold.

    Raises:
        Exception: in the first process what `function` raises; in the others FirstProcessFailed.
    """
    if jax.process_count() == 1:
        return function()
    message, error = b"", None
    if is_first():
        try:
            message = json.dumps({"value": function()}).encode()
        except Exception as raised:
            error, message = raised, json.dumps({"error": str(raised), "kind": type(raised).__name__}).encode()
    length = int(multihost_utils.broadcast_one_to_all(np.int32(len(message))))
    padded = np.frombuffer(message.ljust(length), np.uint8)[:length]
    received = json.loads(bytes(np.asarray(multihost_utils.broadcast_one_to_all(padded))))
    if error:
        raise error
    if "error" in received:
        raise FirstProcessFailed(f"process 0 failed: {received['error']}", received["kind"])
    return received["value"]


def expect_same(what: str, content: Any) -> None:
    """Refuse content that is not the same in all processes.

    Args:
        what: the content's name in the error.
        content: what JSON can hold.

    Raises:
        ConfigError: in every process, naming the ones that differ from the first.
    """
    text = json.dumps(content, sort_keys=True).encode()
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.uint8)
    digests = np.reshape(multihost_utils.process_allgather(digest), (jax.process_count(), -1))
    others = [i for i, other in enumerate(digests) if not np.array_equal(other, digests[0])]
    if others:
        raise ConfigError(f"{what}: found others in the processes {others}, expected those of process 0 in all")


def expect_shared(folder: Path) -> None:
    """Refuse a folder that is not the same one for every process.

    Raises:
        ConfigError: in every process, naming those that do not see what the first one writes there.
    """
    if jax.process_count() == 1:
        return
    path = folder / "seen-by-all"

    def write_token() -> str:
        path.write_text(token := str(time.time_ns()))
        return token

    token, deadline = broadcast_from_first(write_token), time.monotonic() + PATIENCE
    while not (seen := path.exists() and path.read_text() == token) and time.monotonic() < deadline:
        time.sleep(0.2)
    blind = np.flatnonzero(~np.ravel(multihost_utils.process_allgather(np.bool_(seen))))
    if len(blind):
        raise ConfigError(f"{folder}: not seen by the processes {blind.tolist()}, expected one folder for all of them")
    if is_first():
        path.unlink()


def any_process(flag: bool) -> bool | jax.Array:
    """Whether a flag is set in any process; all processes make the same calls and get the same answers.

    Several processes get an array `[]`, which is not waited for.
    """
    if jax.process_count() == 1:
        return flag
    return _any()(np.full(jax.local_device_count(), flag))


def wait_for_all(name: str) -> None:
    """Wait until every process has made this call; `name` is the same in all."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


@functools.cache
def _any() -> Callable:
    return jax.pmap(lambda x: jax.lax.pmax(x.astype(int), "devices") > 0, axis_name="devices", out_axes=None)
