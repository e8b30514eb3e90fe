"""A program of a user, for the type checker alone (.ci/types): each line says which type the API promises."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from pathlib import Path
from typing import assert_type

import jax
import numpy as np

import geolift
from geolift import keypoints, lifting, output, skeletons
from geolift.output import Written

result = geolift.lift(Path("walk.csv"), fps=30.0, people=["anna"], height={"anna": 1.7})
assert_type(result, geolift.Result)
assert_type(result.units, str)
points: np.ndarray = result.points
assert_type(output.write_result(result, "walk.bvh", names="mixamo"), Written)
assert_type(output.load_result("walk.npz"), geolift.Result)

recording = geolift.record(np.zeros((9, 17, 2)), np.ones((9, 17)), joints=skeletons.COCO17.source, fps=30.0)
assert_type(recording, geolift.Recording)
assert_type(recording, keypoints.Recording)
assert_type(geolift.lift(recording), geolift.Result)
assert_type(lifting.inspect_file("walk.csv"), lifting.Inspection)

model = geolift.load("human")
assert_type(model, geolift.Model)
assert_type(model.skeleton, geolift.Skeleton)
lifted: np.ndarray = geolift.lift_poses(model, np.zeros((4, 17, 2), np.float32))

pose = jax.numpy.zeros((4, 17, 2))
rotation = geolift.sample_rotation(jax.random.key(0), (4,))
assert_type(rotation, jax.Array)
lifter = geolift.Lifter(width=64, blocks=2, norm="none")
cycle = geolift.lift_reproject_lift(lambda x: jax.numpy.zeros((4, 17)), pose, rotation, distance=10.0)
assert_type(cycle, geolift.Cycle)
assert_type(geolift.consistency_3d(cycle), jax.Array)
assert_type(geolift.p_mpjpe(cycle.lifted, cycle.restored), jax.Array)

try:
    geolift.lift("walk.csv", fsp=30)  # pyright: ignore[reportCallIssue]
except geolift.DatasetError as error:
    assert_type(str(error), str)
