"""The procedural human's body: proportions, joint limits, and the positions of its joints when it moves.

Proportions: fractions of stature for the segments (Drillis & Contini 1966, as drawn in Winter, "Biomechanics and Motor
Control of Human Movement", 4th edition 2009, Fig. 4.1, "Body segment lengths expressed as a fraction of body height"),
times a stature from ANSUR II (Gordon et al. 2014, NATICK/TR-15/007; means and deviations rounded).

Kinematics: the legs follow pelvis and ankles by two-link inverse kinematics, so that a standing foot does not slide,
and the pelvis sinks as far as both feet need. All angles are softly clipped to the joint limits; then one forward
kinematics gives the joints.

World in metres, z up, ground at z = 0; body x forward, y left, z up. Angles are degrees, zero when standing upright
with hanging arms. The unit of a `Motion` is the person's leg length (thigh + shank), its heights are above a standing
foot's ankle. The last axis of its arrays is the T times; limbs have an axis of length 2 before it, left then right.
numpy only.
"""

from typing import NamedTuple

import numpy as np

from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.skeleton import H36M17

STATURES = ((1.63, 0.064), (1.76, 0.069))  # metres, mean and deviation: women, men (ANSUR II, rounded)

NECK_FORWARD, SHOULDER_BELOW = 0.25, 0.012  # neck/nose before the neck base (tangent); shoulder below it (stature)
GIRDLE = 25.0  # degrees that the shoulder girdle rises with the arm from hanging to overhead (a choice)

# Degrees; normal ranges of the American Academy of Orthopaedic Surgeons, "Joint Motion" (1965), rounded; adduction of
# the raised arm is our choice. Flexion forward, bend and twist to the left, abduction away from the midline, rotation
# inwards. A limb is rotated, then abducted, then flexed, about the axes of the trunk or the pelvis.
LIMITS = {
    "trunk_flexion": (-25, 80), "trunk_bend": (-35, 35), "trunk_twist": (-45, 45),
    "neck_flexion": (-45, 45), "neck_bend": (-45, 45), "neck_twist": (-60, 60),
    "shoulder_flexion": (-60, 180), "shoulder_abduction": (-45, 180), "shoulder_rotation": (-90, 70),
    "elbow_flexion": (0, 150),
    "hip_flexion": (-30, 120), "hip_abduction": (-30, 45), "hip_rotation": (-45, 45), "knee_flexion": (0, 135),
}  # fmt: skip
SOFT = 2.0  # degrees over which a limit sets in
X, Y, Z = range(3)
SIDES = np.array([[1.0], [-1.0]])  # the y of left and right
Rng = np.random.Generator


class Motion(NamedTuple):
    """How a person moves over T times; units, frames and axes as in the module's docstring.

    Attributes:
        pelvis: `[3, T]` mid-hip position; the legs' length may lower its height.
        attitude: `[3, T]` heading, forward tilt and list to the left of the pelvis.
        feet: `[3, 2, T]` positions of the ankles.
        angles: `[T]` or `[2, T]` by name of LIMITS, all but those that follow from the feet: hip flexion and
            abduction, knee flexion.
    """

    pelvis: np.ndarray
    attitude: np.ndarray
    feet: np.ndarray
    angles: dict[str, np.ndarray]


def grow(rng: Rng) -> dict[str, float]:
    """One person's segment lengths in metres by name of BUILD, and the `stature` they were drawn for."""
    stature = rng.normal(*STATURES[rng.integers(2)])
    varied = {name: part * (1 + sd * np.clip(rng.normal(), -2, 2)) for name, (part, sd) in BUILD.items()}
    return {name: stature * part for name, part in varied.items()} | {"stature": stature}


def rotation_about(axis: int, degrees: np.ndarray) -> np.ndarray:
    """Rotations `[..., 3, 3]` about a coordinate axis, counterclockwise seen from its tip.

    Not scipy's: the procedural data set is the same to the bit on every version of scipy.
    """
    i, j, c, s = (axis + 1) % 3, (axis + 2) % 3, np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.zeros((*np.shape(degrees), 3, 3))
    matrix[..., axis, axis] = 1
    matrix[..., i, i] = matrix[..., j, j] = c
    matrix[..., i, j], matrix[..., j, i] = -s, s
    return matrix


def softmin(*values: np.ndarray, width: float) -> np.ndarray:
    """Smooth minimum of arrays, below the true one by at most `width` times the log of their number."""
    return -width * np.logaddexp.reduce([-value / width for value in np.broadcast_arrays(*values)])


def soft_clip(values: np.ndarray, low: float, high: float, width: float) -> np.ndarray:
    """`values` within low..high: unchanged well inside, bent smoothly where a limit sets in, over about `width`."""
    return low + width * (np.logaddexp(0, (values - low) / width) - np.logaddexp(0, (values - high) / width))


def limited(name: str, degrees: np.ndarray) -> np.ndarray:
    """An angle kept within its limits, softly."""
    return soft_clip(degrees, *LIMITS[name], SOFT)


def solve(body: dict[str, float], motion: Motion) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Pelvis place `[T, 3]` in metres, its rotation `[T, 3, 3]`, and all angles of LIMITS: the legs by two links."""
    thigh, shank, leg = body["thigh"], body["shank"], body["thigh"] + body["shank"]
    heading, tilt, lean = motion.attitude
    rotation = rotation_about(Z, heading) @ rotation_about(Y, tilt) @ rotation_about(X, -lean)
    foot = leg * np.moveaxis(motion.feet - motion.pelvis[:, None], 0, -1)  # from the hip
    foot -= body["hip"] * SIDES[..., None] * rotation[..., Y]
    slack = np.sqrt(np.maximum((0.995 * leg) ** 2 - (foot[..., :Z] ** 2).sum(-1), (0.1 * leg) ** 2))
    slack += 2 * leg * motion.feet[Z] ** 2  # a foot well above the ground does not drag the pelvis down
    sink = -softmin(np.zeros(1), *foot[..., Z] + slack, width=0.005 * leg)
    foot[..., Z] += sink
    pelvis = leg * motion.pelvis.T
    pelvis[:, Z] += body["ankle"] - sink

    foot = (foot[..., None, :] @ rotation)[..., 0, :]  # pelvis frame
    distance = np.linalg.norm(foot, axis=-1)
    span = softmin(distance, leg, width=0.005 * leg)
    foot *= (span / distance)[..., None]
    knee = np.arccos(((span**2 - thigh**2 - shank**2) / (2 * thigh * shank)).clip(-1, 1))
    rotated = np.radians(limited("hip_rotation", motion.angles["hip_rotation"]))
    back, z = -shank * np.sin(knee), -thigh - shank * np.cos(knee)  # the ankle in the thigh's frame
    x, y = back * np.cos(rotated), -SIDES * back * np.sin(rotated)
    abduction = np.arcsin((foot[..., Y] / np.hypot(y, z)).clip(-1, 1)) - np.arctan2(y, -z)
    z = y * np.sin(abduction) + z * np.cos(abduction)
    flexion = np.angle((foot[..., X] + 1j * foot[..., Z]) * (x - 1j * z))
    legs = {"hip_flexion": flexion, "hip_abduction": SIDES * abduction, "knee_flexion": knee}
    angles = motion.angles | {name: np.degrees(angle) for name, angle in legs.items()}
    return pelvis, rotation, {name: limited(name, angles[name]) for name in LIMITS}


def forward(body: dict[str, float], pelvis: np.ndarray, rotation: np.ndarray, angles: dict) -> np.ndarray:
    """Forward kinematics: joint positions `[T, 17, 3]` of H36M17 in metres from what `solve` returns."""

    def column(part: str) -> np.ndarray:  # half of it: trunk and neck bend evenly at two joints
        flexion, bent, twist = (angles[f"{part}_{way}"] / 2 for way in ("flexion", "bend", "twist"))
        return rotation_about(Y, flexion) @ rotation_about(X, -bent) @ rotation_about(Z, twist)

    def limb(start: np.ndarray, frame: np.ndarray, ball: str, hinge: np.ndarray, upper: float, lower: float) -> tuple:
        flexion, abduction, inwards = (angles[f"{ball}_{way}"] for way in ("flexion", "abduction", "rotation"))
        frame = (
            frame
            @ rotation_about(Y, -flexion)
            @ rotation_about(X, SIDES * abduction)
            @ rotation_about(Z, -SIDES * inwards)
        )
        middle = start - upper * frame[..., Z]
        return start, middle, middle - lower * (frame @ rotation_about(Y, hinge))[..., Z]

    loin = rotation @ column("trunk")
    chest = loin @ column("trunk")
    nape = chest @ column("neck")
    skull = nape @ column("neck")
    spine = pelvis + body["trunk"] / 2 * loin[..., Z]
    thorax = spine + body["trunk"] / 2 * chest[..., Z]
    neck = thorax + body["neck"] * (nape[..., Z] + NECK_FORWARD * nape[..., X])
    head = neck + body["head"] * skull[..., Z]

    hanging = np.cos(np.radians(angles["shoulder_flexion"])) * np.cos(np.radians(angles["shoulder_abduction"]))
    girdle = chest @ rotation_about(X, SIDES * GIRDLE * (1 - hanging) / 2)
    shoulder = thorax + SIDES[..., None] * body["shoulder"] * girdle[..., Y]
    shoulder -= SHOULDER_BELOW * body["stature"] * girdle[..., Z]
    hip = pelvis + SIDES[..., None] * body["hip"] * rotation[..., Y]
    legs = limb(hip, rotation, "hip", angles["knee_flexion"], body["thigh"], body["shank"])
    arms = limb(shoulder, chest, "shoulder", -angles["elbow_flexion"], body["upper_arm"], body["forearm"])

    joints = {"pelvis": pelvis, "spine": spine, "thorax": thorax, "neck": neck, "head": head}
    for name, (left, right) in zip(("hip", "knee", "ankle", "shoulder", "elbow", "wrist"), legs + arms, strict=True):
        joints |= {f"left_{name}": left, f"right_{name}": right}
    return np.stack([joints[name] for name in H36M17.names], axis=1)
