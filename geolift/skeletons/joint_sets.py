"""The joint sets of 2D keypoints of people, as data: the mapping of each to Human3.6M-17 (docs/joint-mapping.md).

Names are those of the formats, in snake_case, sides first; left and right are the person's own. A name has the meaning
of its set: OpenPose's `neck` is between the shoulders, MPII's `upper_neck` above them.
"""

from collections.abc import Sequence

from geolift.skeletons.mapping import JointMapping, check_mapping
from geolift.skeletons.skeleton import H36M17

# The joints that have sides, from sources that use the names of `H36M17`.
SIDED = {joint: (joint,) for i, joint in enumerate(H36M17.names) if i in H36M17.left + H36M17.right}
EARS = ("left_ear", "right_ear")

# COCO has no trunk: pelvis and thorax lie between hips and shoulders, the spine between those. Its highest joints are
# the eyes, well under the top of the head, which is therefore masked.
TRUNK_FROM_LIMBS = {
    "pelvis": ("left_hip", "right_hip"),
    "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
    "thorax": ("left_shoulder", "right_shoulder"),
}
COCO17 = check_mapping(
    JointMapping(
        source=(
            "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
            "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee",
            "left_ankle", "right_ankle",
        ),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "neck": ("nose",), "head": ()},
        ears=EARS,
    )
)  # fmt: skip

# Halpe's head is the top of the head, its neck between the shoulders, its hip between the hips.
HALPE26 = check_mapping(
    JointMapping(
        source=(
            *COCO17.source, "head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe",
            "right_small_toe", "left_heel", "right_heel",
        ),
        mean_of={
            **SIDED,
            "pelvis": ("hip",),
            "spine": ("hip", "neck"),
            "thorax": ("neck",),
            "neck": ("nose",),
            "head": ("head",),
        },
    )
)  # fmt: skip

# OpenPose's BODY_25. Its neck is between the shoulders.
BODY25 = check_mapping(
    JointMapping(
        source=(
            "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
            "left_wrist", "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
            "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel",
            "right_big_toe", "right_small_toe", "right_heel",
        ),
        mean_of={
            **SIDED,
            "pelvis": ("mid_hip",),
            "spine": ("mid_hip", "neck"),
            "thorax": ("neck",),
            "neck": ("nose",),
            "head": (),
        },
        ears=EARS,
    )
)  # fmt: skip

# OpenPose's COCO: COCO's joints in another order, and a neck between the shoulders. No joint between the hips: the
# spine is halfway from the neck, which counts twice, to the hips.
COCO18 = check_mapping(
    JointMapping(
        source=(
            "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
            "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
            "left_eye", "right_ear", "left_ear",
        ),
        mean_of={
            **SIDED,
            "pelvis": ("left_hip", "right_hip"),
            "spine": ("left_hip", "right_hip", "neck", "neck"),
            "thorax": ("neck",),
            "neck": ("nose",),
            "head": (),
        },
        ears=EARS,
    )
)  # fmt: skip

# MPII's pelvis and thorax lie between its hips and shoulders. It has no spine, and nothing at the height of the nose:
# its upper neck is the neck's lower end, so Human3.6M's neck/nose is taken halfway from there to the top of the head.
MPII16 = check_mapping(
    JointMapping(
        source=(
            "r_ankle", "r_knee", "r_hip", "l_hip", "l_knee", "l_ankle", "pelvis", "thorax", "upper_neck", "head_top",
            "r_wrist", "r_elbow", "r_shoulder", "l_shoulder", "l_elbow", "l_wrist",
        ),
        mean_of={
            "pelvis": ("pelvis",),
            "right_hip": ("r_hip",), "right_knee": ("r_knee",), "right_ankle": ("r_ankle",),
            "left_hip": ("l_hip",), "left_knee": ("l_knee",), "left_ankle": ("l_ankle",),
            "spine": ("pelvis", "thorax"),
            "thorax": ("thorax",),
            "neck": ("upper_neck", "head_top"),
            "head": ("head_top",),
            "left_shoulder": ("l_shoulder",), "left_elbow": ("l_elbow",), "left_wrist": ("l_wrist",),
            "right_shoulder": ("r_shoulder",), "right_elbow": ("r_elbow",), "right_wrist": ("r_wrist",),
        },
    )
)  # fmt: skip

# OpenPose's MPI is made of MPII's joints: head and neck are its head top and upper neck, the chest is halfway between
# its pelvis and thorax.
MPI15 = check_mapping(
    JointMapping(
        source=(
            "head", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
            "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "chest",
        ),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "spine": ("chest",), "neck": ("neck", "head"), "head": ("head",)},
    )
)  # fmt: skip

# MediaPipe's BlazePose, where the corners of the mouth are `mouth_left`, `mouth_right`.
MEDIAPIPE33 = check_mapping(
    JointMapping(
        source=(
            "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
            "left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder", "right_shoulder", "left_elbow",
            "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index",
            "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
            "right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index",
        ),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "neck": ("nose",), "head": ()},
        ears=EARS,
    )
)  # fmt: skip

# CMU Panoptic. Its neck is between the shoulders, its body centre between the hips.
PANOPTIC19 = check_mapping(
    JointMapping(
        source=(
            "neck", "nose", "body_center", "left_shoulder", "left_elbow", "left_wrist", "left_hip", "left_knee",
            "left_ankle", "right_shoulder", "right_elbow", "right_wrist", "right_hip", "right_knee", "right_ankle",
            "left_eye", "left_ear", "right_eye", "right_ear",
        ),
        mean_of={
            **SIDED,
            "pelvis": ("body_center",),
            "spine": ("body_center", "neck"),
            "thorax": ("neck",),
            "neck": ("nose",),
            "head": (),
        },
        ears=EARS,
    )
)  # fmt: skip

# MPI-INF-3DHP has no nose: its neck is the throat, its head the middle of the head.
TRUNK_OF_3DHP = {"pelvis": ("pelvis",), "spine": ("spine",), "thorax": ("neck",), "neck": ("head",)}
MPI_INF_3DHP28 = check_mapping(
    JointMapping(
        source=(
            "spine3", "spine4", "spine2", "spine", "pelvis", "neck", "head", "head_top", "left_clavicle",
            "left_shoulder", "left_elbow", "left_wrist", "left_hand", "right_clavicle", "right_shoulder",
            "right_elbow", "right_wrist", "right_hand", "left_hip", "left_knee", "left_ankle", "left_foot", "left_toe",
            "right_hip", "right_knee", "right_ankle", "right_foot", "right_toe",
        ),
        mean_of={**SIDED, **TRUNK_OF_3DHP, "head": ("head_top",)},
    )
)  # fmt: skip
MPI_INF_3DHP17 = check_mapping(
    JointMapping(
        source=(
            "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
            "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "pelvis",
            "spine", "head",
        ),
        mean_of={**SIDED, **TRUNK_OF_3DHP, "head": ("head_top",)},
    )
)  # fmt: skip

SAME = {joint: (joint,) for joint in H36M17.names}
HUMAN36M17 = check_mapping(JointMapping(source=H36M17.names, mean_of=SAME))
# All 32 joints of Human3.6M, some at the same place as others.
HUMAN36M32 = check_mapping(
    JointMapping(
        source=(
            "pelvis", "right_hip", "right_knee", "right_ankle", "right_toe_base", "right_toe_tip", "left_hip",
            "left_knee", "left_ankle", "left_toe_base", "left_toe_tip", "spine_base", "spine", "thorax", "neck",
            "head", "left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_thumb_base", "left_thumb",
            "left_wrist_end", "left_hand", "right_collar", "right_shoulder", "right_elbow", "right_wrist",
            "right_thumb_base", "right_thumb", "right_wrist_end", "right_hand",
        ),
        mean_of=SAME,
    )
)  # fmt: skip

JOINT_SETS = {
    "coco17": COCO17,
    "halpe26": HALPE26,
    "body25": BODY25,
    "coco18": COCO18,
    "mpi15": MPI15,
    "mpii16": MPII16,
    "mediapipe33": MEDIAPIPE33,
    "panoptic19": PANOPTIC19,
    "3dhp28": MPI_INF_3DHP28,
    "3dhp17": MPI_INF_3DHP17,
    "h36m17": HUMAN36M17,
    "h36m32": HUMAN36M32,
}


def find_joint_set(joints: Sequence[str]) -> str:
    """The name of the joint set that has exactly these joints, in this order; "" if none has."""
    return next((name for name, mapping in JOINT_SETS.items() if mapping.source == tuple(joints)), "")
