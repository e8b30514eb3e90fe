"""Our joint angles beside those of OpenSim's inverse kinematics: `python -m benchmarks.opensim_angles --models=FOLDER`.

Walks are lifted; the lifted points and the true ones are given to OpenSim as markers with Pose2Sim's names, whose model
is scaled to each and solved with Pose2Sim's settings for Halpe-26 (its file of markers for COCO-17 has the right hip at
the height of the knee). OpenSim runs in the Python that GEOLIFT_OPENSIM names. FOLDER is `OpenSim_Setup` of Pose2Sim's
wheel (`pip download pose2sim --no-deps`).

Zeros differ between a model and lines between joints; so the mean over each clip is taken out, and printed as bias.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from absl import app, flags

import geolift
from benchmarks.angle_errors import TILTS, is_walk
from benchmarks.pose_errors import table
from benchmarks.world_rows.takes import Take, film, read_clips
from geolift.biomechanics import joint_angles, side_free
from geolift.output.mocap.axes import TRC_AXES
from geolift.output.result import Result
from geolift.skeletons.skeleton import H36M17
from geolift.world.axes import world_axes

DATA = flags.DEFINE_string("data", None, "Motion in the world (.npz).", required=True)
SPLIT = flags.DEFINE_list("split", ["test", "extra"], "Its splits.")
MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
MODELS = flags.DEFINE_string("models", None, "Pose2Sim's folder OpenSim_Setup.", required=True)
EVERY = flags.DEFINE_integer("every", 1, "Take one walk in so many.", lower_bound=1)
VIEWS = {"front": 0.0, "oblique": 45.0, "side": 90.0, "back": 180.0}
NAMES = {  # of Halpe-26's markers in Pose2Sim's settings; its neck and head are no joints of motion capture
    "pelvis": "Hip",
    **{f"{side}_{j}": f"{side[0].upper()}{j.title()}"
       for side in ("right", "left") for j in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")},
}  # fmt: skip
IK = Path(__file__).with_name("opensim_ik.py")


def inverse_kinematics(points: np.ndarray, fps: float) -> tuple[dict[str, np.ndarray], float]:
    """Angles by OpenSim's names, and the markers' RMS error in metres, of `[F, 17, 3]` in OpenSim's axes."""
    with tempfile.TemporaryDirectory() as folder:
        trc = Path(folder) / "markers.trc"
        names = list(NAMES.values())
        cells = points[:, [H36M17.names.index(joint) for joint in NAMES]].reshape(len(points), -1)
        header = ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame"]
        values = [f"{fps:g}", f"{fps:g}", len(cells), len(names), "m", f"{fps:g}", 1]
        with trc.open("w", newline="") as file:
            rows = csv.writer(file, delimiter="\t", lineterminator="\n")
            rows.writerow(["PathFileType", 4, "(X/Y/Z)", trc.name])
            rows.writerow([*header, "OrigNumFrames"])
            rows.writerow([*values, len(cells)])
            rows.writerow(["Frame#", "Time", *[cell for name in names for cell in (name, "", "")]])
            rows.writerow(["", "", *[f"{axis}{i + 1}" for i in range(len(names)) for axis in "XYZ"]])
            rows.writerow([])
            rows.writerows([i + 1, f"{i / fps:.6f}", *map("{:.6f}".format, row)] for i, row in enumerate(cells))
        python = os.environ.get("GEOLIFT_OPENSIM", sys.executable)
        command = [python, str(IK), os.path.abspath(MODELS.value), str(trc)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return {name: np.array(column) for name, column in found["angles"].items()}, found["rms"]


def points_of(result: Result, take: Take) -> tuple[np.ndarray, np.ndarray]:
    """The lifted points and the true ones, `[F, 17, 3]` in OpenSim's axes, ahead alike."""
    upright = world_axes(take.up, result.to_world[result.frame[0], 0, :3].astype(np.float64))
    return (
        result.world_points.astype(np.float64) @ TRC_AXES.world.T,
        take.truth[result.frame] @ upright.T @ TRC_AXES.world.T,
    )


def main(_: list[str]) -> None:
    clips = [numbered for numbered in read_clips(DATA.value, SPLIT.value, None, 1) if is_walk(numbered[1])]
    model, found, marker_errors = geolift.load(MODEL.value), {}, {}
    for take in film(clips[:: EVERY.value], noise=1.5, seed=0, views=VIEWS, tilts=TILTS):
        result = geolift.lift(take.recording, model=model, people="largest")
        lifted, true = points_of(result, take)
        angles = [joint_angles(points, H36M17, fps=result.fps) for points in (lifted, true)]
        solved = [inverse_kinematics(points, result.fps) for points in (lifted, true)]
        marker_errors.setdefault(take.view, []).append([error for _, error in solved])
        for i, name in enumerate(angles[1].names):
            theirs = [columns.get(name) for columns, _ in solved]
            if theirs[0] is None:
                continue
            shown = angles[0].shown[:, i] & angles[1].shown[:, i]
            pairs = {
                "ours - IK, truth": angles[1].degrees[:, i] - theirs[1],
                "ours - truth": angles[0].degrees[:, i] - angles[1].degrees[:, i],
                "IK - IK of truth": theirs[0] - theirs[1],
            }
            for pair, away in pairs.items():
                away = ((away + 180) % 360 - 180)[shown]
                found.setdefault((side_free(name), pair, take.view), []).append(away)
    rows = {}
    for name, pair, _ in found:
        rows[f"{name}: {pair}"] = tuple(_cell(found.get((name, pair, view), [])) for view in VIEWS)
    rows["markers, RMS mm: lifted (truth)"] = tuple(
        "{:.0f} ({:.0f})".format(*(1000 * np.mean(marker_errors[view], axis=0))) for view in VIEWS
    )
    print(table("degrees: bias / RMSE about each clip's mean", rows, tuple(VIEWS)))


def _cell(clips: list[np.ndarray]) -> str:
    clips = [away for away in clips if len(away)]
    if not clips:
        return "-"
    spread = np.concatenate([away - away.mean() for away in clips])
    return f"{np.mean([away.mean() for away in clips]):.1f} / {np.sqrt((spread**2).mean()):.1f}"


if __name__ == "__main__":
    app.run(main)
