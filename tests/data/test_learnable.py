"""What there is to learn from: poses that differ, joints that are seen, frames that can be used."""

import numpy as np
import pytest

from geolift.data.learnable import FEW, Content, count_different, doubts, expect_learnable, measure_content
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17

ROOT, HEAD = H36M17.root, H36M17.head


def every_other_joint(data):
    """Each frame lacks one joint."""
    return np.arange(17) != np.arange(data.frames)[:, None] % 17


def test_the_same_pose_elsewhere_larger_or_with_jitter_is_no_other(rng):
    pose = rng.uniform(100, 300, (17, 2))
    poses = np.stack([pose, pose + 50, 3 * pose, *(pose + rng.normal(0, 0.5, (100, 17, 2)))])
    assert count_different(poses, np.ones(poses.shape[:2], bool), ROOT) == 1
    for joint in (3, HEAD):
        moved = pose.copy()
        moved[joint] += 30
        both = np.stack([pose, moved])
        assert count_different(both, np.ones((2, 17), bool), ROOT) == 2
        hidden = np.ones((2, 17), bool)
        hidden[1, joint] = False  # what is not seen does not differ
        assert count_different(both, hidden, ROOT) == 1


def test_poses_without_a_size_do_not_count():
    assert count_different(np.full((3, 17, 2), 7.0), np.ones((3, 17), bool), ROOT) == 0
    assert count_different(np.ones((3, 17, 2)), np.zeros((3, 17), bool), ROOT) == 0


def test_people_who_move_are_counted(people):
    content = measure_content(people)
    assert content.frames == content.whole == people.frames and content.unseen == ()
    assert 100 < content.different <= FEW and expect_learnable(content, "people", masks=False) is None
    assert not doubts(content._replace(different=FEW))


def test_hidden_joints_leave_frames_out_unless_there_are_masks(people):
    confidence = people.confidence.copy()
    confidence[::4, 2] = 0
    confidence[::8, ROOT] = 0
    data = people._replace(confidence=confidence)
    frames, quarter = people.frames, -(-people.frames // 4)
    rooted = frames - -(-frames // 8)
    plain, masked = measure_content(data), measure_content(data, masks=True)
    assert plain.whole == frames - quarter and plain.rooted == masked.rooted == rooted
    (whole,), (without,) = (
        [s for s in doubts(content, masks=masks) if "left out" in s]
        for content, masks in ((plain, False), (masked, True))
    )
    assert f"{frames - quarter} of {frames} frames have all joints" in whole and f"({rooted} can be used" in whole
    assert f"{rooted} of {frames} frames have the root" in without and "data.masks" not in without


@pytest.mark.parametrize(
    ("change", "masks", "message"),
    [
        (lambda p: (p.keypoints, np.where(np.arange(17) == HEAD, 0, 1)), False, "no frame has head: .*--head extrapol"),
        (lambda p: (p.keypoints, np.where(np.arange(17) == ROOT, 0, 1)), True, "no frame has pelvis"),
        (lambda p: (p.keypoints[:1].repeat(p.frames, 0), np.ones(17)), False, "found the same pose in .* at least 20"),
        (lambda p: (p.keypoints[:1].repeat(p.frames, 0), np.ones(17)), True, "found the same pose in .* at least 20"),
        (
            lambda p: (p.keypoints, every_other_joint(p)),
            False,
            "none of .* frames has all joints .*data.masks=True",
        ),
        (
            lambda p: (p.keypoints, every_other_joint(p) | (np.arange(p.frames) < 9)[:, None]),
            False,
            "found 9 poses that differ in 9 frames of .*data.masks=True",
        ),
    ],
)  # fmt: skip
def test_nothing_to_learn_from_is_refused(people, change, masks, message):
    keypoints, confidence = change(people)
    confidence = np.broadcast_to(confidence, people.confidence.shape).astype(np.float32)
    data = people.without_3d()._replace(keypoints=keypoints, confidence=confidence)
    content = measure_content(data, masks=masks)
    with pytest.raises(DatasetError, match=f"^data: {message}"):
        expect_learnable(content, "data", masks=masks)


def test_a_joint_that_is_a_copy_of_another_is_named(people):
    assert measure_content(people).copied == ()
    keypoints = people.keypoints.copy()
    keypoints[:, HEAD] = keypoints[:, ROOT]
    names = people.skeleton.names
    copied = measure_content(people._replace(keypoints=keypoints))
    assert set(copied.copied) == {tuple(names[joint] for joint in sorted((ROOT, HEAD)))}
    assert sum("the same point in every frame" in sentence for sentence in doubts(copied)) == 1


def test_only_people_need_no_training(people):
    few = Content(frames=40, whole=40, rooted=40, different=9, unseen=())
    for content, hinted in ((few, False), (few._replace(people=True), True)):
        with pytest.raises(DatasetError, match="found 9 poses") as error:
            expect_learnable(content, "mouse", masks=False)
        assert ("people need no training" in str(error.value)) == hinted
        assert ("people need no training" in " ".join(doubts(content))) == hinted
    assert measure_content(people).people
