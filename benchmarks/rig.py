"""The rig of lifted people against its aims: `python -m benchmarks.rig --data=mocap.npz --split=test,extra`.

Recorded motion (any .npz that `geolift convert cmu` reads) is filmed from four sides (benchmarks/world_rows/takes.py)
and lifted, and the rig is fitted to the result; the column "truth" is the rig of the true joints. With a file of real
detections (benchmarks/video.py) there is a column for each camera.

A knee or an elbow bends about the axis at a right angle to its two bones. Where it is bent by more than 20 degrees, the
rig's axis is compared with that of the joints that it was fitted to, and with that of the true joints; "of lifted
joints" is what the latter would be for a rig without any error. These figures are for reports: no setting of a method
may be chosen by those of `test`, `extra` or `lab`.
"""

import time
from collections.abc import Iterator

import numpy as np
from absl import app, flags

import geolift
from benchmarks.pose_errors import table
from benchmarks.up_errors import degrees_between
from benchmarks.world_rows.real import film_real
from benchmarks.world_rows.takes import VIEWS, Take, film, read_clips
from geolift.output.mocap.axes import BVH_AXES
from geolift.output.mocap.rig_motion import rig_motions
from geolift.output.result import Result
from geolift.rig.fit import RigMotion, fit_rig
from geolift.rig.humanoid import HUMANOID
from geolift.rig.inverse_kinematics import forward
from geolift.rotations import calm_order, euler, logarithm, unit
from geolift.safe_io.npz import Archive
from geolift.skeletons.skeleton import H36M17

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "Motion in the world, or real detections (.npz).", required=True)
SPLIT = flags.DEFINE_list("split", ["test", "extra"], "Its splits.")
SUBJECTS = flags.DEFINE_list("subjects", None, "Only these people of the splits; default: all.")
EVERY = flags.DEFINE_integer("every", 1, "Take one clip in so many.", lower_bound=1)
NOISE = flags.DEFINE_float("noise", 0.0, "Pixels of white noise on the 2D.", lower_bound=0.0)
SEED = flags.DEFINE_integer("seed", 0, "Of cameras and noise.")

BENT = np.sin(np.radians(20))
LIMBS = {"knee": ("hip", "knee", "ankle"), "elbow": ("shoulder", "elbow", "wrist")}
AIMS = {"knee": "<= 10", "elbow": "<= 15"}
LONG = 1800  # frames, for the time

Figures = dict[str, list[np.ndarray]]


def hinges(points: np.ndarray, limb: str, side: str) -> np.ndarray:
    """`[T, 3]` along the axis of a hinge of joints `[T, 17, 3]`, as long as the sine of its bend."""
    first, middle, last = (points[:, H36M17.names.index(f"{side}_{joint}")] for joint in LIMBS[limb])
    return np.cross(unit(middle - first), unit(last - middle))


def rig_hinges(motion: RigMotion, limb: str, side: str) -> np.ndarray:
    """`[T, 3]` unit vectors along the axis of a hinge of the rig."""
    axes, _ = forward(motion.rotation, motion.root, motion.offset)
    bone = HUMANOID.names.index(f"{side.capitalize()}{'Leg' if limb == 'knee' else 'ForeArm'}")
    return axes[:, bone, :, 0] if limb == "knee" else axes[:, bone, :, 1] * (-1 if side == "left" else 1)


def measure(motion: RigMotion, fitted: np.ndarray, truth: np.ndarray, found: Figures) -> None:
    """Add the figures of a motion; `fitted` and `truth` `[T, 17, 3]`, in its axes and frames."""
    for limb in LIMBS:
        for side in ("left", "right"):
            axis = rig_hinges(motion, limb, side)
            own, true = hinges(fitted, limb, side), hinges(truth, limb, side)
            for name, one, other in (("own", axis, own), ("true", axis, true), ("lifted", own, true)):
                bent = np.linalg.norm(other, axis=-1) > BENT
                found.setdefault(f"{limb} {name}", []).append(degrees_between(one, other)[bent])
    length = np.linalg.norm(motion.offset, axis=-1)
    other = length[list(HUMANOID.mirrored)]
    found.setdefault("sides", []).append(100 * np.abs(length - other)[1:] / length[1:])
    orders = [calm_order(motion.rotation[:, [bone, i]]) for bone, i in enumerate(HUMANOID.mirrored)]
    angles = np.stack([euler(motion.rotation[:, bone], order) for bone, order in enumerate(orders)], axis=1)
    steps = np.abs(np.diff(angles, axis=0)).max(axis=-1)
    turned = np.linalg.norm(logarithm(motion.rotation[:-1].swapaxes(-1, -2) @ motion.rotation[1:]), axis=-1)
    found.setdefault("steps", []).append(np.max(steps - np.degrees(turned), keepdims=True))
    found.setdefault("error", []).append(1000 * np.nanmean(motion.error, keepdims=True))


def in_camera(result: Result, motion: RigMotion) -> RigMotion:
    """The motion in camera axes, in the frames of the result's poses."""
    turn = BVH_AXES.camera.T
    if result.world_points is not None:
        turn = result.to_world[0, :, :3].astype(np.float64).T @ BVH_AXES.world.T
    rotation = motion.rotation[result.frame].copy()
    rotation[:, 0] = turn @ rotation[:, 0]
    root = motion.root[result.frame] @ turn.T
    return motion._replace(rotation=rotation, root=root, error=motion.error[result.frame])


def columns(takes: Iterator[Take]) -> dict[str, Figures]:
    """Figures by view, or by camera; "truth" for the rig of the true joints."""
    model, found = geolift.load(MODEL.value), {"truth": {}}
    for take in takes:
        result = geolift.lift(take.recording, model=model, people="largest")
        if not np.isfinite(result.points).any():
            continue
        view, truth = take.view or take.name, take.truth[result.frame]
        motion = in_camera(result, rig_motions(result)[0].motion)
        measure(motion, result.points.astype(np.float64), truth, found.setdefault(view, {}))
        if take.view in ("front", ""):
            level = take.truth @ BVH_AXES.camera.T
            measure(fit_rig(level, H36M17, result.fps), level, level, found["truth"])
    return found


def rows(found: dict[str, Figures]) -> dict[str, tuple[str, ...]]:
    """By figure: one cell for each column, and the aim."""

    def line(key: str, share: float) -> list[str]:
        parts = [np.concatenate(column[key]) for column in found.values()]
        parts = [part[np.isfinite(part)] for part in parts]
        return [f"{np.percentile(part, share):.1f}" if len(part) else "-" for part in parts]

    cells = {}
    for limb, aim in AIMS.items():
        cells[f"{limb}: axis off that of the joints, p95, degrees"] = (*line(f"{limb} own", 95), aim)
        cells[f"{limb}: axis off the true one, median"] = (*line(f"{limb} true", 50), "")
        cells[f"{limb}: axis off the true one, p95"] = (*line(f"{limb} true", 95), "")
        cells[f"{limb}: of lifted joints, p95"] = (*line(f"{limb} lifted", 95), "")
    cells["left against right lengths, most, %"] = (*line("sides", 100), "0")
    cells["step of an angle beyond the motion, a frame, most of a clip: median"] = (*line("steps", 50), "<= 15")
    cells["the same: p90 of clips"] = (*line("steps", 90), "<= 15")
    cells["rig against joints, mean, mm"] = (
        *(f"{np.mean(np.concatenate(column['error'])):.1f}" for column in found.values()), "<= 15, real 30",
    )  # fmt: skip
    return cells


def seconds(points: np.ndarray, fps: float) -> float:
    """Of fitting a rig to 1800 frames of a clip `[T, 17, 3]`, there and back again."""
    there_and_back = np.concatenate([points, points[::-1]])
    long = np.tile(there_and_back, (-(-LONG // len(there_and_back)), 1, 1))[:LONG]
    begin = time.process_time()
    fit_rig(long, H36M17, fps)
    return time.process_time() - begin


def main(_: list[str]) -> None:
    if "positions" in Archive(DATA.value).names:
        clips = read_clips(DATA.value, SPLIT.value, SUBJECTS.value, EVERY.value)
        takes = [take for take in film(clips, noise=NOISE.value, seed=SEED.value) if take.tilt == "level"]
        name = f"{','.join(SPLIT.value)}, {len(clips)} clips, {', '.join(VIEWS)}"
    else:
        takes, name = list(film_real(DATA.value)), "real detections"
    found = columns(iter(takes))
    print(f"{DATA.value}, {name}, {MODEL.value}")
    print(table("", rows(found), (*found, "aim")))
    spent = seconds(takes[0].truth @ BVH_AXES.camera.T, takes[0].recording.fps or 30.0)
    print(f"{LONG} frames: {spent:.1f} s of CPU")


if __name__ == "__main__":
    app.run(main)
