"""Joint angles in OpenSim: a model that is moved by a .mot has the limbs of the result, left and right.

OpenSim runs in the Python that GEOLIFT_OPENSIM names, else in this one. GEOLIFT_OPENSIM_MODELS is the folder
`OpenSim_Setup` of Pose2Sim (`pip download pose2sim --no-deps`, unpacked), whose model is that of Rajagopal et al.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from geolift.output.mocap.axes import TRC_AXES
from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_readers import read_mot
from tests.helpers.paths import ROOT
from tests.helpers.results import in_world, make_result

MOVED = """
import json, sys
import opensim
opensim.Logger.setLevelString("Off")
model, table = opensim.Model(sys.argv[1]), opensim.TimeSeriesTable(sys.argv[2])
assert opensim.Storage(sys.argv[2]).isInDegrees()
state, labels = model.initSystem(), table.getColumnLabels()
coordinates = {one.getName(): one for one in model.getCoordinateSet()}
bodies, points = {one.getName(): one for one in model.getBodySet()}, []
for row in range(table.getNumRows()):
    values = table.getRowAtIndex(row)
    for column, label in enumerate(labels):
        if label in coordinates:
            turns = coordinates[label].getMotionType() == 1
            coordinates[label].setValue(state, values[column] * (3.14159265358979 / 180 if turns else 1), False)
    model.realizePosition(state)
    places = [bodies[name].getPositionInGround(state) for name in json.loads(sys.argv[3])]
    points.append([[place[axis] for axis in range(3)] for place in places])
unknown = [label for label in labels if label not in coordinates]
print(json.dumps({"points": points, "unknown": unknown}))
"""
BODIES = {  # of the model, by the joint at which they begin
    "hip": "femur", "knee": "tibia", "ankle": "talus", "shoulder": "humerus", "elbow": "ulna", "wrist": "hand",
}  # fmt: skip
LIMBS = {  # degrees by which the model's own bones are off, as its forearm stands out from the upper arm
    ("hip", "knee"): 3, ("knee", "ankle"): 4, ("shoulder", "elbow"): 5, ("elbow", "wrist"): 14,
}  # fmt: skip


def opensim(script, *arguments):
    """What a script prints in a Python that has OpenSim; skips where there is none."""
    python = os.environ.get("GEOLIFT_OPENSIM", sys.executable)
    if subprocess.run([python, "-c", "import opensim"], capture_output=True).returncode:
        pytest.skip("needs opensim (pip install opensim), here or in the Python that GEOLIFT_OPENSIM names")
    with tempfile.TemporaryDirectory() as folder:  # OpenSim leaves a log where it runs
        command = [python, "-c", script, *map(str, arguments)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def setup_folder():
    """The folder of the model; skips where there is none."""
    folder = os.environ.get("GEOLIFT_OPENSIM_MODELS")
    if not folder or not (Path(folder) / "Model_Pose2Sim_simple.osim").exists():
        pytest.skip("needs Pose2Sim's model (GEOLIFT_OPENSIM_MODELS: the folder OpenSim_Setup of its wheel)")
    return Path(folder)


def test_a_model_moved_by_the_angles_has_the_limbs_of_the_person(tmp_path):
    result = in_world(make_result(frames=40, seed=3))
    (path,), _ = write_result(result, tmp_path / "out.mot")
    joints = [(side, joint) for side in ("right", "left") for joint in BODIES]
    names = [f"{BODIES[joint]}_{side[0]}" for side, joint in joints]
    found = opensim(MOVED, setup_folder() / "Model_Pose2Sim_simple.osim", path, json.dumps(names))
    assert set(found["unknown"]) == {"lumbar_extension", "lumbar_bending", "lumbar_rotation"}  # of other models
    moved = dict(zip(joints, np.array(found["points"]).swapaxes(0, 1), strict=True))
    true = {
        (side, joint): result.world_points[:, H36M17.names.index(f"{side}_{joint}")] @ TRC_AXES.world.T
        for side, joint in joints
    }
    for side in ("right", "left"):
        for (start, end), most in LIMBS.items():
            one, two = (points[side, end] - points[side, start] for points in (moved, true))
            cosine = (one * two).sum(axis=-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(two, axis=-1)
            assert np.degrees(np.arccos(cosine)).max() < most, (side, start, end)
    hips = [(points["right", "hip"] + points["left", "hip"]) / 2 for points in (moved, true)]
    assert np.linalg.norm(hips[0] - hips[1], axis=-1).max() < 0.05


def test_inverse_kinematics_of_our_markers_has_our_angles(tmp_path):
    """Pose2Sim's model, scaled to our .trc and solved, bends knees, hips and elbows as our .mot does."""
    result = in_world(make_result(frames=40, seed=3))
    (trc,), _ = write_result(result, tmp_path / "out.trc", markers="pose2sim")
    (mot,), _ = write_result(result, tmp_path / "out.mot")
    _, ours = read_mot(mot)
    found = opensim((ROOT / "benchmarks" / "opensim_ik.py").read_text(), setup_folder(), trc)
    print(f"markers: {1000 * found['rms']:.0f} mm")
    assert found["rms"] < 0.06
    for name, most in (("knee_angle", 6), ("hip_flexion", 6), ("elbow_flex", 12)):  # its elbow's marker is ahead of it
        for side in ("r", "l"):
            away = np.array(found["angles"][f"{name}_{side}"]) - ours[f"{name}_{side}"]
            assert np.std(away) < most, (name, side)  # about the model's own zero
