"""Facts about Human3.6M: joints, subjects, sequences, actions and cameras, the same in every form of the data set.

A sequence is one recording of a subject doing an action; each subject has two of every action, filmed by four cameras.
"""

import re
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import HUMAN36M32
from geolift.skeletons.mapping import source_indices

NOTICE = (
    "Human3.6M, for academic use only, http://vision.imar.ro/human3.6m. Ionescu, Papava, Olaru, Sminchisescu, "
    "'Human3.6M: Large Scale Datasets and Predictive Methods for 3D Human Sensing in Natural Environments', TPAMI 2014."
)
# S2, S3 and S4 come without 3D.
SPLITS = {
    **dict.fromkeys(("S1", "S5", "S6", "S7", "S8"), "train"),
    **dict.fromkeys(("S9", "S11"), "test"),
    **dict.fromkeys(("S2", "S3", "S4"), "extra"),
}
TEST_SUBJECTS = tuple(subject for subject, split in SPLITS.items() if split == "test")
JOINTS = len(HUMAN36M32.source)
JOINT_INDICES = source_indices(HUMAN36M32)  # of the 17 joints among the 32
FPS = 50.0  # frames per second
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing", "Purchases", "Sitting",
    "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking", "WalkTogether",
)  # fmt: skip
RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}
NUMBER = re.compile(r"[ _-](?=\d)")  # between an action and the number of its sequence
# S11's second sequence of Directions: by sub-action, and by file name, where the first one is "Directions 1".
DAMAGED = ("Directions 2", "Directions-2", "Directions_2", "Directions")
DAMAGED_NOTE = "S11's second sequence of Directions, whose video is damaged, is left out."


class Lens(NamedTuple):
    """A camera's fx, fy, cx, cy in pixels and its image's width and height; the lens's distortion is left out."""

    intrinsics: tuple[float, float, float, float]
    image_size: tuple[int, int]


LENSES = {
    "54138969": Lens((1145.0494, 1143.7811, 512.5415, 515.4515), (1000, 1002)),
    "55011271": Lens((1149.6757, 1147.5917, 508.84863, 508.0649), (1000, 1000)),
    "58860488": Lens((1149.1407, 1148.799, 519.81586, 501.40265), (1000, 1000)),
    "60457274": Lens((1145.5114, 1144.7739, 514.9682, 501.88202), (1000, 1002)),
}
CAMERAS = tuple(LENSES)
# For each subject and camera, in the order of CAMERAS: the unit quaternion w, x, y, z that rotates camera axes to world
# axes, and the camera's centre in the world, in millimetres. S2, S3 and S4 have none.
POSES = {
    "S1": (
        ((0.14070565, -0.15007018, -0.7552408, 0.62232804), (1841.107, 4955.2847, 1563.4454)),
        ((0.6157188, -0.7648363, -0.14833826, 0.11794741), (1761.2786, -5078.007, 1606.265)),
        ((0.14651473, -0.14647852, 0.76530236, -0.60941756), (-1846.7777, 5215.0464, 1491.9724)),
        ((0.58340085, -0.7853162, 0.14548823, -0.14749594), (-1794.7897, -3722.699, 1574.8927)),
    ),
    "S5": (
        ((0.14673772, -0.16237096, -0.7551893, 0.6178939), (2097.3916, 4880.945, 1605.7324)),
        ((0.61597586, -0.7626792, -0.15728192, 0.1189815), (2031.7008, -5167.933, 1612.9231)),
        ((0.14291371, -0.12907842, 0.7678385, -0.6110143), (-1620.5948, 5171.6587, 1496.437)),
        ((0.592048, -0.7814218, 0.12747486, -0.15036418), (-1637.1737, -3867.3174, 1547.0332)),
    ),
    "S6": (
        ((0.13378978, -0.15692396, -0.75710905, 0.61988795), (1935.4518, 4950.2456, 1618.0839)),
        ((0.61471975, -0.7628813, -0.16174768, 0.11819245), (1969.804, -5128.739, 1632.7788)),
        ((0.15299481, -0.13529131, 0.76460963, -0.6112781), (-1769.5964, 5185.3613, 1476.9934)),
        ((0.59161013, -0.7804774, 0.1283227, -0.15615939), (-1721.6687, -3884.1313, 1540.4879)),
    ),
    "S7": (
        ((0.14352418, -0.16313368, -0.75483286, 0.6188825), (1974.513, 4926.3545, 1597.8326)),
        ((0.6141673, -0.76382625, -0.15966456, 0.117792994), (1937.0585, -5119.79, 1631.5665)),
        ((0.1455006, -0.12874816, 0.76605165, -0.61271393), (-1741.8112, 5208.2495, 1464.8246)),
        ((0.5912848, -0.78217643, 0.12445474, -0.15196487), (-1734.7106, -3832.4214, 1548.583)),
    ),
    "S8": (
        ((0.14110588, -0.15589868, -0.75619173, 0.61964405), (2150.6519, 4896.161, 1611.9047)),
        ((0.61696017, -0.7647668, -0.1484635, 0.11158158), (2219.9656, -5148.453, 1613.0441)),
        ((0.1471444, -0.1337712, 0.76701283, -0.61003697), (-1571.2216, 5137.0186, 1498.1761)),
        ((0.59278244, -0.78258705, 0.12147816, -0.14631996), (-1476.9133, -3896.7412, 1547.9722)),
    ),
    "S9": (
        ((0.15540588, -0.15548216, -0.75320953, 0.6199595), (2044.4585, 4935.117, 1481.2275)),
        ((0.6187845, -0.7634735, -0.14132239, 0.11933968), (1990.9597, -5123.8105, 1568.8048)),
        ((0.13357827, -0.13671005, 0.76894546, -0.61007386), (-1670.9922, 5211.986, 1528.388)),
        ((0.5879399, -0.7823407, 0.14276144, -0.1479487), (-1696.0435, -3827.0999, 1591.4127)),
    ),
    "S11": (
        ((0.15232472, -0.1544232, -0.75475633, 0.619107), (2098.4402, 4926.5547, 1500.2786)),
        ((0.61894494, -0.7600917, -0.15300633, 0.12552583), (2083.1824, -4912.173, 1561.0786)),
        ((0.14943229, -0.15650228, 0.7681234, -0.60263044), (-1609.8153, 5177.336, 1537.8967)),
        ((0.58942515, -0.7818877, 0.13991211, -0.14715362), (-1590.738, -3854.169, 1578.0176)),
    ),
}


def to_camera(points: np.ndarray, subject: str, camera: str) -> np.ndarray:
    """World metres `[..., 3]`, z up, in the frame of a subject's camera: metres, x right, y down, z forward."""
    _, centre = POSES[subject][CAMERAS.index(camera)]
    return (points - np.array(centre) / 1000) @ _world_from_camera(subject, camera)


def gravity(subject: str, camera: str) -> np.ndarray | None:
    """`[3]` the direction down in the frame of a subject's camera; None for S2, S3 and S4, whose cameras are unknown.

    Source:
        The world's z axis is up (Ionescu et al., TPAMI 2014); rotations of `POSES`.
    """
    return -_world_from_camera(subject, camera)[2] if subject in POSES else None


def _world_from_camera(subject: str, camera: str) -> np.ndarray:
    from scipy.spatial.transform import Rotation  # slow to import

    (w, x, y, z), _ = POSES[subject][CAMERAS.index(camera)]
    return Rotation.from_quat((x, y, z, w)).as_matrix()


def is_damaged(subject: str, sequence: str) -> bool:
    """Whether `sequence`, as `sequence_name` gives it, is the one whose video is damaged."""
    return subject == "S11" and sequence in DAMAGED


def sequence_name(name: str) -> str:
    """A sequence's name as in VideoPose3D: "TakingPhoto 1" is "Photo 1", "WalkingDog-1" is "WalkDog 1"."""
    words = NUMBER.split(name)
    return " ".join([RENAMED.get(words[0], words[0]), *words[1:]])


def action_of(sequence: str) -> str:
    """The action of a sequence: "Walking" for "Walking 1", "Walking-1", "Walking_1"; "SittingDown" is not "Sitting"."""
    action = NUMBER.split(sequence)[0]
    return RENAMED.get(action, action)


def split_of(subject: str, origin: str) -> str:
    """The split that a subject belongs to, or DatasetError beginning with `origin`."""
    if subject not in SPLITS:
        raise DatasetError(f"{origin}: subject: found {subject!r}, expected one of {', '.join(SPLITS)}")
    return SPLITS[subject]
