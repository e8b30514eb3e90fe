"""BVH motion capture: CMU's as converted by cgspeed, and others with common joint names."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap.clips import CMU_UNIT, HEIGHT, Motion, files, filmed, height, numbers, rotations, text
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError

MOST_JOINTS = 1000
END = "/end"  # after a joint's name: where its bone ends
UNITS = {
    "metres": 1.0, "CMU's, inches times 0.45": CMU_UNIT, "inches": 0.0254, "centimetres": 0.01, "millimetres": 0.001,
}  # fmt: skip
# Names of the joints of Human3.6M-17, side by side: MotionBuilder's (cgspeed's CMU, Mixamo, LAFAN1), Biovision's, and
# Poser's. The first scheme that a file has counts. Neck is the base of the skull, as in the CMU protocol.
LIMBS = (
    ("hip", "{Left}UpLeg", "{Left}Hip", "{l}Thigh"),
    ("knee", "{Left}Leg", "{Left}Knee", "{l}Shin"),
    ("ankle", "{Left}Foot", "{Left}Ankle", "{l}Foot"),
    ("shoulder", "{Left}Arm", "{Left}Shoulder", "{l}Shldr"),
    ("elbow", "{Left}ForeArm", "{Left}Elbow", "{l}ForeArm"),
    ("wrist", "{Left}Hand", "{Left}Wrist", "{l}Hand"),
)
TRUNKS = (
    {"spine": "Spine", "thorax": "Neck", "neck": "Head", "head": "Head" + END},
    {"spine": "Chest", "thorax": "Neck", "neck": "Head", "head": "Head" + END},
    {"spine": "chest", "thorax": "neck", "neck": "head", "head": "head" + END},
)
ROOTS = ("Hips", "Hips", "hip")
TOP = "HeadTop_End"  # a joint of Mixamo's that replaces the end of the head
SPINES = ("Spine2", "Spine1")  # if a file has both, as Mixamo and LAFAN1, the second is in the middle of the trunk

STILL = 0.75  # share of angles that are 0 in a T-pose; in cgspeed's some are not: legs and arms were straightened
CGSPEED = ("LHipJoint", "RHipJoint", "LowerBack")  # joints that only cgspeed's conversion of CMU has
ABOVE_THORAX = ("Neck", "LeftShoulder", "RightShoulder")
AT_WRISTS = ("LeftFingerBase", "RightFingerBase", "LThumb", "RThumb")
FOREARM = 1.5  # CMU's forearm, lradius and lwrist, which is half as long; cgspeed's ends after lradius


class Joint(NamedTuple):
    """A joint of the hierarchy: its parent's index (-1: none), `[3]` offset from it, channels such as "Xrotation"."""

    name: str
    parent: int
    offset: list[float]
    channels: tuple[str, ...]


class BvhClip(NamedTuple):
    """A file's motion, its unit in `UNITS`; whether a T-pose was left out, the thorax added, forearms lengthened."""

    motion: Motion
    unit: str
    rest: bool
    thorax: bool
    forearms: bool


def convert(path: str | os.PathLike, **filming: Any) -> Dataset:
    """A .bvh, or all in a folder, in Human3.6M-17 joints, filmed by the CMU protocol.

    BVH does not state the unit of length: it is the one of `UNITS` in which the performer has a human height. A first
    frame that is a T-pose is left out. cgspeed's conversion of CMU lacks the thorax, a bone between upper back, neck
    and shoulders: it is added as a copy of the upper back, which it resembles in CMU's skeletons. It also lacks the
    last third of the forearms, the bones lwrist and rwrist of CMU: forearms are made 1.5 times as long.

    Args:
        path: the file or folder.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`; by default the CMU protocol.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
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
    return filmed([clip.motion for clip in clips], filming=filming, notes=notes)


def read(path: Path) -> BvhClip:
    """The motion in a file. Raises as `convert`."""
    joints, frames, seconds = parse(text(path), str(path))
    rest = starts_with_t_pose(joints, frames)
    joints, thorax = with_thorax(joints)
    forearms = has_short_forearms(joints)
    places = dict(zip((joint.name for joint in joints), forward(joints, frames[int(rest) :]), strict=True))
    named = human36m_names({joint.name for joint in joints}, str(path))
    missing = sorted(set(named.values()) - set(places))
    if missing:
        raise DatasetError(f"{path}: found no joint {missing[0]!r}, expected it beside {sorted(named.values())}")
    found = {joint: places[name] for joint, name in named.items()}
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
    return BvhClip(Motion(scaled, round(1 / seconds, 2), path), unit, rest, thorax, forearms)


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


def human36m_names(names: set[str], where: str) -> dict[str, str]:
    """The name of each joint of Human3.6M-17 but the pelvis among `names`, which may share a prefix (mixamorig:).

    Raises:
        DatasetError: if the names are of no known scheme.
    """
    for scheme, (root, trunk) in enumerate(zip(ROOTS, TRUNKS, strict=True)):
        for begin in sorted(name.removesuffix(root) for name in names if name.endswith(root)):
            known = dict(trunk)
            if scheme == 0 and all(begin + name in names for name in SPINES):
                known["spine"] = SPINES[1]
            if scheme == 0 and begin + TOP in names:
                known["head"] = TOP
            for side, word in (("left", "Left"), ("right", "Right")):
                known |= {f"{side}_{limb[0]}": limb[scheme + 1].format(Left=word, l=word[0].lower()) for limb in LIMBS}
            if all(begin + name.removesuffix(END) in names for name in known.values()):
                return {joint: begin + name for joint, name in known.items()}
    raise DatasetError(
        f"{where}: found the joints {', '.join(sorted(name for name in names if not name.endswith(END)))[:300]}, "
        "expected those of MotionBuilder (Hips, LeftUpLeg, ...), Biovision (Hips, LeftHip, ...), Poser (hip, lThigh)"
    )


def parse(content: str, where: str) -> tuple[list[Joint], np.ndarray, float]:
    """Joints, with the ends of bones (named by their joint and `END`), channels `[T, C]`, seconds for each frame.

    Raises:
        DatasetError: beginning with `where`, what was found and what was expected.
    """
    hierarchy, motion, data = content.partition("MOTION")
    if not hierarchy.lstrip().startswith("HIERARCHY") or not motion:
        raise DatasetError(f"{where}: found {content[:20]!r}, expected BVH: HIERARCHY ... MOTION ...")
    joints = _joints(iter(hierarchy.split()[1:]), where)
    words = data.split()
    head = [words[:1], words[2:4]]
    if head != [["Frames:"], ["Frame", "Time:"]] or not FRAMES.fullmatch(words[1]):
        raise DatasetError(
            f"{where}: MOTION: found {' '.join(words[:5])[:60]!r}, expected Frames: N, Frame Time: seconds"
        )
    (seconds,) = numbers(words[4:5] or [""], f"{where}: Frame Time")
    if not 1e-4 <= seconds <= 10:
        raise DatasetError(f"{where}: Frame Time: found {seconds:g}, expected 0.0001 to 10 seconds")
    frames, channels = int(words[1]), sum(len(joint.channels) for joint in joints)
    if len(joints) > MOST_JOINTS or len(joints) > 2 * channels:  # every joint takes memory in every frame
        raise DatasetError(f"{where}: HIERARCHY: found {len(joints)} joints with {channels} channels, expected fewer")
    if len(words) - 5 != frames * channels:
        found, expected = len(words) - 5, f"{frames} frames of {channels} channels"
        raise DatasetError(f"{where}: MOTION: found {found} numbers, expected {expected} (cut off?)")
    values = np.array(numbers(words[5:], f"{where}: MOTION")).reshape(frames, channels)
    return joints, values, seconds


def forward(joints: list[Joint], frames: np.ndarray) -> list[np.ndarray]:
    """`[T, 3]` of every joint in the world of the file, from channels `[T, C]`."""
    places, axes, first = [], [], 0
    for joint in joints:
        values = dict(zip(joint.channels, frames[:, first : first + len(joint.channels)].T, strict=True))
        first += len(joint.channels)
        moved = [
            np.broadcast_to(values.get(f"{x}position", o), len(frames))
            for x, o in zip("xyz", joint.offset, strict=True)
        ]
        angles = [name for name in joint.channels if name.endswith("rotation")]
        degrees = np.stack([values[name] for name in angles], axis=-1) if angles else np.zeros((len(frames), 0))
        local = rotations("".join(name[0] for name in angles), degrees)
        if joint.parent < 0:
            places.append(np.stack(moved, axis=-1))
            axes.append(local)
        else:
            above = axes[joint.parent]
            places.append(places[joint.parent] + np.einsum("tij,jt->ti", above, np.stack(moved)))
            axes.append(above @ local)
    return places


FRAMES = re.compile("0*[1-9][0-9]{0,8}")
CHANNELS = {f"{axis}{kind}" for axis in "xyz" for kind in ("position", "rotation")}


def _joints(words: Iterator[str], where: str) -> list[Joint]:
    """The joints of the hierarchy, parents before children."""
    joints, names, open_joints = [], set(), []
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name = next(words, "")
            if (word == "ROOT") != (not open_joints) or (word == "ROOT" and joints):
                raise DatasetError(
                    f"{where}: found {word} {name} in the wrong place, expected one ROOT, joints within it"
                )
            parent = open_joints[-1] if open_joints else -1
            name = joints[parent].name + END if word == "End" else name
            if name in names:
                raise DatasetError(f"{where}: found the joint {name} twice, expected names that differ")
            if next(words, "") != "{":
                raise DatasetError(f"{where}: {name}: expected {{ after the name")
            names.add(name)
            open_joints.append(len(joints))
            joints.append(Joint(name, parent, [0.0, 0.0, 0.0], ()))
        elif word == "}" and open_joints:
            open_joints.pop()
        elif word == "OFFSET" and open_joints:
            here = joints[open_joints[-1]]
            offset = numbers([next(words, "") for _ in range(3)], f"{where}: {here.name}: OFFSET")
            joints[open_joints[-1]] = here._replace(offset=offset)
        elif word == "CHANNELS" and open_joints:
            here, count = joints[open_joints[-1]], next(words, "")
            channels = tuple(next(words, "").lower() for _ in range(int(count) if count in list("0123456") else 0))
            if len(set(channels)) != len(channels) or not set(channels) <= CHANNELS or count not in list("0123456"):
                raise DatasetError(
                    f"{where}: {here.name}: CHANNELS: found {count} {' '.join(channels)}, expected their number and "
                    "different ones such as Xposition, Zrotation"
                )
            joints[open_joints[-1]] = here._replace(channels=channels)
        else:
            raise DatasetError(
                f"{where}: HIERARCHY: found {word[:40]!r}, expected ROOT, JOINT, End Site, OFFSET, CHANNELS"
            )
    if open_joints or not joints:
        raise DatasetError(f"{where}: HIERARCHY: found {len(open_joints)} joints without }}, expected a closed ROOT")
    return joints
