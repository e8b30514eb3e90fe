"""The benchmark of people seen in part prints a row for each part, and measures what it says."""

import json
import os
import subprocess
import sys

import numpy as np

from geolift.convert.mocap.cmu import JOINTS
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT


def test_all_rows_are_measured(tmp_path):
    clips = procedural_clips(seed=2, people=3, seconds=6.0, fps=30.0)[:2]
    stop = np.cumsum([len(clip.points) for clip in clips])
    about = {key: np.array([getattr(clip, key) for clip in clips]) for key in ("subject", "action", "split", "fps")}
    points = np.concatenate([clip.points for clip in clips]).astype(np.float32)
    skeleton = {"joint_names": np.array(JOINTS), "parents": np.array(H36M17.parents)}
    names = np.array([clip.name for clip in clips])
    start = np.append(0, stop[:-1])
    np.savez(tmp_path / "motion.npz", positions=points, start=start, stop=stop, clip=names, **skeleton, **about)
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "benchmarks.partial_bodies", f"--data={tmp_path / 'motion.npz'}", "--split=all"]
    command += ["--model=cmu", "--every=100", "--videos=3", f"--out={out}"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    tables = json.loads(out.read_text())["tables"]
    assert set(tables["videos"]) == {*tables["images"], "hips and legs at times"}
    for rows in tables.values():
        for name, row in rows.items():
            assert name in done.stdout and row["lifted"] == 100, (name, row)
            assert row["partial"] < row["flat"] and row["whole"] < row["flat"], (name, row)
