"""How often anatomy recognizes the order of joints: `python -m benchmarks.joint_orders --data=cmu.npz --out=out.json`.

People of a data set with 3D (`geolift convert cmu`) get faces, hands and feet at fixed places and are projected in the
order of each joint set. Draws of 1, 3 and 10 people are read without names: all joints, without legs, without legs and
hips, 40 % missing; each joint is displaced by 2 % of the body. In per cent of all draws of all sets:

* no document: recognized, asked for, and wrong, i.e. other limbs than the person's;
* the right document: not kept, and refused as impossible;
* the document of another set of as many joints: corrected, an error, kept with a note, and kept without one.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
from absl import app, flags

from geolift.data import open_dataset
from geolift.errors import DatasetError
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import readings_of
from geolift.keypoints.readings import impossible_anatomy, same_limbs
from geolift.keypoints.recording import record
from geolift.skeletons.joint_sets import ANIMAL_SETS, JOINT_SETS, SOURCES
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "A geolift data set with 3D points of Human3.6M-17.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "The split whose people are drawn.")
DRAWS = flags.DEFINE_integer("draws", 300, "Draws of each kind.")
SEED = flags.DEFINE_integer("seed", 0, "Seed of people, noise and missing joints.")
OUT = flags.DEFINE_string("out", "", "File for the counts, JSON.")
COLUMNS = ("recognized", "asked", "wrong", "not kept", "refused", "corrected", "error", "noted", "silent")
PEOPLE = (1, 3, 10)
SEEN = ("all", "no legs", "no hips", "60 %")
NOISE = 0.02  # of the body's extent
# Where joints are: names of one set first, then of all, without the side. Places are those of `places`.
MEANT_BY = {
    "halpe26": {"hip": "pelvis"},
    "3dhp17": {"head": "nose"},
    "3dhp28": {"head": "nose", "spine2": "stomach", "spine3": "chest", "spine4": "shoulders"},
    "h36m17": {"neck": "nose", "head": "head_top"},
    "h36m32": {"neck": "nose", "head": "head_top"},
    "jhmdb15": {"neck": "upper_neck", "head": "nose"},
    **{name: {"neck": "upper_neck"} for name in ("crowdpose14", "aic14", "lsp14", "mpi15")},
}
MEANT = {
    "head": "head_top", "neck": "shoulders", "thorax": "shoulders", "head_bottom": "upper_neck", "mid_hip": "pelvis",
    "body_center": "pelvis", "spine_base": "pelvis", "spine": "belly", "chest": "belly", "eye_inner": "eye",
    "eye_outer": "eye", "big_toe": "toe", "small_toe": "toe", "toe_base": "toe", "toe_tip": "toe", "foot": "toe",
    "foot_index": "toe", "pinky": "finger", "index": "finger", "thumb_base": "thumb", "wrist_end": "wrist",
    "clavicle": "collar",
}  # fmt: skip
LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
BELOW_HIPS = ("knee", "ankle", "heel", "toe")
HIPS = (*BELOW_HIPS, "hip", "pelvis", "belly", "stomach")


def main(_: list[str]) -> None:
    rng = np.random.default_rng(SEED.value)
    data = open_dataset(DATA.value).select(SPLIT.value)
    drawn = np.sort(rng.choice(len(data.points_3d), min(2000, len(data.points_3d)), replace=False))
    at = places(data.points_3d[drawn].astype(np.float64))
    counts = {kind: {people: {} for people in PEOPLE} for kind in SEEN}
    for name in JOINT_SETS:
        places_of = [_place(name, joint) for joint in SOURCES[name]]
        points = np.stack([at[place] for place in places_of], axis=1)
        pixels = 1000 * points[..., :2] / points[..., 2:]
        for kind in SEEN:
            for people in PEOPLE:
                count = Counter()
                for _ in range(DRAWS.value):
                    rows = _rows(pixels[rng.integers(0, len(pixels), people)], places_of, kind, rng)
                    count.update(_outcomes(rows, name))
                counts[kind][people][name] = count
    print(f"| seen | people | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 2)}")
    for kind in SEEN:
        for people in PEOPLE:
            print(_line(f"{kind} | {people}", sum(counts[kind][people].values(), Counter())))
    if OUT.value:
        settings = {"split": SPLIT.value, "draws": DRAWS.value, "seed": SEED.value}
        Path(OUT.value).write_text(json.dumps({**settings, "counts": counts}, indent=1) + "\n")


def places(points: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Places of bodies `[N, 17, 3]` in metres by side ("" in the middle) and part, each `[N, 3]`."""
    joint = {name: points[:, i] for i, name in enumerate(H36M17.names)}
    across = _unit(joint["left_shoulder"] - joint["right_shoulder"])
    up = _unit(joint["head"] - joint["thorax"])
    forward = _unit(np.cross(across, up))
    hips = joint["left_hip"] - joint["right_hip"]
    shoulders = (joint["left_shoulder"] + joint["right_shoulder"]) / 2
    pelvis, nose = (joint["left_hip"] + joint["right_hip"]) / 2, joint["neck"] + 0.1 * forward + 0.02 * up
    found = {
        ("", "nose"): nose,
        ("", "head_top"): joint["head"],
        ("", "upper_neck"): joint["thorax"] + 0.35 * (joint["neck"] - joint["thorax"]),
        ("", "shoulders"): shoulders,
        ("", "pelvis"): pelvis,
        ("", "belly"): joint["spine"],
        ("", "chest"): 0.75 * shoulders + 0.25 * pelvis,
        ("", "stomach"): 0.4 * shoulders + 0.6 * pelvis,
    }
    for side, sign in (("left", 1), ("right", -1)):
        shin = _unit(joint[f"{side}_ankle"] - joint[f"{side}_knee"])
        hand = _unit(joint[f"{side}_wrist"] - joint[f"{side}_elbow"])
        toes = _unit(np.cross(hips, -shin))
        found |= {(side, part): joint[f"{side}_{part}"] for part in LIMBS}
        found |= {
            (side, "eye"): nose - 0.02 * forward + 0.035 * up + sign * 0.032 * across,
            (side, "ear"): joint["neck"] + 0.02 * forward + sign * 0.075 * across,
            (side, "mouth"): nose - 0.05 * up + sign * 0.025 * across,
            (side, "collar"): joint["thorax"] + 0.3 * (joint[f"{side}_shoulder"] - joint["thorax"]),
            (side, "toe"): joint[f"{side}_ankle"] + 0.16 * toes + 0.05 * shin,
            (side, "heel"): joint[f"{side}_ankle"] - 0.05 * toes + 0.05 * shin,
            (side, "hand"): joint[f"{side}_wrist"] + 0.08 * hand,
            (side, "finger"): joint[f"{side}_wrist"] + 0.15 * hand,
            (side, "thumb"): joint[f"{side}_wrist"] + 0.06 * hand + 0.03 * across,
        }
    return found


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _place(name: str, joint: str) -> tuple[str, str]:
    side, _, part = joint.partition("_")
    side = {"l": "left", "r": "right"}.get(side, side)
    side, part = (side, part) if side in ("left", "right") else ("", joint)
    part = MEANT_BY.get(name, {}).get(joint) or MEANT.get(part, part)
    return side, part


def _rows(pixels: np.ndarray, places_of: list[tuple[str, str]], kind: str, rng: np.random.Generator) -> np.ndarray:
    """`[N, K, 3]` x, y, confidence."""
    extent = np.linalg.norm(pixels.std(axis=1), axis=-1)[:, None, None]
    seen = np.ones(pixels.shape[:2], bool)
    hidden = {"no legs": BELOW_HIPS, "no hips": HIPS}.get(kind, ())
    seen[:, [part in hidden for _, part in places_of]] = False
    if kind == "60 %":
        seen = rng.uniform(size=seen.shape) < 0.6
    moved = pixels + rng.normal(size=pixels.shape) * NOISE * extent
    return np.concatenate([moved, np.ones((*seen.shape, 1))], axis=-1) * seen[..., None]


def _outcomes(rows: np.ndarray, name: str) -> list[str]:
    """What is concluded of people of a set: without documentation, with the right one, and with each wrong one."""
    others = [other for other in readings_of(rows.shape[1]) if other not in (name, *ANIMAL_SETS)]
    others = [other for other in others if not same_limbs(other, name)]
    found = [f"none {_outcome(rows, name, {})}"] if len(readings_of(rows.shape[1])) > 1 else []
    found.append(f"right {_outcome(rows, name, {rows.shape[1]: name})}")
    found += [f"other {_outcome(rows, name, {rows.shape[1]: other})}" for other in others]
    if rows[..., 2].any():
        people = record(rows[..., :2], rows[..., 2], joints=SOURCES[name], joint_set=name, video=False, origin="draw")
        found += ["impossible"] if impossible_anatomy(people) else []
    return found


def _outcome(rows: np.ndarray, name: str, documented: dict[int, str]) -> str:
    try:
        found = joints_by_count(rows, "draw", None, documented)
    except DatasetError:
        return "error"
    if same_limbs(found.joint_set, name):
        return "true"
    return "noted" if found.notes else "wrong"


def _line(begin: str, count: Counter) -> str:
    total = {case: sum(n for key, n in count.items() if key.startswith(case)) for case in ("none", "right", "other")}
    wrong = count["none wrong"] + count["none noted"]
    shares = [
        *(_share(n, total["none"]) for n in (count["none true"], count["none error"], wrong)),
        *(_share(n, total["right"]) for n in (total["right"] - count["right true"], count["impossible"])),
        *(_share(count[f"other {outcome}"], total["other"]) for outcome in ("true", "error", "noted", "wrong")),
    ]
    return f"| {begin} | {' | '.join(shares)} |"


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f}" if total else "-"


if __name__ == "__main__":
    app.run(main)
