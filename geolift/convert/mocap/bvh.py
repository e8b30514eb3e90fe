"""BVH motion capture of any program: joints by their names, the unit by the height, the axis that is up by stance."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap import trunk
from geolift.convert.mocap.any_body import Take, film_takes, plain_names
from geolift.convert.mocap.body_names import BodyNames, body_names, is_above, own_names
from geolift.convert.mocap.bvh_file import END, Joint, forward, parse, with_points
from geolift.convert.mocap.clips import CMU_UNIT, HEIGHT, Motion, files, filmed, height, in_files, text
from geolift.convert.mocap.human_signs import expect_human
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17

UNITS = {
    "metres": 1.0, "CMU's, inches times 0.45": CMU_UNIT, "inches": 0.0254, "centimetres": 0.01, "millimetres": 0.001,
}  # fmt: skip
SPINES = ("spine2", "spine1")  # if a trunk has both, as Mixamo's and LAFAN1's, the second is in the middle
STILL = 0.75  # share of angles that are 0 in a T-pose; in cgspeed's some are not: legs and arms were straightened
CGSPEED = ("LHipJoint", "RHipJoint", "LowerBack")  # joints that only cgspeed's conversion of CMU has
ABOVE_THORAX = ("Neck", "LeftShoulder", "RightShoulder")
AT_WRISTS = ("LeftFingerBase", "RightFingerBase", "LThumb", "RThumb")
FOREARM = 1.5  # CMU's forearm, lradius and lwrist, which is half as long; cgspeed's ends after lradius


class BvhClip(NamedTuple):
    """A file's motion, its unit in `UNITS`; whether a T-pose was left out, the thorax added, forearms lengthened.

    `notes`: what else was concluded.
    """

    motion: Motion
    unit: str
    rest: bool
    thorax: bool
    forearms: bool
    notes: tuple[str, ...] = ()


def convert(path: str | os.PathLike[str], *, skeleton: str | os.PathLike[str] | None = None, **filming: Any) -> Dataset:
    """A .bvh, or all in a folder, in Human3.6M-17 joints, filmed by the CMU protocol.

    Joints are known by their names (`body_names`); a trunk without neck, spine or head's top is completed (`trunk`).
    BVH does not state the unit of length: it is the one of `UNITS` in which the performer has a human height. Nor does
    it state which axis is up: it is z where people stand along z. A first frame that is a T-pose is left out. cgspeed's
    conversion of CMU lacks the thorax, a bone between upper back, neck and shoulders: it is added as a copy of the
    upper back, which it resembles in CMU's skeletons. It also lacks the last third of the forearms, the bones lwrist
    and rwrist of CMU: forearms are made 1.5 times as long.

    Args:
        path: the file or folder.
        skeleton: a skeleton file, in whose joints any body is read (`any_body`), as animals are.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`; by default the CMU protocol.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    if skeleton is not None:
        taken = [take(file) for file in files(path, ".bvh")]
        notes = in_files([more for _, more in taken])
        return film_takes([found for found, _ in taken], skeleton, filming=filming, notes=notes)
    clips = [read(file) for file in files(path, ".bvh")]
    units = sorted({clip.unit for clip in clips})
    notes = [f"Unit of length, by the performers' height: {'; '.join(units)}."]
    rests, thoraxes, forearms = (sum(getattr(clip, key) for clip in clips) for key in ("rest", "thorax", "forearms"))
    if rests:
        notes.append(f"The first frame, a T-pose, is left out in {rests} of {len(clips)} files.")
    if thoraxes:
        notes.append(f"The thorax, which cgspeed's conversion lacks, is added in {thoraxes} of {len(clips)} files.")
    if forearms:
        notes.append(
            f"Forearms, which cgspeed's conversion ends after two thirds, are made {FOREARM:g} times as long "
            f"in {forearms} of {len(clips)} files."
        )
    notes += in_files([clip.notes for clip in clips])
    return filmed([clip.motion for clip in clips], filming=filming, notes=notes)


def take(path: Path) -> tuple[Take, list[str]]:
    """The motion of any body in a file, with the parents of its joints, and notes.

    Raises:
        DatasetError: as `convert`.
    """
    content, commas = with_points(text(path))
    joints, frames, seconds = parse(content, str(path))
    rest = starts_with_t_pose(joints, frames)
    points = np.stack(forward(joints, frames[int(rest) :]), axis=1)
    notes = ["the first frame, in which all angles are 0, is left out"] if rest else []
    notes += ["numbers have decimal commas"] if commas else []
    names = plain_names([joint.name for joint in joints])
    parents = tuple(joint.parent for joint in joints)
    return Take(names, points, round(1 / seconds, 2), path, path.stem, "", None, up=1, parents=parents), notes


def read(path: Path) -> BvhClip:
    """The motion in a file. Raises as `convert`."""
    content, commas = with_points(text(path))
    joints, frames, seconds = parse(content, str(path))
    rest = starts_with_t_pose(joints, frames)
    joints, thorax = with_thorax(joints)
    forearms = has_short_forearms(joints)
    places = dict(zip((joint.name for joint in joints), forward(joints, frames[int(rest) :]), strict=True))
    found, notes = _body(joints, places, str(path))
    if forearms:
        for side in ("left", "right"):
            elbow = found[f"{side}_elbow"]
            found[f"{side}_wrist"] = elbow + FOREARM * (found[f"{side}_wrist"] - elbow)
    tall = height(found)
    unit = next((name for name, metres in UNITS.items() if HEIGHT[0] <= tall * metres <= HEIGHT[1]), None)
    if unit is None:
        raise DatasetError(
            f"{path}: OFFSET: found a performer of {tall:.3g} from ankles to head top, "
            f"expected {HEIGHT[0]}..{HEIGHT[1]} metres in one of {', '.join(UNITS)}"
        )
    scaled = {joint: points * UNITS[unit] for joint, points in found.items()}
    if trunk.z_is_up(scaled):
        scaled = {joint: trunk.to_y_up(points) for joint, points in scaled.items()}
        notes.append("z is up, as people stand along it")
    if commas:
        notes.append("numbers have decimal commas")
    return BvhClip(Motion(scaled, round(1 / seconds, 2), path), unit, rest, thorax, forearms, tuple(notes))


def _body(joints: list[Joint], places: dict[str, np.ndarray], where: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """The joints of Human3.6M-17 but the pelvis, `[T, 3]` in the unit of the file, and notes."""
    parents = {j.name: joints[j.parent].name if j.parent >= 0 else "" for j in joints if not j.name.endswith(END)}
    if own_names(list(parents)):
        limbs = {H36M17.names[i]: places[H36M17.names[i]] for i in (*H36M17.left, *H36M17.right)}
        found, notes = trunk.with_trunk(limbs, places["thorax"], places["neck"], places.get("head"), [places["spine"]])
        return found, [*notes, *expect_human(found, parents, where)]
    names = body_names(parents, where)
    limbs = {joint: places[name] for joint, name in names.limbs.items()}
    found, notes = trunk.with_trunk(
        limbs,
        places[names.neck] if names.neck else None,
        places[names.head],
        places.get(names.top, places.get(names.head + END)),
        [places[name] for name in _spines(names, parents)],
    )
    notes += expect_human(found, parents, where)
    toes = {side: places[name] for side, name in names.toes.items() if name}
    if trunk.toes_backwards(found, toes):
        raise DatasetError(
            f"{where}: found toes that point backwards ({', '.join(filter(None, names.toes.values()))}), "
            "expected right-handed axes, and Left on the performer's left"
        )
    return found, notes


def _spines(names: BodyNames, parents: dict[str, str]) -> list[str]:
    """The joints below the neck of which one may be the spine."""
    chain, name = [], parents[names.neck or names.head]
    while name and not any(is_above(parents, hip, name) for hip in (names.limbs["left_hip"], names.limbs["right_hip"])):
        chain.append(name)
        name = parents[name]
    numbered = [[name for name in chain if name.lower().endswith(spine)] for spine in SPINES]
    return numbered[1] if all(numbered) else chain


def starts_with_t_pose(joints: list[Joint], frames: np.ndarray) -> bool:
    """Whether the first of the frames `[T, C]` is a T-pose: nearly all its angles are 0, and fewer in the second."""
    angles = [
        i for i, name in enumerate(name for joint in joints for name in joint.channels) if name.endswith("rotation")
    ]
    still = (frames[:2, angles] == 0).mean(axis=1) > STILL
    return bool(len(still) == 2 and still[0] and not still[1])


def with_thorax(joints: list[Joint]) -> tuple[list[Joint], bool]:
    """The joints with cgspeed's missing thorax put back, and whether it was missing."""
    names = [joint.name for joint in joints]
    if not {*CGSPEED, "Spine1"} <= set(names):
        return joints, False
    back = names.index("Spine1")
    above = [joint for joint in joints if joint.parent == back]
    if {joint.name for joint in above} != set(ABOVE_THORAX) or any(np.any(joint.offset) for joint in above):
        return joints, False
    moved = {joint.name: joint._replace(offset=joints[back].offset) for joint in above}
    return [moved.get(joint.name, joint) for joint in joints], True


def has_short_forearms(joints: list[Joint]) -> bool:
    """Whether cgspeed's conversion left out lwrist and rwrist: what begins at their ends begins at the hands."""
    ends = [joint for joint in joints if joint.name in AT_WRISTS]
    return set(CGSPEED) <= {joint.name for joint in joints} and not any(np.any(joint.offset) for joint in ends)
