"""The text of a BVH file: its joints, its channels, and where they take every joint."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from geolift.convert.mocap.clips import numbers, rotations
from geolift.errors import DatasetError

MOST_JOINTS = 1000
LONGEST_NAME = 200  # characters
END = "/end"  # after a joint's name: where its bone ends
FRAMES = re.compile("0*[1-9][0-9]{0,8}")
MOTION = re.compile(r"\}\s*MOTION\b")
HEAD = re.compile(r"\s*Frames\s*:\s*(\S+)\s+Frame\s+Time\s*:\s*(\S*)")
CHANNELS = {f"{axis}{kind}" for axis in "xyz" for kind in ("position", "rotation")}
# A word of the hierarchy; the name of a joint, which may hold spaces, goes on to its brace.
WORD = re.compile(r"(?P<kind>ROOT|JOINT|End)\b[ \t]*(?P<name>[^{}\r\n]*)|[{}]|[^\s{}]+")
DECIMAL_COMMA = re.compile(r"(?<![\w.,])[-+]?\d+,\d+(?![\w.,])")
DECIMAL_POINT = re.compile(r"(?<![\w.,])[-+]?\d+\.\d+")


class Joint(NamedTuple):
    """A joint of the hierarchy: its parent's index (-1: none), `[3]` offset from it, channels such as "Xrotation"."""

    name: str
    parent: int
    offset: list[float]
    channels: tuple[str, ...]


def with_points(content: str) -> tuple[str, bool]:
    """The text with decimal points, and whether it had decimal commas: no number of it has a point."""
    if "," in content and DECIMAL_COMMA.search(content) and not DECIMAL_POINT.search(content):
        return DECIMAL_COMMA.sub(lambda number: number[0].replace(",", "."), content), True
    return content, False


def parse(content: str, where: str) -> tuple[list[Joint], np.ndarray, float]:
    """Joints, with the ends of bones (named by their joint and `END`), channels `[T, C]`, seconds for each frame.

    Raises:
        DatasetError: beginning with `where`, what was found and what was expected.
    """
    motion = MOTION.search(content)
    if not content.lstrip().startswith("HIERARCHY") or motion is None:
        raise DatasetError(f"{where}: found {content[:20]!r}, expected BVH: HIERARCHY ... MOTION ...")
    joints = _joints(_words(content[: motion.start() + 1]), where)
    head = HEAD.match(content, motion.end())
    if head is None or not FRAMES.fullmatch(head[1]):
        found = " ".join(content[motion.end() :][:200].split()[:5])[:60]
        raise DatasetError(f"{where}: MOTION: found {found!r}, expected Frames: N, Frame Time: seconds")
    (seconds,) = numbers([head[2]], f"{where}: Frame Time")
    if not 1e-4 <= seconds <= 10:
        raise DatasetError(f"{where}: Frame Time: found {seconds:g}, expected 0.0001 to 10 seconds")
    words = content[head.end() :].split()
    frames, channels = int(head[1]), sum(len(joint.channels) for joint in joints)
    if len(joints) > MOST_JOINTS or len(joints) > 2 * channels:  # every joint takes memory in every frame
        raise DatasetError(f"{where}: HIERARCHY: found {len(joints)} joints with {channels} channels, expected fewer")
    if len(words) != frames * channels:
        found, expected = len(words), f"{frames} frames of {channels} channels"
        raise DatasetError(f"{where}: MOTION: found {found} numbers, expected {expected} (cut off?)")
    values = np.array(numbers(words, f"{where}: MOTION")).reshape(frames, channels)
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


def _words(hierarchy: str) -> Iterator[str]:
    """The words of the hierarchy after its first one; after ROOT, JOINT, End always the name, which may be empty."""
    for word in WORD.finditer(hierarchy, hierarchy.index("HIERARCHY") + len("HIERARCHY")):
        yield from (word["kind"], word["name"].strip()) if word["kind"] else (word[0],)


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
            if not 0 < len(name) <= LONGEST_NAME:
                raise DatasetError(
                    f"{where}: found {word} {name[:40]!r}, expected a name of 1 to {LONGEST_NAME} letters"
                )
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
