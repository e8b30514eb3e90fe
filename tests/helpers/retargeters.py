"""How programs find the bones of a person by their names, from their sources, in our words.

Rokoko: its plugin for Blender, core/auto_detect_lists/bones.py and core/detection_manager.py (github.com/Rokoko/
rokoko-studio-live-blender): the first part of the body, of those that are not found yet, whose list has the name. Of
the lists here are the names that differ in kind. Auto-Rig Pro: the words that its remapping looks for in a name, the
last that fits. Unity: words of Editor/Mono/Inspector/Avatar/AvatarAutoMapper.cs (UnityCsReference); it maps by the tree
and by directions first, so that a bone whose name has no such word is found as well.
"""

ROKOKO = {  # a part: names without their side; * is "l" or "left", on the left
    "hip": "hip hips lowerbody pelvis root waist",
    "spine": "spine spine0 spine1 spine2 spine3 spine4 spine_01 spine_02 spine_03 chest upper_chest abdomen",
    "neck": "neck head_neck kubi necklower",
    "head": "head head_01 helmet_upper",
    "shoulder": "*_shoulder *shoulder shoulder_* *collar *_clavicle clavicle_*",
    "upper arm": "*_arm *arm arm_* upper_arm_* upperarm_* *shldr *uparm",
    "lower arm": "*_elbow *elbow elbow_* fore_arm_* forearm_* *forearm lowerarm_* *lowarm",
    "hand": "*_wrist *wrist wrist_* hand_* hand* *hand *_hand",
    "upper leg": "*_leg *_foot *leg leg_* *upleg *thigh thigh_* *hip upper_leg_*",
    "lower leg": "*_knee *knee knee_* *leg *shin shin_* calf_* lower_leg_*",
    "foot": "*_ankle *ankle ankle_* *foot foot_* foot* *_foot",
    "toes": "*_toe *_toes *toe *toebase toe_* toes_*",
}
SIDED = tuple(ROKOKO)[4:]
UNITY = {
    "Shoulder": ("shoulder", "collar", "clavicle"), "UpperLeg": ("up", "thigh"), "Hand": ("hand", "wrist"),
    "LowerArm": ("lo", "fore", "elbow"), "Foot": ("foot", "ankle"), "Toes": ("toe",), "Neck": ("neck",),
    "Head": ("head",),
}  # fmt: skip


def rokoko(names):
    """`{bone: part}` of those that are found, `left upper arm`."""
    found = {}
    for bone in names:
        name = bone.split(":")[-1].replace(".", "_").replace(" ", "_").replace("-", "_").lower()
        for part, known in _lists():
            if name in known and (part == "spine" or part not in found.values()):
                found[bone] = part
                break
    return found


def _lists():
    for part, known in ROKOKO.items():
        if part not in SIDED:
            yield part, set(known.split())
            continue
        for side in ("left", "right"):
            yield f"{side} {part}", {name.replace("*", short) for name in known.split() for short in (side, side[0])}


def auto_rig_pro(names):
    """`{bone: control}` of those that are found."""
    found = {}
    for bone in names:
        low = bone.lower()
        marks = {".l": ("left", "_l_", ".l", "-l"), ".r": ("right", "_r_", ".r", "-r")}
        side = next((end for end, words in marks.items() if any(word in low for word in words)), "")
        rules = [
            ("c_head.x", "head" in low), ("c_neck.x", "neck" in low), ("c_spine_01.x", "spine" in low),
            ("c_root_master.x", "hip" in low or "pelvis" in low),
            (f"c_shoulder{side}", side and ("shoulder" in low or "clavicle" in low)),
            (f"c_arm_fk{side}", side and ("upperarm" in low or ("arm" in low and "fore" not in low))),
            (f"c_forearm_fk{side}", side and "forearm" in low), (f"c_hand_fk{side}", side and "hand" in low),
            (f"c_thigh_fk{side}", side and ("upleg" in low or "thigh" in low)),
            (f"c_leg_fk{side}", side and (("leg" in low and "upleg" not in low) or "shin" in low or "calf" in low)),
            (f"c_foot_fk{side}", side and "foot" in low), (f"c_toes_fk{side}", side and "toe" in low),
        ]  # fmt: skip
        for control, fits in rules:
            if fits:
                found[bone] = control
    return found
