"""What programs call the bones of `HUMANOID`.

The names of `HUMANOID` itself are those that MotionBuilder, the CMU files and most retargeters know.
"""

from geolift.errors import DatasetError
from geolift.rig.humanoid import HUMANOID

_TRUNK = ("Hips", "Spine", "Spine1", "Neck", "Head")
_LIMBS = ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")


def _table(trunk: tuple[str, ...], limbs: tuple[str, ...], left: str, right: str) -> dict[str, str]:
    """Names by those of `HUMANOID`; `left` and `right` have a place for the part of a limb."""
    sides = {"Left": left, "Right": right}
    return dict(zip(_TRUNK, trunk, strict=True)) | {
        f"{side}{part}": name.format(other)
        for side, name in sides.items()
        for part, other in zip(_LIMBS, limbs, strict=True)
    }


# Mixamo: its characters; Unreal: its mannequins; Rokoko: the skeleton "Newton" of Rokoko Studio, whose back has four
# bones, of which the first two are taken.
PRESETS = {
    "mixamo": _table(tuple(f"mixamorig:{name}" for name in _TRUNK), _LIMBS, "mixamorig:Left{}", "mixamorig:Right{}"),
    "unreal": _table(
        ("pelvis", "spine_01", "spine_02", "neck_01", "head"),
        ("clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball"), "{}_l", "{}_r",
    ),
    "rokoko": _table(
        ("Hips", "Spine1", "Spine2", "Neck", "Head"),
        ("Shoulder", "Arm", "ForeArm", "Hand", "Thigh", "Shin", "Foot", "Toe"), "Left{}", "Right{}",
    ),
}  # fmt: skip


def bone_names(preset: str | None = None) -> tuple[str, ...]:
    """The names of the bones of `HUMANOID`, in its order.

    Args:
        preset: one of mixamo, unreal, rokoko; None: those of `HUMANOID`.

    Returns:
        `[B]`.

    Raises:
        DatasetError: if there is no such preset.

    Example:
        >>> bone_names("unreal")[:6]
        ('pelvis', 'spine_01', 'spine_02', 'neck_01', 'head', 'clavicle_l')
    """
    if preset is None:
        return HUMANOID.names
    if preset not in PRESETS:
        raise DatasetError(f"names: found {preset!r}, expected one of {', '.join(PRESETS)}")
    return tuple(PRESETS[preset][name] for name in HUMANOID.names)
