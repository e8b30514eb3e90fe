"""The chaos test, shortened: killed at random instants, a training ends as if it had never been."""

import os
import subprocess
import sys

from tests.helpers.paths import ROOT


def test_kills_leave_no_trace():
    command = [sys.executable, "-m", "benchmarks.chaos", "--kills=6", "--seed=1"]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kills" in done.stdout and "equal to the bit: True; checkpoints damaged: 0" in done.stdout
