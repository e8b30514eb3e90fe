"""Rotations of the bones of one body that bring it nearest to joints, of all frames in one batch.

Levenberg-Marquardt over rotations (Levenberg 1944, Marquardt 1963), with the derivatives of forward kinematics written
out. Every frame is a problem of its own: what joints do not show is drawn, weakly, to how the bones stand at rest, or
to a first pose that is smooth in time; so the rotations are as smooth as the joints are, and do not lag.
"""

from typing import NamedTuple

import numpy as np

from geolift.rig.body import SIDES, Body
from geolift.rig.humanoid import HUMANOID
from geolift.rotations import cross_matrix, exponential, logarithm

STEPS = 8  # at most; frames that no longer get better are left out
WORST = 1e3  # a frame that needs more damping than this is left as it is
EDGE = 1e-6  # radians from its limit within which a hinge is at it
BLOCK = 256  # frames at a time, which fit into a processor's cache
ENOUGH = 1e-3  # share of its loss by which a frame must get better
DAMPING = 1e-4  # at first, of the diagonal; 10 times more after a step that fails, 10 times less after one that helps
OUTLIER = 0.06  # of stature: a joint that is farther off counts less (Cauchy)
# How strongly a bone is drawn to where it starts, as the distance of a joint from where it should be, in statures, that
# counts as much as a radian. A bend of 20 degrees shows a twist by 0.05, a rotation of the neck the head by 0.1.
WEAK = 0.001
# x, y, z. Bends are shared by hips and both bones of the spine: less stiff, these fold where a trunk is too short.
# A twist is the spine's, and not that of collar bones that swing ahead and back.
SPINE = (0.035, 0.006, 0.035)
SHOULDER = 0.015
# Neck and head; more where the neck joint is no nose: between thorax and head top it shows little of the head, and less
# stiff, heads shake with its noise (by up to 22 degrees a frame, and are 17 instead of 15 off the truth).
NECK, NOSELESS = 0.015, 0.03
TILT = 0.05  # of the neck to the side, where no head top is shown: a nose beside the middle looks aside
TWIST = 0.03  # of upper arm and thigh, to what the frames before and after show
FOOT = 0.01


class Chain(NamedTuple):
    """What may rotate, and what draws it.

    Attributes:
        bone: `[D]` the bone of each degree of freedom; those of one bone follow each other.
        axis: `[D, 3]` its axis in the bone's own axes.
        limits: `{bone: (axis, least, most)}` radians, of hinges.
        pull: `[B, 3]` how strongly a bone is drawn to its target, about its own axes.
        resting: `[B]` bool, whether the target is the pose at rest; else the first pose.
    """

    bone: np.ndarray
    axis: np.ndarray
    limits: dict[int, tuple[np.ndarray, float, float]]
    pull: np.ndarray
    resting: np.ndarray


def chain(shown: dict[str, bool]) -> Chain:
    """The degrees of freedom of `HUMANOID`.

    Args:
        shown: whether joints show how the left foot, the right foot and the head are rotated, and whether there is a
            nose: left, right, head, nose.
    """
    index = HUMANOID.names.index
    pull, resting = np.full((len(HUMANOID.names), 3), WEAK), np.zeros(len(HUMANOID.names), bool)
    hinges, free = {}, [index(name) for name in ("Hips", "Spine", "Spine1", "Neck", "Head")]
    pull[[index("Spine"), index("Spine1")]] = SPINE
    pull[[index("Neck"), index("Head")]] = NECK if shown["nose"] else NOSELESS
    if not shown["head"]:
        pull[[index("Neck"), index("Head")], 2] = TILT
    resting[free[1:]] = True
    for side, sign in SIDES.items():
        name = side.capitalize()
        free += [index(f"{name}{part}") for part in ("Shoulder", "Arm", "UpLeg")]
        pull[index(f"{name}Shoulder")], resting[index(f"{name}Shoulder")] = SHOULDER, True
        pull[index(f"{name}Arm"), 0] = pull[index(f"{name}UpLeg"), 1] = TWIST
        hinges[index(f"{name}ForeArm")] = (np.array([0, -sign, 0]), *np.radians((0, 155)))
        hinges[index(f"{name}Leg")] = (np.array([1.0, 0, 0]), *np.radians((-5, 160)))
        if shown[side]:
            free.append(index(f"{name}Foot"))
            pull[index(f"{name}Foot")], resting[index(f"{name}Foot")] = FOOT, True
    bone = np.concatenate([np.repeat(free, 3), list(hinges)]).astype(int)
    axis = np.concatenate([np.tile(np.eye(3), (len(free), 1)), [hinge[0] for hinge in hinges.values()]])
    return Chain(bone, axis, hinges, pull, resting)


class Problem(NamedTuple):
    """What rotations are sought for; lengths in statures.

    Attributes:
        points: `[F, P, 3]`.
        weight: `[F, P]`.
        bones: `[P]` which bones the points are on.
        at: `[P, 3]` where on them.
        offset: `[B, 3]` of the body.
        target: `[F, B, 3, 3]` rotations relative to the parents, that bones are drawn to.
        chain: what may rotate.
    """

    points: np.ndarray
    weight: np.ndarray
    bones: np.ndarray
    at: np.ndarray
    offset: np.ndarray
    target: np.ndarray
    chain: Chain


def solve(
    points: np.ndarray, weight: np.ndarray, body: Body, rotation: np.ndarray, shown: dict[str, bool]
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations relative to the parents `[F, B, 3, 3]`, and where the first bone begins `[F, 3]`.

    Args:
        points: `[F, J, 3]`, NaN where nothing is known.
        weight: `[F, J]`, 0 there.
        body: of the person.
        rotation: `[F, B, 3, 3]` the first pose, relative to the parents.
        shown: as `chain` takes it.
    """
    chained = chain(shown)
    size = body.stature
    joints, bones = [marker.joint for marker in body.markers], np.array([marker.bone for marker in body.markers])
    at = np.array([marker.offset for marker in body.markers]) / size
    target = np.where(chained.resting[:, None, None], np.eye(3), rotation)
    points, weight = np.nan_to_num(points[:, joints]) / size, weight[:, joints]
    found = [
        _solve_block(
            Problem(points[block], weight[block], bones, at, body.offset / size, target[block], chained),
            rotation[block].copy(),
        )
        for block in (slice(a, a + BLOCK) for a in range(0, len(points), BLOCK))
    ]
    rotations, roots = zip(*found, strict=True)
    return np.concatenate(rotations), size * np.concatenate(roots)


class Pose(NamedTuple):
    """Some frames of the body, what the steps from there need, and how far it is from what is sought.

    Attributes:
        rotation: `[F, B, 3, 3]` relative to the parents.
        root: `[F, 3]`.
        axes: `[F, B, 3, 3]` of the bones.
        joints: `[F, B, 3]` where they begin.
        found: `[F, P, 3]` where the points are on the body.
        turned: `[F, B, 3]` the rotation from a bone's target, radians about its own axes.
        bent: `[F, H]` radians of the hinges, in the order of the chain's limits.
        loss: `[F]`.
    """

    rotation: np.ndarray
    root: np.ndarray
    axes: np.ndarray
    joints: np.ndarray
    found: np.ndarray
    turned: np.ndarray
    bent: np.ndarray
    loss: np.ndarray


def _solve_block(problem: Problem, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and first joints of some frames; `rotation`, from which it starts, is overwritten."""
    pose = _pose(problem, rotation, problem.points[:, 0].copy())
    active = np.arange(len(rotation))
    damping = np.full(len(rotation), DAMPING)
    for _ in range(STEPS):
        part = problem._replace(**{key: getattr(problem, key)[active] for key in ("points", "weight", "target")})
        after = _pose(part, *_step(part, Pose(*(values[active] for values in pose)), damping[active]))
        loss = pose.loss[active]
        better = after.loss < loss
        done = np.abs(after.loss - loss) < ENOUGH * loss
        for values, new in zip(pose, after, strict=True):
            values[active[better]] = new[better]
        damping[active] *= np.where(better, 0.1, 10)
        active = active[~done & (damping[active] < WORST)]
        if not len(active):
            break
    return pose.rotation, pose.root


def forward(rotation: np.ndarray, root: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Axes `[F, B, 3, 3]` of the bones, and where they begin `[F, B, 3]`."""
    axes, joints = np.empty(rotation.shape), np.empty(rotation.shape[:-1])
    for bone, parent in enumerate(HUMANOID.parents):
        if parent < 0:
            axes[:, bone], joints[:, bone] = rotation[:, bone], root
        else:
            axes[:, bone] = axes[:, parent] @ rotation[:, bone]
            joints[:, bone] = joints[:, parent] + axes[:, parent] @ offset[bone]
    return axes, joints


def relative(axes: np.ndarray) -> np.ndarray:
    """Rotations `[F, B, 3, 3]` relative to the parents, of axes `[F, B, 3, 3]`."""
    above = axes[:, np.maximum(HUMANOID.parents, 0)]
    above[:, 0] = np.eye(3)
    return above.swapaxes(-1, -2) @ axes


def _pose(problem: Problem, rotation: np.ndarray, root: np.ndarray) -> Pose:
    """The body of some frames."""
    axes, joints = forward(rotation, root, problem.offset)
    found = joints[:, problem.bones] + np.einsum("fpij,pj->fpi", axes[:, problem.bones], problem.at)
    turned = logarithm(problem.target.swapaxes(-1, -2) @ rotation)
    hinges = [axis for axis, _, _ in problem.chain.limits.values()]
    bent = np.einsum("fhi,hi->fh", logarithm(rotation[:, list(problem.chain.limits)]), hinges)
    far = np.sum((found - problem.points) ** 2, axis=-1) / OUTLIER**2
    loss = np.sum(problem.weight * OUTLIER**2 * np.log1p(far), axis=1)
    loss += np.sum((problem.chain.pull * turned) ** 2, axis=(1, 2))
    return Pose(rotation, root, axes, joints, found, turned, bent, loss)


def _step(problem: Problem, pose: Pose, damping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and first joints after a damped Gauss-Newton step."""
    bone, axis = problem.chain.bone, problem.chain.axis
    off = pose.found - problem.points
    sure = np.sqrt(problem.weight / (1 + np.sum(off**2, axis=-1) / OUTLIER**2))
    about = np.einsum("fdij,dj->fdi", pose.axes[:, bone], axis)
    moved = cross_matrix(about).reshape(len(off), -1, 3) @ pose.found.swapaxes(1, 2)
    moved = moved.reshape(len(off), len(bone), 3, -1) - np.cross(about, pose.joints[:, bone])[..., None]
    moved *= sure[:, None, None] * _moves(problem.bones, bone).T[:, None]
    shifted = np.eye(3)[:, :, None] * sure[:, None, None]
    slope = np.concatenate([moved, shifted], axis=1).reshape(len(off), len(bone) + 3, -1)
    normal = slope @ slope.swapaxes(1, 2)
    gradient = (slope @ (sure[..., None] * off).swapaxes(1, 2).reshape(len(off), -1, 1))[..., 0]
    _add_pull(problem.chain, pose, normal, gradient)
    _hold(problem.chain, pose, normal, gradient)
    diagonal = np.einsum("fdd->fd", normal)
    diagonal *= 1 + damping[:, None]
    change = np.linalg.solve(normal, -gradient[..., None])[..., 0]
    return _turned(problem.chain, pose, change[:, :-3]), pose.root + change[:, -3:]


def _moves(points: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """`[P, D]` bool: whether a degree of freedom, by its bone, moves a point, by its bone."""
    above = np.eye(len(HUMANOID.names), dtype=bool)
    for bone, parent in enumerate(HUMANOID.parents):
        if parent >= 0:
            above[bone] |= above[parent]
    return above[points][:, freedom]


def _add_pull(chained: Chain, pose: Pose, normal: np.ndarray, gradient: np.ndarray) -> None:
    """Add what draws bones to their targets."""
    bone, axis = chained.bone, chained.axis
    slope = chained.pull[:, :, None] * _inverse_right_jacobian(pose.turned)
    slope = np.einsum("fdij,dj->fdi", slope[:, bone], axis)
    one, other = np.nonzero(bone[:, None] == bone)
    normal[:, one, other] += np.einsum("fdi,fdi->fd", slope[:, one], slope[:, other])
    gradient[:, : len(bone)] += np.einsum("fdi,fdi->fd", slope, (chained.pull * pose.turned)[:, bone])


def _hold(chained: Chain, pose: Pose, normal: np.ndarray, gradient: np.ndarray) -> None:
    """Take hinges at a limit, that the loss would rotate beyond it, out of the equations."""
    for angle, (bone, (_, least, most)) in zip(pose.bent.T, chained.limits.items(), strict=True):
        dof = np.flatnonzero(chained.bone == bone)[0]
        beyond = ((angle <= least + EDGE) & (gradient[:, dof] > 0)) | ((angle >= most - EDGE) & (gradient[:, dof] < 0))
        normal[beyond, dof], normal[beyond, :, dof], gradient[beyond, dof] = 0, 0, 0
        normal[beyond, dof, dof] = 1


def _inverse_right_jacobian(vector: np.ndarray) -> np.ndarray:
    """`[..., 3, 3]`: how the logarithm changes when a rotation `[..., 3]` is followed by a small one."""
    angle = np.linalg.norm(vector, axis=-1).clip(1e-4, np.pi - 1e-4)[..., None, None]
    k = cross_matrix(vector)
    return np.eye(3) + k / 2 + (1 / angle**2 - (1 + np.cos(angle)) / (2 * angle * np.sin(angle))) * (k @ k)


def _turned(chained: Chain, pose: Pose, change: np.ndarray) -> np.ndarray:
    """Rotations `[F, B, 3, 3]` after changes `[F, D]`; hinges stay hinges, within their limits."""
    vector = np.zeros(pose.turned.shape)
    first = np.flatnonzero(np.diff(chained.bone, prepend=-1))
    vector[:, chained.bone[first]] = np.add.reduceat(change[..., None] * chained.axis, first, axis=1)
    for angle, (bone, (axis, least, most)) in zip(pose.bent.T, chained.limits.items(), strict=True):
        vector[:, bone] = (np.clip(angle + vector[:, bone] @ axis, least, most) - angle)[:, None] * axis
    return pose.rotation @ exponential(vector)
