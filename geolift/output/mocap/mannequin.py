"""A low-poly mannequin around the bones of a person's rig, for glTF: in the T-pose, each point moved by its bones.

Bones give the places of joints, the width of hips and shoulders, and the length of everything; thicknesses are those of
a person of 1.7 m, to scale. Left and right have colours of their own, and a dark band stands where the eyes are.
"""

from typing import NamedTuple

import numpy as np

from geolift.output.mocap.lofts import Mesh, Part, along_chain, join, loft, rest_points

TALL = 1.62  # metres from the ankles to the top of the head of the person whose thicknesses the tables below have
BLEND, SPINE_BLEND, FOOT_BLEND = 0.045, 0.08, 0.02  # metres before and after a joint where both bones move the surface
HIP, SHOULDER = 0.11, 0.17  # metres from the middle to the joints of that person, for the width of the trunk

# Rows of a limb: bone of the chain, how far along it, then metres: half the width to the sides (of an arm: the height),
# half the depth, and how far ahead of the bone the middle is.
LEG = np.array([
    (0, -0.17, 0, 0, 0.000), (0, -0.14, 0.048, 0.052, 0.000), (0, -0.07, 0.072, 0.078, 0.000),
    (0, 0.03, 0.082, 0.089, 0.000), (0, 0.15, 0.083, 0.090, 0.002), (0, 0.40, 0.074, 0.080, 0.006),
    (0, 0.70, 0.059, 0.063, 0.006), (0, 0.89, 0.050, 0.054, 0.004), (0, 0.96, 0.049, 0.054, 0.005),
    (1, 0.00, 0.049, 0.055, 0.005), (1, 0.05, 0.047, 0.053, 0.003), (1, 0.12, 0.046, 0.051, -0.003),
    (1, 0.30, 0.051, 0.057, -0.012), (1, 0.48, 0.047, 0.052, -0.011), (1, 0.72, 0.036, 0.040, -0.006),
    (1, 0.90, 0.031, 0.036, -0.004), (1, 1.00, 0.030, 0.036, -0.003), (1, 1.06, 0, 0, 0.000),
])  # fmt: skip
ARM = np.array([
    (0, -0.165, 0, 0, 0.000), (0, -0.14, 0.028, 0.030, 0.000), (0, -0.07, 0.042, 0.046, 0.000),
    (0, 0.05, 0.049, 0.053, 0.000), (0, 0.22, 0.048, 0.052, 0.000), (0, 0.50, 0.044, 0.047, 0.000),
    (0, 0.80, 0.038, 0.040, 0.000), (0, 0.93, 0.036, 0.038, 0.000), (1, 0.00, 0.036, 0.038, 0.000),
    (1, 0.08, 0.037, 0.040, 0.000), (1, 0.25, 0.039, 0.043, 0.000), (1, 0.55, 0.033, 0.036, 0.000),
    (1, 0.85, 0.024, 0.029, 0.000), (2, 0.00, 0.021, 0.028, 0.000), (2, 0.12, 0.018, 0.033, 0.002),
    (2, 0.32, 0.016, 0.042, 0.002), (2, 0.52, 0.015, 0.043, 0.000), (2, 0.78, 0.012, 0.037, -0.002),
    (2, 0.95, 0.009, 0.026, -0.003), (2, 1.00, 0, 0, -0.003),
])  # fmt: skip
# Rows of the trunk: metres above the joint that is named, half the width, half the depth, how far ahead.
TRUNK = (
    ("UpLeg", -0.105, 0, 0, 0.00), ("UpLeg", -0.095, 0.045, 0.055, 0.00), ("UpLeg", -0.06, 0.105, 0.098, -0.005),
    ("UpLeg", 0.00, 0.155, 0.117, -0.010), ("UpLeg", 0.06, 0.154, 0.113, -0.008), ("Spine", 0.02, 0.135, 0.098, 0.00),
    ("Spine", 0.08, 0.128, 0.094, 0.002), ("Spine1", -0.02, 0.138, 0.103, 0.005), ("Spine1", 0.05, 0.150, 0.112, 0.008),
    ("Arm", -0.09, 0.163, 0.113, 0.008), ("Arm", -0.02, 0.160, 0.095, 0.000), ("Arm", 0.024, 0.136, 0.072, -0.006),
    ("Arm", 0.040, 0.092, 0.060, -0.008), ("Arm", 0.049, 0.055, 0.052, -0.006), ("Arm", 0.053, 0, 0, -0.004),
)  # fmt: skip
# Rows of the head: part of its height from the top, then metres as above.
HEAD = np.array([
    (0.00, 0, 0, -0.004), (0.025, 0.032, 0.040, -0.005), (0.09, 0.055, 0.070, -0.006), (0.22, 0.071, 0.091, -0.005),
    (0.38, 0.076, 0.098, -0.002), (0.47, 0.075, 0.097, 0.000), (0.58, 0.073, 0.093, 0.003), (0.72, 0.066, 0.083, 0.011),
    (0.86, 0.054, 0.065, 0.025), (0.96, 0.036, 0.042, 0.037), (1.00, 0, 0, 0.040),
])  # fmt: skip
HEAD_HEIGHT = 0.215  # metres
EYES = (0.38, 0.58, 0.07)  # the band: from, to, in parts of the height, and half its width in metres
NOSE = np.array([(0.49, 0, 0, 0.092), (0.56, 0.010, 0.012, 0.094), (0.66, 0.017, 0.022, 0.092), (0.70, 0, 0, 0.090)])
# Rows of the neck: part of the way from its joint to the chin, half its width in metres.
NECK = np.array([(-0.5, 0), (-0.3, 0.052), (0.0, 0.051), (0.5, 0.048), (1.0, 0.049), (1.6, 0.05), (1.7, 0)])
# Rows of the foot: metres behind the ankle (below 0), or parts of the way to the toes' joint (to 1) and tip (to 2);
# half the width, and the height above the sole.
FOOT = np.array([
    (-0.062, 0, 0.032), (-0.055, 0.021, 0.048), (-0.038, 0.031, 0.072), (-0.010, 0.036, 0.090), (0.20, 0.037, 0.092),
    (0.45, 0.038, 0.076), (0.75, 0.043, 0.058), (1.00, 0.047, 0.044), (1.35, 0.046, 0.036), (1.75, 0.038, 0.030),
    (1.95, 0.022, 0.024), (2.00, 0, 0.014),
])  # fmt: skip
# Rows of the thumb: part of the way to the tips of the fingers, metres ahead, half its thickness.
THUMB = np.array([(0.06, 0.010, 0), (0.14, 0.026, 0.013), (0.36, 0.052, 0.011), (0.46, 0.060, 0)])
SOLE = 0.0205  # metres from the toes' joint down to the floor
ARMPIT = 0.12  # metres below the shoulder's joint from which its bone moves the trunk
X, Y, Z = np.eye(3)


class Body(NamedTuple):
    """The rig in its rest pose.

    Attributes:
        names: of the B bones.
        at: where a bone begins, by its name.
        end: where a bone without children ends.
        size: times the thicknesses of the tables.
    """

    names: tuple[str, ...]
    at: dict[str, np.ndarray]
    end: dict[str, np.ndarray]
    size: float


def mannequin(names: tuple[str, ...], parents: tuple[int, ...], offset: np.ndarray, end: np.ndarray) -> Mesh:
    """The mannequin around the bones of `rig.HUMANOID`, whose first joint is at the origin.

    Args:
        names: of the B bones, as in `rig.HUMANOID`.
        parents: of the bones.
        offset: `[B, 3]` of each bone from its parent in the T-pose, metres, x left, y up, z ahead.
        end: `[B, 3]` of the end of bones without children.
    """
    at = dict(zip(names, rest_points(parents, offset), strict=True))
    ends = {name: at[name] + tip for name, tip in zip(names, end, strict=True)}
    size = (ends["Head"][1] - (at["LeftFoot"][1] + at["RightFoot"][1]) / 2) / TALL
    body = Body(names, at, ends, size)
    parts = [_trunk(body), _neck(body), *_head(body)]
    for side in ("Left", "Right"):
        parts += [_leg(body, side), _foot(body, side), _arm(body, side), _thumb(body, side)]
    return join(parts)


def _weights(body: Body, chain: list[str], at: np.ndarray, joints: np.ndarray, blend: float) -> np.ndarray:
    """`[V, B]` weights of points `at` `[V]` along a chain of bones."""
    whole = np.zeros((len(at), len(body.names)))
    whole[:, [body.names.index(name) for name in chain]] = along_chain(at, joints, blend * body.size)
    return whole


def _rigid(body: Body, bone: str, surface: tuple[np.ndarray, np.ndarray], colour: str) -> Part:
    """A part that one bone moves."""
    points, triangles = surface
    weights = np.zeros((len(points), len(body.names)))
    weights[:, body.names.index(bone)] = 1
    return Part(points, triangles, weights, np.full(len(triangles), colour))


def _upright(rows: np.ndarray, square: float) -> tuple[np.ndarray, np.ndarray]:
    """A surface about a vertical line, from rows of y, half the width, half the depth, how far ahead."""
    y, wide, deep, ahead = rows.T[:, :, None]
    return loft(ahead * Z + y * Y, wide * X, deep * Z, square=square)


def _limb(body: Body, side: str, bones: tuple[str, ...], rows: np.ndarray, width: np.ndarray, square: float) -> Part:
    """A limb along a chain of bones that lie on one line at rest; its width is along `width`, its depth ahead."""
    chain = [side + name for name in bones]
    last = body.end[chain[-1]] if bones[-1] == "Hand" else body.at[chain[-1]] - 0.1 * body.size * Y
    joints = np.array([*(body.at[name] for name in chain), last])
    bone = rows[:, 0].astype(int)
    share, wide, deep, ahead = rows.T[1:, :, None] * np.array([1, *[body.size] * 3])[:, None, None]
    centre = joints[bone] + share * (joints[bone + 1] - joints[bone]) + ahead * Z
    points, triangles = loft(centre, wide * width, deep * Z, square=square)
    line = (joints[-1] - joints[0]) / np.linalg.norm(joints[-1] - joints[0])
    weights = _weights(body, chain, (points - joints[0]) @ line, (joints[:-1] - joints[0]) @ line, BLEND)
    return Part(points, triangles, weights, np.full(len(triangles), side.lower()))


def _leg(body: Body, side: str) -> Part:
    """From inside the hips, a ball that turns in the trunk, to inside the foot."""
    return _limb(body, side, ("UpLeg", "Leg", "Foot"), LEG, X, 2.0)


def _arm(body: Body, side: str) -> Part:
    """From the shoulder, a ball, to the tips of the fingers; the palm is down."""
    return _limb(body, side, ("Arm", "ForeArm", "Hand"), ARM, Y, 2.3)


def _thumb(body: Body, side: str) -> Part:
    hand, long = body.at[f"{side}Hand"], body.end[f"{side}Hand"] - body.at[f"{side}Hand"]
    share, ahead, thick = THUMB.T[:, :, None]
    across = 0.8 * long / np.linalg.norm(long) - 0.6 * Z
    surface = loft(hand + share * long + body.size * ahead * Z, body.size * thick * across, body.size * 0.8 * thick * Y)
    return _rigid(body, f"{side}Hand", surface, side.lower())


def _foot(body: Body, side: str) -> Part:
    """From the heel to the tip of the toes, on the sole."""
    ankle, ball, tip = body.at[f"{side}Foot"], body.at[f"{side}ToeBase"], body.end[f"{side}ToeBase"]
    sole = min(ball[1], tip[1]) - body.size * SOLE
    ankle, ball, tip = (point * (X + Z) + sole * Y for point in (ankle, ball, tip))
    along, wide, high = FOOT.T[:, :, None]
    centre = ankle + np.clip(along, 0, 1) * (ball - ankle) + np.clip(along - 1, 0, 1) * (tip - ball)
    centre = centre + body.size * (np.minimum(along, 0) * Z + 0.5 * high * Y)
    points, triangles = loft(centre, body.size * wide * X, body.size * 0.5 * high * Y, square=2.6)
    chain, joints = [f"{side}Foot", f"{side}ToeBase"], np.array([ankle[2], ball[2]])
    weights = _weights(body, chain, points[:, 2], joints, FOOT_BLEND)
    return Part(points, triangles, weights, np.full(len(triangles), side.lower()))


def _trunk(body: Body) -> Part:
    """From the seat to the neck; at the shoulders their bones move it, too."""
    hip, arm = ((body.at[f"Left{name}"][0] - body.at[f"Right{name}"][0]) / 2 for name in ("UpLeg", "Arm"))
    level = np.array([body.at[name if name in body.at else f"Left{name}"][1] for name, *_ in TRUNK])
    above, wide, deep, ahead = np.array([row[1:] for row in TRUNK]).T
    y = np.maximum.accumulate(level + body.size * above)
    high = np.clip((y - body.at["LeftUpLeg"][1]) / (body.at["LeftArm"][1] - body.at["LeftUpLeg"][1]), 0, 1)
    wide = wide * ((1 - high) * hip / HIP + high * arm / SHOULDER)
    points, triangles = _upright(np.stack([y, wide, body.size * deep, body.size * ahead], axis=-1), 2.4)
    chain = ["Hips", "Spine", "Spine1"]
    joints = np.array([body.at[name][1] for name in chain])
    weights = _weights(body, chain, points[:, 1], joints, SPINE_BLEND)
    for side, sign in (("Left", 1), ("Right", -1)):
        inner, outer = (sign * body.at[side + name][0] for name in ("Shoulder", "Arm"))
        out = np.clip((sign * points[:, 0] - inner) / (outer - inner), 0, 1)
        up = np.clip((points[:, 1] - body.at["LeftArm"][1]) / (ARMPIT * body.size) + 1, 0, 1)
        weights[:, body.names.index(f"{side}Shoulder")] = out * up
        weights[:, body.names.index("Spine1")] *= 1 - out * up
    return Part(points, triangles, weights, np.full(len(triangles), "body"))


def _neck(body: Body) -> Part:
    """From inside the trunk to inside the head."""
    chain = ["Spine1", "Neck", "Head"]
    joints = np.array([body.at[name][1] for name in chain])
    chin = body.end["Head"][1] - body.size * HEAD_HEIGHT
    share, wide = NECK.T
    y = joints[1] + share * (chin - joints[1])
    rows = np.stack([y, body.size * wide, body.size * wide, 0.01 * body.size * share], axis=-1)
    points, triangles = _upright(rows, 2.0)
    weights = _weights(body, chain, points[:, 1], joints, 0.5 * BLEND)
    return Part(points, triangles, weights, np.full(len(triangles), "skin"))


def _head(body: Body) -> list[Part]:
    """The head, with a dark band at the height of the eyes, and its nose."""
    top, parts = body.end["Head"], []
    for rows, square in ((HEAD, 2.2), (NOSE, 2.0)):
        y, wide, deep, ahead = rows.T * body.size
        rows = np.stack([top[1] - HEAD_HEIGHT * y, wide, deep, top[2] + ahead], axis=-1)
        parts.append(_rigid(body, "Head", _upright(rows, square), "skin"))
    middle = parts[0].points[parts[0].triangles].mean(axis=1) - top
    down, aside = -middle[:, 1] / (HEAD_HEIGHT * body.size), np.abs(middle[:, 0]) / body.size
    eyes = (down > EYES[0]) & (down < EYES[1]) & (middle[:, 2] > 0) & (aside < EYES[2])
    parts[0].colour[eyes] = "eyes"
    return parts
