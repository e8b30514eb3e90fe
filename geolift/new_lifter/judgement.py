"""How good a new lifter is, judged by 2D alone, and what speaks against it."""

import math
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras
from geolift.evaluation.selection import assess, lift_usable, usable_poses
from geolift.model import Model
from geolift.new_lifter.cameras import FEW_DIRECTIONS, STEEP
from geolift.new_lifter.synchronised import APART, disagreement
from geolift.objectives.views import View
from geolift.skeletons.handedness import across, lies, right_handed_share
from geolift.skeletons.seen_side import SECTOR, SECTORS
from geolift.skeletons.skeleton import Skeleton

LEVEL = math.radians(3)  # cameras that look down by less: both mirror images explain the 2D nearly as well
POOR = 0.7  # score against the flat skeleton's 1, from which little was learnt
MIRRORED = 0.5  # of the lifted poses with the right handedness: with less, mirror images are what the lifter gives
UNSURE = 0.9  # with less of them, some poses are mirrored: right ones have it in 100 % of their frames


class Judgement(NamedTuple):
    """What 2D alone says about a lifter.

    Attributes:
        score: `selection.assess` on held-out poses; 1 is the flat skeleton's, smaller is better.
        pitch: how far the cameras look down, radians, as learnt; NaN for bodies without an upright.
        directions: from how many of `SECTORS` directions bodies are seen, as lifted; None without an upright.
        right_handed: the share of lifted poses that are no mirror images (`handedness.right_handed_share`); NaN if it
            cannot be known.
        doubts: what speaks against the lifter, a sentence each.
        fatal: the first of them for which it must not be used; "" for none.
        apart: radians between the lines of sight of synchronised cameras, at most; None without such cameras.

    Example:
        >>> Judgement(score=0.4, pitch=0.2, directions=12, right_handed=1.0, doubts=(), fatal="").directions
        12
    """

    score: float
    pitch: float
    directions: int | None
    right_handed: float
    doubts: tuple[str, ...]
    fatal: str
    apart: float | None = None


def judge(model: Model, held_out: Dataset, view: View, *, cameras: FoundCameras | None = None) -> Judgement:
    """Judge a lifter on poses that it was not trained on.

    Args:
        model: the lifter.
        held_out: poses; 3D in it is not used.
        view: of its training, with the learnt pitch.
        cameras: synchronised ones of the poses, as found in training; None: one camera, or no common moments.

    Raises:
        DatasetError: as `selection.assess`.

    Source:
        Ours (docs/selection.md, docs/new-lifter.md).
    """
    score = score_of(model, held_out, view, cameras)
    apart = None if cameras is None else cameras.largest_angle
    usable = usable_poses(model, held_out)
    points = np.where(usable.seen[..., None], lift_usable(model, usable), np.nan)
    pitch, directions, right_handed = math.nan, None, math.nan
    if not view.anywhere:
        pitch = view.pitch
        directions = seen_directions(points, pitch, model.skeleton)
        right_handed = right_handed_share(points, -_down(pitch), model.skeleton)
    fatal = _fatal(pitch, directions, right_handed, apart)
    doubts = _doubts(score, pitch, right_handed, model.skeleton)
    return Judgement(score, pitch, directions, right_handed, (*fatal, *doubts), fatal[0] if fatal else "", apart)


def _fatal(pitch: float, directions: int | None, right_handed: float, apart: float | None = None) -> list[str]:
    """Why a lifter must not be used, a sentence each."""
    found = []
    if right_handed < MIRRORED:
        way, word = ("up", "below") if pitch > 0 else ("down", "above")
        found.append(
            f"left and right are exchanged in {1 - right_handed:.0%} of the lifted poses: they are mirror images. If "
            f"the cameras look {way}, train with --cameras {word}; else another --seed may find the right ones"
        )
    if apart is not None and apart >= APART:
        return found  # another camera sees each depth from the side, however few directions there are
    if apart is not None:
        found.append(
            f"synchronised cameras look along lines that are at most {math.degrees(apart):.0f} degrees apart, expected "
            f"{math.degrees(APART):.0f} or more: none sees depths from the side"
        )
    if abs(pitch) > STEEP:
        found.append(
            f"cameras look {'down' if pitch > 0 else 'up'} by {abs(math.degrees(pitch)):.0f} degrees: bodies "
            "are seen from above alone, which leaves their heights open; depths cannot be learnt"
        )
    if directions is not None and directions < FEW_DIRECTIONS:
        found.append(
            f"bodies are seen from {directions} of {SECTORS} directions: depths are learnt from views all around, by "
            "other cameras or by bodies that turn"
        )
    return found


def _doubts(score: float, pitch: float, right_handed: float, skeleton: Skeleton) -> list[str]:
    """What else speaks against a lifter, a sentence each."""
    found = []
    if MIRRORED <= right_handed < UNSURE:
        found.append(f"left and right are exchanged in {1 - right_handed:.0%} of the lifted poses, which are mirrored")
    if math.isnan(pitch):
        found.append("bodies have no upright: all depths may be mirrored; compare one lifted pose with the animal")
    elif not skeleton.left:
        found.append("no joint has a left or right: depths may come out mirrored, which 2D does not show")
    elif abs(pitch) < LEVEL and math.isnan(right_handed):
        found.append("cameras look straight ahead: depths may come out mirrored, which 2D hardly shows")
    if score > POOR:
        found.append(f"it is little better than the flat skeleton by 2D (score {score:.2f}, flat 1)")
    return found


def score_of(model: Model, held_out: Dataset, view: View, cameras: FoundCameras | None = None) -> float:
    """The score by 2D alone, or by what synchronised cameras see; smaller is better, the flat skeleton has 1."""
    if cameras is not None:
        return disagreement(model, held_out, cameras)
    return assess(model, held_out, view)["score"]


def seen_directions(points: np.ndarray, pitch: float, skeleton: Skeleton) -> int:
    """From how many of `SECTORS` directions around bodies cameras see them.

    A body's direction is that of root to head above the ground, or where that is short, as of people who stand, the
    normal to the lines from right to left.

    Args:
        points: `[N, J, 3]` from the root, camera axes; NaN where missing.
        pitch: how far the camera looks down, radians.
        skeleton: of the joints.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> seen_directions(np.random.default_rng(0).normal(size=(600, 17, 3)), 0.2, H36M17)
        12
    """
    down = _down(pitch)
    ahead = points[:, skeleton.head] - points[:, skeleton.root]
    above = ahead - (ahead @ down)[:, None] * down
    if skeleton.left and not lies(points, -down, skeleton):
        above = np.cross(across(points, skeleton), down)
    above = above[np.isfinite(above).all(axis=1)]
    x, z = above[:, 0], above @ np.cross(down, [1.0, 0, 0])
    sector = np.floor((np.arctan2(x, z) / (2 * np.pi) + 0.5) * SECTORS).astype(int) % SECTORS
    return int((np.bincount(sector, minlength=SECTORS) >= SECTOR * len(above)).sum())


def _down(pitch: float) -> np.ndarray:
    """Gravity in the axes of a camera that looks down by `pitch` radians."""
    return np.array([0, math.cos(pitch), math.sin(pitch)])


def described(judgement: Judgement) -> list[str]:
    """Lines for people."""
    seen = "; bodies have no upright"
    if judgement.directions is not None:
        seen = (
            f"; cameras look {'down' if judgement.pitch >= 0 else 'up'} by {abs(math.degrees(judgement.pitch)):.0f} "
            f"degrees; bodies are seen from {judgement.directions} of {SECTORS} directions"
        )
    apart = "" if judgement.apart is None else f"{math.degrees(judgement.apart):.0f} degrees"
    together = f"; synchronised cameras are up to {apart} apart, and score how well they agree" if apart else ""
    return [
        f"score by 2D alone {judgement.score:.2f} (flat skeleton 1, smaller is better){seen}{together}",
        *(f"against it: {doubt}" for doubt in judgement.doubts),
    ]
