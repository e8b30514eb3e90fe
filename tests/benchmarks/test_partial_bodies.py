"""The benchmarks of people seen in part, and in other joints, print a row for each case, and measure what they say."""

import json
import os
import subprocess
import sys

import numpy as np

from geolift.convert.mocap.cmu import JOINTS
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT


def run(tmp_path, program, *options):
    """The standard output of a benchmark for some people who move, and what it wrote as JSON."""
    clips = procedural_clips(seed=2, people=3, seconds=6.0, fps=30.0)[:2]
    stop = np.cumsum([len(clip.points) for clip in clips])
    about = {key: np.array([getattr(clip, key) for clip in clips]) for key in ("subject", "action", "split", "fps")}
    points = np.concatenate([clip.points for clip in clips]).astype(np.float32)
    skeleton = {"joint_names": np.array(JOINTS), "parents": np.array(H36M17.parents)}
    names = np.array([clip.name for clip in clips])
    start = np.append(0, stop[:-1])
    np.savez(tmp_path / "motion.npz", positions=points, start=start, stop=stop, clip=names, **skeleton, **about)
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", f"benchmarks.{program}", f"--data={tmp_path / 'motion.npz'}", "--split=all"]
    command += ["--model=cmu", "--every=100", f"--out={out}", *options]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, json.loads(out.read_text())


def test_all_rows_are_measured(tmp_path):
    printed, content = run(tmp_path, "partial_bodies", "--videos=3")
    tables = content["tables"]
    assert set(tables["videos"]) == {*tables["images"], "hips and legs at times"}
    for rows in tables.values():
        for name, row in rows.items():
            assert name in printed and row["lifted"] == 100, (name, row)
            assert row["partial"] < row["flat"] and row["whole"] < row["flat"], (name, row)


def test_coco_joints_are_measured_beside_those_of_the_training_set(tmp_path):
    printed, content = run(tmp_path, "coco_joints")
    for name, row in content["table"].items():
        assert name in printed
        assert set(row) == {"Human3.6M, exact", "Human3.6M, noise", "COCO, exact", "COCO, noise"}
        assert row["COCO, exact"] != row["Human3.6M, exact"] < row["Human3.6M, noise"] < 150, (name, row)
