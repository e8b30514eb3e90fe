"""Properties of the procedural quadruped: rigid bones, joint limits, paws on the ground, sides, gaits, seeds."""

import numpy as np
import pytest

from geolift.data.cameras import film
from geolift.data.synthetic.quadruped import BUILD, LEGS, LIMITS, QUADRUPED, TRUNK, grow_animal, move_animal
from geolift.data.synthetic.quadruped_motions import MOTIONS, quadruped_clips, stand
from geolift.skeletons.skeleton import check_skeleton

ANIMALS = 12
J = {name: joint for joint, name in enumerate(QUADRUPED.names)}
PAWS = [J[f"{leg}_paw"] for leg in LEGS]
ACTIONS = [motion.__name__ for motion in MOTIONS]


@pytest.fixture(scope="module")
def clips():
    return quadruped_clips(animals=ANIMALS)


def of(clips, *actions):
    return [clip for clip in clips if clip.action in actions]


def lengths(points):
    return {(a, b): np.linalg.norm(points[:, b].astype(float) - points[:, a], axis=-1) for a, b in QUADRUPED.bones}


def trunk_of(clip):
    return sum(lengths(clip.points)[J[a], J[b]].mean() for a, b in (("tail_base", "spine"), ("spine", "withers")))


def interior(points, a, b, c):
    """Degrees `[T]` between the bones that meet at joint b."""
    u, v = (points[:, J[name]].astype(float) - points[:, J[b]] for name in (a, c))
    return np.degrees(np.arccos((u * v).sum(-1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)))


def facing(points):
    """Horizontal unit vectors `[T, 2]` that the hips face: the animal's left, turned clockwise."""
    x, y = (points[:, J["left_hip"], :2] - points[:, J["right_hip"], :2]).T
    return np.stack([y, -x], -1) / np.hypot(x, y)[:, None]


def standing(**angles):
    """An animal of mean build that stands still, faces x and looks ahead, with these angles changed: `[J, 3]`."""
    body = {name: part for name, (part, _) in BUILD.items()} | {"trunk": 1.0}
    motion = stand(np.random.default_rng(0), np.zeros(1))
    paws = motion.paws.copy()
    paws[:2] = np.array([[1.08, 1.08, 0.08, 0.08], [0.12, -0.12, 0.12, -0.12]])[..., None]
    motion = motion._replace(
        hips=np.array([[0.0], [0.0], [0.93]]), attitude=np.zeros((3, 1)), paws=paws,
        angles={name: np.zeros(1) + angles.get(name, 0.0) for name in motion.angles},
    )  # fmt: skip
    return move_animal(body, motion)[0]


def test_the_skeleton_is_a_tree_with_sides_and_a_root_on_the_midline():
    assert check_skeleton(QUADRUPED) is QUADRUPED
    assert QUADRUPED.names[QUADRUPED.root] == "tail_base" and QUADRUPED.root not in QUADRUPED.left + QUADRUPED.right
    for left, right in zip(QUADRUPED.left, QUADRUPED.right, strict=True):
        assert QUADRUPED.names[left].replace("left", "right") == QUADRUPED.names[right]


def test_every_animal_does_every_motion(clips):
    assert [clip.name for clip in clips] == [f"animal{a:02d}_{action}" for a in range(ANIMALS) for action in ACTIONS]
    for clip in clips:
        assert clip.points.shape == (180, len(J), 3) and clip.points.dtype == np.float32
        assert np.isfinite(clip.points).all()


def test_same_seed_same_clips_whatever_the_number_of_animals(clips):
    fewer = quadruped_clips(animals=3)
    for a, b in zip(fewer, clips, strict=False):
        assert a._replace(points=None) == b._replace(points=None)
        np.testing.assert_array_equal(a.points, b.points)
    other = quadruped_clips(1, animals=3)
    assert all(np.abs(a.points - b.points).max() > 0.02 for a, b in zip(fewer, other, strict=True))


def test_splits_hold_whole_animals():
    made = quadruped_clips(animals=6, seconds=0.1)
    animals = {
        split: {clip.subject for clip in made if clip.split == split} for split in ("train", "validation", "test")
    }
    assert all(animals.values()) and sum(map(len, animals.values())) == len(set.union(*animals.values())) == 6
    with pytest.raises(ValueError, match="animals: found 2, expected at least 3"):
        quadruped_clips(animals=2)


def test_bones_are_rigid_and_both_sides_equal(clips):
    for clip in clips:
        bones = lengths(clip.points)
        for (a, b), length in bones.items():
            partner = bones[QUADRUPED.mirrored[a], QUADRUPED.mirrored[b]]
            assert np.ptp(length) < 1e-4 * length.mean()
            assert abs(length.mean() - partner.mean()) < 1e-4 * length.mean()


def test_animals_differ_in_size_and_build(clips):
    trunks = np.array([trunk_of(clip) for clip in of(clips, "stand")])
    low, high = TRUNK
    assert low <= trunks.min() and trunks.max() <= high and trunks.max() > 1.4 * trunks.min()
    shanks = [lengths(clip.points)[J["left_knee"], J["left_hock"]][0] for clip in of(clips, "stand")] / trunks
    assert np.std(shanks) > 0.01
    assert grow_animal(np.random.default_rng(1)) == grow_animal(np.random.default_rng(1))


def test_elbows_and_knees_keep_to_their_limits(clips):
    for clip in clips:
        for side in ("left", "right"):
            elbow = interior(clip.points, f"{side}_shoulder", f"{side}_elbow", f"{side}_front_paw")
            knee = interior(clip.points, f"{side}_hip", f"{side}_knee", f"{side}_hock")
            hock = interior(clip.points, f"{side}_knee", f"{side}_hock", f"{side}_hind_paw")
            np.testing.assert_allclose(knee, hock, atol=0.1)  # the pantograph
            for angle, (low, high) in ((elbow, LIMITS["elbow"]), (knee, LIMITS["knee"])):
                assert low - 0.1 < angle.min() and angle.max() < high + 0.1, (clip.name, side)


def test_back_and_neck_keep_to_their_limits(clips):
    for clip in clips:
        bent = np.array([interior(clip.points, "tail_base", "spine", "withers")])
        assert bent.min() > 180 - np.hypot(*(LIMITS[name][1] for name in ("back_bend", "back_raise")))
    for name, (low, high) in LIMITS.items():
        if name not in ("elbow", "knee"):
            np.testing.assert_allclose(standing(**{name: high + 500.0}), standing(**{name: high + 900.0}), atol=1e-6)
            np.testing.assert_allclose(standing(**{name: low - 500.0}), standing(**{name: low - 900.0}), atol=1e-6)


def test_elbows_bend_backwards_and_knees_forwards(clips):
    for clip in of(clips, "stand", "walk", "trot", "sniff"):
        ahead = np.pad(facing(clip.points), ((0, 0), (0, 1)))
        for side in ("left", "right"):
            for top, middle, end, way in (("shoulder", "elbow", "front_paw", -1), ("hip", "knee", "hind_paw", 1)):
                a, b, c = (clip.points[:, J[f"{side}_{joint}"]] for joint in (top, middle, end))
                leg = c - a
                nearest = a + leg * (((b - a) * leg).sum(-1) / (leg**2).sum(-1))[:, None]
                assert (way * ((b - nearest) * ahead).sum(-1) > 0).mean() > 0.99, clip.name


def test_an_animal_that_faces_x_has_its_left_at_positive_y():
    points = standing()
    assert (points[list(QUADRUPED.left), 1] > 0.05).all() and (points[list(QUADRUPED.right), 1] < -0.05).all()
    np.testing.assert_allclose(points[list(QUADRUPED.left)] * [1, -1, 1], points[list(QUADRUPED.right)], atol=1e-12)
    order = ["tail_tip", "tail_middle", "tail_base", "spine", "withers", "head", "nose"]
    assert (np.diff(points[[J[name] for name in order], 0]) > 0).all()


@pytest.mark.parametrize(
    ("angle", "joint", "axis"),
    [
        ("back_bend", "withers", 1), ("back_raise", "withers", 2), ("neck_turn", "head", 1), ("neck_raise", "head", 2),
        ("head_turn", "nose", 1), ("head_raise", "nose", 2), ("tail_raise", "tail_middle", 2),
        ("tail_curl", "tail_tip", 2),
    ],
)  # fmt: skip
def test_positive_angles_raise_and_turn_to_the_left(angle, joint, axis):
    assert (standing(**{angle: 20.0}) - standing())[J[joint], axis] > 0.05


def test_left_stays_left(clips):
    """On the animal's own axes, each left joint of the trunk lies to the left of its partner in every frame."""
    for clip in clips:
        ahead = facing(clip.points)
        left = np.pad(np.stack([-ahead[:, 1], ahead[:, 0]], -1), ((0, 0), (0, 1)))
        for joint in ("hip", "shoulder"):
            apart = clip.points[:, J[f"left_{joint}"]] - clip.points[:, J[f"right_{joint}"]]
            assert ((apart * left).sum(-1) > 0).all(), (clip.name, joint)


def test_nothing_is_in_the_ground_and_a_paw_is_on_it(clips):
    for clip in clips:
        heights = clip.points[..., 2] / trunk_of(clip)
        assert heights.min() > 0.02, clip.name
        lowest = heights[:, PAWS].min(axis=1)
        assert np.percentile(lowest, 60) < 0.06 and lowest.max() < 0.12, clip.name


def test_walking_paws_do_not_slide(clips):
    for clip in of(clips, "walk", "sniff"):
        paws, trunk = clip.points[:, PAWS].astype(float), trunk_of(clip)
        low = paws[..., 2] < paws[..., 2].min() + 0.005 * trunk
        planted = low[1:] & low[:-1]
        speed = np.linalg.norm(np.diff(paws, axis=0), axis=-1) * clip.fps / trunk
        assert (planted.mean(axis=0) > 0.4).all() and planted.any(axis=1).all()
        assert np.percentile(speed[planted], 80) < 0.1, clip.name


@pytest.mark.parametrize(
    ("action", "slowest", "fastest"), [("sniff", 0.1, 0.7), ("walk", 0.6, 1.7), ("trot", 1.5, 3.6)]
)
def test_animals_go_forwards(clips, action, slowest, fastest):
    for clip in of(clips, action):
        velocity = np.diff(clip.points[:, J["spine"], :2], axis=0) * clip.fps / trunk_of(clip)
        ahead = (velocity * facing(clip.points)[1:]).sum(-1)
        assert slowest < ahead.mean() < fastest, clip.name


def test_diagonal_paws_move_together_in_a_trot_only(clips):
    def together(clip):
        height = clip.points[:, PAWS, 2].astype(float)
        return np.corrcoef(height[:, LEGS.index("left_front")], height[:, LEGS.index("right_hind")])[0, 1]

    assert all(together(clip) > 0.9 for clip in of(clips, "trot"))
    assert all(together(clip) < 0.5 for clip in of(clips, "walk"))


def test_rearing_animals_stand_on_their_hind_paws(clips):
    for clip in of(clips, "rear"):
        withers, hips = clip.points[:, J["withers"], 2], clip.points[:, J["tail_base"], 2]
        up = withers - hips > 0.6 * trunk_of(clip)
        assert 0.1 < up.mean() < 0.95, clip.name
        front, hind = clip.points[up][:, PAWS[:2], 2], clip.points[up][:, PAWS[2:], 2]
        assert front.min() > 0.4 * trunk_of(clip) and hind.max() < 0.13 * trunk_of(clip)


def test_motion_is_smooth(clips):
    for clip in clips:
        points, trunk = clip.points.astype(float), trunk_of(clip)
        assert np.linalg.norm(np.diff(points, axis=0), axis=-1).max() * clip.fps < 20 * trunk, clip.name
        assert np.linalg.norm(np.diff(points, 2, axis=0), axis=-1).max() * clip.fps**2 < 600 * trunk, clip.name


def test_it_is_filmed_from_above_on_both_sides():
    made = film(quadruped_clips(animals=3, seconds=0.5), QUADRUPED, cameras="drone")
    assert made.keypoints.shape[1:] == (len(J), 2) and made.skeleton == QUADRUPED
    back = made.keypoints[:, J["withers"]] - made.keypoints[:, J["tail_base"]]
    aside = made.keypoints[:, J["left_hip"]] - made.keypoints[:, J["right_hip"]]
    seen = back[:, 0] * aside[:, 1] - back[:, 1] * aside[:, 0]  # of y down: negative where the back is seen from above
    flat = made.points_3d[:, J["withers"], 2] - made.points_3d[:, J["tail_base"], 2]
    assert (seen < 0).mean() > 0.9 and 0.3 < (flat > 0).mean() < 0.7
