"""The procedural human: people of varied build who walk, sit, reach, kick and dance, as world motion of Human3.6M-17.

A motion function draws one person's movement as joint angles of trunk, neck and arms, and positions of the pelvis and
the ankles; `geolift.data.synthetic.body` computes joints from them, and defines the units. All curves are of two kinds:
smooth noise (`wander`) and minimum-jerk movements between postures (`glide`; Flash & Hogan 1985).
"""

import numpy as np

from geolift.data.synthetic.body import SIDES, Motion, Z, forward, grow, solve
from geolift.data.synthetic.clips import clips_of, on_the_ground
from geolift.data.world import WorldClip
from geolift.skeletons.skeleton import H36M17

GRAVITY = 9.81
Rng = np.random.Generator


def glide(t: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Minimum-jerk movements `[..., T]` between `values` `[..., K]` at rising `times` `[K]`, still at each one."""
    times, values = np.asarray(times), np.asarray(values, float)
    k = np.searchsorted(times, t, "right").clip(1, len(times) - 1)
    x = ((t - times[k - 1]) / (times[k] - times[k - 1])).clip(0, 1)
    return values[..., k - 1] + x**3 * (10 - 15 * x + 6 * x**2) * (values[..., k] - values[..., k - 1])


def visit(rng: Rng, t: np.ndarray, low: float, high: float, every: float, shape: tuple = ()) -> np.ndarray:
    """Movements `[*shape, T]` among postures uniform in low..high, about every `every` seconds; some are held."""
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
    """`motion` with offsets added to its parts; coordinates and angles broadcast."""
    parts = [
        np.stack([a + b for a, b in zip(old, new, strict=True)])
        for old, new in zip(motion, (pelvis, attitude, feet), strict=False)
    ]
    return Motion(*parts, motion.angles | {name: motion.angles[name] + more for name, more in angles.items()})


def gesticulate(rng: Rng, t: np.ndarray, motion: Motion, active: np.ndarray, every: float) -> Motion:
    """`motion` with arms that move all over their reach, in the share `active` (0..1, `[2, 1]` or `[2, T]`)."""
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
        duty: share of a cycle in which a foot stands.
        lift: how high the swinging ankle rises, leg lengths.
        height, bounce: desired height of the pelvis, and its amplitude twice per cycle, leg lengths.
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
    """Stepping on the spot to face other directions."""
    return travel(
        rng, t, cadence=rng.uniform(0.8, 1.2), stride=rng.uniform(0, 0.2), duty=0.6, lift=rng.uniform(0.08, 0.2),
        height=0.99, turning=(-100, 100), swing=5,
    )  # fmt: skip


def dance(rng: Rng, t: np.ndarray) -> Motion:
    """Steps and turns with movements of trunk, hips and arms at once."""
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


# A motion's seed is its place here: a new motion goes to the end.
MOTIONS = (walk, run, turn_around, dance, gesture, reach, bend, squat, lunge, kick, jumping_jack, sit, pick_up)


def procedural_clips(seed: int = 0, *, people: int = 24, seconds: float = 6.0, fps: float = 30.0) -> list[WorldClip]:
    """One clip of every motion for every person, each with a random heading.

    A clip's points depend on seed, person, motion, seconds and fps alone, not on the number of people.

    Args:
        seed: of bodies and motions, not negative.
        people: number of persons, at least 3 so that each split has one.
        seconds: length of a clip.
        fps: frames per second.

    Returns:
        Clips named like "person03_walk" with `[T, 17, 3]` points of H36M17 in world metres, z up; a person belongs to
        one split.

    Raises:
        ValueError: if there are fewer than 3 people.

    Source:
        Ours, with body proportions and joint limits from the literature (`geolift.data.synthetic.body`).

    Example:
        >>> clips = procedural_clips(people=3, seconds=1.0, fps=10.0)
        >>> len(clips), clips[0].name, clips[0].points.shape
        (39, 'person00_walk', (10, 17, 3))
    """
    if people < 3:
        raise ValueError(f"people: found {people}, expected at least 3, one for each split")
    ankles = [H36M17.names.index(name) for name in ("left_ankle", "right_ankle")]

    def move(body: dict[str, float], motion: Motion) -> np.ndarray:
        points = forward(body, *solve(body, motion))
        return on_the_ground(points, points[:, ankles, Z] - body["ankle"])  # a joint limit may push a foot into it

    return clips_of("person", people, MOTIONS, grow, move, seed=seed, seconds=seconds, fps=fps)
