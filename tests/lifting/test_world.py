"""A lifted video in the world: fields agree with each other, gravity can be given, stills claim no floor."""

import numpy as np
import pytest

import geolift
from geolift.data.orbit import orbit_camera
from geolift.errors import DatasetError
from geolift.lifting.metric_scale import stature_of_limbs
from geolift.lifting.up import given_up
from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case
from tests.helpers.paths import DATA
from tests.world.test_contact import UP, walk


@pytest.fixture(scope="module")
def walker():
    """The 2D of a made walk before a level camera, 1000 x 1000 pixels."""
    ankles, _ = walk(30.0, seconds=3.0, length=0.7)
    root = ankles.mean(axis=1) + np.array([0.0, -0.85, 0.0])
    pose = np.zeros((17, 3))
    for joint, (x, y) in {7: (0, -0.25), 8: (0, -0.5), 9: (0.05, -0.6), 10: (0, -0.75)}.items():
        pose[joint] = x, y, 0
    for joint, z in ((1, 0.12), (4, -0.12), (11, -0.18), (14, 0.18)):
        pose[joint] = 0, -0.45 if joint > 10 else 0, z
    for joint, above in ((12, 11), (13, 12), (15, 14), (16, 15)):
        pose[joint] = pose[above] + np.array([0.02, 0.27, 0])
    points = root[:, None] + pose
    for ankle, side, hip in ((6, 0, 4), (3, 1, 1)):
        points[:, ankle] = ankles[:, side] + np.array([0, 0, pose[hip, 2]])
        points[:, ankle - 1] = (points[:, hip] + points[:, ankle]) / 2 + np.array([0.05, 0, 0])
    keypoints = 850 * points[..., :2] / points[..., 2:] + 500
    return geolift.record(keypoints, np.ones((len(points), 17)), joints=H36M17.names, fps=30.0, image_size=(1000, 1000))


def test_fields_agree_and_axes_are_as_documented(walker):
    result = geolift.lift(walker)
    turn, shift = result.to_world[result.frame][..., :3], result.to_world[result.frame][..., 3]
    placed = result.points + result.position[:, None]
    again = np.einsum("nij,nkj->nki", turn, placed) + shift[:, None]
    np.testing.assert_allclose(again, result.world_points, atol=1e-4)
    np.testing.assert_allclose(result.to_world[0, 2, :3], result.up[0], atol=1e-5)
    np.testing.assert_allclose(result.world_points[0, H36M17.root, :2], 0, atol=1e-5)
    assert 0.7 < result.world_points[0, H36M17.root, 2] < 1.1
    ankles = result.world_points[:, [6, 3]]
    assert np.abs(ankles[..., 2][result.contact] - 0.08).max() < 0.1
    end = result.world_points[-1, H36M17.root]
    assert end[0] > 0.5 and abs(end[1]) < 0.3 * end[0]  # x is where they walk
    assert 0.3 < result.contact.mean() < 1
    assert result.focal[1] < result.focal[0] < result.focal[2]


def test_gravity_that_is_given_is_kept(walker):
    for how in ({"up": (0.0, -2.0, 0.0)}, {"pitch": 0.0, "roll": 0.0}):
        result = geolift.lift(walker, **how)
        np.testing.assert_allclose(result.up, np.tile(UP, (len(result.frames), 1)), atol=1e-3)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"up": (0, 0, 0)}, "up: found"),
        ({"up": (0, -1, 0), "roll": 1.0}, "up: found with pitch or roll"),
        ({"pitch": 100.0}, "pitch: found 100"),
        ({"roll": float("nan")}, "roll: found nan"),
    ],
)
def test_gravity_that_is_none_is_refused(how, message):
    with pytest.raises(DatasetError, match=message):
        given_up(how.get("up"), how.get("pitch"), how.get("roll"))


@pytest.mark.parametrize(("pitch", "roll"), [(30.0, 0.0), (-10.0, 20.0)])
def test_pitch_and_roll_are_those_of_cameras(pitch, roll):
    camera = orbit_camera(np.zeros((1, 1, 3)), 0, 0.3, *np.radians([pitch, roll]), 5.0)
    np.testing.assert_allclose(given_up(None, pitch, roll), -camera.gravity, atol=1e-6)


def test_stills_have_world_axes_and_no_floor(walker):
    stills = walker._replace(video=False, fps=0.0)
    result = geolift.lift(stills)
    assert result.floor is None and result.contact is None
    np.testing.assert_allclose(result.world_points[:, H36M17.root], 0, atol=1e-5)
    np.testing.assert_allclose(result.to_world[:, 2, :3], result.up, atol=1e-5)


def test_without_the_image_size_a_camera_is_assumed_and_the_walk_is_the_same(walker):
    known, assumed = geolift.lift(walker), geolift.lift(walker._replace(image_size=None))
    said = "the image size (--image-size) is missing: people are placed as if the camera were"
    assert any(note.startswith(said) for note in assumed.notes) and "(assumed)" in assumed.scale
    assert not any(note.startswith(said) for note in known.notes)
    assert assumed.focal[0] > 0 and np.isnan(assumed.focal[1:]).all()
    np.testing.assert_allclose(assumed.up[0], UP, atol=0.1)
    ends = [result.world_points[-1, H36M17.root, :2] for result in (known, assumed)]  # across the line of sight
    np.testing.assert_allclose(np.linalg.norm(ends[1]), np.linalg.norm(ends[0]), rtol=0.1)
    np.testing.assert_allclose(assumed.world_points[0, H36M17.root, :2], 0, atol=1e-5)
    assert 0.7 < assumed.world_points[0, H36M17.root, 2] < 1.1
    assert (assumed.contact == known.contact).mean() > 0.9


def test_an_assumed_camera_looks_at_the_people_wherever_the_file_counts_from(walker):
    moved = walker._replace(image_size=None, keypoints=2 * walker.keypoints + np.float32([5000, -300]))
    plain = geolift.lift(walker._replace(image_size=None))
    np.testing.assert_allclose(geolift.lift(moved).position, plain.position, atol=5e-3)
    stills = geolift.lift(walker._replace(image_size=None, video=False, fps=0.0))
    np.testing.assert_allclose(stills.position[:, :2], 0, atol=1e-6)  # each image has its own
    assert np.isfinite(stills.world_points).all() and stills.floor is None


def test_people_who_stand_at_different_heights_may_not_be_equally_tall():
    """A child that is taken to be as tall as the adult beside it is placed too far away, and too low."""
    path, fixed = case("child-beside-adult/two.csv"), {"fps": 30.0, "image_size": (1920, 1080), "pitch": 0.0}
    assumed = geolift.lift(path, **fixed)
    said = [note for note in assumed.notes if "--height NAME=M" in note]
    assert len(said) == 1 and said[0].startswith("child stands 0.") and "lower than parent" in said[0]
    right = geolift.lift(path, height={"child": 1.2, "parent": 1.8}, **fixed)
    assert not any("--height NAME=M" in note for note in right.notes)


def test_a_body_of_usual_limbs_has_its_stature():
    points, seen = np.zeros((5, 17, 3)), np.ones((5, 17), bool)
    for joint, part in {2: "thigh", 3: "shank", 5: "thigh", 6: "shank", 12: "upper_arm", 13: "forearm"}.items():
        points[:, joint] = points[:, H36M17.parents[joint]] + np.array([0, 1.8 * BUILD[part][0], 0])
    seen[:, 15:] = False
    assert stature_of_limbs(points, seen, H36M17) == pytest.approx(1.8)
    assert np.isnan(stature_of_limbs(points, seen & False, H36M17))


def filmed(name, azimuth, pitch):
    """The result of recorded motion before a camera (degrees, from where the person walks), and the true camera."""
    path = DATA / "mocap_h36m17.npz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with np.load(path) as motion:
        i = list(motion["clip"]).index(name)
        points = motion["positions"][motion["start"][i] : motion["stop"][i]][:150].astype(float)
    middle = (points.min(axis=(0, 1)) + points.max(axis=(0, 1))) / 2
    walked = points[-1, 0] - points[0, 0]
    angle = np.arctan2(walked[1], walked[0]) + np.radians(azimuth)
    camera = orbit_camera(middle[None, None], 0, angle, np.radians(pitch), 0.0, 5.5, 1600.0)
    seen = camera._replace(centre=camera.centre[0]).see(points)
    keypoints = 1600 * seen[..., :2] / seen[..., 2:] + np.array([960, 540])
    keypoints += 2 * np.random.default_rng(0).normal(size=keypoints.shape)
    confidence = np.ones(keypoints.shape[:2])
    video = geolift.record(keypoints, confidence, joints=H36M17.names, fps=30.0, image_size=(1920, 1080))
    return geolift.lift(video), seen, -camera.gravity


@pytest.mark.parametrize("name", ["12_01", "12_03"])
def test_a_recorded_walk_straight_away_from_the_camera(name):
    result, truth, up = filmed(name, 180.0, 0.0)
    assert truth[-1, 0, 2] - truth[0, 0, 2] > 3
    assert np.degrees(np.arccos(result.up[0] @ up)) < 4
    assert 0.75 < np.ptp(result.position[:, 2]) / np.ptp(truth[:, 0, 2]) < 1.15
    assert np.isfinite(result.floor).all() and np.nanmin(result.world_points[:, [3, 6], 2]) > -0.02
    assert result.focal[0] == pytest.approx(0.85 * 1920) and result.focal[1] < 1600 < result.focal[2]


def test_a_clip_that_is_taken_for_turned_is_not_sure_of_up():
    result, _, up = filmed("HDM05_bd_lieDownFloor_001", 40.0, 25.0)
    off = np.degrees(np.arccos(np.clip(result.up[0] @ up, -1, 1)))
    assert off < 15 or result.up_spread[0] > off / 4


def test_a_video_of_one_frame_has_no_contact_and_no_floor(walker):
    keypoints = geolift.lift(walker).keypoints[:1]
    video = geolift.record(keypoints, np.ones((1, 17)), joints=H36M17.names, fps=30.0, image_size=(1000, 1000))
    one = geolift.lift(video._replace(video=True))
    assert one.contact is None or not one.contact.any()
    assert one.floor is None or np.isnan(one.floor).all()
