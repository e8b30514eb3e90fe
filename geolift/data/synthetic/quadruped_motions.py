"""Motions of the procedural quadruped: it stands, walks, trots, turns, sniffs, rears, bows and sits.

A motion function draws one animal's movement: the course of its hips, its paws, and angles of back, neck, head and
tail; `geolift.data.synthetic.quadruped` computes joints from them, and defines the units.
"""

import numpy as np

from geolift.data.synthetic.body import Z
from geolift.data.synthetic.clips import clips_of, on_the_ground
from geolift.data.synthetic.motions import cycle, glide, pulse, visit, wander
from geolift.data.synthetic.quadruped import AnimalMotion, grow_animal, move_animal
from geolift.data.world import WorldClip

HEIGHT = 0.93  # of the hips above the ground of a standing animal, trunk lengths
AHEAD = np.array([[1.08], [1.08], [0.08], [0.08]])  # of the hips, where the four paws stand
ASIDE = np.array([[1.0], [-1.0], [1.0], [-1.0]])  # left and right paws
FRONT = np.array([[1.0], [1.0], [0.0], [0.0]])
WALK = np.array([[0.25], [0.75], [0.0], [0.5]])  # a hind paw, then the front paw of its side: the walk of mammals
TROT = np.array([[0.5], [0.0], [0.0], [0.5]])  # diagonal paws together
Rng = np.random.Generator


def change(motion: AnimalMotion, hips=(0, 0, 0), attitude=(0, 0, 0), paws=(0, 0, 0), **angles) -> AnimalMotion:
    """`motion` with offsets added to its parts; coordinates and angles broadcast."""
    return motion._replace(
        hips=np.stack([old + new for old, new in zip(motion.hips, hips, strict=True)]),
        attitude=np.stack([old + new for old, new in zip(motion.attitude, attitude, strict=True)]),
        paws=np.stack([old + new for old, new in zip(motion.paws, paws, strict=True)]),
        angles=motion.angles | {name: motion.angles[name] + more for name, more in angles.items()},
    )


def stand(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Standing about: weight that shifts, a head that looks around, a tail that wags at times."""
    still, width = np.zeros(len(t)), rng.uniform(0.09, 0.15)
    wag = wander(rng, t, 0, 1, rate=0.3) ** 2 * rng.uniform(0, 45) * np.sin(2 * np.pi * rng.uniform(1, 2.5) * t)
    paws = AHEAD + rng.uniform(-0.08, 0.08, (4, 1)) + still, width * ASIDE + rng.uniform(-0.02, 0.02, (4, 1)) + still
    return AnimalMotion(
        hips=np.stack([wander(rng, t, -0.03, 0.03), wander(rng, t, -0.03, 0.03), HEIGHT + wander(rng, t, -0.05, 0.01)]),
        attitude=np.stack([wander(rng, t, -4, 4), wander(rng, t, -4, 4), wander(rng, t, -3, 3)]),
        paws=np.stack([*paws, np.zeros((4, len(t)))]),
        lifted=np.zeros((4, len(t))),
        hang=np.zeros((3, 4, len(t))),
        angles={
            "back_bend": wander(rng, t, -8, 8), "back_raise": wander(rng, t, -5, 5),
            "neck_turn": visit(rng, t, -45, 45, 1.5), "neck_raise": visit(rng, t, 15, 65, 1.8),
            "head_turn": visit(rng, t, -25, 25, 1.2), "head_raise": visit(rng, t, -75, -25, 1.5),
            "tail_turn": rng.uniform(-8, 8) + wag, "tail_raise": rng.uniform(-55, 40) + wander(rng, t, -15, 15),
            "tail_curl": rng.uniform(-20, 40) + wander(rng, t, -10, 10),
        },
    )  # fmt: skip


def travel(rng: Rng, t: np.ndarray, *, order, cadence, stride, duty, lift, turning, bounce=0.01) -> AnimalMotion:
    """Stepping along a winding course, the back bent towards it.

    Args:
        rng, t: generator, and times `[T]` from 0.
        order: `[4, 1]` when in the cycle each paw comes down, a share of it.
        cadence, stride: cycles per second, trunk lengths per cycle.
        duty: share of a cycle in which a paw stands.
        lift: how high a swinging paw rises, trunk lengths.
        turning: lowest and highest change of heading, degrees per second; to the left or to the right.
        bounce: amplitude of the hips' height, twice per cycle, trunk lengths.
    """
    g = np.arange(-2, t[-1] + 2, 0.02)  # footprints lie before and after the clip, too
    speed = stride * cadence * wander(rng, g, 0.9, 1.1)
    veer = rng.choice([-1, 1]) * wander(rng, g, *np.radians(turning), rate=0.2)
    yaw = np.cumsum(veer) * 0.02
    course = *np.cumsum(speed * np.stack([np.cos(yaw), np.sin(yaw)]) * 0.02, axis=1), yaw  # of the trunk's middle
    n, phase = np.divmod(cadence * t + order, 1)  # of each paw, from its contact
    ahead, aside = AHEAD - 0.5, rng.uniform(0.08, 0.12) * ASIDE

    def footprint(n: np.ndarray) -> np.ndarray:
        x, y, yaw = (np.interp((n + 0.5 * duty - order) / cadence, g, part) for part in course)
        return np.stack([x + ahead * np.cos(yaw) - aside * np.sin(yaw), y + ahead * np.sin(yaw) + aside * np.cos(yaw)])

    here, there, rise = footprint(n), footprint(n + 1), ((phase - duty) / (1 - duty)).clip(0, 1)
    x, y, yaw = (np.interp(t, g, part) for part in course)
    bend = np.interp(t, g, np.degrees(veer)) * rng.uniform(0.2, 0.35)
    motion, beat = stand(rng, t), np.cos(4 * np.pi * phase[2])
    swing = np.sin(2 * np.pi * phase[2])
    hips = x - 0.5 * np.cos(yaw), y - 0.5 * np.sin(yaw), motion.hips[Z] - 0.02 + bounce * beat
    paws = *here + (there - here) * glide(phase, (duty, 1), (0, 1)), lift * np.sin(np.pi * rise) ** 2
    motion = motion._replace(hips=np.stack(hips), paws=np.stack(paws))
    return change(
        motion, attitude=(np.degrees(yaw) - bend / 2 + 2 * swing, 0, 2 * swing),
        back_bend=bend - 4 * swing, neck_turn=bend - 0.5 * motion.angles["neck_turn"], neck_raise=3 * beat,
    )  # fmt: skip


def walk(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Walking, three or two paws on the ground."""
    return travel(
        rng, t, order=WALK, cadence=rng.uniform(0.9, 1.4), stride=rng.uniform(0.8, 1.1), duty=rng.uniform(0.62, 0.7),
        lift=rng.uniform(0.1, 0.18), turning=(-15, 60),
    )  # fmt: skip


def trot(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Trotting: diagonal paws together, a short flight between them."""
    return travel(
        rng, t, order=TROT, cadence=rng.uniform(1.6, 2.2), stride=rng.uniform(1.1, 1.5), duty=rng.uniform(0.44, 0.5),
        lift=rng.uniform(0.14, 0.24), turning=(-20, 70), bounce=0.03,
    )  # fmt: skip


def turn_around(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Stepping on the spot to face other directions."""
    return travel(
        rng, t, order=WALK, cadence=rng.uniform(1, 1.5), stride=rng.uniform(0, 0.25), duty=rng.uniform(0.6, 0.7),
        lift=rng.uniform(0.08, 0.18), turning=(-90, 90),
    )  # fmt: skip


def sniff(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Walking slowly with the nose near the ground, at times looking up."""
    motion = travel(
        rng, t, order=WALK, cadence=rng.uniform(0.6, 0.9), stride=rng.uniform(0.3, 0.7), duty=rng.uniform(0.68, 0.75),
        lift=rng.uniform(0.08, 0.14), turning=(-30, 60),
    )  # fmt: skip
    down = visit(rng, t, 0.3, 1, 2).clip(0, 1)
    return change(motion, attitude=(0, -5 * down, 0), neck_raise=-62 * down, head_raise=rng.uniform(0, 25) * down)


def rear(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Up on the hind legs, front paws that paddle in the air, and down again."""
    up, high = pulse(cycle(rng, t, 3, 6), 0.4), rng.uniform(40, 65)
    motion = stand(rng, t)
    reach = np.stack(
        [wander(rng, t, 0.1, 0.45, (4,)), 0.08 * ASIDE + np.zeros(len(t)), wander(rng, t, -0.6, -0.3, (4,))]
    )
    motion = change(
        motion, (0.35 * up, 0, -0.08 * up), (visit(rng, t, -25, 25, 1.5) * up, high * up, 0),
        (0.55 * (1 - FRONT) * up, 0, (1 - FRONT) * 0.2 * (up * (1 - up))), back_raise=15 * up, neck_raise=-25 * up,
        tail_raise=(high - 40 - motion.angles["tail_raise"]) * up,  # it hangs
    )  # fmt: skip
    return motion._replace(lifted=FRONT * up, hang=reach)


def bow(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Stretching: chest and elbows down, front paws far ahead, hips up, and up again."""
    down = rng.uniform(0.6, 1) * pulse(cycle(rng, t, 2.5, 5), 0.3)
    return change(
        stand(rng, t), (-0.1 * down, 0, 0), (0, -12 * down, 0), (0.32 * FRONT * down, 0, 0), back_raise=-3 * down,
        neck_raise=12 * down, tail_raise=35 * down,
    )  # fmt: skip


def sit(rng: Rng, t: np.ndarray) -> AnimalMotion:
    """Sitting down, looking around there, at times giving a paw, getting up."""
    seated = pulse(cycle(rng, t, 5, 9), 0.6)
    side, paw = rng.permutation([1.0, 0.0]), visit(rng, t, -1, 1, 1.5).clip(0, 1) * seated**4
    motion = stand(rng, t)
    motion = change(
        motion, (0.28 * seated, 0, -0.6 * seated), (0, 42 * seated, 0),
        (0.5 * (1 - FRONT) * seated, 0.04 * ASIDE * (1 - FRONT) * seated, (1 - FRONT) * 0.3 * seated * (1 - seated)),
        neck_raise=-15 * seated, tail_raise=(32 - motion.angles["tail_raise"]) * seated,  # it lies behind
        tail_curl=-motion.angles["tail_curl"] * seated,
    )  # fmt: skip
    hang = np.stack([wander(rng, t, 0.3, 0.6, (4,)), 0.08 * ASIDE + 0 * t, wander(rng, t, -0.3, -0.1, (4,))])
    return motion._replace(lifted=np.append(side, [0, 0])[:, None] * paw, hang=hang)


# A motion's seed is its place here: a new motion goes to the end.
MOTIONS = (stand, walk, trot, turn_around, sniff, rear, bow, sit)


def quadruped_clips(seed: int = 0, *, animals: int = 12, seconds: float = 6.0, fps: float = 30.0) -> list[WorldClip]:
    """One clip of every motion for every animal, each with a random heading.

    A clip's points depend on seed, animal, motion, seconds and fps alone, not on the number of animals.

    Args:
        seed: of bodies and motions, not negative.
        animals: number of animals, at least 3 so that each split has one.
        seconds: length of a clip.
        fps: frames per second.

    Returns:
        Clips named like "animal03_walk" with `[T, 23, 3]` points of QUADRUPED in world metres, z up; an animal belongs
        to one split.

    Raises:
        ValueError: if there are fewer than 3 animals.

    Source:
        Ours (`geolift.data.synthetic.quadruped`).

    Example:
        >>> clips = quadruped_clips(animals=3, seconds=1.0, fps=10.0)
        >>> len(clips), clips[1].name, clips[1].points.shape
        (24, 'animal00_walk', (10, 23, 3))
    """
    if animals < 3:
        raise ValueError(f"animals: found {animals}, expected at least 3, one for each split")

    def move(body: dict[str, float], motion: AnimalMotion) -> np.ndarray:
        points = move_animal(body, motion)
        return on_the_ground(points, points[..., Z] - body["paw"])  # the limit of a leg, or a nose, may be in it

    return clips_of("animal", animals, MOTIONS, grow_animal, move, seed=seed, seconds=seconds, fps=fps)
