"""People of whom only a part is seen: `python -m benchmarks.partial_bodies --data=mocap.npz`.

People of a split of recorded motion (as `geolift convert cmu` reads it), filmed as in the CMU protocol, are lifted by
`geolift.lift` as single images and as videos of an unknown camera: once with all joints of a joint set, once without
those that a row of the table hides. Prints rigid P-MPJPE in mm over the joints that the row does not hide, beside
it that of the same joints of the people seen whole, and that of the flat skeleton. The pelvis is measured where it was
placed: its distance from the true one, aligned by the joints that were seen. --out writes all as JSON.

Choose by people whom the lifter was not trained on (`--split=train --subjects=MHAD_s01,...`), never by `test`.
"""

import json
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks import pose_errors
from benchmarks.camera_settings import PROTOCOL, Filmed, read_rows
from benchmarks.pose_errors import millimetres as mm
from geolift.model import Model
from geolift.skeletons.skeleton import H36M17

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "File of motion in the world.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Its split.")
SUBJECTS = flags.DEFINE_list("subjects", None, "Only these people of the split; default: all.")
EVERY = flags.DEFINE_integer("every", 10, "Images are one frame in so many of all videos.", lower_bound=1)
VIDEOS = flags.DEFINE_integer("videos", 5, "Take one video in so many; 4 cameras film each clip.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of the cameras.")
OUT = flags.DEFINE_string("out", "", "Where to write the table as JSON; empty: nowhere.")

FPS = 30.0
COLUMNS = {
    "partial": "partial", "whole": "seen whole", "flat": "flat", "pelvis": "pelvis", "lifted": "lifted, %",
    "frames": "frames",
}  # fmt: skip
LIMBS = tuple(name for i, name in enumerate(H36M17.names) if i in H36M17.left + H36M17.right)
COCO = ("nose", *LIMBS)  # those that the data has: no eyes, no ears
MEASURED = {"nose": "neck"}
SHOWN, HIDDEN = 30, 120  # frames in turn, of a person whose hips and legs are seen at times


class Row(NamedTuple):
    """What is hidden: `hidden` of `joints`; if `at_times`, in four of five seconds of a video."""

    joints: tuple[str, ...]
    hidden: tuple[str, ...]
    at_times: bool = False


LEGS = tuple(name for name in LIMBS if name.endswith(("knee", "ankle")))
HIPS = ("left_hip", "right_hip")
ROWS = {
    "no legs": Row(COCO, LEGS),
    "one hip, no legs": Row(COCO, (*LEGS, "right_hip")),
    "one hip, one leg": Row(COCO, ("right_hip", "right_knee", "right_ankle")),
    "one side hidden": Row(COCO, tuple(name for name in LIMBS if name.startswith("right"))),
    "only arms and head": Row(COCO, (*LEGS, *HIPS)),
    "upper body, with head top": Row(H36M17.names, (*LEGS, *HIPS, "pelvis", "spine")),
    "hips and legs at times": Row(COCO, (*LEGS, *HIPS), at_times=True),
}


def in_joints(keypoints: np.ndarray, joints: tuple[str, ...]) -> np.ndarray:
    """`[N, K, 2]` of Human3.6M-17 in other joints; its neck stands in for the nose."""
    return keypoints[:, [H36M17.names.index(MEASURED.get(name, name)) for name in joints]]


def lift(
    model: Model, keypoints: np.ndarray, seen: np.ndarray, joints: tuple[str, ...], view: np.ndarray | None
) -> np.ndarray:
    """Lift `[N, K, 2]` as single images, or as one person each in videos that `view` `[N]` numbers, rising.

    Returns:
        `[N, J, 3]` in the order of the keypoints, whatever rows and people the result has.
    """
    if view is None:
        result = geolift.lift(pose_errors.stills(keypoints, seen, joints=joints, origin=DATA.value), model=model)
        row = result.frame
    else:
        start = np.searchsorted(view, np.arange(view.max() + 1))
        about = {"joints": joints, "frame": np.arange(len(view)) - start[view], "person": view, "fps": FPS}
        recording = geolift.record(keypoints, seen, people=tuple(map(str, range(len(start)))), **about)
        result = geolift.lift(recording, model=model)
        number = np.array([int(name.split()[0]) for name in result.people])  # "3 from 20": of a person cut in two
        row = start[number[result.person]] + result.frame
    points = np.full((len(keypoints), len(H36M17.names), 3), np.nan)
    points[row] = result.points
    return points


def measure(model: Model, filmed: Filmed, *, videos: bool) -> dict[str, dict[str, float]]:
    """For every row means over the frames that hide something: errors as the module describes them."""
    view = np.unique(filmed.view, return_inverse=True)[1] if videos else None
    seen_whole, found = {}, {}
    for name, row in ROWS.items():
        if row.at_times and not videos:
            continue
        keypoints = in_joints(filmed.keypoints, row.joints)
        whole, hides = np.ones(keypoints.shape[:2], bool), np.ones(len(keypoints), bool)
        if row.joints not in seen_whole:
            lifters = {"whole": model, "flat": pose_errors.flat(model)}
            seen_whole[row.joints] = {key: lift(x, keypoints, whole, row.joints, view) for key, x in lifters.items()}
        if row.at_times:
            hides = (np.arange(len(view)) - np.searchsorted(view, view)) % (SHOWN + HIDDEN) >= SHOWN
        seen = whole & ~(hides[:, None] & np.isin(row.joints, row.hidden))
        points = {"partial": lift(model, keypoints, seen, row.joints, view), **seen_whole[row.joints]}
        found[name] = errors({key: x[hides] for key, x in points.items()}, filmed.points[hides], row)
    return found


def errors(points: dict[str, np.ndarray], truth: np.ndarray, row: Row) -> dict[str, float]:
    """Mean errors of points over the joints that the row does not hide, and how many frames were lifted."""
    names = [MEASURED.get(name, name) for name in row.joints if name not in row.hidden]
    measured = np.isin(H36M17.names, names)
    each = {
        key: pose_errors.pose_errors(np.where(measured[:, None], x, np.nan), truth, H36M17).joints
        for key, x in points.items()
    }
    pelvis = pose_errors.root_errors(points["partial"], truth, measured, H36M17.root)
    means = {key: round(float(np.nanmean(values)), 2) for key, values in {**each, "pelvis": pelvis}.items()}
    lifted = 100 * float(np.isfinite(each["partial"]).mean())
    return {**means, "lifted": round(lifted, 1), "frames": len(truth)}


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    choice = {"split": SPLIT.value, "subjects": SUBJECTS.value, "seed": SEED.value}
    name, filmed = next(read_rows(DATA.value, every=1, **choice))
    if name != PROTOCOL:
        raise SystemExit(f"{DATA.value}: found a geolift data set, expected motion in the world")
    images = Filmed(*(array[:: EVERY.value] for array in filmed))
    moving = Filmed(*(array[filmed.view % VIDEOS.value == 0] for array in filmed))
    tables = {}
    for kind, people in (("images", images), ("videos", moving)):
        tables[kind] = measure(model, people, videos=kind == "videos")
        cells = {name: [mm(row[key]) for key in COLUMNS] for name, row in tables[kind].items()}
        print("\n" + pose_errors.table(f"{kind}: P-MPJPE, mm", cells, list(COLUMNS.values())), flush=True)
    about = {"model": model.id, "data": Path(DATA.value).name, "every": EVERY.value, "videos": VIDEOS.value, **choice}
    print(f"\n{about}, {jax.devices()[0].device_kind}")
    if OUT.value:
        Path(OUT.value).write_text(json.dumps({**about, "tables": tables}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
