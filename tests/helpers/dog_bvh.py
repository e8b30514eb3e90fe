"""An invented dog that trots, as BVH: joints with a person's names, a horizontal trunk, a tail."""

import numpy as np

from tests.helpers.motion_writers import write_bvh

# Joint: parent, offset; x to the dog's left, y up, z ahead; one side, centimetres.
MIDLINE = (
    ("Hips", "", (0, 0, 0)), ("Spine", "Hips", (0, 1, 19)), ("Spine1", "Spine", (0, 1, 22)),
    ("Neck", "Spine1", (0, 3, 14)), ("Head", "Neck", (0, 15, 12)), ("Head/end", "Head", (0, -4, 14)),
    ("Tail", "Hips", (0, 2, -5)), ("Tail1", "Tail", (0, 2, -12)), ("Tail1/end", "Tail1", (0, 3, -13)),
)  # fmt: skip
SIDE = (
    ("{}Shoulder", "Spine1", (4, 0, 9)), ("{}Arm", "{}Shoulder", (3, -9, 2)), ("{}ForeArm", "{}Arm", (0, -15, -5)),
    ("{}Hand", "{}ForeArm", (0, -18, 2)), ("{}Hand/end", "{}Hand", (0, -5, 5)),
    ("{}UpLeg", "Hips", (7, -3, 2)), ("{}Leg", "{}UpLeg", (0, -16, 5)), ("{}Foot", "{}Leg", (0, -17, -8)),
    ("{}Foot/end", "{}Foot", (0, -10, 5)),
)  # fmt: skip
DOG = [
    *MIDLINE,
    *(
        (name.format(side), parent.format(side), (sign * x, y, z))
        for side, sign in (("Left", 1), ("Right", -1))
        for name, parent, (x, y, z) in SIDE
    ),
]
SWINGS = {  # amplitude in degrees about x and the phase of the right side, by what the names hold
    "UpLeg": (25, 0.0), "Leg": (20, 0.8), "Foot": (15, 1.6), "Arm": (25, np.pi), "ForeArm": (25, np.pi + 0.8),
    "Spine": (4, 0.0), "Neck": (6, 0.4), "Head": (8, 0.9), "Tail": (10, 0.2),
}  # fmt: skip
HEIGHT = 46.0  # centimetres of the hips above the ground


def trot(frames=60, seed=0):
    """Place `[T, 3]` and angles by joint, ZYX degrees, of a dog that trots in a curve."""
    time, rng = np.arange(frames) / 30, np.random.default_rng(seed)
    heading = 0.6 * time + rng.uniform(0, 6)
    steps = 120 / 30 * np.stack([np.sin(heading), np.zeros(frames), np.cos(heading)], axis=-1)
    place = np.cumsum(steps, axis=0) + np.array([0, HEIGHT, 0])
    angles = {}
    for name, _, _ in DOG:
        if name.endswith("/end"):
            continue
        stem = name.removeprefix("Left").removeprefix("Right").rstrip("1")
        amplitude, phase = SWINGS.get(stem, (2, 0.0))
        phase += np.pi * name.startswith("Right")
        swing = amplitude * np.sin(2 * np.pi * 1.7 * time + phase)
        angles[name] = np.stack([2 * np.sin(time + phase), 3 * np.sin(2 * time), swing], axis=-1)
    angles["Hips"] = np.stack([np.zeros(frames), np.degrees(heading), 2 * np.sin(9 * time)], axis=-1)
    return place, angles


def write_dog(path, *, frames=60, seed=0, joints=DOG, scale=1.0, rename=None, prefix="", longer=1.0):
    """A BVH of the dog; `longer`: a factor of all its bones."""
    place, angles = trot(frames, seed)
    joints = [(name, parent, tuple(longer * x for x in offset)) for name, parent, offset in joints]
    kept = {name: angles[name] for name, _, _ in joints if name in angles}
    kept |= {n: np.zeros((frames, 3)) for n, _, _ in joints if n not in kept and not n.endswith("/end")}
    return write_bvh(path, longer * place, kept, joints, scale=scale, rename=rename, prefix=prefix, time=1 / 30)
