"""A procedural human: people of varied build who walk, sit, reach, kick and dance, as world motion of Human3.6M-17.

Body: fractions of stature for the segments (Drillis & Contini 1966, as drawn in Winter, "Biomechanics and Motor Control
of Human Movement", 4th edition 2009, Fig. 4.1, "Body segment lengths expressed as a fraction of body height"), times a
stature from ANSUR II (Gordon et al. 2014, NATICK/TR-15/007; means and deviations rounded).

Motion: a motion function draws one person's way of moving as joint angles of trunk, neck and arms, and places of the
pelvis and the ankles. The legs follow by two-link inverse kinematics, so that a standing foot stays where it stands,
and the pelvis sinks as far as both feet ask. Softly clipped to the joint limits, the angles go through one forward
kinematics. Two kinds of curve make everything: smooth noise (`wander`) and minimum-jerk movements between postures
(`glide`; Flash & Hogan 1985).

World in metres, z up, ground at z = 0; body x forward, y left, z up. Angles are degrees, zero when standing upright
with hanging arms. A `Motion` counts in leg lengths (thigh + shank) of the person, heights from a standing foot's ankle.
Its arrays end in the T times; limbs have an axis of length 2 before it, left then right. numpy only.
"""

from typing import NamedTuple

import numpy as np

from geolift.cameras import Clip
from geolift.skeleton import H36M17

STATURE = ((1.63, 0.064), (1.76, 0.069))  # metres, mean and deviation: women, men (ANSUR II, rounded)

# Fraction of stature, and relative standard deviation between persons of equal stature (cut at 2 deviations). Means:
# Winter's heights of ankle 0.039, knee 0.285, hip 0.530, shoulder 0.818, and lengths of upper arm and forearm. Trunk,
# neck and head (hip to neck base at 0.830, the neck/nose joint between chin 0.870 and eyes 0.936, crown 1.000) and the
# deviations are our choice. Winter's half widths of hips and shoulders (0.0955, 0.129) are outer ones. Hip centres lie
# further in (Bell et al. 1989: 0.36 of the distance of the anterior iliac spines from the middle, about 0.05), labelled
# hips between the two; hence 0.065 and 0.110, varied most.
BUILD = {
    "ankle": (0.039, 0.04), "shank": (0.246, 0.025), "thigh": (0.245, 0.025), "hip": (0.065, 0.10),
    "trunk": (0.300, 0.025), "neck": (0.065, 0.05), "head": (0.105, 0.04), "shoulder": (0.110, 0.07),
    "upper_arm": (0.186, 0.03), "forearm": (0.146, 0.03),
}  # fmt: skip
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
GRAVITY = 9.81
Rng = np.random.Generator


class Motion(NamedTuple):
    """How a person moves over T times; units, frames and axes as in the module's docstring.

    Attributes:
        pelvis: `[3, T]` mid-hip place; its height is a wish that the legs' length may lower.
        attitude: `[3, T]` heading, forward tilt and list to the left of the pelvis.
        feet: `[3, 2, T]` places of the ankles.
        angles: `[T]` or `[2, T]` by name of LIMITS, all but what the feet decide: hip flexion and abduction, knee.
    """

    pelvis: np.ndarray
    attitude: np.ndarray
    feet: np.ndarray
    angles: dict[str, np.ndarray]


def grow(rng: Rng) -> dict[str, float]:
    """One person's segment lengths in metres by name of BUILD, and the `stature` they were drawn for."""
    stature = rng.normal(*STATURE[rng.integers(2)])
    varied = {name: part * (1 + sd * np.clip(rng.normal(), -2, 2)) for name, (part, sd) in BUILD.items()}
    return {name: stature * part for name, part in varied.items()} | {"stature": stature}


def turn(axis: int, degrees: np.ndarray) -> np.ndarray:
    """Rotations `[..., 3, 3]` about a coordinate axis, counterclockwise seen from its tip."""
    i, j, c, s = (axis + 1) % 3, (axis + 2) % 3, np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.zeros((*np.shape(degrees), 3, 3))
    matrix[..., axis, axis] = 1
    matrix[..., i, i] = matrix[..., j, j] = c
    matrix[..., i, j], matrix[..., j, i] = -s, s
    return matrix


def softmin(*values: np.ndarray, width: float) -> np.ndarray:
    """Smooth minimum of arrays, below the true one by at most `width` times the log of their number."""
    return -width * np.logaddexp.reduce([-value / width for value in np.broadcast_arrays(*values)])


def limited(name: str, degrees: np.ndarray) -> np.ndarray:
    """An angle kept within its limits: unchanged well inside, bent smoothly where a limit sets in."""
    low, high = LIMITS[name]
    return low + SOFT * (np.logaddexp(0, (degrees - low) / SOFT) - np.logaddexp(0, (degrees - high) / SOFT))


def solve(body: dict[str, float], motion: Motion) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Pelvis place `[T, 3]` in metres, its rotation `[T, 3, 3]`, and all angles of LIMITS: the legs by two links."""
    thigh, shank, leg = body["thigh"], body["shank"], body["thigh"] + body["shank"]
    heading, tilt, lean = motion.attitude
    rotation = turn(Z, heading) @ turn(Y, tilt) @ turn(X, -lean)
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
        return turn(Y, flexion) @ turn(X, -bent) @ turn(Z, twist)

    def limb(start: np.ndarray, frame: np.ndarray, ball: str, hinge: np.ndarray, upper: float, lower: float) -> tuple:
        flexion, abduction, inwards = (angles[f"{ball}_{way}"] for way in ("flexion", "abduction", "rotation"))
        frame = frame @ turn(Y, -flexion) @ turn(X, SIDES * abduction) @ turn(Z, -SIDES * inwards)
        middle = start - upper * frame[..., Z]
        return start, middle, middle - lower * (frame @ turn(Y, hinge))[..., Z]

    loin = rotation @ column("trunk")
    chest = loin @ column("trunk")
    nape = chest @ column("neck")
    skull = nape @ column("neck")
    spine = pelvis + body["trunk"] / 2 * loin[..., Z]
    thorax = spine + body["trunk"] / 2 * chest[..., Z]
    neck = thorax + body["neck"] * (nape[..., Z] + NECK_FORWARD * nape[..., X])
    head = neck + body["head"] * skull[..., Z]

    hanging = np.cos(np.radians(angles["shoulder_flexion"])) * np.cos(np.radians(angles["shoulder_abduction"]))
    girdle = chest @ turn(X, SIDES * GIRDLE * (1 - hanging) / 2)
    shoulder = thorax + SIDES[..., None] * body["shoulder"] * girdle[..., Y]
    shoulder -= SHOULDER_BELOW * body["stature"] * girdle[..., Z]
    hip = pelvis + SIDES[..., None] * body["hip"] * rotation[..., Y]
    legs = limb(hip, rotation, "hip", angles["knee_flexion"], body["thigh"], body["shank"])
    arms = limb(shoulder, chest, "shoulder", -angles["elbow_flexion"], body["upper_arm"], body["forearm"])

    joints = {"pelvis": pelvis, "spine": spine, "thorax": thorax, "neck": neck, "head": head}
    for name, (left, right) in zip(("hip", "knee", "ankle", "shoulder", "elbow", "wrist"), legs + arms, strict=True):
        joints |= {f"left_{name}": left, f"right_{name}": right}
    return np.stack([joints[name] for name in H36M17.names], axis=1)


def glide(t: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Minimum-jerk movements `[..., T]` between `values` `[..., K]` at rising `times` `[K]`, at rest in each."""
    times, values = np.asarray(times), np.asarray(values, float)
    k = np.searchsorted(times, t, "right").clip(1, len(times) - 1)
    x = ((t - times[k - 1]) / (times[k] - times[k - 1])).clip(0, 1)
    return values[..., k - 1] + x**3 * (10 - 15 * x + 6 * x**2) * (values[..., k] - values[..., k - 1])


def visit(rng: Rng, t: np.ndarray, low: float, high: float, every: float, shape: tuple = ()) -> np.ndarray:
    """Movements `[*shape, T]` among postures uniform in low..high, `every` so many seconds; in some it rests."""
    times = every * (np.cumsum(rng.uniform(0.6, 1.4, int(t[-1] / every / 0.6) + 5)) - 1.4)
    values = rng.uniform(low, high, (*shape, len(times)))
    rest = np.flatnonzero(rng.random(len(times)) < 0.25)[1:]
    values[..., rest] = values[..., rest - 1]
    return glide(t, times, values)


def wander(rng: Rng, t: np.ndarray, low: float, high: float, shape: tuple = (), rate: float = 0.4) -> np.ndarray:
    """Smooth noise `[*shape, T]` in low..high: a folded sum of three sinusoids of at most `rate` hertz."""
    hertz, phase = rng.uniform(0.2 * rate, rate, (3, *shape, 1)), rng.uniform(0, 2 * np.pi, (3, *shape, 1))
    return low + (high - low) * (0.5 + 0.5 * np.sin(np.sin(2 * np.pi * hertz * t + phase).sum(0)))


def cycle(rng: Rng, t: np.ndarray, low: float, high: float) -> np.ndarray:
    """Phase `[T]` in 0..1 of a repeated movement that takes about `low` to `high` seconds, from a random start."""
    return (rng.random() + t / rng.uniform(low, high) + wander(rng, t, -0.05, 0.05)) % 1


def pulse(phase: np.ndarray, hold: float = 0.2) -> np.ndarray:
    """There and back, 0 to 1 to 0 once per cycle, at 1 for the part `hold` of it."""
    return glide(phase, (0, 0.5 - hold / 2, 0.5 + hold / 2, 1), (0, 1, 1, 0))


def either(rng: Rng) -> np.ndarray:
    """Left, right or both: `[2, 1]` of 0 and 1."""
    return np.array([[1, 0], [0, 1], [1, 1]])[rng.integers(3), :, None]


def add(motion: Motion, pelvis=(0, 0, 0), attitude=(0, 0, 0), feet=(0, 0, 0), **angles: np.ndarray) -> Motion:
    """`motion` with something added to each of its parts; the parts' coordinates and the angles broadcast."""
    parts = [
        np.stack([a + b for a, b in zip(old, new, strict=True)])
        for old, new in zip(motion, (pelvis, attitude, feet), strict=False)
    ]
    return Motion(*parts, motion.angles | {name: motion.angles[name] + more for name, more in angles.items()})


def gesticulate(rng: Rng, t: np.ndarray, motion: Motion, active: np.ndarray, every: float) -> Motion:
    """`motion` with arms that move all over their reach as far as `active` (0..1, `[2, 1]` or `[2, T]`) says."""
    lift, away, inwards, bent = np.stack([visit(rng, t, 0, 1, every, (4,)) for _ in SIDES], 1)
    across = 5 - 40 * np.sin(np.pi / 2 * (1.5 * lift - 0.3).clip(0, 1)) ** 2  # only a raised arm crosses the chest
    free = {
        "shoulder_flexion": -40 + 200 * lift, "shoulder_abduction": across + (80 - across) * away,
        "shoulder_rotation": -60 + 120 * inwards, "elbow_flexion": 5 + 135 * bent,
    }  # fmt: skip
    return add(motion, **{name: active * (value - motion.angles[name]) for name, value in free.items()})


def stand(rng: Rng, t: np.ndarray) -> Motion:
    """Standing about: weight shifting between feet astride, a personal posture, eyes that look around, idle arms."""
    x, y, slouch = wander(rng, t, -0.03, 0.03), visit(rng, t, -0.09, 0.09, 2), rng.uniform(-2, 12)
    feet = rng.uniform(-0.15, 0.15) * SIDES, rng.uniform(0.08, 0.24) * SIDES, 0
    angles = {
        "trunk_flexion": slouch + wander(rng, t, -4, 4), "trunk_bend": wander(rng, t, -4, 4),
        "trunk_twist": wander(rng, t, -6, 6), "neck_flexion": visit(rng, t, -20, 20, 2),
        "neck_bend": wander(rng, t, -8, 8), "neck_twist": visit(rng, t, -40, 40, 2),
        "shoulder_flexion": rng.uniform(-8, 10, (2, 1)) + wander(rng, t, -5, 5, (2,)),
        "shoulder_abduction": rng.uniform(4, 14, (2, 1)) + wander(rng, t, -2, 2, (2,)),
        "shoulder_rotation": rng.uniform(0, 35, (2, 1)) + wander(rng, t, -5, 5, (2,)),
        "elbow_flexion": rng.uniform(5, 30, (2, 1)) + wander(rng, t, 0, 10, (2,)),
        "hip_rotation": np.full((2, len(t)), -rng.uniform(0, 15)),
    }  # fmt: skip
    still = Motion(np.zeros((3, len(t))), np.zeros((3, len(t))), np.zeros((3, 2, len(t))), angles)
    attitude = wander(rng, t, -8, 8), wander(rng, t, -3, 8), -40 * y
    return add(still, (x, y, rng.uniform(0.985, 1.01)), attitude, feet)


def travel(
    rng: Rng, t: np.ndarray, *, cadence, stride, duty, lift, height, turning, bounce=0.0, lean=0.0, swing=0.0, elbow=0.0
) -> Motion:
    """Stepping along a winding course: arms swing against the legs, the pelvis leads and the trunk counters.

    Args:
        rng, t: generator, and times `[T]` from 0.
        cadence, stride: gait cycles per second, leg lengths per cycle.
        duty: part of a cycle that a foot stands.
        lift: how high the swinging ankle rises, leg lengths.
        height, bounce: wished height of the pelvis, and its amplitude twice per cycle, leg lengths.
        turning: lowest and highest change of heading, degrees per second; to the left or to the right.
        lean, swing, elbow: forward tilt, amplitude of the arms, flexion of the elbows, degrees.
    """
    g = np.arange(-2, t[-1] + 2, 0.02)  # footprints lie before and after the clip, too
    speed = stride * cadence * wander(rng, g, 0.9, 1.1)
    veer = rng.choice(SIDES) * wander(rng, g, *np.radians(turning), rate=0.2)
    yaw = np.cumsum(veer) * 0.02
    course = *np.cumsum(speed * np.stack([np.cos(yaw), np.sin(yaw)]) * 0.02, axis=1), yaw
    offset, width = np.array([[0], [0.5]]), rng.uniform(0.03, 0.09) * SIDES
    n, phase = np.divmod(cadence * t + offset, 1)  # of each foot, from its contact

    def footprint(n: np.ndarray) -> np.ndarray:
        x, y, yaw = (np.interp((n + 0.45 * duty - offset) / cadence, g, part) for part in course)
        return np.stack([x - width * np.sin(yaw), y + width * np.cos(yaw)])

    here, there, rise = footprint(n), footprint(n + 1), ((phase - duty + 0.15) / (1.15 - duty)).clip(0, 1)
    ankle = lift * np.sin(np.pi * rise * (1.5 - 0.5 * rise)) ** 2  # from heel-off, highest early in the swing
    x, y, yaw = (np.interp(t, g, part) for part in course)
    bank = np.interp(t, g, np.degrees(np.arctan(0.8 * speed * veer / GRAVITY)))  # legs of 0.8 m
    before, over = np.cos(2 * np.pi * phase), np.sin(2 * np.pi * phase[0])  # the side's foot in front; left one stands
    inwards = 0.025 * over + np.sin(np.radians(bank))
    motion = stand(rng, t)._replace(
        pelvis=np.stack([x - inwards * np.sin(yaw), y + inwards * np.cos(yaw), np.full(len(t), height)]),
        feet=np.stack([*here + (there - here) * glide(phase, (duty - 0.08, 1), (0, 1)), ankle]),
    )
    motion = add(
        motion, (0, 0, bounce * np.cos(4 * np.pi * (phase[0] - duty / 2 - 0.25 * (duty < 0.5)))),
        (np.degrees(yaw) - 5 * before[0], lean, bank + 3 * over), trunk_twist=10 * before[0], trunk_flexion=lean,
        neck_flexion=-lean, shoulder_flexion=-swing * before, elbow_flexion=elbow - swing / 2 * before,
    )  # fmt: skip
    return gesticulate(rng, t, motion, either(rng) * (rng.random() < 0.3), 1.5)  # some carry, wave or telephone


def walk(rng: Rng, t: np.ndarray) -> Motion:
    """Walking at about 0.6 to 1.4 m/s."""
    return travel(
        rng, t, cadence=rng.uniform(0.75, 1.05), stride=rng.uniform(1.1, 1.55), duty=rng.uniform(0.58, 0.65),
        lift=rng.uniform(0.14, 0.2), height=0.99, bounce=0.01, turning=(-10, 90), lean=rng.uniform(0, 4),
        swing=rng.uniform(10, 30), elbow=rng.uniform(0, 15),
    )  # fmt: skip


def run(rng: Rng, t: np.ndarray) -> Motion:
    """Running at about 1.4 to 2.8 m/s, with a flight between the steps."""
    return travel(
        rng, t, cadence=rng.uniform(1.2, 1.45), stride=rng.uniform(1.7, 2.4), duty=rng.uniform(0.33, 0.4),
        lift=rng.uniform(0.3, 0.5), height=0.94, bounce=0.03, turning=(40, 100), lean=rng.uniform(3, 9),
        swing=rng.uniform(25, 45), elbow=rng.uniform(55, 85),
    )  # fmt: skip


def turn_around(rng: Rng, t: np.ndarray) -> Motion:
    """Stepping on the spot to face other ways."""
    return travel(
        rng, t, cadence=rng.uniform(0.8, 1.2), stride=rng.uniform(0, 0.2), duty=0.6, lift=rng.uniform(0.08, 0.2),
        height=0.99, turning=(-100, 100), swing=5,
    )  # fmt: skip


def dance(rng: Rng, t: np.ndarray) -> Motion:
    """Everything at once: steps and turns with all of trunk, hips and arms."""
    motion = travel(
        rng, t, cadence=rng.uniform(0.7, 1.1), stride=rng.uniform(0, 0.6), duty=rng.uniform(0.55, 0.65),
        lift=rng.uniform(0.1, 0.4), height=0.97, turning=(-90, 90),
    )  # fmt: skip
    motion = add(
        motion, (0, 0, visit(rng, t, -0.2, 0.05, 0.8)), (0, visit(rng, t, -12, 30, 1), visit(rng, t, -12, 12, 1)),
        trunk_flexion=visit(rng, t, -25, 40, 1), trunk_bend=visit(rng, t, -30, 30, 1),
        trunk_twist=visit(rng, t, -40, 40, 1), hip_rotation=visit(rng, t, -35, 25, 1, (2,)),
    )  # fmt: skip
    return gesticulate(rng, t, motion, 1, rng.uniform(0.8, 1.3))


def gesture(rng: Rng, t: np.ndarray) -> Motion:
    """Standing and talking with one or both hands, sometimes waving."""
    motion = gesticulate(rng, t, stand(rng, t), either(rng), rng.uniform(1, 1.8))
    wave = rng.uniform(0, 25) * np.sin(2 * np.pi * rng.uniform(1, 2) * t) * visit(rng, t, -1, 1, 1.5, (2,))
    return add(motion, shoulder_rotation=wave)


def reach(rng: Rng, t: np.ndarray) -> Motion:
    """Hands go to places all around; the trunk turns after the hand further in front, bends and sinks."""
    motion, tilt = gesticulate(rng, t, stand(rng, t), either(rng), 1.6), visit(rng, t, -5, 35, 1.6)
    ahead = (SIDES * np.sin(np.radians(motion.angles["shoulder_flexion"]))).sum(0)
    return add(
        motion, (-0.004 * tilt, 0, visit(rng, t, -0.2, 0.02, 1.6)), (0, tilt, 0),
        trunk_flexion=visit(rng, t, -10, 45, 1.6), trunk_bend=visit(rng, t, -25, 25, 1.6),
        trunk_twist=visit(rng, t, -25, 25, 1.6) - 20 * ahead, neck_flexion=-tilt / 2,
        elbow_flexion=-rng.uniform(0.3, 0.7) * motion.angles["elbow_flexion"],
    )  # fmt: skip


def bend(rng: Rng, t: np.ndarray) -> Motion:
    """Bending to all sides and twisting, at the waist and at the hips."""
    tilt = visit(rng, t, -10, 65, 2)
    motion = add(
        stand(rng, t), (-0.004 * tilt, 0, 0), (visit(rng, t, -25, 25, 2), tilt, 0),
        trunk_flexion=visit(rng, t, -30, 60, 2), trunk_bend=visit(rng, t, -35, 35, 2),
        trunk_twist=visit(rng, t, -45, 45, 2),
    )  # fmt: skip
    return gesticulate(rng, t, motion, rng.random((2, 1)), 2)


def squat(rng: Rng, t: np.ndarray) -> Motion:
    """Down and up, arms to the front, the sides or the chest."""
    down = rng.uniform(0.5, 1) * pulse(cycle(rng, t, 1.8, 3.5))
    motion = add(
        stand(rng, t), (-0.2 * down, 0, -0.5 * down), (0, rng.uniform(15, 35) * down, 0),
        (0, rng.uniform(0, 0.1) * SIDES, 0), trunk_flexion=rng.uniform(0, 30) * down, neck_flexion=-20 * down,
        shoulder_flexion=rng.uniform(20, 110) * down, shoulder_abduction=rng.uniform(-10, 60) * down,
        elbow_flexion=rng.uniform(0, 120) * down, hip_rotation=-rng.uniform(0, 12) * down,
    )  # fmt: skip
    return gesticulate(rng, t, motion, rng.choice([0, 0.7], (2, 1)), 1.5)


def lunge(rng: Rng, t: np.ndarray) -> Motion:
    """One foot steps out, forward to sideways; the weight sinks over it and comes back."""
    side, way, phase = rng.permutation([[0], [1]]), np.radians(rng.uniform(-10, 80)), cycle(rng, t, 2.2, 3.8)
    out, deep = pulse(phase, 0.5), pulse(phase, 0.15)
    x, y = rng.uniform(0.6, 0.9) * out * np.array([[np.cos(way)], [np.sin(way) * (SIDES * side).sum()]])
    heel = 0.15 * deep * np.cos(way).clip(0)  # of the foot behind
    motion = add(
        stand(rng, t), (0.55 * x, 0.5 * y, -rng.uniform(0.2, 0.4) * deep), (0, rng.uniform(0, 30) * deep, 0),
        (side * x, side * y, side * 0.4 * out * (1 - out) + (1 - side) * heel),
        trunk_twist=rng.uniform(-35, 35) * deep,
    )  # fmt: skip
    return gesticulate(rng, t, motion, rng.random((2, 1)).round(1), 1.5)


def kick(rng: Rng, t: np.ndarray) -> Motion:
    """One leg swings back, then forward or aside with the knee opening, or rises bent; the other stands."""
    side, phase, times = rng.permutation([[0], [1]]), cycle(rng, t, 1.6, 3.0), (0, 0.3, 0.55, 0.95, 1)
    thigh = glide(phase, times, (0, rng.uniform(-25, 40), rng.uniform(35, 95), 0, 0))
    shank = np.radians(thigh - glide(phase, times, (0, rng.uniform(60, 110), rng.uniform(5, 100), 0, 0)))
    away = np.radians(rng.uniform(0, 40) * pulse(phase))
    x = 0.5 * (np.sin(np.radians(thigh)) + np.sin(shank))
    down = 0.5 * (np.cos(np.radians(thigh)) + np.cos(shank))
    motion = add(
        stand(rng, t), (0, -0.06 * (SIDES * side).sum(), 0), (0, -0.3 * thigh.clip(0), 0),
        (side * x, side * SIDES * down * np.sin(away), side * (1 - down * np.cos(away))),
        shoulder_flexion=(0.5 - side) * thigh,
    )  # fmt: skip
    return gesticulate(rng, t, motion, rng.random((2, 1)).round(1), 1.2)


def jumping_jack(rng: Rng, t: np.ndarray) -> Motion:
    """Hops between feet together with arms down and feet apart with arms up."""
    phase = cycle(rng, t, 0.9, 1.5)
    wide, hop = pulse(phase, 0.1), rng.uniform(0.05, 0.12) * np.sin(2 * np.pi * phase) ** 2
    return add(
        stand(rng, t), (0, 0, hop - 0.02), feet=(0, rng.uniform(0.2, 0.4) * SIDES * wide, hop),
        shoulder_abduction=rng.uniform(110, 160) * wide, shoulder_rotation=-rng.uniform(0, 60) * wide,
    )  # fmt: skip


def sit(rng: Rng, t: np.ndarray) -> Motion:
    """Sitting down on a chair, a stool or the ground, talking there with moving feet, getting up."""
    seated, seat = pulse(cycle(rng, t, 6, 12), 0.6), rng.uniform(0.05, 0.6)
    rising, ahead = 4 * seated * (1 - seated), visit(rng, t, 0, 0.25, 2.5, (2,)) * seated
    apart, raised = SIDES * visit(rng, t, 0, 0.1, 2.5, (2,)) * seated, rng.uniform(0, 0.3, (2, 1)) * ahead
    motion = add(
        stand(rng, t), (-(0.75 - 0.6 * seat) * seated, 0, (seat - 1) * seated),
        (0, 35 * rising + (rng.uniform(-30, 5) - 20 * (0.6 - seat)) * seated, 0),
        (ahead, apart, raised),
        trunk_flexion=visit(rng, t, 0, 40, 2) * seated + 15 * rising, neck_flexion=-15 * rising,
        shoulder_flexion=rng.uniform(10, 40, (2, 1)) * seated, elbow_flexion=rng.uniform(20, 70, (2, 1)) * seated,
    )  # fmt: skip
    return gesticulate(rng, t, motion, seated * either(rng) * rng.uniform(0.5, 1), 1.4)


def pick_up(rng: Rng, t: np.ndarray) -> Motion:
    """Reaching to the ground with one or both hands, by stooping or crouching, and up again with the thing."""
    down, crouch, hands = pulse(cycle(rng, t, 2.5, 4.5)), rng.random(), either(rng)
    motion = add(
        stand(rng, t), (-(0.25 - 0.1 * crouch) * down, 0, -(0.1 + 0.5 * crouch) * down),
        (rng.uniform(-20, 20) * down, (75 - 60 * crouch) * down, 0), trunk_flexion=(45 - 15 * crouch) * down,
        trunk_twist=rng.uniform(-30, 30) * down, neck_flexion=-30 * down, hip_rotation=-10 * crouch * down,
        elbow_flexion=hands * rng.uniform(0, 100) * (1 - down) + (1 - hands) * 40 * down,
    )  # fmt: skip
    return add(motion, shoulder_flexion=0.8 * hands * down * (motion.attitude[1] + motion.angles["trunk_flexion"]))


# In the order of their seeds: a new motion goes to the end.
MOTIONS = (walk, run, turn_around, dance, gesture, reach, bend, squat, lunge, kick, jumping_jack, sit, pick_up)
SPLITS = ("train", "validation", "test", "train", "train", "train")  # of persons, repeated


def clips(seed: int = 0, *, people: int = 24, seconds: float = 6.0, fps: float = 30.0) -> list[Clip]:
    """One clip of every motion for every person, each from a random heading.

    A clip's points depend on seed, person, motion, seconds and fps alone, not on the number of people.

    Args:
        seed: seed of bodies and motions, not negative.
        people: number of persons, at least 3 so that each split has one.
        seconds, fps: length of a clip, and its frames per second.

    Returns:
        Clips named like "person03_walk" with `[T, 17, 3]` points of H36M17; a person belongs to one split.

    Raises:
        ValueError: if there are fewer than 3 people.
    """
    if people < 3:
        raise ValueError(f"people: found {people}, expected at least 3, one for each split")
    t, made = np.arange(round(seconds * fps)) / fps, []
    ankles = [H36M17.names.index(name) for name in ("left_ankle", "right_ankle")]
    for person in range(people):
        body, subject = grow(np.random.default_rng((seed, person))), f"person{person:02d}"
        for number, motion in enumerate(MOTIONS, start=1):  # 0 would repeat the body's seed
            rng, action = np.random.default_rng((seed, person, number)), motion.__name__
            points = forward(body, *solve(body, motion(rng, t))) @ turn(Z, rng.uniform(0, 360)).T
            low = softmin(np.zeros(1), *(points[:, ankles, Z] - body["ankle"]).T, width=0.002)
            points[..., Z] -= low[:, None]  # where a joint limit pushed a foot into the ground
            split = SPLITS[person % len(SPLITS)]
            made.append(Clip(points.astype(np.float32), fps, f"{subject}_{action}", subject, action, split))
    return made
