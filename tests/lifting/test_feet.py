"""Toes and heels of keypoint files: with their own legs, without any change of the body, and noted where not seen."""

import numpy as np
import pytest

import geolift
from geolift.data.synthetic import procedural_clips
from geolift.keypoints import record
from geolift.lifting import lift as lifting
from geolift.lifting.feet import BODY, FOOT, LEG, add_feet, feet_of
from geolift.output.result import check_result
from geolift.output.write import load_result, write_result
from geolift.skeletons.skeleton import FEET, H36M17, H36M21, is_human

SIZE = (1920, 1080)
ABOUT = {"fps": 30.0, "image_size": SIZE, "person": np.zeros(30, int), "people": ("ann",)}


def walker():
    """`[30, 21, 3]` metres, camera axes: a person who walks across the image, with feet that point ahead."""
    clip = next(clip for clip in procedural_clips(people=3, seconds=1.0, fps=30.0) if "walk" in clip.name)
    points = clip.points[:30].astype(np.float64)
    hips = points[:, [H36M17.names.index(f"{side}_hip") for side in ("left", "right")]]
    left = (hips[:, 0] - hips[:, 1]) * [1, 1, 0]
    ahead = np.cross(left / np.linalg.norm(left, axis=-1, keepdims=True), [0, 0, 1.0])
    ends = [
        points[:, LEG[side][2]] + a * ahead + [0, 0, z] for side in (0, 1) for a, z in ((0.18, -0.06), (-0.05, -0.05))
    ]
    world = np.concatenate([points, np.stack(ends, axis=1)], axis=1)
    world -= world[:, :1].mean(axis=0)
    return np.stack([world[..., 0], -world[..., 2], world[..., 1] + 4], axis=-1)


def filmed(points, joints=H36M21.names, **about):
    pixels = 1600 * points[..., :2] / points[..., 2:] + np.array(SIZE) / 2
    return record(pixels, np.ones(pixels.shape[:2]), joints=joints, **{**ABOUT, **about})


@pytest.fixture(scope="module")
def lifted():
    """A walker: the points, the result with feet and without, and what `add_feet` got."""
    points, given = walker(), []

    def kept(*arguments, **how):
        given.append((arguments, how))
        return add_feet(*arguments, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifting, "add_feet", kept)
        found = geolift.lift(filmed(points))
        without = geolift.lift(filmed(points[:, :BODY], H36M17.names))
    return points, found, without, given[0]


def again(lifted, recording):
    """The same body with the feet of another recording."""
    (_, body, world), how = lifted[3]
    return add_feet(feet_of(recording, body.tracks, 0.5, smooth=True), body, world, **how)


def test_the_body_is_exactly_as_without_feet(lifted):
    _, found, without, _ = lifted
    assert found.skeleton == H36M21 and without.skeleton == H36M17 and is_human(found.skeleton)
    check_result(found, "walk")
    for key in ("points", "keypoints", "confidence", "filled", "uncertainty", "depth_uncertainty", "world_points"):
        np.testing.assert_array_equal(getattr(found, key)[:, :BODY], getattr(without, key), err_msg=key)
    np.testing.assert_array_equal(found.contact, without.contact)


def test_toes_and_heels_are_where_they_are(lifted):
    points, found, _, _ = lifted
    for leg, foot in zip(LEG, FOOT, strict=True):
        true, placed = (x[:, foot] - x[:, leg[2], None] for x in (points, found.points))
        assert np.median(np.linalg.norm(placed - true, axis=-1)) < 0.04
        assert ((placed[:, 0] - placed[:, 1]) * (true[:, 0] - true[:, 1])).sum(axis=-1).min() > 0
    feet = slice(BODY, None)
    assert np.isfinite(found.world_points[:, feet]).all() and not found.filled[:, feet].any()
    ankles = found.uncertainty[:, [H36M21.parents[joint] for joint in range(BODY, 21)]]
    assert (found.uncertainty[:, feet] > ankles).all()
    assert any(note.startswith("toes and heels were placed") for note in found.notes)


def test_a_heel_that_no_file_has_is_placed_by_its_toe(lifted):
    points, found, _, _ = lifted
    toes = [joint for joint, name in enumerate(H36M21.names) if not name.endswith("heel")]
    people, world = again(lifted, filmed(points[:, toes], tuple(H36M21.names[joint] for joint in toes)))
    heels = [foot[1] for foot in FOOT]
    assert people.tracks.filled[:, heels].all() and not people.tracks.confidence[:, heels].any()
    assert np.median(np.linalg.norm(people.points[:, heels] - found.points[:, heels], axis=-1)) < 0.06
    assert (people.uncertainty[:, heels] > found.uncertainty[:, heels]).all()
    assert np.abs(people.tracks.keypoints[:, heels] - found.keypoints[:, heels]).max() < 60
    assert world.points.shape[1] == 21
    assert "left_heel 30, right_heel 30" in people.tracks.notes[-1]


def test_a_foot_that_is_not_seen_is_missing(lifted):
    points = lifted[0]
    seen = np.ones((30, 21))
    seen[:, FOOT[1]] = 0
    recording = filmed(points)
    recording = recording._replace(confidence=seen.astype(np.float32))
    people, _ = again(lifted, recording)
    assert np.isnan(people.points[:, FOOT[1]]).all() and np.isfinite(people.points[:, FOOT[0]]).all()
    assert np.isnan(people.uncertainty[:, FOOT[1]]).all() and not people.tracks.available[:, FOOT[1]].any()
    assert people.tracks.notes[-1] == "missing, in poses of 30: right_toe 30, right_heel 30"


def test_big_and_small_toe_are_one_toe_and_either_stands_for_both(lifted):
    points, found, _, _ = lifted
    names = list(H36M17.names)
    for side in ("left", "right"):
        names += [f"{side}_big_toe", f"{side}_small_toe", f"{side}_heel"]
    order = [*range(BODY), 17, 17, 18, 19, 19, 20]
    both = points[:, order].copy()
    both[:, [17, 20]] += [0.02, 0, 0]
    both[:, [18, 21]] -= [0.02, 0, 0]
    recording = filmed(both, tuple(names))
    people, _ = again(lifted, recording)
    toes = [foot[0] for foot in FOOT]
    np.testing.assert_allclose(people.points[:, toes], found.points[:, toes], atol=0.01)
    seen = recording.confidence.copy()
    seen[10:15, names.index("left_small_toe")] = 0
    less, _ = again(lifted, recording._replace(confidence=seen))
    assert less.tracks.confidence[12, toes[0]] == 0.5 and not less.tracks.filled[12, toes[0]]
    assert np.linalg.norm(less.points[:, toes] - people.points[:, toes], axis=-1).max() < 0.03


def test_exchanged_legs_take_their_feet_along(lifted):
    points, found, _, _ = lifted
    legs = [i for i, name in enumerate(H36M21.names) if name.split("_")[-1] in ("hip", "knee", "ankle", "toe", "heel")]
    swapped = points.copy()
    swapped[12:16, legs] = points[12:16][:, [H36M21.mirrored[i] for i in legs]]
    recording = filmed(swapped)
    prepared = lifting.prepare(lifting.read_source(recording, None, lifting.NO_OPTIONS), H36M17)
    assert any("are changed back" in note for note in prepared.recording.notes)
    people, _ = again(lifted, prepared.recording)
    np.testing.assert_allclose(people.points, found.points, atol=1e-3)


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_a_kept_result_has_its_feet(lifted, tmp_path, suffix):
    found = lifted[1]
    again = load_result(write_result(found, tmp_path / f"walk{suffix}").paths[0])
    assert again.skeleton == H36M21
    np.testing.assert_array_equal(again.points, found.points)


def test_tables_have_columns_of_feet(lifted, tmp_path):
    path = write_result(lifted[1], tmp_path / "walk.csv").paths[0]
    columns = path.read_text().partition("\n")[0].split(",")
    assert [f"{name}_x" in columns for name in FEET] == [True] * 4


def test_without_positions_and_of_other_bodies_alike(lifted):
    """No size of the image: rays are those of the lifter's camera."""
    (feet, body, world), how = lifted[3]
    people, nowhere = add_feet(feet, body._replace(position=None), world._replace(points=None, floor=None), **how)
    assert nowhere.points is None
    away = np.linalg.norm(people.points[:, BODY:] - lifted[1].points[:, BODY:], axis=-1)
    assert np.median(away) < 0.06
    two = body._replace(alternatives=np.stack([body.points, body.points], axis=1))
    bodies, _ = add_feet(feet, two, world, **how)
    np.testing.assert_array_equal(bodies.alternatives[:, 1], bodies.points)
