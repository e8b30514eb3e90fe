"""Properties of the procedural human: rigid bodies, joint limits, feet on the ground, sides, splits, seeds."""

import numpy as np
import pytest

from geolift.data.synthetic import motions
from geolift.data.synthetic.body import LIMITS, forward, grow, limited, solve
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17

PEOPLE = 6
J = {name: joint for joint, name in enumerate(H36M17.names)}
ACTIONS = [motion.__name__ for motion in motions.MOTIONS]
T = np.arange(90) / 30.0


@pytest.fixture(scope="module")
def clips():
    return procedural_clips(people=PEOPLE)


def of(clips, action):
    return [clip for clip in clips if clip.action == action]


def lengths(points):
    return {(a, b): np.linalg.norm(points[:, b].astype(float) - points[:, a], axis=-1) for a, b in H36M17.bones}


def facing(points):
    """Horizontal unit vectors `[T, 2]` that the pelvis faces: the person's left, turned clockwise."""
    x, y = (points[:, J["left_hip"], :2] - points[:, J["right_hip"], :2]).T
    return np.stack([y, -x], -1) / np.hypot(x, y)[:, None]


def upright(**angles):
    """A body standing at the origin, facing x, with all angles zero but these: joint positions `[17, 3]`."""
    body = grow(np.random.default_rng(0))
    zero = {name: np.zeros(1 if name.startswith(("trunk", "neck")) else (2, 1)) for name in LIMITS}
    pelvis = np.array([[0.0, 0.0, body["ankle"] + body["thigh"] + body["shank"]]])
    moved = {name: zero[name] + angle for name, angle in angles.items()}
    return forward(body, pelvis, np.eye(3)[None], zero | moved)[0]


def test_every_person_does_every_motion(clips):
    assert len(ACTIONS) >= 10
    assert [clip.name for clip in clips] == [f"person{p:02d}_{action}" for p in range(PEOPLE) for action in ACTIONS]
    for clip in clips:
        assert clip.points.shape == (180, 17, 3) and clip.points.dtype == np.float32
        assert np.isfinite(clip.points).all()
        assert clip.name == f"{clip.subject}_{clip.action}" and clip.fps == 30.0


def test_same_seed_same_clips_whatever_the_number_of_people(clips):
    fewer = procedural_clips(people=3)
    assert fewer[0]._replace(points=None) == clips[0]._replace(points=None)
    for a, b in zip(fewer, clips, strict=False):
        np.testing.assert_array_equal(a.points, b.points)
    other = procedural_clips(1, people=3)
    assert all(np.abs(a.points - b.points).max() > 0.05 for a, b in zip(fewer, other, strict=True))


def test_persons_and_headings_differ(clips):
    for action in ACTIONS:
        points = [clip.points for clip in of(clips, action)]
        assert all(np.abs(a - b).max() > 0.05 for i, a in enumerate(points) for b in points[:i])
    headings = np.array([facing(clip.points)[0] for clip in clips])
    assert np.linalg.norm(headings.mean(axis=0)) < 0.3
    shins = [lengths(clip.points)[J["left_knee"], J["left_ankle"]][0] for clip in of(clips, "walk")]
    assert np.ptp(shins) > 0.01


@pytest.mark.parametrize("people", [3, 6, 24])
def test_splits_hold_whole_persons(people):
    made = procedural_clips(people=people, seconds=0.1)
    persons = {s: {clip.subject for clip in made if clip.split == s} for s in ("train", "validation", "test")}
    assert all(persons.values())
    assert sum(map(len, persons.values())) == len(set.union(*persons.values())) == people
    if people >= 6:
        assert len(persons["train"]) == 4 * len(persons["test"]) == 4 * len(persons["validation"])


def test_too_few_people_are_refused():
    with pytest.raises(ValueError, match="people: found 2, expected at least 3"):
        procedural_clips(people=2)


def test_bones_are_rigid_and_both_sides_equal(clips):
    for clip in clips:
        bones = lengths(clip.points)
        for length in bones.values():
            assert np.ptp(length) < 1e-4 * length.mean()
        for (a, b), length in bones.items():
            partner = bones[H36M17.mirrored[a], H36M17.mirrored[b]]
            assert abs(length.mean() - partner.mean()) < 1e-4 * length.mean()


def test_statures_and_proportions_are_human():
    bodies = [grow(np.random.default_rng((7, person))) for person in range(300)]
    statures = np.array([body["stature"] for body in bodies])
    assert statures.min() > 1.4 and statures.max() < 2.05
    assert 1.66 < statures.mean() < 1.73
    crowns = [sum(body[part] for part in ("ankle", "shank", "thigh", "trunk", "neck", "head")) for body in bodies]
    np.testing.assert_allclose(crowns, statures, rtol=0.05)


def test_solved_angles_are_within_the_limits():
    for person in range(PEOPLE):
        body = grow(np.random.default_rng((0, person)))
        for number, motion in enumerate(motions.MOTIONS, start=1):
            _, _, angles = solve(body, motion(np.random.default_rng((0, person, number)), T))
            assert angles.keys() == LIMITS.keys()
            for name, (low, high) in LIMITS.items():
                extremes = np.array([angles[name].min() - low, high - angles[name].max()])
                assert (extremes >= -1e-9).all(), (motion.__name__, name)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_smooth_monotone_and_leave_the_middle_alone(name):
    low, high = LIMITS[name]
    asked = np.linspace(low - 200, high + 200, 2001)
    given = limited(name, asked)
    steps = np.diff(given) / np.diff(asked)
    assert (steps >= -1e-12).all() and (steps <= 1 + 1e-9).all()
    assert given.min() >= low - 1e-9 and given.max() <= high + 1e-9
    inside = (asked > low + 15) & (asked < high - 15)
    np.testing.assert_allclose(given[inside], asked[inside], atol=0.01)


def test_upright_person_faces_x_with_the_left_at_positive_y():
    points = upright()
    assert (points[list(H36M17.left), 1] > 0.05).all() and (points[list(H36M17.right), 1] < -0.05).all()
    np.testing.assert_allclose(points[list(H36M17.left)] * [1, -1, 1], points[list(H36M17.right)], atol=1e-12)
    order = ["left_ankle", "left_knee", "pelvis", "spine", "left_shoulder", "thorax", "neck", "head"]
    assert (np.diff(points[[J[name] for name in order], 2]) > 0).all()
    assert points[J["neck"], 0] > 0.005  # the neck/nose joint lies in front


@pytest.mark.parametrize(
    ("angle", "joint", "direction"),
    [
        ("knee_flexion", "ankle", (-1, 0, 1)),
        ("elbow_flexion", "wrist", (1, 0, 1)),
        ("hip_flexion", "ankle", (1, 0, 1)),
        ("hip_abduction", "ankle", (0, 1, 1)),
        ("shoulder_flexion", "wrist", (1, 0, 1)),
        ("shoulder_abduction", "wrist", (0, 1, 1)),
    ],
)
def test_positive_angles_move_both_sides_the_anatomical_way(angle, joint, direction):
    before, after = upright(), upright(**{angle: 30.0})
    for side, mirror in (("left", 1), ("right", -1)):
        moved = (after - before)[J[f"{side}_{joint}"]] * [1, mirror, 1]
        assert ((moved > 0.01) * 1 - (moved < -0.01) * 1).tolist() == list(direction)


def test_rotation_turns_bent_limbs_inwards():
    for ball, hinge, end, way in (("shoulder", "elbow", "wrist", -1), ("hip", "knee", "ankle", 1)):
        bent = {f"{hinge}_flexion": 90.0}
        moved = upright(**bent, **{f"{ball}_rotation": 30.0}) - upright(**bent)
        assert way * moved[J[f"left_{end}"], 1] > 0.02 and way * moved[J[f"right_{end}"], 1] < -0.02


@pytest.mark.parametrize(
    ("angle", "axis"), [("trunk_flexion", 0), ("trunk_bend", 1), ("neck_flexion", 0), ("neck_bend", 1)]
)
def test_column_bends_forward_and_to_the_left(angle, axis):
    assert (upright(**{angle: 30.0}) - upright())[J["head"], axis] > 0.01


def test_trunk_twists_to_the_left():
    points = upright(trunk_twist=30.0)
    assert points[J["left_shoulder"], 0] < -0.05
    assert points[J["right_shoulder"], 0] > 0.05


def test_standing_feet_stay_where_they_stand():
    body = grow(np.random.default_rng(3))
    for seed in range(10):
        motion = motions.reach(np.random.default_rng(seed), T)
        points = forward(body, *solve(body, motion))
        wanted = (body["thigh"] + body["shank"]) * np.moveaxis(motion.feet, 0, -1) + [0, 0, body["ankle"]]
        for side, ankle in enumerate(("left_ankle", "right_ankle")):
            assert np.linalg.norm(points[:, J[ankle]] - wanted[side], axis=-1).max() < 0.01


def test_motion_is_smooth(clips):
    for clip in clips:
        points = clip.points.astype(float)
        assert np.linalg.norm(np.diff(points, axis=0), axis=-1).max() * clip.fps < 12, clip.name
        assert np.linalg.norm(np.diff(points, 2, axis=0), axis=-1).max() * clip.fps**2 < 250, clip.name


def test_everybody_moves(clips):
    for clip in clips:
        relative = clip.points - clip.points[:, :1]
        assert np.ptp(relative, axis=0).max() > 0.1, clip.name


def test_the_lower_foot_is_on_the_ground_and_nobody_in_it(clips):
    for clip in clips:
        ankle = clip.points[:, [J["left_ankle"], J["right_ankle"]], 2]
        assert ankle.min() > 0.05, clip.name
        assert clip.points[..., 2].min() > -0.08, clip.name
        if clip.action not in ("run", "jumping_jack"):
            assert ankle.min(axis=1).max() < 0.15, clip.name
        assert np.percentile(ankle.min(axis=1), 20) < 0.1, clip.name


def test_runners_and_jumpers_leave_the_ground(clips):
    for clip in of(clips, "run") + of(clips, "jumping_jack"):
        assert clip.points[:, [J["left_ankle"], J["right_ankle"]], 2].min(axis=1).max() > 0.09


@pytest.mark.parametrize(("action", "slowest", "fastest"), [("walk", 0.4, 1.7), ("run", 1.3, 3.8)])
def test_walkers_and_runners_move_forwards_at_human_speed(clips, action, slowest, fastest):
    for clip in of(clips, action):
        velocity = np.diff(clip.points[:, J["pelvis"], :2], axis=0) * clip.fps
        ahead = (velocity * facing(clip.points)[1:]).sum(-1)
        assert slowest < ahead.mean() < fastest
        assert (ahead > 0).mean() > 0.98


def test_walkers_stand_on_one_foot_after_the_other_without_skating(clips):
    for clip in of(clips, "walk"):
        ankles = clip.points[:, [J["left_ankle"], J["right_ankle"]]].astype(float)
        low = ankles[..., 2] < ankles[..., 2].min() + 0.01
        planted = low[1:] & low[:-1]
        speed = np.linalg.norm(np.diff(ankles, axis=0), axis=-1) * clip.fps
        assert (planted.mean(axis=0) > 0.3).all() and planted.any(axis=1).mean() > 0.9
        assert np.percentile(speed[planted], 80) < 0.25


def test_knees_of_walkers_and_runners_bend_backwards(clips):
    for clip in of(clips, "walk") + of(clips, "run"):
        ahead = np.pad(facing(clip.points), ((0, 0), (0, 1)))
        for side in ("left", "right"):
            hip, knee, ankle = (clip.points[:, J[f"{side}_{joint}"]] for joint in ("hip", "knee", "ankle"))
            leg = ankle - hip
            foot_of_knee = hip + leg * (((knee - hip) * leg).sum(-1) / (leg**2).sum(-1))[:, None]
            assert (((knee - foot_of_knee) * ahead).sum(-1) > 0).mean() > 0.99


def test_postures_are_diverse(clips):
    """What disambiguates depth must occur: bent and straight limbs, arms everywhere, leaning trunks, asymmetry."""
    points = np.concatenate([clip.points for clip in clips]).astype(float)
    trunk = points[:, J["thorax"]] - points[:, J["pelvis"]]
    lean = np.degrees(np.arccos(trunk[:, 2] / np.linalg.norm(trunk, axis=-1)))
    assert np.percentile(lean, 10) < 10 and np.percentile(lean, 90) > 40

    def flexion(a, b, c):
        u, v = points[:, J[b]] - points[:, J[a]], points[:, J[c]] - points[:, J[b]]
        return np.degrees(np.arccos((u * v).sum(-1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)))

    elbow, knee = (
        [flexion(*(f"{side}_{joint}" for joint in chain)) for side in ("left", "right")]
        for chain in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    )
    for angle in elbow + knee:
        assert np.percentile(angle, 10) < 25 and np.percentile(angle, 90) > 75
    assert np.mean(np.abs(elbow[0] - elbow[1]) > 30) > 0.3
    assert np.mean(np.abs(knee[0] - knee[1]) > 30) > 0.1
    for side in ("left", "right"):
        wrist, shoulder = points[:, J[f"{side}_wrist"]], points[:, J[f"{side}_shoulder"]]
        assert np.mean(wrist[:, 2] > points[:, J["head"], 2]) > 0.02
        ahead = np.concatenate([facing(clip.points) for clip in clips])
        before = ((wrist - shoulder)[:, :2] * ahead).sum(-1)
        assert np.mean(before > 0.3) > 0.1 and np.mean(before < -0.1) > 0.03
