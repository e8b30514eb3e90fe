"""The rig of a person for animation: its bones, and what programs call them.

Axes: x to the person's left, y up, z ahead. At rest the person stands upright in a T-pose, faces +z, and no bone is
rotated. A rotation of a bone moves that bone and all below it.
"""

from typing import NamedTuple


class Rig(NamedTuple):
    """A tree of B bones; a bone begins at its own joint and leads to its children, or to an end.

    Attributes:
        names: `[B]`.
        parents: `[B]` index of each bone's parent, lower than its own; -1 for the first.

    Example:
        >>> HUMANOID.names[:3], HUMANOID.parents[:3], len(HUMANOID.names)
        (('Hips', 'Spine', 'Spine1'), (-1, 0, 1), 21)
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]

    @property
    def mirrored(self) -> tuple[int, ...]:
        """The bones' order that swaps left and right."""
        swap = {"Left": "Right", "Righ": "Left"}
        other = [swap.get(name[:4], "") + name.removeprefix("Left").removeprefix("Right") for name in self.names]
        return tuple(self.names.index(a if a in self.names else b) for a, b in zip(other, self.names, strict=True))

    @property
    def leaves(self) -> tuple[int, ...]:
        """The bones without children, which lead to an end."""
        return tuple(i for i in range(len(self.names)) if i not in self.parents)


_ARM = ("Shoulder", "Arm", "ForeArm", "Hand")
_LEG = ("UpLeg", "Leg", "Foot", "ToeBase")
_PARENTS = {"Hips": "", "Spine": "Hips", "Spine1": "Spine", "Neck": "Spine1", "Head": "Neck"}
for _limb, _above in ((_ARM, "Spine1"), (_LEG, "Hips")):
    for _side in ("Left", "Right"):
        _chain = [_above, *(f"{_side}{part}" for part in _limb)]
        _PARENTS |= dict(zip(_chain[1:], _chain[:-1], strict=True))
HUMANOID = Rig(tuple(_PARENTS), tuple(list(_PARENTS).index(parent) if parent else -1 for parent in _PARENTS.values()))
