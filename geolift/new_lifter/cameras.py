"""Which way the cameras of a new lifter look: as users state it, or by which side of the bodies is seen."""

import math
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.plurals import first_of
from geolift.skeletons.seen_side import CLEAR, SECTORS, CameraSide, SeenSide, foreshortening, seen_sectors, seen_side
from geolift.skeletons.skeleton import is_human

STEEP = math.radians(70)  # of cameras: turns about gravity hardly change what is seen of height
FEW_DIRECTIONS = 6  # of `SECTORS`: with fewer, new views are of sides that no camera has seen
CERTAIN = 0.3  # |sine| from which sides contradict what is stated: twice the spread of one camera
MOST_POSES = 0.9  # of a camera that show one side, if it contradicts
UPRIGHT = 0.7  # of the distance from root to head, the height from which nothing points ahead
UNSURE = 0.3  # spread of the sine from which nothing is known
FIRST, LAST = 5, 60  # degrees at which a pitch starts to be learnt, at least and at most: away from its bounds


class Cameras(NamedTuple):
    """Which way the cameras look.

    Attributes:
        low, high, start: of the pitch that is learnt, degrees; positive looks down.
        what: in words.
        upright: whether bodies have an upright, about which views rotate; else views are from anywhere.
    """

    low: float
    high: float
    start: float
    what: str
    upright: bool = True


# The magnitude of the pitch can be learnt, its sign cannot: the other sign explains the same 2D by mirrored bodies.
CAMERAS = {
    "level": Cameras(0, 20, 10, "they look down by 0 to 20 degrees"),
    "above": Cameras(0, 85, 20, "they look down"),
    "below": Cameras(-85, 0, -20, "they look up, as through a glass floor"),
    "anywhere": Cameras(0, 0, 0, "bodies have no upright, as fish and insects in the air", upright=False),
}


def choose_cameras(data: Dataset, *, stated: str | None = None, force: bool = False) -> tuple[Cameras, tuple[str, ...]]:
    """Which way cameras look: as stated, or by the side of the bodies that they see.

    Args:
        data: the training poses.
        stated: one of `CAMERAS`; None: by the bodies, or where these do not show it, from above.
        force: go on where the bodies contradict what is stated, or each other, or cameras look straight down or up.

    Returns:
        The cameras, and why, a sentence each.

    Raises:
        DatasetError: if `stated` is another word; or, without `force`, where it would only raise doubts.

    Source:
        Ours (docs/seen-side.md).
    """
    if stated is not None and stated not in CAMERAS:
        raise DatasetError(f"cameras: found {stated!r}, expected one of {', '.join(CAMERAS)}")
    if stated == "anywhere":
        if data.moment is not None:
            raise DatasetError(
                "cameras: found anywhere with synchronised ones, whose views are known, expected another"
            )
        return CAMERAS[stated], (f"cameras: {CAMERAS[stated].what} (as stated); new views are from anywhere",)
    keypoints = np.where(data.seen[..., None], data.keypoints, np.nan).astype(np.float64)
    camera = data.camera[data.clip_of_frame]
    known = not is_human(data.skeleton)  # people may lie on their backs
    found = seen_side(keypoints, camera, data.skeleton) if known else SeenSide(0.0, math.inf, 0.5, 1.0, {})
    differing, certain = _differing(found)
    doubts = [differing if certain else "", _contradiction(found, stated)]
    if data.moment is None:  # else other cameras see heights and depths from the side
        doubts.append(_steep(found, *foreshortening(keypoints, camera, data.skeleton)))
        doubts.append(_few(found, seen_sectors(keypoints, data.skeleton)) if data.skeleton.left else "")
    doubts = list(filter(None, doubts))
    if doubts and not force:
        raise DatasetError(f"{doubts[0]} (--force trains all the same)")
    word, why = (stated, "as stated") if stated else _word_of(data, found)
    cameras = CAMERAS[word]
    if found.side == ("belly" if word == "below" else "back"):
        angle = min(max(_degrees(found.sine), FIRST), LAST, max(abs(cameras.low), cameras.high) - FIRST)
        cameras = cameras._replace(start=math.copysign(angle, found.sine))
    lines = f"cameras: {cameras.what} ({why}); by how much is learnt"
    doubts += [differing] if differing and not certain else []
    return cameras, (lines, *(f"warning: {doubt}" for doubt in doubts))


def _word_of(data: Dataset, found: SeenSide) -> tuple[str, str]:
    """The word for cameras that see this side, and why."""
    angle = f"under about {_degrees(found.sine):.0f} degrees"
    if found.side == "back":
        return "above", f"backs are seen in {found.share:.0%} of the poses, {angle}"
    if found.side == "belly":
        return "below", f"bellies are seen in {1 - found.share:.0%} of the poses, {angle}"
    if not data.skeleton.left:
        why = "no joint has a left or right, which would show it"
    elif is_human(data.skeleton) or abs(found.height) > UPRIGHT:
        why = "heads are above roots, so that left and right do not show it"
    elif found.spread > UNSURE:
        why = "left and right do not show it: bodies hardly turn, or few poses have head, root and both sides"
    else:
        why = f"neither back nor belly is seen clearly: backs in {found.share:.0%} of the poses"
        return "level", f"{why}, sine {found.sine:.2f} +- {found.spread:.2f}"
    return "above", f"assumed, as {why}; --cameras states it"


def _degrees(sine: float) -> float:
    return math.degrees(math.asin(min(abs(sine), 1.0)))


def _contradiction(found: SeenSide, stated: str | None) -> str:
    """How the sides contradict what is stated; "" if they do not, or not clearly."""
    expected = "belly" if stated == "below" else "back"
    clear = abs(found.sine) > max(CERTAIN, CLEAR * found.spread) and max(found.share, 1 - found.share) >= MOST_POSES
    if not stated or not clear or found.side == expected:
        return ""
    share, other = (1 - found.share, "below") if found.side == "belly" else (found.share, "above")
    return (
        f"cameras: found the {found.side} in {share:.0%} of the poses, expected the {expected} (--cameras {stated}). "
        f"Either they are {other}, or left and right are exchanged in the names of the bodyparts, or videos are "
        "mirrored, or bodies lie on their backs"
    )


def _differing(found: SeenSide) -> tuple[str, bool]:
    """Which cameras see another side than most, "" if none does clearly; and whether that is certain.

    It is certain of bodies that turn before one of them: those that never do may lie on their sides.
    """
    backs, bellies = (
        [name for name, one in found.cameras.items() if one.side == side and _share(one, side) >= MOST_POSES]
        for side in ("back", "belly")
    )
    if not backs or not bellies:
        return "", False
    few, many, side = (bellies, backs, "belly") if len(bellies) <= len(backs) else (backs, bellies, "back")
    other = "back" if side == "belly" else "belly"
    turning = [name for name in few if found.cameras[name].directions >= FEW_DIRECTIONS]
    few = sorted(few, key=lambda name: name not in turning)
    shares = first_of([f"{name} ({_share(found.cameras[name], side):.0%})" for name in few])
    return (
        f"{shares}: found the {side} in most poses, expected the {other}, "
        f"as in {first_of(many)}. Either left and right are "
        "exchanged there, or the video is mirrored, or the camera looks from the other side and needs a training of "
        f"its own{'' if turning else ', or the body lies on its side'}",
        bool(turning),
    )


def _share(one: CameraSide, side: str) -> float:
    return one.share if side == "back" else 1 - one.share


def _steep(found: SeenSide, sine: float, spread: float) -> str:
    """Whether cameras look straight down or up, before any training; "" if that is not certain."""
    if not found.side or not sine - CLEAR * spread > math.sin(STEEP):
        return ""
    way = "down" if found.side == "back" else "up"
    return (
        f"cameras look straight {way}: bodies are {min(sine, 1):.0%} as wide along the view as across it, which leaves "
        "their heights open; depths cannot be learnt. Expected cameras that look down by 70 degrees or less"
    )


def _few(found: SeenSide, directions: int) -> str:
    """Whether bodies, of which heads are ahead of roots, are seen from too few directions; "" if not."""
    if not found.cameras or abs(found.height) > UPRIGHT or directions >= FEW_DIRECTIONS:
        return ""
    return (
        f"bodies are seen from {directions} of {SECTORS} directions, expected {FEW_DIRECTIONS} or more: depths are "
        "learnt from views all around, by other cameras or by bodies that turn"
    )
