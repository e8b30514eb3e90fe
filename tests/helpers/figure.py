"""A standing person with known joints, laid out without the package's tables: what joints of any set are to mean."""

import numpy as np

OTHER = {"left": "right", "right": "left", "l": "r", "r": "l"}

# A person who faces the camera, nose at (0, 0); y down, the person's own left on the right of the image.
PLACES = {
    "head_top": (0, -2), "eye": (0.4, -0.5), "ear": (0.8, 0), "mouth": (0.3, 0.5), "nose": (0, 0),
    "upper_neck": (0, 2), "neck_base": (0, 3), "collar": (0.5, 3), "shoulder": (2, 3), "elbow": (3, 6),
    "wrist": (4, 9), "hand": (4.5, 10), "finger": (4.2, 10), "thumb": (4, 10), "belly": (0, 6), "pelvis": (0, 9),
    "hip": (1, 9), "knee": (1, 13), "ankle": (2, 17), "heel": (2, 17.5), "toe": (2.5, 18), "chest": (0, 4),
    "stomach": (0, 7.5),
}  # fmt: skip
# What joints that are not called like a place are, in every set and in one.
MEANT = {
    "eye_inner": "eye", "eye_outer": "eye", "pinky": "finger", "index": "finger", "foot_index": "toe",
    "big_toe": "toe", "small_toe": "toe", "toe_base": "toe", "toe_tip": "toe", "foot": "toe", "clavicle": "collar",
    "thumb_base": "thumb", "wrist_end": "wrist",
}  # fmt: skip
BODY = {"neck": "neck_base", "thorax": "neck_base", "spine": "belly", "spine_base": "pelvis"}
MEANT_BY = {
    "coco17": {},
    "coco23": {},
    "halpe26": {**BODY, "head": "head_top", "hip": "pelvis"},
    "body25": {**BODY, "mid_hip": "pelvis"},
    "body25b": {},
    "humanart21": {},
    "posetrack17": {"head_bottom": "upper_neck"},
    "coco18": BODY,
    "coco24": BODY,
    "mpi15": {"neck": "upper_neck", "head": "head_top", "chest": "belly"},
    "jhmdb15": {"neck": "upper_neck", "head": "nose"},
    "crowdpose14": {"neck": "upper_neck", "head": "head_top"},
    "aic14": {"neck": "upper_neck"},
    "lsp14": {"neck": "upper_neck"},
    "mpii16": {"thorax": "neck_base"},
    "mediapipe33": {},
    "panoptic19": {**BODY, "body_center": "pelvis"},
    "3dhp28": {**BODY, "head": "nose", "spine2": "stomach", "spine3": "chest", "spine4": "neck_base"},
    "3dhp17": {**BODY, "head": "nose"},
    "h36m17": {**BODY, "neck": "nose", "head": "head_top"},
    "h36m32": {**BODY, "neck": "nose", "head": "head_top"},
}


def place(joint, joint_set):
    """Where a named joint of a joint set is, (x, y)."""
    side, _, rest = joint.partition("_")
    part = rest if side in OTHER else joint
    part = MEANT_BY[joint_set].get(joint) or MEANT.get(part, part)
    x, y = PLACES[part]
    return (-x if side in ("right", "r") else x, y)


def standing(joints, joint_set):
    """`[K, 2]` places of the joints of a set."""
    return np.array([place(joint, joint_set) for joint in joints], np.float64)


def mirrored_name(joint):
    """The joint on the other side; for a joint in the middle the joint itself."""
    side, _, rest = joint.partition("_")
    return f"{OTHER[side]}_{rest}" if side in OTHER else joint
