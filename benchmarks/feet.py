"""Toes and heels against the truth: `python -m benchmarks.feet --motion=BVH --people=10,12,16,32,49`.

--motion is a folder of BVH files of CMU by cgspeed's names (any copy), of which some people are filmed from four sides
with white noise; BVH has no heels, so they are put behind and under the ankle. --video are triangulated videos
(the layout is in benchmarks/video.py) whose joint set has feet; frames count whose lifted shank is within 20 degrees
of the true one, as a wrong leg has a wrong foot.

`flat` is the baseline: a flat foot of the same size that points ahead of the lifted leg. Columns: medians of how far
toe and heel are from where they are, both relative to the ankle, mm, the truth scaled to shanks as long as the lifted
ones (how tall somebody is is another question); of errors of the line from heel to toe, degrees:
its pitch, its yaw, and the angle in all (and its 90 % quantile); of how far toe and heel of planted feet are from
their height over the floor, mm; how often they are more than 2 cm below it, %; how many toes and heels are within
their uncertainty, %.

Constants were chosen on people 02, 05, 07, 08 and 35.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks.feet_clips import Clip, filmed_motion, triangulated
from benchmarks.pose_errors import table
from benchmarks.up_errors import degrees_between
from geolift.lifting.feet import FOOT, LEG
from geolift.model import Model
from geolift.output.result import Result
from geolift.rotations import unit
from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.skeleton import H36M21
from geolift.world.foot_pose import SOLE, expected_feet, points_of

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
MOTION = flags.DEFINE_string("motion", "", "Folder of BVH files.")
PEOPLE = flags.DEFINE_list("people", ["10", "12", "16", "32", "49"], "People of --motion.")
VIDEO = flags.DEFINE_list("video", [], "Triangulated videos (.npz).")
NOISE = flags.DEFINE_float("noise", 2.0, "Pixels of white noise on --motion.", lower_bound=0.0)
HIDE = flags.DEFINE_enum("hide", "none", ["none", "toe", "heel"], "A joint of each foot that the keypoints lack.")
SEED = flags.DEFINE_integer("seed", 0, "Of cameras and noise.")

ANKLES, KNEES = [LEG[0][2], LEG[1][2]], [LEG[0][1], LEG[1][1]]
WRONG_LEG = 20.0  # degrees
STEEP = 0.4  # of the length of a foot over the ground, below which it has no yaw
DEEP = 0.02  # metres
COLUMNS = ("toe", "heel", "pitch", "yaw", "angle", "90 %", "floor", "below %", "within %", "feet")


class Errors(NamedTuple):
    """Of M feet: `[M, 2]` metres of toe and heel, `[M]` degrees of pitch, yaw and in all; `[K]` metres of those planted
    off their heights, `[L]` metres above the floor; `[M, 2]` whether they are within their uncertainty."""

    ends: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    angle: np.ndarray
    off_floor: np.ndarray
    above: np.ndarray
    within: np.ndarray


def compare(result: Result, clip: Clip, *, flat: bool) -> Errors:
    """The errors of a result, or of flat feet on its legs."""
    truth, points = clip.truth[result.frame], result.points.astype(np.float64)
    lengths = (np.linalg.norm(x[:, ANKLES] - x[:, KNEES], axis=-1) for x in (points, truth))
    truth = truth * np.nanmedian(np.divide(*lengths))
    found, feet = [], [_flat(result, side) if flat else _ends(points, side) for side in range(2)]
    for side in range(2):
        placed, true = feet[side], _ends(truth, side)
        shank = degrees_between(*(x[:, LEG[side][2]] - x[:, LEG[side][1]] for x in (points, truth)))
        known = np.isfinite(placed).all(axis=(1, 2)) & ((shank < WRONG_LEG) | (clip.planted is not None))
        known &= np.isfinite(true[:, 1]).all(axis=-1)
        lines, true_lines = (x[known, 0] - x[known, 1] for x in (placed, true))
        away, heights = np.linalg.norm(placed - true, axis=-1)[known], _heights(result, placed, side)
        planted = np.zeros(len(known), bool) if clip.planted is None else clip.planted[result.frame, side]
        stands = known & planted & result.contact[:, side] if result.contact is not None else np.zeros_like(known)
        all_of_it = np.linalg.norm(
            (points[:, FOOT[side]] - points[:, :1]) - (truth[:, FOOT[side]] - truth[:, :1]), axis=-1
        )
        within = (all_of_it <= result.uncertainty[:, FOOT[side]])[known]
        found.append(
            (
                away,
                *_angles(lines, true_lines, clip.up),
                (heights - SOLE)[stands].ravel(),
                heights[known].ravel(),
                within,
            )
        )
    return Errors(*(np.concatenate(x) for x in zip(*found, strict=True)))


def _ends(points: np.ndarray, side: int) -> np.ndarray:
    """`[N, 2, 3]` toe and heel from the ankle."""
    return points[:, FOOT[side]] - points[:, LEG[side][2], None]


def _flat(result: Result, side: int) -> np.ndarray:
    """`[N, 2, 3]` toe and heel of a flat foot that points ahead of the lifted leg."""
    points = result.points.astype(np.float64)
    legs, across = points[:, LEG[side]], points[:, LEG[0][0]] - points[:, LEG[1][0]]
    up = np.array([0, -1.0, 0]) if result.up is None else result.up[result.frame].astype(np.float64)
    ahead = expected_feet(legs, across, np.full(len(legs), 1 - 2 * side))[:, :, 0]
    ahead = unit(ahead - np.sum(ahead * up, axis=-1, keepdims=True) * up)
    stature = np.nanmedian(np.linalg.norm(legs[:, 2] - legs[:, 1], axis=-1)) / BUILD["shank"][0]
    axes = np.stack([ahead, np.cross(up, ahead), np.broadcast_to(up, ahead.shape)], axis=-1)
    return points_of(axes, np.zeros(2), stature)


def _angles(lines: np.ndarray, true: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`[M]` degrees by which lines `[M, 3]` are off: pitch, yaw (NaN of steep ones), and in all."""
    over, true_over = (x - (x @ up)[:, None] * up for x in (lines, true))
    level = np.linalg.norm(true_over, axis=-1) > STEEP * np.linalg.norm(true, axis=-1)
    pitch, true_pitch = (np.degrees(np.arcsin(np.clip(unit(x) @ up, -1, 1))) for x in (lines, true))
    yaw = np.where(level, degrees_between(over, true_over), np.nan)
    return np.abs(pitch - true_pitch), yaw, degrees_between(lines, true)


def _heights(result: Result, ends: np.ndarray, side: int) -> np.ndarray:
    """`[N, 2]` metres of toe and heel above the floor; NaN where it is not known."""
    if result.floor is None:
        return np.full(ends.shape[:2], np.nan)
    ankle = result.points[:, LEG[side][2]] + result.position
    return np.einsum("nki,ni->nk", ankle[:, None] + ends, result.up[result.frame]) - result.floor[result.frame, None]


def row(errors: list[Errors]) -> list[str]:
    """The cells of a row of the table."""
    all_of = Errors(*(np.concatenate(x) for x in zip(*errors, strict=True)))
    toe, heel = 1000 * np.nanmedian(all_of.ends, axis=0)
    above = all_of.above[np.isfinite(all_of.above)]
    floor = 1000 * np.nanmedian(np.abs(all_of.off_floor)) if np.isfinite(all_of.off_floor).any() else np.nan
    numbers = [
        *(f"{x:.0f}" for x in (toe, heel)),
        *(f"{np.nanmedian(x):.1f}" for x in (all_of.pitch, all_of.yaw, all_of.angle)),
        f"{np.nanpercentile(all_of.angle, 90):.0f}",
        f"{floor:.0f}",
        f"{100 * (above < -DEEP).mean():.1f}" if len(above) else "-",
        f"{100 * all_of.within.mean():.0f}",
        f"{len(all_of.angle)}",
    ]
    return ["-" if number == "nan" else number for number in numbers]


def clips() -> Iterator[Clip]:
    """Those that were asked for, without the joint that is hidden."""
    if MOTION.value:
        yield from filmed_motion(MOTION.value, PEOPLE.value, noise=NOISE.value, seed=SEED.value)
    for path in VIDEO.value:
        yield from triangulated(path)


def without(clip: Clip, part: str) -> Clip:
    """The clip whose keypoints lack toes or heels."""
    gone = [
        i for i, name in enumerate(clip.recording.joints) if part in name or (part == "toe" and "foot_index" in name)
    ]
    confidence = clip.recording.confidence.copy()
    confidence[:, gone] = 0
    return clip._replace(recording=clip.recording._replace(confidence=confidence))


def main(_: list[str]) -> None:
    model: Model = geolift.load(MODEL.value)
    found: dict[str, list[Errors]] = {}
    for clip in clips():
        if HIDE.value != "none":
            clip = without(clip, HIDE.value)
        result = geolift.lift(clip.recording, model=model, people="one")
        if result.skeleton != H36M21:
            continue
        for name in (clip.view, "all"):
            for flat in (True, False):
                errors = compare(result, clip, flat=flat)
                found.setdefault(f"{name}, {'flat' if flat else 'found'}", []).append(errors)
    print(f"{model.id}, {jax.devices()[0].device_kind}")
    print(table("feet", {name: row(errors) for name, errors in found.items()}, COLUMNS))


if __name__ == "__main__":
    app.run(main)
