"""Virtual bodies: bones of other lengths, the same directions, left as right, feet on the ground."""

import numpy as np
import pytest

from geolift.data.bodies import bone_factors, change_bodies, change_body
from geolift.data.synthetic.motions import procedural_clips
from geolift.data.world import ground_of
from geolift.skeletons.bones import sides
from geolift.skeletons.skeleton import H36M17


def bones(points, skeleton=H36M17):
    parent, child = np.transpose(skeleton.bones)
    return points[..., child, :] - points[..., parent, :]


@pytest.fixture(scope="module")
def clips():
    return procedural_clips(seed=2, people=3, seconds=1.0, fps=10.0)


def test_factors_are_those_of_a_person(rng):
    drawn = np.log([bone_factors(H36M17, 0.1, rng) for _ in range(3000)])
    left, right = sides(H36M17)
    np.testing.assert_array_equal(drawn[:, left], drawn[:, right])
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(drawn.std(axis=0), 0.1, rtol=0.06)
    assert (bone_factors(H36M17, 0.0, rng) == 1).all()


def test_feet_stay_on_the_ground_and_a_larger_person_goes_farther(clips, rng):
    for clip in clips[::5]:
        changed = change_body(clip.points, bone_factors(H36M17, 0.2, rng), H36M17)
        np.testing.assert_allclose(ground_of(changed), ground_of(clip.points), atol=1e-5)
        twice = change_body(clip.points, np.full(16, 2.0), H36M17)
        np.testing.assert_allclose(bones(twice), 2 * bones(clip.points.astype(np.float64)), atol=1e-6)
        # A person twice as large does all twice as large: about the ground, and about the middle of the path.
        middle = np.append(clip.points[:, 0, :2].mean(axis=0), ground_of(clip.points))
        np.testing.assert_allclose(twice, middle + 2 * (clip.points - middle), atol=1e-4)


def test_a_subject_has_one_body_in_all_clips(clips):
    changed = change_bodies(clips, H36M17, 0.1, seed=1)
    ratio = {}
    for before, after in zip(clips, changed, strict=True):
        assert after._replace(points=None) == before._replace(points=None)
        lengths = [np.linalg.norm(bones(clip.points), axis=-1).mean(axis=0) for clip in (after, before)]
        ratio.setdefault(before.subject, []).append(lengths[0] / lengths[1])
    assert len(ratio) == 3
    for of_subject in ratio.values():
        np.testing.assert_allclose(of_subject, np.broadcast_to(of_subject[0], np.shape(of_subject)), rtol=1e-4)
    first, second, _ = (of_subject[0] for of_subject in ratio.values())
    assert np.abs(np.log(first / second)).max() > 0.05
    np.testing.assert_array_equal(change_bodies(clips[-1:], H36M17, 0.1, seed=1)[0].points, changed[-1].points)
    assert not np.array_equal(change_bodies(clips[-1:], H36M17, 0.1, seed=2)[0].points, changed[-1].points)
    assert not np.array_equal(change_bodies(clips[-1:], H36M17, 0.1, seed=1, body=1)[0].points, changed[-1].points)
