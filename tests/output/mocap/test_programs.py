"""Motion files in the programs that people open them with: Blender and OpenSim themselves.

Each runs in the Python that GEOLIFT_BLENDER or GEOLIFT_OPENSIM names, else in this one: they need other versions.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_readers import camera_of, filmed, real_motion
from tests.helpers.results import in_world, make_result

JOINT = H36M17.names.index
BLENDER = """
import json, sys
import bpy
import addon_utils  # found after bpy alone
bpy.ops.wm.read_factory_settings(use_empty=True)
addon_utils.enable("io_anim_bvh")
bpy.ops.import_anim.bvh(filepath=sys.argv[1], global_scale=0.01, update_scene_fps=True)
scene, figure = bpy.context.scene, bpy.context.object
names, points = json.loads(sys.argv[2]), []
first, last = map(round, figure.animation_data.action.frame_range)
for frame in range(first, last + 1):
    scene.frame_set(frame)
    heads = {bone.name: list(figure.matrix_world @ bone.head) for bone in figure.pose.bones}
    points.append([heads[name] for name in names])
print(json.dumps({"points": points, "fps": scene.render.fps / scene.render.fps_base}))
"""
OPENSIM = """
import json, sys
import opensim
table = opensim.TimeSeriesTableVec3(sys.argv[1])
names, points = json.loads(sys.argv[2]), []
for row in range(table.getNumRows()):
    values = table.getRowAtIndex(row)
    points.append([[values[table.getColumnIndex(name)][axis] for axis in range(3)] for name in names])
print(json.dumps({
    "points": points, "fps": float(table.getTableMetaDataString("DataRate")),
    "units": table.getTableMetaDataString("Units"),
}))
"""


def opened(script, module, variable, path):
    """What a program finds in a file; skips where it is not installed."""
    python = os.environ.get(variable, sys.executable)
    if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"needs {module} (pip install {module}), here or in the Python that {variable} names")
    done = subprocess.run(
        [python, "-c", script, str(path), json.dumps(H36M17.names)], capture_output=True, text=True, check=True
    )
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return found | {"points": np.array(found["points"])}


def results(cmu_file):
    """A person who walks before a level camera, and a cartwheel of a real one before a camera that looks down."""
    real = real_motion(cmu_file)
    return [in_world(make_result(frames=30, fps=25.0)), in_world(filmed(real), camera=camera_of(real))]


@pytest.mark.parametrize("which", range(2))
def test_blender_shows_a_person_who_stands_on_the_floor(which, cmu_file, tmp_path):
    result = results(cmu_file)[which]
    (path,), _ = write_result(result, tmp_path / "out.bvh")
    found = opened(BLENDER, "bpy", "GEOLIFT_BLENDER", path)
    x, y, z = np.moveaxis(found["points"], -1, 0)
    points = np.stack([-y, x, z], axis=-1)  # Blender's front looks at a person who faces -y
    away = np.linalg.norm(points - result.world_points, axis=-1)
    assert found["fps"] == pytest.approx(result.fps)
    np.testing.assert_allclose(points[0, 0, :2], 0, atol=1e-3)
    assert away.mean() < 0.02 and away[:, 0].max() < 1e-3
    assert 0 < points[0, [JOINT("left_ankle"), JOINT("right_ankle")], 2].min() < 0.15
    assert 1.2 < points[0, JOINT("head"), 2] < 2


@pytest.mark.parametrize("which", range(2))
def test_opensim_reads_a_person_who_stands_on_its_ground(which, cmu_file, tmp_path):
    result = results(cmu_file)[which]
    (path,), _ = write_result(result, tmp_path / "out.trc")
    found = opened(OPENSIM, "opensim", "GEOLIFT_OPENSIM", path)
    x, y, z = np.moveaxis(found["points"], -1, 0)  # ahead, up, to the right
    assert found["units"] == "m" and found["fps"] == pytest.approx(result.fps)
    assert np.abs(np.stack([x, -z, y], axis=-1) - result.world_points).max() < 1e-3
    assert 0.7 < y[0, JOINT("pelvis")] < 1.1 and 1.2 < y[0, JOINT("head")] < 2
