"""Angles of ankles whose toes and heels are known: `python -m benchmarks.ankle_angles --motion=BVH`.

Clips and views are those of benchmarks/feet.py: recorded motion whose 2D has toes and heels, level and tilted cameras
in turn. Frames count for the view that they have in truth. Bias / RMSE in degrees, of all feet and of those that stand.
"""

import numpy as np
from absl import app, flags

import geolift
from benchmarks.angle_errors import HALF, VIEWS, cell
from benchmarks.feet_clips import filmed_motion
from benchmarks.pose_errors import table
from geolift.biomechanics.angles import ankle_dorsiflexion
from geolift.skeletons.pose_angles import facing
from geolift.skeletons.skeleton import H36M21

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
MOTION = flags.DEFINE_string("motion", None, "Folder of BVH files.", required=True)
PEOPLE = flags.DEFINE_list("people", ["10", "12", "16", "32", "49"], "People of --motion.")
PIXELS = flags.DEFINE_float("pixels", 1.5, "White noise on the 2D.", lower_bound=0.0)


def main(_: list[str]) -> None:
    model, found = geolift.load(MODEL.value), {view: ([], []) for view in VIEWS}
    for clip in filmed_motion(MOTION.value, PEOPLE.value, noise=PIXELS.value, seed=0):
        result = geolift.lift(clip.recording, model=model, people="largest")
        truth = clip.truth[result.frame]
        away = np.abs(facing(truth, H36M21, up=clip.up, to_camera=-truth[:, H36M21.root]))
        for column, side in enumerate(("left", "right")):
            one, two = (ankle_dorsiflexion(points, H36M21, side) for points in (result.points.astype(float), truth))
            for view, cells in found.items():
                frames = np.abs(away - VIEWS[view]) <= HALF
                cells[0].append((one - two)[frames])
                cells[1].append((one - two)[frames & clip.planted[result.frame, column]])
    rows = {
        name: tuple(cell(np.concatenate(found[view][i])) for view in VIEWS)
        for i, name in enumerate(("ankle_dorsiflexion", "of feet that stand"))
    }
    print(table(f"degrees, {PIXELS.value:g} px", rows, tuple(VIEWS)))


if __name__ == "__main__":
    app.run(main)
