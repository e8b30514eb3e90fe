"""Motion capture of an invented performer: BVH files as cgspeed writes them, and ASF/AMC files as CMU's."""

import numpy as np
import pytest

# cgspeed's joints of a CMU performer: name, parent, offset in CMU's unit, in T-pose.
SIDE = (
    ("{}HipJoint", "Hips", (0, 0, 0)),
    ("{}UpLeg", "{}HipJoint", (1.6, -1.8, 0.8)),
    ("{}Leg", "{}UpLeg", (2.4, -6.9, 0)),
    ("{}Foot", "{}Leg", (2.5, -7.0, 0)),
    ("{}ToeBase", "{}Foot", (0.1, -0.3, 2.2)),
    ("{}ToeBase/end", "{}ToeBase", (0, 0, 1.1)),
    ("{}Shoulder", "Spine1", (0, 0, 0)),
    ("{}Arm", "{}Shoulder", (3.2, 0.9, -0.1)),
    ("{}ForeArm", "{}Arm", (5, 0, 0)),
    ("{}Hand", "{}ForeArm", (3.1, 0, 0)),
    ("{}FingerBase", "{}Hand", (0, 0, 0)),
    ("{}HandIndex1", "{}FingerBase", (0.7, 0, 0)),
    ("{}HandIndex1/end", "{}HandIndex1", (0.6, 0, 0)),
    ("{}Thumb", "{}Hand", (0, 0, 0)),
    ("{}Thumb/end", "{}Thumb", (0.6, 0, 0.6)),
)
TRUNK = (
    ("Hips", "", (0, 0, 0)), ("LowerBack", "Hips", (0, 0, 0)), ("Spine", "LowerBack", (0, 2.0, -0.1)),
    ("Spine1", "Spine", (0, 2.1, 0)), ("Neck", "Spine1", (0, 0, 0)), ("Neck1", "Neck", (0, 1.6, 0.2)),
    ("Head", "Neck1", (0, 1.6, -0.3)), ("Head/end", "Head", (0, 1.7, 0)),
)  # fmt: skip
SHORT = ("HipJoint", "Thumb")  # cgspeed writes LHipJoint, RThumb


def named(pattern, side):
    """The joint's name on "Left" or "Right"."""
    return pattern.format(side[0] if any(part in pattern for part in SHORT) else side)


SKELETON = [
    *TRUNK,
    *(
        (named(name, side), named(parent, side), (sign * x, y, z))
        for side, sign in (("Left", 1), ("Right", -1))
        for name, parent, (x, y, z) in SIDE
    ),
]
BIOVISION = {
    "Spine": "Chest", **{f"{s}{a}": f"{s}{b}" for s in ("Left", "Right") for a, b in (
        ("UpLeg", "Hip"), ("Leg", "Knee"), ("Foot", "Ankle"), ("Shoulder", "Collar"), ("Arm", "Shoulder"),
        ("ForeArm", "Elbow"), ("Hand", "Wrist"))},
}  # fmt: skip
POSER = {
    "Hips": "hip", "LowerBack": "abdomen", "Spine": "chest", "Neck": "neck", "Head": "head",
    **{f"{s}{a}": f"{s[0].lower()}{b}" for s in ("Left", "Right") for a, b in (
        ("UpLeg", "Thigh"), ("Leg", "Shin"), ("Foot", "Foot"), ("Shoulder", "Collar"), ("Arm", "Shldr"),
        ("ForeArm", "ForeArm"), ("Hand", "Hand"))},
}  # fmt: skip
FRAMES = 9


def motion(rng, joints=SKELETON, frames=FRAMES, order="ZYX"):
    """Channels by joint: the root's place, and angles of every joint; the first frame is the T-pose."""
    values = {name: rng.uniform(-25, 25, size=(frames, 3)) for name, _, _ in joints if not name.endswith("/end")}
    for angles in values.values():
        angles[0] = 0
    return np.array([0, 17, 0]) + rng.uniform(-3, 3, size=(frames, 3)), values


def write_bvh(path, place, angles, joints=SKELETON, order="ZYX", scale=1.0, rename=None, time=1 / 120, prefix=""):
    """A BVH file; `order` as the channels list it."""
    rename, lines, values = rename or {}, ["HIERARCHY"], [place * scale]

    def node(name, depth):
        pad, last = "\t" * depth, name.endswith("/end")
        kind = "End Site" if last else f"{'JOINT' if depth else 'ROOT'} {prefix}{rename.get(name, name)}"
        offset = " ".join(f"{x * scale:.6f}" for x in next(o for n, _, o in joints if n == name))
        lines.extend([pad + kind, pad + "{", f"{pad}\tOFFSET {offset}"])
        if not last:
            channels = [*(f"{x}position" for x in "XYZ"), *(f"{x}rotation" for x in order)][0 if depth == 0 else 3 :]
            lines.append(f"{pad}\tCHANNELS {len(channels)} {' '.join(channels)} ")
            values.append(angles[name])
        for child, parent, _ in joints:
            if parent == name:
                node(child, depth + 1)
        lines.append(pad + "}")

    node(joints[0][0], 0)
    table = np.concatenate(values, axis=1)
    lines += ["MOTION", f"Frames: {len(table)}", f"Frame Time: {time:.7f}"]
    path.write_text("\n".join(lines + [" ".join(f"{x:.6f}" for x in row) for row in table]) + "\n")
    return path


CMU_TRUNK = (
    ("lowerback", "root", (0, 1, 0), 2.0, (5, 3, 2), "rx ry rz"),
    ("upperback", "lowerback", (0, 1, 0.05), 2.1, (0, 4, 0), "rx ry rz"),
    ("thorax", "upperback", (0, 1, 0), 2.1, (0, 0, 0), "rx ry rz"),
    ("lowerneck", "thorax", (0, 1, 0.2), 1.6, (0, 0, 0), "rx ry rz"),
    ("upperneck", "lowerneck", (0, 1, 0), 1.6, (0, 0, 0), "rx ry rz"),
    ("head", "upperneck", (0, 1, 0), 1.7, (0, 0, 0), "rx ry rz"),
)
CMU_LEFT = (
    ("lhipjoint", "root", (0.6, -0.7, 0.3), 2.5, (0, 0, 0), ""),
    ("lfemur", "lhipjoint", (0.34, -0.94, 0), 7.2, (0, 0, 20), "rx ry rz"),
    ("ltibia", "lfemur", (0.34, -0.94, 0), 7.4, (0, 0, 20), "rx"),
    ("lfoot", "ltibia", (0, -0.3, 0.9), 2.3, (-90, 7, 20), "rx rz"),
    ("lclavicle", "thorax", (0.9, 0.3, 0), 3.5, (0, 0, 0), "ry rz"),
    ("lhumerus", "lclavicle", (1, 0, 0), 5, (180, 30, -90), "rx ry rz"),
    ("lradius", "lhumerus", (1, 0, 0), 3.1, (180, 30, -90), "rx"),
    ("lwrist", "lradius", (1, 0, 0), 1.55, (180, 30, -90), "ry"),  # it rotates about itself
    ("lhand", "lwrist", (1, 0, 0), 0.7, (180, 30, -90), "rx rz"),
    ("lthumb", "lwrist", (1, 0, 1), 0.8, (0, 0, 0), ""),
)


def right(name):
    return "r" + name[1:] if name in {bone[0] for bone in CMU_LEFT} else name


CMU = (
    *CMU_TRUNK,
    *CMU_LEFT,
    *(
        (right(name), right(parent), (-x, y, z), length, (ax, -ay, -az), dof)
        for name, parent, (x, y, z), length, (ax, ay, az), dof in CMU_LEFT
    ),
)


def write_asf(path, bones=CMU, turn=(0, 0, 0), angle="deg", length=0.45):
    scale = 1 if angle == "deg" else np.pi / 180
    degrees = lambda values: " ".join(f"{value * scale:.10f}" for value in values)  # noqa: E731
    lines = [
        "# AST/ASF file", ":version 1.10", ":name performer", ":units", "  mass 1.0", f"  length {length}",
        f"  angle {angle}", ":documentation", "   begin nothing, end nothing", ":root", "   order TX TY TZ RX RY RZ",
        "   axis XYZ", "   position 0 0 0", f"   orientation {degrees(turn)}", ":bonedata",
    ]  # fmt: skip
    for i, (name, _, direction, size, axis, dof) in enumerate(bones, start=1):
        lines += ["  begin", f"     id {i}", f"     name {name}", f"     direction {' '.join(map(str, direction))}"]
        lines += [f"     length {size}", f"     axis {degrees(axis)}  XYZ"]
        if dof:
            limits = ["(-160.0 20.0)"] * len(dof.split())
            lines += [f"    dof {dof}", "    limits " + "\n           ".join(limits)]
        lines.append("  end")
    lines += [":hierarchy", "  begin"]
    for parent in dict.fromkeys(bone[1] for bone in bones):
        lines.append(f"    {parent} {' '.join(bone[0] for bone in bones if bone[1] == parent)}")
    path.write_text("\n".join([*lines, "  end", ""]))
    return path


def write_amc(path, values):
    """Bones in the order of CMU's files, which starts with the root; frames count from 1."""
    lines = ["#!OML:ASF a.asf", ":FULLY-SPECIFIED", ":DEGREES"]
    for i in range(len(values["root"])):
        lines += [str(i + 1), *(f"{bone} {' '.join(f'{x:.6f}' for x in rows[i])}" for bone, rows in values.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


# cgspeed's names of CMU's bones; a joint of BVH is where the bone that it rotates begins.
CGSPEED_NAMES = {
    "root": "Hips", "lowerback": "LowerBack", "upperback": "Spine", "thorax": "Spine1", "lowerneck": "Neck",
    "upperneck": "Neck1", "head": "Head", **{f"{s[0].lower()}{bone}": joint.format(s[0] if joint[2:] in SHORT else s)
    for s in ("Left", "Right") for bone, joint in (
        ("hipjoint", "{}HipJoint"), ("femur", "{}UpLeg"), ("tibia", "{}Leg"), ("foot", "{}Foot"),
        ("clavicle", "{}Shoulder"), ("humerus", "{}Arm"), ("radius", "{}ForeArm"), ("wrist", "{}Hand"),
        ("hand", "{}FingerBase"), ("thumb", "{}Thumb"))},
}  # fmt: skip
CGSPEED_LOSES = ("thorax", "lwrist", "rwrist")  # bones; what begins at their ends begins where they begin


def as_bvh(values, bones=CMU):
    """A performance on ASF bones as BVH joints, which have the bones' names, and their angles about z, y, x."""
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    along = {bone[0]: tuple(bone[3] * np.array(bone[2]) / np.linalg.norm(bone[2])) for bone in bones}
    joints = [("root", "", (0, 0, 0))]
    for name, parent, *_ in bones:
        joints.append((name, parent, along.get(parent, (0, 0, 0))))
        if name not in {bone[1] for bone in bones}:
            joints.append((f"{name}/end", name, along[name]))
    angles = {"root": rotation.from_euler("xyz", values["root"][:, 3:], degrees=True).as_euler("ZYX", degrees=True)}
    for name, _, _, _, axis, dof in bones:
        local = np.zeros((len(values["root"]), 3))
        for i, key in enumerate(dof.split()):
            local[:, "xyz".index(key[1])] = values[name][:, i]
        frame = rotation.from_euler("xyz", axis, degrees=True)
        turned = frame * rotation.from_euler("xyz", local, degrees=True) * frame.inv()
        angles[name] = turned.as_euler("ZYX", degrees=True)
    return joints, angles


def write_cgspeed(path, values, bones=CMU):
    """A performance on ASF bones as cgspeed converts it: other names, and three bones are lost."""
    joints, angles = as_bvh(values, bones)
    joints = [(name, parent, (0, 0, 0) if parent in CGSPEED_LOSES else offset) for name, parent, offset in joints]
    return write_bvh(path, values["root"][:, :3], angles, joints, rename=CGSPEED_NAMES)


def performance(rng, frames=FRAMES):
    values = {"root": np.concatenate([rng.normal(size=(frames, 3)), rng.uniform(-20, 20, (frames, 3))], axis=1)}
    return values | {bone[0]: rng.uniform(-25, 25, (frames, len(bone[5].split()))) for bone in CMU if bone[5]}
