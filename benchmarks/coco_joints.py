"""People in the joints of COCO beside those of the training set: `python -m benchmarks.coco_joints --data=mocap.npz`.

People of a split of recorded motion before some of the cameras of `benchmarks.cameras`, each frame a single image, are
lifted by `geolift.lift` twice: with all 17 joints of Human3.6M, and with those of COCO that the data has (limbs, and
the neck in place of the nose), which has neither trunk nor top of the head; both exact and with white noise. Prints
rigid P-MPJPE in mm over the limbs and the pelvis.

Choose by people whom the lifter was not trained on (`--split=train --subjects=...`), never by `test`.
"""

import json
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks import pose_errors
from benchmarks.camera_settings import PROTOCOL, Filmed, read_rows
from benchmarks.partial_bodies import COCO, LIMBS, in_joints
from benchmarks.partial_bodies import lift as lift_images
from benchmarks.pose_errors import millimetres as mm
from geolift.model import Model
from geolift.skeletons.skeleton import H36M17

FLAGS = flags.FLAGS  # those of benchmarks.partial_bodies
NOISE = 0.02  # of a person's trunk, standard deviation: 3 pixels where a person is 390 high
ROWS = (PROTOCOL, "pitch -10", "pitch 25", "pitch 8, bodies 10 % changed", "any")
SETS = {"Human3.6M": H36M17.names, "COCO": COCO}
MEASURED = np.isin(H36M17.names, ("pelvis", *LIMBS))


def measure(model: Model, filmed: Filmed, seed: int) -> dict[str, float]:
    """The errors of one row, by joint set and noise."""
    trunk = np.linalg.norm(filmed.keypoints[:, H36M17.names.index("thorax")] - filmed.keypoints[:, 0], axis=-1)
    noise = np.random.default_rng(seed).normal(size=filmed.keypoints.shape) * NOISE * trunk[:, None, None]
    found = {}
    for name, joints in SETS.items():
        for kind, keypoints in (("exact", filmed.keypoints), ("noise", filmed.keypoints + noise)):
            shown = in_joints(keypoints, joints)
            points = lift_images(model, shown, np.ones(shown.shape[:2], bool), joints, None)
            points = np.where(MEASURED[:, None], points, np.nan)
            errors = pose_errors.pose_errors(points, filmed.points, H36M17).joints
            found[f"{name}, {kind}"] = round(float(np.nanmean(errors)), 2)
    return found


def main(_: list[str]) -> None:
    model = geolift.load(FLAGS.model)
    choice = {"split": FLAGS.split, "subjects": FLAGS.subjects, "every": FLAGS.every, "seed": FLAGS.seed}
    rows = {name: filmed for name, filmed in read_rows(FLAGS.data, **choice) if name in ROWS}
    table = {name: measure(model, filmed, FLAGS.seed) for name, filmed in rows.items()}
    if not table:
        raise SystemExit(f"{FLAGS.data}: found a geolift data set, expected motion in the world")
    columns = list(next(iter(table.values())))
    table["mean"] = {key: round(float(np.mean([row[key] for row in table.values()])), 2) for key in columns}
    cells = {name: [mm(row[key]) for key in columns] for name, row in table.items()}
    print("\n" + pose_errors.table("limbs, P-MPJPE, mm", cells, columns))
    about = {"model": model.id, "data": Path(FLAGS.data).name, **choice}
    print(f"\n{about}, {jax.devices()[0].device_kind}")
    if FLAGS.out:
        Path(FLAGS.out).write_text(json.dumps({**about, "table": table}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
