"""Names of bones: programs find the main bones by them, and docs/motion-files.md has them."""

import re

import pytest

from geolift.errors import DatasetError
from geolift.rig import HUMANOID, bone_names
from geolift.rig.names import PRESETS
from tests.helpers.paths import ROOT
from tests.helpers.retargeters import UNITY, auto_rig_pro, rokoko

PARTS = {
    "Hips": "hip", "Spine": "spine", "Spine1": "spine", "Neck": "neck", "Head": "head", "Shoulder": "shoulder",
    "Arm": "upper arm", "ForeArm": "lower arm", "Hand": "hand", "UpLeg": "upper leg", "Leg": "lower leg",
    "Foot": "foot", "ToeBase": "toes",
}  # fmt: skip


def part_of(bone):
    for side in ("Left", "Right"):
        if bone.startswith(side):
            return f"{side.lower()} {PARTS[bone.removeprefix(side)]}"
    return PARTS[bone]


def table():
    """The rows of the table of names, by our names."""
    text = (ROOT / "docs" / "motion-files.md").read_text()
    rows = [
        [cell.strip(" `") for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| `.*\|$", text, re.MULTILINE)
    ]
    return {row[0]: row[1:] for row in rows if row[0] in HUMANOID.names and len(row) == 8}


@pytest.mark.parametrize("preset", [None, "mixamo", "rokoko"])
def test_rokoko_finds_every_bone(preset):
    names = bone_names(preset)
    assert rokoko(names) == {name: part_of(bone) for name, bone in zip(names, HUMANOID.names, strict=True)}


def test_auto_rig_pro_finds_every_bone():
    expected = {bone: cells[-1] for bone, cells in table().items()}
    for preset in (None, "mixamo"):
        found = auto_rig_pro(bone_names(preset))
        assert dict(zip(HUMANOID.names, (found[name] for name in bone_names(preset)), strict=True)) == {
            bone: "c_spine_01.x" if bone == "Spine1" else control for bone, control in expected.items()
        }  # of "Spine1" it does not know that it is the second


@pytest.mark.parametrize("preset", [None, "mixamo", "rokoko"])
def test_words_that_unity_looks_for(preset):
    for bone, name in zip(HUMANOID.names, bone_names(preset), strict=True):
        slot = table()[bone][4]
        words = UNITY.get(slot.removeprefix("Left").removeprefix("Right"))
        assert words is None or any(word in name.lower() for word in words), (name, slot)


def test_the_table_of_names_is_what_is_written():
    rows = table()
    assert tuple(rows) == HUMANOID.names
    for column, preset in enumerate(PRESETS):
        assert tuple(cells[column] for cells in rows.values()) == bone_names(preset)
    for bone, cells in rows.items():
        assert cells[3] == part_of(bone)


@pytest.mark.parametrize("preset", PRESETS)
def test_left_stays_left(preset):
    sides = {"Left": ("Left", "_l"), "Right": ("Right", "_r")}
    names = bone_names(preset)
    assert len(set(names)) == len(HUMANOID.names)
    for bone, name in zip(HUMANOID.names, names, strict=True):
        for side, marks in sides.items():
            assert bone.startswith(side) == any(mark in name for mark in marks), (bone, name)


def test_a_preset_that_is_not_known_is_refused():
    with pytest.raises(DatasetError, match=r"^names: found 'maya', expected one of mixamo, unreal, rokoko$"):
        bone_names("maya")
