"""ASF/AMC motion capture, CMU's original format: an ASF skeleton for each performer, and AMC joint angles."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap.clips import Motion, files, filmed, numbers, rotations, text
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError

FPS = 120.0  # CMU's frame rate; a few trials have 60, and no file states it
ROOT = "root"
MOST_BONES = 200
# The bones that end at the joints of Human3.6M-17. Neck is the base of the skull, as in the CMU protocol. The forearm
# has two bones: lradius, then lwrist, half as long, which ends at the wrist.
BONES = {
    "right_hip": "rhipjoint", "right_knee": "rfemur", "right_ankle": "rtibia",
    "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia",
    "spine": "lowerback", "thorax": "thorax", "neck": "upperneck", "head": "head",
    "left_shoulder": "lclavicle", "left_elbow": "lhumerus", "left_wrist": "lwrist",
    "right_shoulder": "rclavicle", "right_elbow": "rhumerus", "right_wrist": "rwrist",
}  # fmt: skip


class Bone(NamedTuple):
    """A bone of an ASF skeleton.

    Attributes:
        parent: the bone it begins at the end of; "" for the root, which has no length.
        along: `[3]` from its beginning to its end in the rest pose, in the file's world and unit.
        axes: `[3, 3]` its rotation axes in the rest pose, as columns in the file's world.
        freedom: its degrees of freedom in the order of AMC lines, "rx" and the like, of the root "tx", too.
    """

    parent: str
    along: np.ndarray
    axes: np.ndarray
    freedom: tuple[str, ...]


class Skeleton(NamedTuple):
    """Bones by name, parents before children; metres per unit of length of the file; whether angles are degrees."""

    bones: Mapping[str, Bone]
    unit: float
    degrees: bool


def convert(path: str | os.PathLike[str], **filming: Any) -> Dataset:
    """An .amc, or all in a folder, in Human3.6M-17 joints, filmed by the CMU protocol.

    The skeleton of 01_02.amc is 01.asf beside it, or else the only .asf beside it. Files do not state the frame rate:
    CMU's 120 is assumed.

    Args:
        path: the file or folder.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`; by default the CMU protocol.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    skeletons, motions = {}, []
    for file in files(path, ".amc"):
        asf = _skeleton_of(file)
        if asf not in skeletons:
            skeletons[asf] = parse_asf(text(asf), str(asf))
            missing = sorted(set(BONES.values()) - set(skeletons[asf].bones))
            if missing:
                raise DatasetError(f"{asf}: :bonedata: found no {', '.join(missing)}, expected the bones of CMU")
        ends = forward(skeletons[asf], parse_amc(text(file), str(file), skeletons[asf]))
        motions.append(Motion({joint: ends[bone] * skeletons[asf].unit for joint, bone in BONES.items()}, FPS, file))
    return filmed(motions, filming=filming, notes=[f"{FPS:g} frames per second are assumed."])


def _skeleton_of(file: Path) -> Path:
    beside = sorted(other for other in file.parent.iterdir() if other.suffix.lower() == ".asf")
    named = [other for other in beside if other.stem.lower() == file.stem.partition("_")[0].lower()]
    if len(named or beside) != 1:
        names = [other.name for other in beside][:5]
        raise DatasetError(
            f"{file}: found {names or 'no .asf'} beside it, expected {file.stem.partition('_')[0]}.asf or a single one"
        )
    return (named or beside)[0]


def parse_asf(content: str, where: str) -> Skeleton:
    """The skeleton in an ASF file. Raises DatasetError beginning with `where`."""
    sections = _sections(content, where)
    missing = [name for name in ("units", "root", "bonedata", "hierarchy") if name not in sections]
    if missing:
        raise DatasetError(f"{where}: found no :{missing[0]}, expected an ASF file")
    units = {words[0]: words[1:] for words in sections["units"] if len(words) == 2}
    (length,) = numbers(units.get("length", ["1"]), f"{where}: :units length")
    angle = units.get("angle", ["deg"])[0]
    if length <= 0 or angle not in ("deg", "rad"):
        raise DatasetError(
            f"{where}: :units: found length {length:g}, angle {angle}, expected a positive one, deg or rad"
        )
    degrees = angle == "deg"
    data = {"order": [], "axis": ["XYZ"], "orientation": ["0"] * 3} | {w[0]: w[1:] for w in sections["root"] if w}
    freedom = tuple(word.lower() for word in data["order"])
    if not set(freedom) <= {"tx", "ty", "tz", "rx", "ry", "rz"} or len(set(freedom)) != len(freedom):
        raise DatasetError(f"{where}: :root order: found {' '.join(freedom)}, expected TX TY TZ RX RY RZ in some order")
    axes = _axes([*data["orientation"], *data["axis"]], degrees, f"{where}: :root orientation, axis")
    bones = {ROOT: Bone("", np.zeros(3), axes, freedom)}
    described = _bones(sections["bonedata"], degrees, where)
    for words in sections["hierarchy"]:
        for name in words[1:]:
            if words[0] not in bones or name in bones or name not in described:
                raise DatasetError(
                    f"{where}: :hierarchy: found {name} at {words[0]}, expected bones of :bonedata once, parents first"
                )
            bones[name] = described[name]._replace(parent=words[0])
    if len(bones) > MOST_BONES:  # every bone takes memory in every frame
        raise DatasetError(f"{where}: :hierarchy: found {len(bones)} bones, expected up to {MOST_BONES}")
    return Skeleton(bones, 0.0254 / length, degrees)


def parse_amc(content: str, where: str, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """`[T, n]` of every bone that moves: its degrees of freedom, in their order. Raises as `parse_asf`."""
    frames: list[dict[str, list[float]]] = []
    for number, line in enumerate(content.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith(("#", ":")):
            continue
        if len(words) == 1 and words[0].isdecimal():
            frames.append({})
            continue
        bone = skeleton.bones.get(words[0])
        if not frames or bone is None or words[0] in frames[-1] or len(words) - 1 != len(bone.freedom):
            expected = f"{len(bone.freedom)} numbers once in a frame" if bone else "a bone of the skeleton"
            raise DatasetError(f"{where}: line {number}: found {line.strip()[:60]!r}, expected {expected}")
        frames[-1][words[0]] = numbers(words[1:], f"{where}: line {number}")
    moving = [name for name, bone in skeleton.bones.items() if bone.freedom]
    if not frames:
        raise DatasetError(f"{where}: found no frame, expected an AMC file")
    for i, frame in enumerate(frames):
        missing = [name for name in moving if name not in frame]
        if missing:
            raise DatasetError(f"{where}: frame {i + 1}: found no {', '.join(missing)} (cut off?), expected all bones")
    return {name: np.array([frame[name] for frame in frames]) for name in moving}


def forward(skeleton: Skeleton, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`[T, 3]`: the end of every bone in the world of the file, in its unit, from `parse_amc`'s values."""
    frames = len(values[ROOT]) if ROOT in values else len(next(iter(values.values())))
    ends, rotated = {}, {}
    for name, bone in skeleton.bones.items():
        moves = {} if name not in values else dict(zip(bone.freedom, values[name].T, strict=True))
        axes = [key for key in bone.freedom if key[0] == "r"]
        angles = np.stack([moves[key] for key in axes], axis=-1) if axes else np.zeros((frames, 0))
        # The file's first axis is applied first, so it is the last factor of the product.
        local = rotations("".join(key[1] for key in reversed(axes)), _degrees(angles, skeleton.degrees)[:, ::-1])
        local = bone.axes @ local @ bone.axes.T
        if name == ROOT:
            rotated[name] = local
            ends[name] = np.stack([moves.get(f"t{axis}", np.zeros(frames)) for axis in "xyz"], axis=-1)
        else:
            rotated[name] = rotated[bone.parent] @ local
            ends[name] = ends[bone.parent] + rotated[name] @ bone.along
    return ends


def _degrees(angles: np.ndarray, degrees: bool) -> np.ndarray:
    return angles if degrees else np.degrees(angles)


def _sections(content: str, where: str) -> dict[str, list[list[str]]]:
    """The lines of each section as words, without comments, "begin" and "end" of the whole of :hierarchy."""
    sections, name = {}, ""
    for line in content.splitlines():
        words = line.partition("#")[0].split()
        if words and words[0].startswith(":"):
            name = words[0][1:].lower()
            if name in sections:
                raise DatasetError(f"{where}: found :{name[:40]} twice, expected it once")
            sections[name] = [words[1:]] if words[1:] else []
        elif words and name:
            sections[name].append(words)
    if "hierarchy" in sections:
        sections["hierarchy"] = [words for words in sections["hierarchy"] if words not in (["begin"], ["end"])]
    return sections


def _bones(lines: list[list[str]], degrees: bool, where: str) -> dict[str, Bone]:
    """The bones of :bonedata, by name, still without parents."""
    bones = {}
    for block in _blocks(lines, where):
        name = " ".join(block.get("name", []))
        here = f"{where}: :bonedata {name}"
        missing = [key for key in ("name", "direction", "length", "axis") if key not in block]
        if missing or name in bones or name == ROOT:
            raise DatasetError(
                f"{here}: found no {missing[0] if missing else 'name that no other bone has'}, expected one"
            )
        along = np.array(numbers(block["direction"], f"{here}: direction"))
        (length,) = numbers(block["length"][:1] or [""], f"{here}: length")
        freedom = tuple(word.lower() for word in block.get("dof", []))
        if along.shape != (3,) or not np.linalg.norm(along) > 0 or length < 0:
            raise DatasetError(
                f"{here}: direction, length: found {along.tolist()}, {length:g}, expected 3 numbers and one"
            )
        if not set(freedom) <= {"rx", "ry", "rz"} or len(set(freedom)) != len(freedom):
            raise DatasetError(f"{here}: dof: found {' '.join(freedom)}, expected some of rx ry rz")
        axes = _axes(block["axis"], degrees, f"{here}: axis")
        bones[name] = Bone("", length * along / np.linalg.norm(along), axes, freedom)
    return bones


def _blocks(lines: list[list[str]], where: str) -> Iterator[dict[str, list[str]]]:
    block = None
    for words in lines:
        if words == ["begin"] and block is None:
            block = {}
        elif words == ["end"] and block is not None:
            yield block
            block = None
        elif block is not None:
            block[words[0].lower()] = words[1:]
        else:
            raise DatasetError(f"{where}: :bonedata: found {' '.join(words)[:40]!r}, expected begin ... end")
    if block is not None:
        raise DatasetError(f"{where}: :bonedata: found a bone without end (cut off?)")


def _axes(words: list[str], degrees: bool, where: str) -> np.ndarray:
    """The rotation given by three angles and the order of their axes, such as 0 0 20 XYZ."""
    order = words[3].lower() if len(words) == 4 else ""
    if not re.fullmatch("[xyz]{3}", order) or len(set(order)) != 3:
        raise DatasetError(f"{where}: found {' '.join(words)[:60]!r}, expected three angles and an order such as XYZ")
    angles = np.array(numbers(words[:3], where))
    return rotations(order[::-1], _degrees(angles, degrees)[::-1])
