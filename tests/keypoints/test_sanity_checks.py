"""Good recordings give no warning, each kind of damage gives its own."""

import numpy as np
import pytest

from geolift.keypoints import sanity_checks, side_checks
from geolift.keypoints.recording import Recording, record
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index


def recording(keypoints, confidence, joint_set, **more):
    frame = np.arange(len(keypoints))
    named = {"joints": JOINT_SETS[joint_set].source, "joint_set": joint_set, "origin": "test", "video": False}
    return record(keypoints, confidence, frame=frame, frames=tuple(map(str, frame)), **named | more)


@pytest.fixture(scope="module")
def video(people):
    """One procedural person, tracked through a video."""
    rows = slice(people.start[0], people.stop[0])
    size = np.tile(people.image_size[0], (rows.stop - rows.start, 1))
    tracked = {"person": np.zeros(len(size), int), "people": ("anna",), "video": True, "image_size": size}
    return recording(people.keypoints[rows], people.confidence[rows], "h36m17", **tracked)


def changed(video, rows, keypoints):
    """`video` with other keypoints in some rows."""
    new = video.keypoints.copy()
    new[rows] = keypoints
    return video._replace(keypoints=new)


def test_a_good_video_has_no_warnings(video, people):
    assert sanity_checks.check_recording(video) == ()
    assert sanity_checks.check_recording(recording(people.keypoints, people.confidence, "h36m17")) == ()


def test_arms_of_the_other_side(video):
    left, right = side_checks.ARMS
    arms_swapped = video._replace(keypoints=swapped(video.keypoints, left + right, right + left))
    found = sanity_checks.check_recording(arms_swapped)
    assert len(found) == 1 and "opposite sides" in found[0]
    everything = video._replace(keypoints=video.keypoints[:, H36M17.mirrored])
    assert sanity_checks.check_recording(everything) == ()  # as good a person, seen from behind


def swapped(keypoints, joints, others):
    new = keypoints.copy()
    new[:, joints] = keypoints[:, others]
    return new


def test_sides_that_flicker(video):
    some = np.arange(len(video.frame)) % 5 == 2
    found = sanity_checks.check_recording(changed(video, some, video.keypoints[some][:, H36M17.mirrored]))
    assert len(found) == 1 and "change places" in found[0]
    assert side_checks.flicker(video._replace(video=False)) is None


def test_coordinates_that_are_not_pixels(video):
    small = video._replace(keypoints=video.keypoints / 500 - 1, image_size=None)
    assert "not pixels" in sanity_checks.normalized(small) and len(sanity_checks.check_recording(small)) == 1


def test_frozen_frames(video):
    found = sanity_checks.check_recording(changed(video, slice(3, 6), video.keypoints[2]))
    assert len(found) == 1 and f"3 of {len(video.frame) - 1} times" in found[0]


def test_one_keypoint_under_two_names(rng):
    clip = rng.uniform(100, 300, (20, 4, 2))
    clip[:, 2] = clip[:, 1]

    def warnings(keypoints):
        found = sanity_checks.check_recording(record(keypoints, np.ones(keypoints.shape[:2]), joints=tuple("abcd")))
        return [one for one in found if one.startswith("copies")]

    assert "b and c are the same point" in warnings(clip)[0]
    assert not warnings(clip[:19])  # too few to be sure
    clip[-1, 1] += 0.5  # apart in one frame
    assert not warnings(clip)


def test_jumps(video):
    found = sanity_checks.check_recording(
        changed(video._replace(image_size=None), slice(5, None), video.keypoints[5:] + 2000)
    )
    assert len(found) == 1 and "jumps: 1 of" in found[0] and found[0].endswith(", frame 5")


def test_another_image(video):
    found = sanity_checks.check_recording(video._replace(image_size=video.image_size / 3))
    assert len(found) == 1 and "outside the image of 333 x 333" in found[0]


def test_legs_below_the_image_are_no_other_image(video):
    hips = video.keypoints[:, [JOINT("left_hip"), JOINT("right_hip")], 1].max()
    webcam = video._replace(image_size=np.float32([[1000, hips + 1]]).repeat(len(video.frames), axis=0))
    assert sanity_checks.outside(webcam) is None


def test_upper_bodies_have_no_warning(people):
    legs = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")]
    confidence = np.where(np.isin(np.arange(17), legs), 0, people.confidence)
    assert sanity_checks.check_recording(recording(people.keypoints, confidence, "h36m17")) == ()


def test_a_frame_rate_that_is_too_high(video):
    assert sanity_checks.check_recording(video._replace(fps=30.0)) == ()
    found = sanity_checks.check_recording(video._replace(fps=1000.0))
    assert len(found) == 1 and "frame rate may be too high" in found[0]


def test_hands_of_people_without_legs_are_not_too_fast_for_the_part_that_is_seen(video):
    """The highest rate at which the whole person is not too fast is not too high for the upper body."""
    hips = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
    upper = video._replace(confidence=np.where(np.isin(np.arange(17), [0, *hips]), 0, video.confidence))
    rates = np.geomspace(20, 1000, 200)
    highest = max(fps for fps in rates if sanity_checks.too_fast(video._replace(fps=fps)) is None)
    assert sanity_checks.too_fast(upper._replace(fps=highest)) is None
    assert sanity_checks.too_fast(upper._replace(fps=4 * highest)) is not None


def with_faces(video, turned, confidence):
    """The procedural person in the joints of COCO, with a face that is sure; `turned`: all sides are exchanged."""
    names = list(JOINT_SETS["coco17"].source)
    face = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    keypoints = video.keypoints[:, [JOINT("neck" if name in face else name) for name in names]]
    head = video.keypoints[:, JOINT("neck")]
    across = video.keypoints[:, JOINT("left_shoulder")] - video.keypoints[:, JOINT("right_shoulder")]
    for name, part in {"left_eye": 0.1, "right_eye": -0.1, "left_ear": 0.2, "right_ear": -0.2}.items():
        keypoints[:, names.index(name)] = head + part * across - np.float32([0, 5])
    if turned:
        keypoints = keypoints[:, [names.index(side_of(name)) for name in names]]
    return recording(keypoints, np.broadcast_to(confidence, keypoints.shape[:2]), "coco17", video=True)


def side_of(name):
    return name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")


def test_a_face_that_is_guessed_from_behind_is_no_swapped_side(video, rng):
    """A detector that is sure of faces on the backs of heads; OpenPose's joints and flags of annotators tell."""
    sure = rng.uniform(0.8, 1, (len(video.frame), 17))
    for turned in (False, True):
        assert sanity_checks.check_recording(with_faces(video, turned, sure)) == ()
    flags = np.where(np.arange(17) == 15, 0.5, 1.0)
    seen = [sanity_checks.check_recording(with_faces(video, turned, flags)) for turned in (False, True)]
    assert sum("all sides look swapped" in str(found) for found in seen) == 1


def test_a_face_of_a_person_who_bends_down_does_not_tell_the_sides(video):
    """The nose is at the height of the shoulders or lower: the direction from these to it says nothing."""
    flags = np.where(np.arange(17) == 15, 0.5, 1.0)
    for turned in (False, True):
        found = with_faces(video, turned, flags)
        names = list(found.joints)
        face = [names.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
        shoulders, hips = (
            found.keypoints[:, [names.index(f"{side}_{joint}") for side in ("left", "right")]].mean(axis=1)
            for joint in ("shoulder", "hip")
        )
        lower = found.keypoints.copy()
        lower[:, face] += (0.6 * (hips - shoulders))[:, None]
        assert side_checks.contradicting_face(found._replace(keypoints=lower)) is None


def test_faces_from_behind_that_are_surer_than_those_from_the_front_are_swapped_sides(people, rng):
    """People who turn around: a detector's faces are sure from the front and unsure from behind."""
    rows = rng.choice(len(people.keypoints), 200, replace=False)
    across = people.keypoints[rows, JOINT("left_shoulder"), 0] - people.keypoints[rows, JOINT("right_shoulder"), 0]
    front = across > 0
    names = list(JOINT_SETS["coco17"].source)
    sure = np.where(front[:, None] | (np.arange(17) > 4), 0.9, 0.4) + rng.uniform(0, 0.05, (200, 17))
    some = people._replace(keypoints=people.keypoints[rows], confidence=people.confidence[rows])
    for turned in (False, True):
        found = with_faces(some, False, sure)
        if turned:
            found = found._replace(keypoints=found.keypoints[:, [names.index(side_of(name)) for name in names]])
        assert ("all sides look swapped" in str(side_checks.contradicting_face(found))) == turned


@pytest.mark.parametrize(
    ("names", "gaps"),
    [
        ("img_{0}.mp4", 0), ("{0:05d}", 0), ("{0}/x", 0), ("{1}.png", 0), ("a_{2}.png", 1), ("{3}", 0), ("x", 0),
        ("{4}", 0), ("{5}.jpg", 0), ("{6}", 2),
    ],
)  # fmt: skip
def test_numbers_with_gaps(video, names, gaps):
    """Numbers from 0, from 7, with a gap, in steps of 5; two clips that both count from 0; ms, some left out."""

    def stamps(i):
        return round(i * 1000 / 30), round((i + 2 * (i > 6)) * 1000 / 30)

    frames = tuple(
        names.format(i, i + 7, i + (i > 4), 5 * i, f"clip{i // 5}/{i % 5}", *stamps(i))
        for i in range(len(video.frames))
    )
    found = sanity_checks.numbering(video._replace(frames=frames))
    assert found is None if not gaps else f"{gaps} frame" in found and "left out by the frames' names" in found


@pytest.mark.parametrize("what", [(), ("eye",), ("shoulder", "hip"), ("eye", "shoulder", "hip")])
def test_faces_show_swapped_sides(coco, what):
    """Of the real people of COCO, as they are and with swapped sides of the face, of the body, of both."""
    names = list(coco.joints)
    for joint in what:
        left, right = names.index(f"left_{joint}"), names.index(f"right_{joint}")
        names[left], names[right] = names[right], names[left]
    order = [names.index(name) for name in coco.joints]
    changed = coco._replace(keypoints=coco.keypoints[:, order], confidence=coco.confidence[:, order])
    found = side_checks.contradicting_face(changed)
    expected = {0: None, 1: "the sides of the eyes", 2: "the sides of the body", 3: "all sides"}[len(what)]
    assert found is None if expected is None else found.startswith(expected)


@pytest.fixture(scope="module")
def coco(coco_file):
    with np.load(coco_file) as arrays:
        confidence = np.array([0, 0.5, 1])[arrays["visibility"]]
        return recording(arrays["joints"], confidence, "coco17", image_size=arrays["image_size"])


@pytest.fixture(scope="module")
def mpii(mpii_file):
    with np.load(mpii_file) as arrays:
        return recording(arrays["joints"], np.where(arrays["visible"] > 0, 1, 0.5), "mpii16")


@pytest.mark.parametrize("kind", ["coco", "mpii"])
def test_real_people_have_hardly_any_warning(kind, request, rng):
    data = request.getfixturevalue(kind)
    assert sanity_checks.check_recording(data) == ()
    false = sum(sanity_checks.check_recording(some(data, 20, rng)) != () for _ in range(50))
    assert false == 0


@pytest.mark.parametrize("kind", ["coco", "mpii"])
def test_real_people_in_a_random_order_are_warned_about(kind, request, rng):
    data = request.getfixturevalue(kind)
    found = 0
    for _ in range(50):
        order = rng.permutation(len(data.joints))
        few = some(data, 20, rng)
        mixed = few._replace(keypoints=few.keypoints[:, order], confidence=few.confidence[:, order])
        found += sanity_checks.wrong_order(mixed) is not None
    assert found >= 45


def some(data: Recording, count, rng):
    """A few detections of single images."""
    rows = np.sort(rng.choice(len(data.frame), count, replace=False))
    size = None if data.image_size is None else data.image_size[data.frame[rows]]
    return recording(data.keypoints[rows], data.confidence[rows], data.joint_set, image_size=size)
