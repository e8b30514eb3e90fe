"""A lifter before cameras of any tilt and distance: `python -m benchmarks.cameras --model=cmu --data=mocap.npz`.

People of a split of recorded motion (as `geolift convert cmu` reads it) are filmed by one camera setting after another.
Each frame is lifted by `geolift.lift` as a single image of an unknown camera. Prints errors beside those of the flat
skeleton, then by the direction in which people face, and errors of knee, hip and elbow angles (defined in
benchmarks/pose_errors.py); of a model that estimates how cameras are tilted also errors of `up`, beside those of the
image's up. --out writes all as JSON.

The first row is the CMU protocol. Cameras of the other rows follow the person (docs/cameras.md), tilted and as far as
the row says; four a clip, one somewhere in each quarter of the circle, from the same sides in all rows. Of a geolift
data set with 3D (--data) rows are its cameras.

These figures are for reports: no setting of a method may be chosen by them.
"""

import json
from pathlib import Path

import jax
from absl import app, flags

import geolift
from benchmarks import pose_errors
from benchmarks.camera_settings import Filmed, read_rows
from benchmarks.up_errors import UpErrors, up_errors
from geolift.model import Model
from geolift.skeletons.pose_angles import JOINT_ANGLES
from geolift.skeletons.skeleton import H36M17, expect_skeleton

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_list("data", None, "Files of motion in the world, or geolift data sets with 3D.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Their split.")
SUBJECTS = flags.DEFINE_list("subjects", None, "Only these people of the split; default: all.")
EVERY = flags.DEFINE_integer("every", 1, "Take one frame in so many of each clip.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of azimuths, bodies and random cameras.")
OUT = flags.DEFINE_string("out", "", "Where to write the tables as JSON; empty: nowhere.")


def measure(model: Model, filmed: Filmed, origin: str) -> dict[str, dict]:
    """By view, the errors of the model and those of the flat skeleton; those of up, if the model estimates it."""
    view = pose_errors.views(filmed.points, H36M17, up=-filmed.gravity)
    found = {}
    for name, lifter in (("model", model), ("flat", pose_errors.flat(model))):
        lifted = pose_errors.lift_stills(lifter, filmed.keypoints, filmed.seen, origin)
        found[name] = pose_errors.by_view(pose_errors.pose_errors(lifted.points, filmed.points, H36M17), view)
        if lifted.up is not None:
            found["up"] = up_errors(lifted.up, -filmed.gravity, filmed.view)._asdict()
    return found


def print_tables(rows: dict[str, dict]) -> None:
    """All tables of a file."""
    mm, names = pose_errors.millimetres, ("all", *pose_errors.VIEWS)
    errors = {}
    for name, row in rows.items():
        model, flat = row["model"]["all"], row["flat"]["all"]
        cells = [mm(found[key]) for key in ("p_mpjpe", "limbs") for found in (model, flat)]
        errors[name] = [*cells, mm(model["flip_rate"]), str(model["poses"])]
    print(pose_errors.table("P-MPJPE, mm", errors, ("all joints", "flat", "limbs", "flat", "flips %", "frames")))
    limbs = {name: [mm(row["model"][view]["limbs"]) for view in names] for name, row in rows.items()}
    print("\n" + pose_errors.table("limbs by facing, mm", limbs, names))
    for angle in JOINT_ANGLES:
        print("\n" + pose_errors.angle_table(angle, {name: row["model"] for name, row in rows.items()}))
    if all("up" in row for row in rows.values()):
        up = {name: [f"{row['up'][key]:.1f}" for key in UpErrors._fields] for name, row in rows.items()}
        print("\n" + pose_errors.table("up, degrees", up, ("frames", "clips", "worst clip", "image's up")))


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    expect_skeleton(model.skeleton, H36M17)
    choice = {flag.name: flag.value for flag in (SPLIT, SUBJECTS, EVERY, SEED)}
    about = {"model": model.id, **choice}
    tables = {}
    for path in DATA.value:
        tables[path] = {name: measure(model, filmed, path) for name, filmed in read_rows(path, **choice)}
        print(f"{path}, {about}, {jax.devices()[0].device_kind}")
        print_tables(tables[path])
    if OUT.value:
        Path(OUT.value).write_text(json.dumps({**about, "data": tables}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
