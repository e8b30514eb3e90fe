"""Motion files in the programs that people open them with: Blender, OpenSim, three.js, Khronos's validator themselves.

Each runs in the Python that GEOLIFT_BLENDER or GEOLIFT_OPENSIM names, else in this one: they need other versions. Those
that Node.js runs are looked for in the folder that GEOLIFT_NODE names, of `npm install gltf-validator three`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geolift.output.mocap.axes import BVH_AXES
from geolift.output.mocap.gltf import EVERYONE
from geolift.output.mocap.rig_motion import rig_motions
from geolift.output.write import write_result
from geolift.rig.humanoid import HUMANOID
from geolift.rig.names import bone_names
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_readers import camera_of, filmed, library, real_motion, without_rows
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
BLENDER_GLB = """
import json, sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.fps = 25
bpy.ops.import_scene.gltf(filepath=sys.argv[1])
figures = [figure for figure in bpy.data.objects if figure.type == "ARMATURE"]
points = []
for frame in range(24):
    scene.frame_set(frame)
    points.append([
        [list(figure.matrix_world @ figure.pose.bones[name].head) for name in json.loads(sys.argv[2])]
        for figure in figures
    ])
print(json.dumps({
    "points": points,
    "people": [figure.name for figure in figures],
    "meshes": [len(figure.children) for figure in figures],
    "ranges": {action.name: list(action.frame_range) for action in bpy.data.actions},
}))
"""
THREE = """
import fs from "fs";
import * as three from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
const bytes = fs.readFileSync(process.argv[1]), names = JSON.parse(process.argv[2]);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { scene, animations } = await new GLTFLoader().parseAsync(buffer, "");
const mixer = new three.AnimationMixer(scene), skeletons = new Set(), points = [], box = new three.Box3();
mixer.clipAction(animations[0]).play();
scene.traverse((part) => part.isSkinnedMesh && skeletons.add(part.skeleton));
for (let frame = 0; frame < 24; frame++) {
  mixer.setTime(Math.min(Math.fround(frame / 25), animations[0].duration * (1 - 1e-6)));
  scene.updateMatrixWorld(true);
  points.push([...skeletons].map(({ bones }) => names.map((name) => bones
    .find((bone) => bone.name.replace(/_[0-9]+$/, "") === name).getWorldPosition(new three.Vector3()).toArray())));
}
scene.traverse((part) => {
  if (!part.isSkinnedMesh) return;
  part.computeBoundingBox();
  box.union(part.boundingBox);
});
console.log(JSON.stringify({
  points, duration: animations[0].duration, animations: animations.map((one) => one.name),
  low: box.min.toArray(), high: box.max.toArray(),
}));
"""
VALIDATOR = """
import fs from "fs";
import validator from "gltf-validator";
const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])));
console.log(JSON.stringify({ points: [], issues: report.issues.messages }));
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


def opened(script, module, variable, path, names=H36M17.names):
    """What a program finds in a file; skips where it is not installed."""
    python = os.environ.get(variable, sys.executable)
    if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"needs {module} (pip install {module}), here or in the Python that {variable} names")
    return _printed([python, "-c", script, str(path), json.dumps(names)])


def opened_by_node(script, module, path, names=HUMANOID.names):
    """What a program of Node.js finds in a file; skips where it is not installed."""
    folder = os.environ.get("GEOLIFT_NODE", "")
    if not shutil.which("node") or not Path(folder, "node_modules", module).is_dir():
        pytest.skip(f"needs Node.js, and GEOLIFT_NODE, a folder in which {module} was installed (npm install {module})")
    return _printed(["node", "--input-type=module", "-e", script, str(path), json.dumps(names)], cwd=folder)


def _printed(command, cwd=None):
    """The line of JSON that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return found | {"points": np.array(found["points"])}


def results(cmu_file):
    """A person who walks before a level camera, and a cartwheel of a real one before a camera that looks down."""
    real = real_motion(cmu_file)
    return [in_world(make_result(frames=30, fps=25.0)), in_world(filmed(real), camera=camera_of(real))]


@pytest.mark.parametrize("which", range(2))
def test_blender_shows_a_person_who_stands_on_the_floor(which, cmu_file, tmp_path):
    """The bones of the rig, by the names of a program, within 2 mm."""
    result, names = results(cmu_file)[which], (None, "mixamo")[which]
    (path,), notes = write_result(result, tmp_path / "out.bvh", names=names)
    found = opened(BLENDER, "bpy", "GEOLIFT_BLENDER", path, bone_names(names))
    x, y, z = np.moveaxis(found["points"], -1, 0)
    points = np.stack([x, z, -y], axis=-1)  # Blender's front looks at a person who faces -y
    motion, bone = rig_motions(result)[0].motion, HUMANOID.names.index
    assert np.abs(points - motion.joints).max() < 2e-3
    assert found["fps"] == pytest.approx(result.fps)
    assert any("import at scale 0.01 and tick 'Update Scene FPS'" in note for note in notes)
    np.testing.assert_allclose(points[0, 0, [0, 2]], 0, atol=0.01)  # above the origin
    left = points[0, bone("LeftUpLeg")] - points[0, bone("RightUpLeg")]
    assert left[0] > 0.99 * np.linalg.norm(left[[0, 2]])  # faces ahead
    assert 0 < points[0, [bone("LeftFoot"), bone("RightFoot")], 1].min() < 0.15
    away = points[:, bone("LeftHand")] - result.world_points[:, JOINT("left_wrist")] @ BVH_AXES.world.T
    assert np.linalg.norm(away, axis=-1).mean() < 0.02 and 1.2 < points[0, bone("Head"), 1] < 2


@pytest.mark.parametrize("which", range(2))
def test_opensim_reads_a_person_who_stands_on_its_ground(which, cmu_file, tmp_path):
    result = results(cmu_file)[which]
    (path,), _ = write_result(result, tmp_path / "out.trc")
    found = opened(OPENSIM, "opensim", "GEOLIFT_OPENSIM", path)
    x, y, z = np.moveaxis(found["points"], -1, 0)  # ahead, up, to the right
    assert found["units"] == "m" and found["fps"] == pytest.approx(result.fps)
    assert np.abs(np.stack([x, -z, y], axis=-1) - result.world_points).max() < 1e-3
    assert 0.7 < y[0, JOINT("pelvis")] < 1.1 and 1.2 < y[0, JOINT("head")] < 2


@pytest.fixture(scope="module")
def glb(tmp_path_factory):
    """A file of two people, the motion of their rigs `[F, P, B, 3]`, and where they are shown `[F, P]`."""
    library("pygltflib")
    two = in_world(make_result(people=2, frames=24, fps=25.0))
    two = without_rows(two, (two.person == 1) & (two.frame > 3) & (two.frame < 20))
    (path,), _ = write_result(two, tmp_path_factory.mktemp("glb") / "out.glb")
    shown = np.stack([np.isin(np.arange(24), two.frame[two.person == i]) for i in range(2)], axis=1)
    return path, np.stack([person.motion.joints for person in rig_motions(two)], axis=1), shown


def test_khronos_validator_finds_nothing_in_glb(glb, tmp_path):
    path = tmp_path / "one.glb"
    write_result(in_world(make_result(frames=2)), path)
    for file in (glb[0], path):
        assert opened_by_node(VALIDATOR, "gltf-validator", file)["issues"] == []


def test_blender_shows_mannequins_that_move_as_the_rigs(glb):
    path, joints, shown = glb
    found = opened(BLENDER_GLB, "bpy", "GEOLIFT_BLENDER", path, HUMANOID.names)
    x, y, z = np.moveaxis(found["points"], -1, 0)
    points = np.stack([x, z, -y], axis=-1)  # z ahead becomes -y: Blender's front looks at a person who faces ahead
    assert np.abs(points - joints)[shown].max() < 1e-4
    np.testing.assert_allclose(points[~shown], 0, atol=1e-6)  # of no size
    assert found["people"] == ["person 0", "person 1"] and found["meshes"] == [1, 1]
    assert found["ranges"] == {name: [0, 23] for name in (EVERYONE, *found["people"])}


def test_three_shows_mannequins_that_move_as_the_rigs(glb):
    path, joints, shown = glb
    found = opened_by_node(THREE, "three", path)
    assert np.abs(found["points"] - joints)[shown].max() < 1e-4
    assert found["duration"] == pytest.approx(23 / 25)
    assert found["animations"] == [EVERYONE, "person 0", "person 1"]
    assert -0.1 < found["low"][1] < 0.05 and 1.4 < found["high"][1] < 2.2  # of the meshes in the last frame
