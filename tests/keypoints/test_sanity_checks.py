"""Good recordings give no warning, each kind of damage gives its own."""

import numpy as np
import pytest

from geolift.keypoints import sanity_checks
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
    left, right = sanity_checks.ARMS
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
    assert sanity_checks.flicker(video._replace(video=False)) is None


def test_coordinates_that_are_not_pixels(video):
    small = video._replace(keypoints=video.keypoints / 500 - 1, image_size=None)
    assert "not pixels" in sanity_checks.normalized(small) and len(sanity_checks.check_recording(small)) == 1


def test_frozen_frames(video):
    found = sanity_checks.check_recording(changed(video, slice(3, 6), video.keypoints[2]))
    assert len(found) == 1 and f"3 of {len(video.frame) - 1} times" in found[0]


def test_jumps(video):
    found = sanity_checks.check_recording(
        changed(video._replace(image_size=None), slice(5, None), video.keypoints[5:] + 2000)
    )
    assert len(found) == 1 and "jumps: 1 of" in found[0] and "first in frame 5" in found[0]


def test_another_image(video):
    found = sanity_checks.check_recording(video._replace(image_size=video.image_size / 3))
    assert len(found) == 1 and "outside the image of 333 x 333" in found[0]


def test_a_joint_that_is_always_missing(people):
    confidence = np.where(np.arange(17) == JOINT("left_wrist"), 0, people.confidence)
    assert "left_wrist" in sanity_checks.missing_joints(recording(people.keypoints, confidence, "h36m17"))


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
    found = sanity_checks.contradicting_face(changed)
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
