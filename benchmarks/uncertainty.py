"""How well uncertainty holds: `python -m benchmarks.uncertainty --model=human --data=mocap.npz --split=test`.

People of a split of recorded motion before cameras "any" (docs/cameras.md), or of a geolift data set with 3D, lifted by
`geolift.lift`: each frame as a single image, and the clips as videos, refined. Prints for each, with exact 2D, with
noise (a share of the trunk's length in the image) and with joints missing; of joints that were filled in over gaps of a
third of a second, alone, too:

- depth: share of joints whose depth is off by at most `depth_uncertainty`, per cent. 68 would be right.
- 3D: share of joints that are off by at most `uncertainty`.
- rank: Spearman's correlation of `uncertainty` and error, over all joints of all frames; of single joints, the mean;
  of poses, root mean squares over their joints.
- error: mean distance, mm; of it the uncertainty that was given.

Errors are relative to the root, after one least-squares scale for each person and clip (single images: each pose), as
one view does not show the size. The root does not count.

These figures are for reports: no setting may be chosen by them.
"""

import json
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from absl import app, flags
from scipy.stats import spearmanr

import geolift
from benchmarks.camera_settings import ALL, SETTINGS, Filmed, read_rows
from benchmarks.pose_errors import millimetres, stills, table
from benchmarks.spoiled_keypoints import CONDITIONS, spoil
from geolift.keypoints.recording import Recording, record
from geolift.model import Model
from geolift.output.result import Result
from geolift.skeletons.skeleton import H36M17, expect_skeleton

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "File of motion in the world, or a geolift data set with 3D.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Its split.")
SUBJECTS = flags.DEFINE_list("subjects", None, "Only these people of the split; default: all.")
EVERY = flags.DEFINE_integer("every", 1, "Take one frame in so many of each clip for single images.", lower_bound=1)
VIEWS = flags.DEFINE_integer("views", 1, "Take one in so many clips before a camera for videos.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of cameras, noise and missing joints.")
OUT = flags.DEFINE_string("out", "", "Where to write the table as JSON; empty: nowhere.")

ROW = next(name for name, setting in SETTINGS.items() if setting.any)
GAP, AGAIN = 10, 40  # frames
COLUMNS = ("depth %", "3D %", "rank", "of joints", "of poses", "error mm", "given mm", "joints")


class Held(NamedTuple):
    """Shares are per cent, lengths millimetres; attributes as the columns above."""

    depth: float
    total: float
    rank: float
    rank_of_joints: float
    rank_of_poses: float
    error: float
    given: float
    joints: int


def measure(result: Result, truth: np.ndarray, group: np.ndarray, only: np.ndarray | None = None) -> Held:
    """How well the uncertainty of a result holds.

    Args:
        result: N poses.
        truth: `[N, J, 3]`, metres, the same rows; NaN where unknown.
        group: `[N]` int; rows with the same number share a scale.
        only: `[N, J]` bool, the joints that count; None: all.
    """
    root = result.skeleton.root
    truth = truth - truth[:, [root]]
    known = np.isfinite(truth).all(axis=-1) & np.isfinite(result.points).all(axis=-1)
    found, true = (np.where(known[..., None], x, 0).astype(np.float64) for x in (result.points, truth))
    above, below = (np.bincount(group, (found * x).sum(axis=(1, 2))) for x in (true, found))
    scale = (above / np.where(below > 0, below, 1))[group][:, None]
    error, known[:, root] = scale[..., None] * found - true, False
    distance, depth = np.linalg.norm(error, axis=-1), np.abs(error[..., 2])
    known &= True if only is None else only
    given, of_depth = scale * result.uncertainty, scale * result.depth_uncertainty

    def over_pose(x: np.ndarray) -> np.ndarray:
        rows = known.any(axis=1)
        return np.sqrt((np.where(known, x, 0) ** 2).sum(axis=1)[rows] / known.sum(axis=1)[rows])

    single = [_rank(given[known[:, j], j], distance[known[:, j], j]) for j in np.flatnonzero(known.sum(axis=0) > 2)]
    return Held(
        depth=100 * float((depth <= of_depth)[known].mean()),
        total=100 * float((distance <= given)[known].mean()),
        rank=_rank(given[known], distance[known]),
        rank_of_joints=float(np.mean(single)),
        rank_of_poses=_rank(over_pose(given), over_pose(distance)),
        error=1000 * float(distance[known].mean()),
        given=1000 * float(given[known].mean()),
        joints=int(known.sum()),
    )


def _rank(a: np.ndarray, b: np.ndarray) -> float:
    return float(spearmanr(a, b).statistic)


def gaps(seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`[N, J]` bool: seen, but each joint missed for `GAP` frames in every `AGAIN`; the root is not."""
    phase = rng.integers(AGAIN, size=seen.shape[1])
    missed = (np.arange(len(seen))[:, None] + phase) % AGAIN < GAP
    missed[:, H36M17.root] = False
    return seen & ~missed


def videos(keypoints: np.ndarray, seen: np.ndarray, view: np.ndarray) -> tuple[Recording, np.ndarray]:
    """Every view as one person of a video of 30 frames a second, and `[V, T]` the rows of each; -1 beyond its end."""
    person = np.unique(view, return_inverse=True)[1]
    start = np.flatnonzero(np.diff(person, prepend=-1))
    frame = np.arange(len(person)) - start[person]
    rows = np.full((person.max() + 1, frame.max() + 1), -1)
    rows[person, frame] = np.arange(len(person))
    names = [tuple(map(str, range(count))) for count in rows.shape]
    about = {"joints": H36M17.names, "joint_set": "h36m17", "fps": 30.0, "origin": DATA.value}
    confidence = seen.astype(np.float32)
    return record(keypoints, confidence, frame=frame, person=person, people=names[0], frames=names[1], **about), rows


def hold(model: Model, filmed: Filmed, *, video: bool) -> dict[str, Held]:
    """The rows of the table, for single images or for videos."""
    table = {}
    for name, damage in CONDITIONS.items():
        keypoints, seen = spoil(filmed.keypoints, *damage, np.random.default_rng(SEED.value))
        seen &= filmed.seen
        if video:
            recording, rows = videos(keypoints, seen, filmed.view)
            result = geolift.lift(recording, model=model, min_confidence=0.0)
            row = _rows_of(result, rows)
            group = result.person
        else:
            recording = stills(keypoints, seen.astype(np.float32), joints=H36M17.names, origin=DATA.value)
            result = geolift.lift(recording, model=model, min_confidence=0.0)
            row = group = np.array(result.frames, int)[result.frame]
        table[f"{'video' if video else 'image'}, {name}"] = measure(result, filmed.points[row], group)
    if video:
        seen = gaps(filmed.seen, np.random.default_rng(SEED.value))
        recording, rows = videos(filmed.keypoints, seen, filmed.view)
        result = geolift.lift(recording, model=model, min_confidence=0.0)
        truth = filmed.points[_rows_of(result, rows)]
        table[f"filled over {GAP} frames"] = measure(result, truth, result.person, result.filled)
    return table


def _rows_of(result: Result, rows: np.ndarray) -> np.ndarray:
    """`[N]` the rows of a result, given those of each view and frame."""
    return rows[np.array(result.people, int)[result.person], np.array(result.frames, int)[result.frame]]


def read(every: int) -> Filmed:
    """What is lifted: motion before cameras of any setting, or a data set's cameras."""
    choice = {"split": SPLIT.value, "subjects": SUBJECTS.value, "every": every, "seed": SEED.value}
    rows = read_rows(DATA.value, **choice)
    first, filmed = next(rows)
    return next((shown for name, shown in rows if name == ROW), filmed) if first != ALL else filmed


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    expect_skeleton(model.skeleton, H36M17)
    held = hold(model, read(EVERY.value), video=False)
    clips = read(1)
    chosen = np.unique(clips.view, return_inverse=True)[1] % VIEWS.value == 0
    held |= hold(model, Filmed(*(x[chosen] for x in clips)), video=True)
    lines = {}
    for name, row in held.items():
        ranks = [f"{x:.2f}" for x in (row.rank, row.rank_of_joints, row.rank_of_poses)]
        lines[name] = [millimetres(row.depth), millimetres(row.total), *ranks, f"{row.error:.0f}", f"{row.given:.0f}"]
        lines[name].append(str(row.joints))
    about = {"model": model.id, "data": DATA.value, "split": SPLIT.value, "seed": SEED.value, "views": VIEWS.value}
    print(f"{about}, {jax.devices()[0].device_kind}")
    print(table("uncertainty", lines, COLUMNS))
    if OUT.value:
        content = about | {"table": {name: row._asdict() for name, row in held.items()}}
        Path(OUT.value).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
