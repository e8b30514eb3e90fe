"""The joint sets of 2D keypoints of people, as data: the mapping of each to Human3.6M-17 (docs/joint-mapping.md).

Names are those of the formats, in snake_case, sides first; left and right are the person's own. A name has the meaning
of its set: OpenPose's `neck` is between the shoulders, MPII's `upper_neck` above them.

Sets with face and hands are `LARGER_SETS`: of these only the body is read, with its feet. Sets of animals are known by
name only: a model of people does not lift them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from geolift.skeletons.mapping import JointMapping, check_mapping
from geolift.skeletons.skeleton import FEET, H36M17

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

# The body of COCO-WholeBody: COCO's joints and feet.
WHOLEBODY_FEET = (
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
COCO23 = check_mapping(JointMapping(source=(*COCO17.source, *WHOLEBODY_FEET), mean_of=COCO17.mean_of, ears=EARS))

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

# OpenPose's BODY_25B: COCO's joints, MPII's upper neck and head top, and the feet of BODY_25.
BODY25B = check_mapping(
    JointMapping(
        source=(
            *COCO17.source, "upper_neck", "head_top", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
            "right_small_toe", "right_heel",
        ),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "neck": ("nose",), "head": ("head_top",)},
    )
)  # fmt: skip

# Human-Art's annotations: COCO's joints, which stand alone in its data of 17 joints, with fingers and toes.
HUMANART21 = check_mapping(
    JointMapping(
        source=(*COCO17.source, "left_finger", "right_finger", "left_toe", "right_toe"),
        mean_of=COCO17.mean_of,
        ears=EARS,
    )
)

# PoseTrack 2018 has COCO's joints, but neck and head top in place of the eyes; its ears are never annotated.
POSETRACK17 = check_mapping(
    JointMapping(
        source=("nose", "head_bottom", "head_top", *COCO17.source[3:]),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "neck": ("nose",), "head": ("head_top",)},
    )
)

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

# The body of COCO-WholeBody in OpenPose's order.
COCO24 = check_mapping(JointMapping(source=(*COCO18.source, *WHOLEBODY_FEET), mean_of=COCO18.mean_of, ears=EARS))

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

# Sets of limbs, neck and head top. The neck is MPII's upper neck: a quarter of the way from the middle of the shoulders
# to the head top in real annotations. Trunk from the limbs, and neck/nose as in MPII.
LIMBS_AND_HEAD = {**SIDED, **TRUNK_FROM_LIMBS, "neck": ("neck", "head_top"), "head": ("head_top",)}
AIC14 = check_mapping(
    JointMapping(
        source=(
            "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
            "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head_top", "neck",
        ),
        mean_of=LIMBS_AND_HEAD,
    )
)  # fmt: skip
LSP14 = check_mapping(
    JointMapping(
        source=(
            "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist",
            "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
        ),
        mean_of=LIMBS_AND_HEAD,
    )
)  # fmt: skip
CROWDPOSE14 = check_mapping(
    JointMapping(
        source=(*COCO17.source[5:], "head", "neck"),
        mean_of={**LIMBS_AND_HEAD, "neck": ("neck", "head"), "head": ("head",)},
    )
)

# JHMDB's head is the middle of the face, its belly between hips and shoulders.
JHMDB15 = check_mapping(
    JointMapping(
        source=(
            "neck", "belly", "head", "right_shoulder", "left_shoulder", "right_hip", "left_hip", "right_elbow",
            "left_elbow", "right_knee", "left_knee", "right_wrist", "left_wrist", "right_ankle", "left_ankle",
        ),
        mean_of={**SIDED, **TRUNK_FROM_LIMBS, "spine": ("belly",), "neck": ("head",), "head": ()},
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
    "coco23": COCO23,
    "halpe26": HALPE26,
    "body25": BODY25,
    "body25b": BODY25B,
    "humanart21": HUMANART21,
    "posetrack17": POSETRACK17,
    "coco18": COCO18,
    "coco24": COCO24,
    "mpi15": MPI15,
    "jhmdb15": JHMDB15,
    "crowdpose14": CROWDPOSE14,
    "aic14": AIC14,
    "lsp14": LSP14,
    "mpii16": MPII16,
    "mediapipe33": MEDIAPIPE33,
    "panoptic19": PANOPTIC19,
    "3dhp28": MPI_INF_3DHP28,
    "3dhp17": MPI_INF_3DHP17,
    "h36m17": HUMAN36M17,
    "h36m32": HUMAN36M32,
}


class LargerSet(NamedTuple):
    """A set of K joints of which only the body is read.

    Attributes:
        count: K.
        body: the name of the body's joints in `JOINT_SETS`.
        numbers: where each joint of the body is among the K.

    Example:
        >>> goliath = LARGER_SETS["goliath308"]
        >>> dict(zip(JOINT_SETS[goliath.body].source, goliath.numbers))["right_wrist"]
        41
    """

    count: int
    body: str
    numbers: tuple[int, ...]


def _first(count: int, body: str) -> LargerSet:
    return LargerSet(count, body, tuple(range(len(JOINT_SETS[body].source))))


# Goliath (Sapiens) puts each wrist after its hand, so the hips follow the elbows.
LARGER_SETS = {
    "wholebody133": _first(133, "coco23"),  # COCO-WholeBody
    "wholebody134": _first(134, "coco24"),  # the same in OpenPose's order (DWPose, mmpose, Sapiens)
    "body135": _first(135, "body25b"),  # OpenPose's BODY_135
    "halpe136": _first(136, "halpe26"),
    "holistic501": _first(501, "mediapipe33"),  # MediaPipe's Holistic: pose and face
    "holistic543": _first(543, "mediapipe33"),  # pose, face and both hands
    "goliath308": LargerSet(308, "coco23", (*range(9), 62, 41, *range(9, 21))),
}

# Joints of animals: AP-10K's are those of its category; MacaquePose has the names and the order of COCO.
ANIMAL_SETS = {
    "ap10k17": (
        "left_eye", "right_eye", "nose", "neck", "root_of_tail", "left_shoulder", "left_elbow", "left_front_paw",
        "right_shoulder", "right_elbow", "right_front_paw", "left_hip", "left_knee", "left_back_paw", "right_hip",
        "right_knee", "right_back_paw",
    ),
    "macaque17": COCO17.source,
}  # fmt: skip
# The joints of every set of people and animals, by its name.
SOURCES = {**{name: mapping.source for name, mapping in JOINT_SETS.items()}, **ANIMAL_SETS}


# What keypoint programs call a toe, after the side; of several the first. OpenPose's and COCO-WholeBody's two toes are
# the tips of the first and the fifth, BlazePose's is that of the second. H36M's tip is where the toes end.
TOES = (("big_toe", "small_toe"), ("big_toe",), ("toe",), ("foot_index",), ("toe_tip",))


def foot_joints(joints: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The source joints of each toe and heel of `H36M21`, among K named joints; none where there is none.

    Example:
        >>> foot_joints(("left_ankle", "left_big_toe", "left_small_toe", "left_heel"))["left_toe"]
        ('left_big_toe', 'left_small_toe')
    """
    found = {}
    for name in FEET:
        side, part = name.split("_")
        choices = TOES if part == "toe" else ((part,),)
        named = (tuple(f"{side}_{one}" for one in choice) for choice in choices)
        found[name] = next((sources for sources in named if set(sources) <= set(joints)), ())
    return found


def find_joint_set(joints: Sequence[str]) -> str:
    """The name of the joint set of people that has exactly these joints, in this order; "" if none has."""
    return next((name for name, mapping in JOINT_SETS.items() if mapping.source == tuple(joints)), "")


def distinct_sets(count: int) -> dict[str, tuple[str, ...]]:
    """The sets of `count` joints, by name; of those with the same joints in the same order the first only."""
    found = {}
    for name, source in SOURCES.items():
        if len(source) == count and source not in found.values():
            found[name] = source
    return found
