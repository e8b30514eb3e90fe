"""Joint centres of the body from named markers: joints that a program found, or markers on the skin (Plug-in Gait).

Names are compared without case and without what separates their words. Hips from the pelvis by Harrington et al. 2007,
shoulders below the acromion by Rab et al. 2002; knee and ankle between the markers on both sides of the joint, or half
its width inwards from the outer one.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from geolift.convert.mocap.body_names import own_names
from geolift.convert.mocap.human_signs import expect_human
from geolift.convert.mocap.trunk import middle, toes_backwards, with_trunk
from geolift.errors import DatasetError
from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.skeleton import H36M17

SIDES = {"left": ("l", "left"), "right": ("r", "right")}
# Joints, or pairs of markers on both sides of them, whose middle is meant. The first that a file has counts.
CENTRES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "hip": (("hjc",), ("hip",), ("hipjoint",), ("fep",)),
    "knee": (("kjc",), ("kneejoint",), ("feo",), ("kneelat", "kneemed"), ("kne", "knm"), ("kne", "mkne"),
             ("kne", "knem"), ("lfc", "mfc"), ("knee", "mknee")),
    "ankle": (("ajc",), ("anklejoint",), ("tio",), ("anklelat", "anklemed"), ("ank", "med"), ("ank", "mank"),
              ("ank", "ankm"), ("lmal", "mmal"), ("ankle", "mankle")),
    "shoulder": (("sjc",), ("shoulderjoint",)),
    "elbow": (("ejc",), ("elbowjoint",), ("lel", "mel"), ("elb", "elbm"), ("elbow", "melbow"),
              ("elbowlat", "elbowmed")),
    "wrist": (("wjc",), ("wristjoint",), ("wra", "wrb"), ("wristlat", "wristmed"), ("faradius", "faulna")),
}  # fmt: skip
# One marker for a joint: at its centre where the file has hip joints, else on the skin.
SINGLE = {
    "knee": ("knee", "kne"), "ankle": ("ankle", "ank"), "elbow": ("elbow", "elb"), "wrist": ("wrist",),
    "shoulder": ("shoulder", "sho", "acr", "acromium", "acromion"),
}  # fmt: skip
PELVIS = (("asi", "asis", "fwt"), ("psi", "psis", "bwt"))  # also the waist markers of CMU
SACRUM = ("sacr", "vsacral", "sacrum", "s2")
TOES = ("bigtoe", "toe", "toetip", "footindex")
HEAD_BAND = ("fhd", "bhd")
ACROMION = 0.17  # of the distance between them, down the trunk to the joint (Rab et al. 2002)
WIDTH = {"knee": 0.13, "ankle": 0.10}  # half of it, of the thigh and the shank (ours)
BAND = 0.12  # of stature, from the base of the neck to a band around the forehead (ours)


class Cloud:
    """Markers by plain name: `[T, 3]` metres, NaN where not seen; a marker that is never seen is absent."""

    def __init__(self, points: Mapping[str, np.ndarray]) -> None:
        self.points = {re.sub(r"[\W_]", "", name).lower(): p for name, p in points.items() if np.isfinite(p).any()}

    def mean(self, stems: Iterable[str], side: str = "") -> np.ndarray | None:
        """The mean of markers that must all be there."""
        found = [self.first((stem,), side) for stem in stems]
        return None if not found or any(point is None for point in found) else sum(found) / len(found)

    def first(self, stems: Iterable[str], side: str = "") -> np.ndarray | None:
        """The first of several markers that is there."""
        words = SIDES.get(side, ("",))
        names = (name for stem in stems for word in words for name in (word + stem, stem + word))
        return next((self.points[name] for name in names if name in self.points), None)


def body_of(points: Mapping[str, np.ndarray], where: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """The joints of Human3.6M-17 but the pelvis, and notes.

    Args:
        points: `[T, 3]` metres of each marker of one person, by name.
        where: the file, for the error.

    Raises:
        DatasetError: naming the markers found and those expected.
    """
    if own_names(list(points)):
        never = [name for name in H36M17.names if name != "head" and not np.isfinite(points[name]).any()]
        if never:
            raise DatasetError(f"{where}: found {', '.join(never)} in no frame, expected all joints")
        limbs = {H36M17.names[i]: points[H36M17.names[i]] for i in (*H36M17.left, *H36M17.right)}
        top = points.get("head")
        top = None if top is None or not np.isfinite(top).any() else top
        found, notes = with_trunk(limbs, points["thorax"], points["neck"], top, [points["spine"]])
        return found, [*notes, *expect_human(found, points, where)]
    cloud, notes = Cloud(points), []
    limbs = {
        f"{side}_{joint}": point
        for side in SIDES
        for joint, choices in CENTRES.items()
        if (point := next((p for c in choices if (p := cloud.mean(c, side)) is not None), None)) is not None
    }
    skin = not {"left_hip", "right_hip"} <= set(limbs)
    if skin and (hips := _hips(cloud)) is not None:
        limbs |= hips
        notes.append("hips from the markers of the pelvis (Harrington et al. 2007)")
    limbs, more = _with_single(cloud, limbs, skin)
    missing = sorted(f"{side}_{joint}" for side in SIDES for joint in CENTRES if f"{side}_{joint}" not in limbs)
    if missing:
        raise DatasetError(
            f"{where}: found the markers {', '.join(sorted(points))[:300]}, expected {', '.join(missing)} as joints "
            "(LHip, LHJC, ...) or as markers of Plug-in Gait (LASI, LPSI, LKNE, LANK, LSHO, LELB, LWRA, ...); "
            "animals: --skeleton FILE, which `geolift skeleton` proposes"
        )
    thorax, skull, top = _head(cloud, middle(limbs, "shoulder"))
    spine = cloud.first(("spine", "midback"))
    found, completed = with_trunk(limbs, thorax, skull, top, [] if spine is None else [spine])
    completed = [*completed, *expect_human(found, points, where)]
    toes = {side: toe for side in SIDES if (toe := cloud.first(TOES, side)) is not None}
    if toes_backwards(found, toes):
        raise DatasetError(f"{where}: found toes that point backwards, expected right-handed axes, and L on the left")
    return found, [*notes, *more, *completed]


def _hips(cloud: Cloud) -> dict[str, np.ndarray] | None:
    """Both hips from the spines of the pelvis, in metres."""
    front = [cloud.first(PELVIS[0], side) for side in SIDES]
    back = cloud.first(SACRUM)
    if back is None:
        behind = [cloud.first(PELVIS[1], side) for side in SIDES]
        back = None if any(point is None for point in behind) else sum(behind) / 2
    if back is None or any(point is None for point in front):
        return None
    origin, width = (front[0] + front[1]) / 2, np.linalg.norm(front[1] - front[0], axis=-1, keepdims=True)
    right = (front[1] - front[0]) / width
    forwards = origin - back
    up = _unit(np.cross(right, forwards))
    ahead, depth = np.cross(up, right), np.linalg.norm(forwards, axis=-1, keepdims=True)
    centre = origin + (-0.24 * depth - 0.0099) * ahead + (-0.30 * width - 0.0109) * up
    aside = (0.33 * width + 0.0073) * right
    return {"left_hip": centre - aside, "right_hip": centre + aside}


def _with_single(cloud: Cloud, limbs: dict[str, np.ndarray], skin: bool) -> tuple[dict[str, np.ndarray], list[str]]:
    """Joints that have one marker; on the skin, moved to the joint."""
    single = {
        f"{side}_{joint}": point
        for side in SIDES
        for joint, stems in SINGLE.items()
        if f"{side}_{joint}" not in limbs and (point := cloud.first(stems, side)) is not None
    }
    limbs = {**limbs, **single}
    if not skin or not {"left_hip", "right_hip"} <= set(limbs):
        return limbs, []
    notes = []
    for joint, above in (("knee", "hip"), ("ankle", "knee")):
        for side, other in (("left", "right"), ("right", "left")):
            if f"{side}_{joint}" in single and f"{side}_{above}" in limbs:
                bone = limbs[f"{side}_{joint}"] - limbs[f"{side}_{above}"]
                across, along = limbs[f"{other}_hip"] - limbs[f"{side}_hip"], _unit(bone)
                inwards = _unit(across - np.sum(across * along, axis=-1, keepdims=True) * along)
                length = np.linalg.norm(bone, axis=-1, keepdims=True)
                limbs[f"{side}_{joint}"] = limbs[f"{side}_{joint}"] + WIDTH[joint] * length * inwards
                notes = ["knees and ankles half a width inwards from the outer markers"]
    if {"left_shoulder", "right_shoulder"} <= set(single):
        apart = single["left_shoulder"] - single["right_shoulder"]
        down = _unit(middle(limbs, "hip") - middle(limbs, "shoulder"))
        moved = ACROMION * np.linalg.norm(apart, axis=-1, keepdims=True) * down
        limbs |= {f"{side}_shoulder": single[f"{side}_shoulder"] + moved for side in SIDES}
        notes.append("shoulders below the acromion (Rab et al. 2002)")
    if any(name.endswith("elbow") for name in single):
        notes.append("elbows are where their markers are")
    return limbs, notes


def _head(cloud: Cloud, shoulders: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """The base of the neck, the neck/nose joint and the head's top, each None where no marker gives it."""
    thorax = cloud.first(("neck", "thorax"))
    if thorax is None:
        thorax = cloud.mean(("c7", "clav"))
    start = shoulders if thorax is None else thorax
    nose, top = cloud.first(("nose",)), cloud.first(("tophead", "headtop", "head"))
    band = [cloud.mean(HEAD_BAND, side) for side in SIDES]
    if all(point is not None for point in band):
        up = (sum(band) / 2 - start) / BAND
        return thorax, start + BUILD["neck"][0] * up, start + (BUILD["neck"][0] + BUILD["head"][0]) * up
    if nose is None and top is not None:
        nose = start + (top - start) * BUILD["neck"][0] / (BUILD["neck"][0] + BUILD["head"][0])
    return thorax, nose, top


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
