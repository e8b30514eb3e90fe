"""Several processes as one: real ones on this machine, joined as SLURM would start them, and by hand."""

import json
import os
import signal
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from geolift.errors import ConfigError
from geolift.training import checkpoint, distributed
from geolift.training.run import open_run
from tests.helpers.paths import ROOT

RATE = 1e-5


def free_port(low=1024):
    """A free port of this machine."""
    for port in range(max(low, 20000 + os.getpid() % 9000), 65535):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")


def start(arguments, *, devices, **environment):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(devices), **environment}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def slurm(process, port):
    """What srun would set for one of two tasks on this machine; JAX derives the port from the job's number."""
    return {
        "SLURM_JOB_ID": str(port - 61440), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2",
        "SLURM_PROCID": str(process), "SLURM_LOCALID": str(process),
    }  # fmt: skip


def training(data, workdir, steps):
    changes = {
        "data.path": data, "steps": steps, "batch_size": 32, "lifter.width": 16, "discriminator.width": 16,
        "optimizer.lifter": RATE, "optimizer.discriminator": RATE, "evaluation.split": "", "ema_decay": 0.5,
        "run.steps_per_dispatch": 2, "run.log_every": 2, "run.checkpoint_every": 100, "run.validate_every": 100,
    }  # fmt: skip
    flags = [f"--config.{name}={value}" for name, value in changes.items()]
    return ["-m", "launch.train", "--config=configs/quickstart.py", f"--workdir={workdir}", *flags]


def finish(process, code=0):
    out, err = process.communicate(timeout=240)
    assert process.returncode == code, (process.returncode, out, err)
    return out + err


def log(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


def test_two_processes_are_stopped_by_a_signal_to_one_and_resumed_as_one(people_file, tmp_path):
    """2 processes x 2 devices, as SLURM starts them; SIGTERM to the second alone; then 1 process x 4 devices.

    Weights and log are those of a run that had one process all along, within rounding: the same poses in every step.
    """
    port = free_port(61440)
    both, straight = tmp_path / "both", tmp_path / "straight"
    pair = [start(training(people_file, both, 1000), devices=2, **slurm(i, port)) for i in range(2)]
    for line in pair[0].stderr:
        if line.startswith("step 2/1000"):
            break
    pair[1].send_signal(signal.SIGTERM)
    outputs = [finish(process, 75) for process in pair]
    stopped = checkpoint.saved_steps(both)
    assert stopped and stopped[-1] < 1000, "long before the end"
    assert all(f"stopped after step {stopped[-1]}" in output for output in outputs), outputs
    assert "SIGTERM" in outputs[1] and "SIGTERM" not in outputs[0]

    steps = stopped[-1] + 6
    finish(start(training(people_file, both, steps), devices=4))
    finish(start(training(people_file, straight, steps), devices=4))
    assert [line["step"] for line in log(both)] == list(range(2, steps + 1, 2))
    for a, b in zip(log(both), log(straight), strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-3, atol=1e-5, err_msg=name)
    like = open_run(both).start()
    states = [checkpoint.read(w / checkpoint.FOLDER / str(steps), like) for w in (both, straight)]
    off = np.concatenate([np.ravel(a - b) for a, b in zip(*(jax.tree.leaves(s.params) for s in states), strict=True)])
    # Adam makes a whole step of a gradient that is zero but for rounding.
    assert np.quantile(np.abs(off), 0.99) < 1e-6 and np.abs(off).max() < 2.5 * RATE * steps
    history = [json.loads(line)["message"] for line in (both / "history.jsonl").read_text().splitlines()]
    assert any("devices: started with '4 x cpu in 2 processes', now '4 x cpu'" in message for message in history)


TALK = """
import sys
from pathlib import Path
import jax, numpy as np
from geolift.training import distributed
from geolift.errors import ConfigError
port, process, folder, shared = sys.argv[1:]
distributed.start(f"127.0.0.1:{port}", 2, int(process))
me = jax.process_index()
assert distributed.is_first() == (me == 0) and jax.device_count() == 2
print(distributed.broadcast_from_first(lambda: {"from": me, "text": "ü" * 70000})["from"])
def refuse(): raise ConfigError("not this folder")
try:
    distributed.broadcast_from_first(refuse)
except (ConfigError, distributed.FirstProcessFailed) as error:
    print(type(error).__name__, error)
for flag in (False, me == 1, me == 0, True):
    print(bool(distributed.any_process(flag)), end=" ")
distributed.expect_same("config", {"a": 1})
try:
    distributed.expect_same("config", {"a": me})
except ConfigError as error:
    print(error)
distributed.PATIENCE = 1.0
distributed.expect_shared(Path(shared))
try:
    distributed.expect_shared(Path(folder))
except ConfigError as error:
    print(error)
distributed.wait_for_all("end")
"""


def test_processes_agree_and_errors_reach_all(tmp_path):
    port = free_port()
    folders = [tmp_path / str(i) for i in range(2)]
    for folder in folders:
        folder.mkdir()
    pair = [start(["-c", TALK, str(port), str(i), str(folders[i]), str(tmp_path)], devices=1) for i in range(2)]
    printed = [[line for line in finish(process).splitlines() if "Gloo" not in line] for process in pair]
    assert [lines[0] for lines in printed] == ["0", "0"]
    errors = [lines[1] for lines in printed]
    assert errors == ["ConfigError not this folder", "FirstProcessFailed process 0 failed: not this folder"]
    for lines, folder in zip(printed, folders, strict=True):
        assert lines[2].startswith("False True True True config: found others in the processes [1], expected those of")
        assert lines[3] == f"{folder}: not seen by the processes [1], expected one folder for all of them"
    assert not list(tmp_path.glob("seen*"))


ALONE = """
from geolift.training import distributed
from geolift.errors import ConfigError
from launch import program

def main():
    distributed.start("127.0.0.1:{port}", 2, {process})
    if distributed.is_first():
        raise ConfigError("not with me")
    distributed.wait_for_all("here")

program.run(main)
"""


def test_an_error_in_one_process_ends_all_of_them():
    """It with its own code, and not after the minutes that JAX waits for the others at an ordinary end."""
    port = free_port()
    pair = [start(["-c", ALONE.format(port=port, process=i)], devices=1) for i in range(2)]
    assert "geolift: not with me" in finish(pair[0], 1)
    pair[1].communicate(timeout=100)
    assert pair[1].returncode not in (0, 1)


@pytest.mark.parametrize(
    ("variables", "launcher"),
    [
        ({}, None),
        (slurm(0, 61440), "SLURM"),
        (slurm(0, 61440) | {"SLURM_NTASKS": "1"}, None),
        ({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "2"}, None),  # within sbatch, but not started by srun
        ({"OMPI_MCA_orte_hnp_uri": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}, "Open MPI"),
        ({"OMPI_MCA_orte_hnp_uri": "1", "OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"}, None),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, None),  # some pod, not of an indexed job
    ],
)
def test_launchers_are_recognized_by_the_variables_they_set(monkeypatch, variables, launcher):
    for name in [name for name in os.environ if name.startswith(("SLURM_", "OMPI_", "KUBERNETES_", "JOB_"))]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert distributed.launcher() == launcher


def test_errors_say_how_processes_find_each_other(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"Open MPI: .*--coordinator_address=HOST:PORT"):
        distributed.start()
    distributed.start(processes=1)
    monkeypatch.delenv("OMPI_COMM_WORLD_SIZE")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    if not distributed.importlib.util.find_spec("kubernetes"):
        with pytest.raises(ConfigError, match=r"pip install 'geolift\[k8s\]'"):
            distributed.start()
    with pytest.raises(ConfigError, match="found --num_processes, --process_id alone, expected all of --coordinator"):
        distributed.start(processes=2, process=0)


def test_one_process_alone_is_the_identity(tmp_path):
    assert distributed.is_first() and not distributed.is_distributed()
    assert distributed.broadcast_from_first(lambda: [1]) == [1] and distributed.any_process(True) is True
    distributed.expect_same("config", 1)
    distributed.expect_shared(tmp_path)
    distributed.wait_for_all("here")
    assert not list(tmp_path.iterdir())
