"""The trunk of people whose pelvis is not seen: webcams, seated people, one hidden hip. It is placed by what is seen.

A lifter needs the root, at which its poses are centred, and knows no pose whose trunk is missing although its arms are
seen: in training a joint is hidden with all that hang from it. So in a pose without a pelvis the thorax, the pelvis and
the spine are placed by simple rules, shown to the lifter, and marked as filled in. Hips and legs stay missing. How far
off the rules are: docs/lifting.md, `python -m benchmarks.partial_bodies`.
"""

import numpy as np

from geolift.data.normalization import person_sizes
from geolift.lifting.smoothing import running_median
from geolift.lifting.tracks import SIZE_WINDOW, Tracks, each_person
from geolift.model import Model
from geolift.plurals import counted
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
PELVIS, SPINE, THORAX, NECK = map(JOINT, ("pelvis", "spine", "thorax", "neck"))
HIPS, SHOULDERS = ([JOINT(f"{side}_{joint}") for side in ("left", "right")] for joint in ("hip", "shoulder"))
BELOW = (PELVIS, SPINE, *HIPS, *(JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")))
TRUNK = [i for i, (_, child) in enumerate(H36M17.bones) if child in (SPINE, THORAX)]  # bones
TO_NECK = 0.5  # share of the way across, from the only shoulder seen to the neck, at which the thorax is put
HIP_WIDTH = 0.5  # of the shoulders' width
HEAD_LEANS = 0.8  # weight of the direction from neck to thorax beside the image's down, in the direction of the trunk
SPINE_AT = 0.5  # of the way from pelvis to thorax; all joint sets but Human3.6M's own have it there
FADES = 1.0  # seconds after which a rule is corrected less by the last frame that shows the pelvis than by all of them


def place_trunks(model: Model, tracks: Tracks) -> Tracks:
    """Place pelvis, spine and thorax where a person's pelvis is missing and something shows where it is; noted.

    - The thorax lies between the shoulders; of one alone, halfway across to the neck.
    - The pelvis lies between the hips; of one alone, half a shoulders' width beside it. Without hips it lies below the
      thorax by the trunk's length, of a person as large as the others of their bones show, down the image and
      somewhat away from the head. In a video it is off by as much as in the frames that show it (`_corrected`).
    - The spine lies halfway.

    Nothing changes in poses with a pelvis, in those that show fewer than three bones, with other joints than
    Human3.6M-17, and for a model that takes whole poses only.

    Args:
        model: the lifter, whose normalization has the bones.
        tracks: N rows in its joints.
    """
    lacking = ~tracks.available[:, PELVIS]
    if model.skeleton != H36M17 or not model.lifter.masks or not lacking.any():
        return tracks
    points = np.where(tracks.available[..., None], tracks.keypoints, np.nan).astype(np.float64)
    own = person_sizes(points, tracks.available, model.skeleton, model.normalization)
    lacking &= own > 0
    above = tracks.available & ~np.isin(np.arange(len(H36M17.names)), BELOW)  # the same in frames that show more
    size = person_sizes(points, above, model.skeleton, model.normalization)
    size = np.where(np.isnan(size), own, size)
    size = running_median(size, tracks, tracks.frames_in(SIZE_WINDOW)) if tracks.video else size
    thorax = np.where(np.isnan(points[:, THORAX]), _thorax(points), points[:, THORAX])
    pelvis, placed = points[:, PELVIS].copy(), []
    trunk = size * np.asarray(model.normalization.bones)[TRUNK].sum()
    for rule in (points[:, HIPS].mean(axis=1), *_beside_hips(points, thorax), _below(points, thorax, trunk)):
        rule = _corrected(rule, pelvis, size, tracks)
        here = np.isnan(pelvis[:, 0]) & lacking & np.isfinite(rule[:, 0])
        pelvis[here] = rule[here]
        placed.append(int(here.sum()))
    spine = pelvis + SPINE_AT * (thorax - pelvis)
    return _filled(tracks, lacking, {PELVIS: pelvis, SPINE: spine, THORAX: thorax}, placed)


def _filled(tracks: Tracks, lacking: np.ndarray, joints: dict[int, np.ndarray], placed: list[int]) -> Tracks:
    """Tracks with the places of `joints` `[N, 2]` where they are missing in the rows that had no pelvis and now do.

    `placed`: how many rows got it between the hips, beside the left one, beside the right one, below the thorax.
    """
    done = lacking & np.isfinite(joints[PELVIS][:, 0])
    keypoints, estimated = np.array(tracks.keypoints, np.float64), np.zeros_like(tracks.filled)
    for joint, place in joints.items():
        here = done & ~tracks.available[:, joint] & np.isfinite(place[:, 0])
        keypoints[here, joint], estimated[here, joint] = place[here], True
    if not done.any():
        return tracks
    tracks = tracks._replace(keypoints=keypoints, filled=tracks.filled | estimated, estimated=estimated)
    middle, left, right, below = placed
    ways = {"between the hips": middle, "beside the only hip": left + right, "below the shoulders": below}
    ways = [f"{way} in {count}" for way, count in ways.items() if count]
    others = [H36M17.names[joint] for joint in (SPINE, THORAX) if estimated[:, joint].any()]
    poses = counted(len(done), "pose", "poses")
    return tracks.noted(
        f"the pelvis is not seen in {int(done.sum())} of {poses}: it was placed {', '.join(ways)}"
        + f"; so was the {' and the '.join(others)}" * bool(others)
        + " (marked as filled in; accuracy in docs/lifting.md)"
    )


def _thorax(points: np.ndarray) -> np.ndarray:
    """`[N, 2]` between the shoulders of `[N, J, 2]`, or halfway across from one to the neck; NaN without shoulders."""
    shoulders, neck = points[:, SHOULDERS], points[:, NECK]
    one = _either(shoulders)
    across = np.where(np.isnan(neck[:, 0]), 0.0, TO_NECK * (neck[:, 0] - one[:, 0]))
    alone = one + np.stack([across, np.zeros_like(across)], axis=1)
    both = shoulders.mean(axis=1)
    return np.where(np.isnan(both), alone, both)


def _beside_hips(points: np.ndarray, thorax: np.ndarray) -> np.ndarray:
    """`[2, N, 2]` beside the left hip and the right one, as the thorax lies beside the shoulders; NaN without it."""
    half = thorax[:, None] - points[:, SHOULDERS]
    half = np.where(np.isnan(half), -half[:, ::-1], half)  # from the other shoulder, the other way
    return np.moveaxis(points[:, HIPS] + HIP_WIDTH * np.nan_to_num(half), 1, 0)


def _below(points: np.ndarray, thorax: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """`[N, 2]` at the length `trunk` `[N]` pixels from the thorax: down the image, and away from the neck if seen."""
    away = thorax - points[:, NECK]
    direction = trunk[:, None] * np.array([0.0, 1.0]) + HEAD_LEANS * np.where(np.isnan(away), 0.0, away)
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    return thorax + trunk[:, None] * np.divide(direction, length, where=length > 0, out=np.zeros_like(direction))


def _either(pair: np.ndarray) -> np.ndarray:
    """`[N, 2]` the first of `[N, 2, 2]`, where it is NaN the second."""
    return np.where(np.isnan(pair[:, 0]), pair[:, 1], pair[:, 0])


def _corrected(rule: np.ndarray, known: np.ndarray, size: np.ndarray, tracks: Tracks) -> np.ndarray:
    """A rule's places `[N, 2]` less the error that it has in the frames of the same person whose pelvis is `known`.

    In a video people keep their bodies, and the camera its tilt: the median error counts, and next to a frame that
    shows the pelvis its own, so that nothing jumps there. Errors are in sizes of the person.
    """
    if not tracks.video:
        return rule
    corrected, error = rule.copy(), (known - rule) / size[:, None]
    for start, stop in each_person(tracks):
        rows, shown = slice(start, stop), np.isfinite(error[start:stop, 0])
        if not shown.any():
            continue
        off, frame = error[rows][shown], tracks.frame[rows]
        middle = np.median(off, axis=0)
        near = np.stack([np.interp(frame, frame[shown], values) for values in off.T], axis=1)
        after = np.searchsorted(frame[shown], frame).clip(1, max(1, shown.sum() - 1))
        ends = frame[shown][np.stack([after - 1, np.minimum(after, shown.sum() - 1)])]
        gap = np.abs(ends - frame).min(axis=0) / tracks.assumed_fps
        weight = np.exp(-gap / FADES)[:, None]
        corrected[rows] += size[rows, None] * (weight * near + (1 - weight) * middle)
    return corrected
