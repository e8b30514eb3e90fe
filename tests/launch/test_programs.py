"""What people type: `geolift convert`, `python -m launch.train`, `python -m launch.evaluate`, and what they import."""

import json
import os
import re
import subprocess
import sys

import pytest

from geolift import cli
from geolift.data.dataset import load_dataset, save_dataset
from tests.helpers.paths import ROOT
from tests.helpers.refusals import refusals

PNG = b"\x89PNG"


def program(*arguments, check=True, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done


SMALL = [
    "--config.steps=20", "--config.batch_size=32", "--config.run.steps_per_dispatch=10", "--config.run.log_every=10",
    "--config.run.validate_every=10", "--config.run.checkpoint_every=10",
]  # fmt: skip


def test_train_and_evaluate_from_the_command_line(people_file, tmp_path):
    run = tmp_path / "run"
    done = program("-m", "launch.train", f"--config.data.path={people_file}", f"--workdir={run}", *SMALL)
    assert "step 20/20" in done.stderr
    for word in ("flat skeleton", "untrained", "trained", "P-MPJPE", "flip rate", "evaluation.json", "poses.png"):
        assert word in done.stdout
    result = json.loads((run / "evaluation.json").read_text())
    keys = "p_mpjpe p_mpjpe_reflection n_mpjpe n_mpjpe_norm mpjpe pck auc cps flip_rate per_action per_joint counts"
    assert set(keys.split()) <= set(result)
    assert (result["split"], result["step"]) == ("test", 20)
    assert (run / "poses.png").read_bytes().startswith(PNG)

    done = program("-m", "launch.evaluate", f"--workdir={run}", f"--data={people_file}", "--split=all", "--refine")
    assert "clips refined" in done.stdout
    everything = json.loads((run / "evaluation.json").read_text())
    assert everything["counts"]["frames"] == load_dataset(people_file).frames > result["counts"]["frames"]
    assert everything["refined"]["counts"] == everything["counts"]
    assert everything["refined"]["p_mpjpe"] != everything["p_mpjpe"]

    done = program("-m", "launch.evaluate", f"--workdir={run}", f"--data={people_file}", "--split=dev", check=False)
    assert done.returncode == 1 and "found no clip of 'dev'" in done.stderr and "Traceback" not in done.stderr


def test_the_ablation_from_the_command_line(people_file, tmp_path):
    """Two rows in two starts; the table is the mean and the deviation of what the runs' own files say."""
    workdir = tmp_path / "ablation"
    flags = ["--config=configs/quickstart.py", f"--config.data.path={people_file}", f"--workdir={workdir}", *SMALL]
    run = ["-m", "launch.ablation", *flags, "--seeds=0,1"]
    program(*run, "--rows=adv", f"--config.adapter.data={people_file}")
    done = program(*run, "--rows=ss")
    files = [workdir / "ss" / f"seed_{seed}" / "evaluation.json" for seed in (0, 1)]
    a, b = (json.loads(path.read_text())["p_mpjpe"] for path in files)
    expected = f"| ss | {(a + b) / 2:.1f} ± {abs(a - b) / 2**0.5:.1f} |"
    table = (workdir / "ablation.md").read_text()
    assert expected in table and table in done.stdout and "| adv |" in table
    wrong = {
        "--rows: found ''": ["--rows="], "--rows: found 'none'": ["--rows=none"], "--seeds: found": ["--seeds=x"],
        "adapter.data: found none": ["--rows=+both"], "found no clip of 'dev'": ["--rows=ss", "--split=dev"],
        "--config.loss.adversarial=hinge: expected one of": ["--rows=ss", "--config.loss.adversarial=hinge"],
    }  # fmt: skip
    refused = refusals("launch.ablation", [[*run[2:], *arguments] for arguments in wrong.values()])
    for message, (code, error) in zip(wrong, refused, strict=True):
        assert code == 1 and message in error and "Traceback" not in error, error


def test_convert_cmu_from_the_command_line(cmu_file, tmp_path, capsys):
    out = tmp_path / "cmu.npz"
    assert cli.main(["convert", "cmu", str(cmu_file), str(out), "--seed", "0", "--without=MHAD_,05"]) == 0
    printed = capsys.readouterr().out
    assert "train: 567416 frames, 34 subjects, 32 actions" in printed and "lab: 81708 frames, 5 subjects" in printed
    assert "Left out: MHAD_ (12 people, 303 clips). Left out: 05 (1 person, 35 clips)." in printed
    for credit in ("mocap.cs.cmu.edu", "Vakanski", "ACCAD, The Ohio State University", "HDM05", "CC BY-SA 3.0"):
        assert credit in printed
    assert "WACV 2013" not in printed, "those who are left out are not credited"
    assert load_dataset(out).select("test").frames == 57068


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.npz", "out.npz"], "nowhere.npz: no such file"),
        ([__file__, "out.npz"], "not a .npz file"),
        ([__file__, "out.csv"], "found .csv, expected one of .npz"),
    ],
)
def test_convert_says_in_one_line_what_is_wrong(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["convert", "cmu", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_converting_a_geolift_data_set_again_is_refused(people_file, tmp_path, capsys):
    assert cli.main(["convert", "cmu", str(people_file), str(tmp_path / "out.npz")]) == 1
    assert "'positions'" in capsys.readouterr().err


def test_importing_the_core_is_light():
    code = """
import sys
import geolift
heavy = {"orbax", "matplotlib", "ml_collections", "tensorboardX", "scipy"} & {m.split(".")[0] for m in sys.modules}
print(*heavy)
"""
    assert not program("-c", code).stdout.split()


def test_training_without_3d_ends_without_a_table(people, tmp_path):
    save_dataset(people.without_3d(), tmp_path / "flat.npz")
    flags = [f"--config.data.path={tmp_path / 'flat.npz'}", f"--workdir={tmp_path / 'run'}"]
    done = program("-m", "launch.train", *flags, *SMALL)
    assert "next: python -m launch.evaluate" in done.stdout and "P-MPJPE" not in done.stdout
    done = program("-m", "launch.train", *flags, *SMALL, "--config.seed=1", check=False)
    assert done.returncode == 1 and "seed: started with 0, now 1" in done.stderr and "Traceback" not in done.stderr


def test_readme_examples_run(tmp_path):
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # our own document
