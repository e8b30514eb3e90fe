"""User options fill in what a file does not state; contradictions are errors."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.options import resolve_fps, resolve_image_size, resolve_joint_set, resolve_joints
from geolift.skeletons.joint_sets import JOINT_SETS

COCO = JOINT_SETS["coco17"].source


def refused(message, call, *args):
    with pytest.raises(DatasetError, match=message) as error:
        call(*args)
    assert str(error.value).startswith("file: ") and "\n" not in str(error.value)


def test_named_joints_in_any_order_are_their_joint_set(rng):
    order = rng.permutation(17)
    for given in (None, "coco17"):
        found = resolve_joints([COCO[i] for i in order], given, "file")
        assert found.joints == COCO and found.joint_set == "coco17" and not found.notes
        np.testing.assert_array_equal(order[found.order], np.arange(17))
    refused("found those of coco17, expected", resolve_joints, COCO, "h36m17", "file")


def test_custom_joints_keep_their_names_or_become_the_given_set():
    names = [f"point{i}" for i in range(17)]
    found = resolve_joints(names, None, "file")
    assert found.joints == tuple(names) and found.joint_set == "" and found.order.tolist() == list(range(17))
    found = resolve_joints(names, "coco17", "file")
    assert found.joints == COCO and found.joint_set == "coco17" and "read as those of coco17" in found.notes[0]
    refused("found 17: .*expected", resolve_joints, names, "mpii16", "file")
    refused("joints: found 'cocoa', expected one of", resolve_joints, names, "cocoa", "file")
    for wrong in (["a", "a"], ["a", ""]):
        refused("expected names that differ", resolve_joints, wrong, None, "file")


def test_joints_without_names_are_the_set_that_the_file_or_the_user_states():
    for stated, given in (("coco17", None), ("", "coco17"), ("coco17", "coco17")):
        found = resolve_joint_set(stated, 17, given, "file")
        assert found.joints == COCO and found.joint_set == "coco17" and found.order.tolist() == list(range(17))
    refused("--joints: found h36m17, expected coco17 as in the file", resolve_joint_set, "coco17", 17, "h36m17", "file")
    refused("found 17 joints without names: say which .* coco17,", resolve_joint_set, "", 17, None, "file")
    refused("found 16 joints, expected 17 of coco17", resolve_joint_set, "coco17", 16, None, "file")
    refused("joints: found 'cocoa'", resolve_joint_set, "", 17, "cocoa", "file")


def test_frame_rates_may_differ_by_a_hundredth():
    assert resolve_fps(0.0, None, "file") == 0 and resolve_fps(25.0, None, "file") == 25
    assert resolve_fps(0.0, 30, "file") == 30 and resolve_fps(29.97, 30.0, "file") == 29.97
    refused("frames per second: found 30, expected 25 as in the file", resolve_fps, 25.0, 30.0, "file")
    for wrong in (0.0, -1.0, np.nan, np.inf):
        refused("expected a positive number", resolve_fps, 0.0, wrong, "file")


def test_image_sizes_must_agree():
    stated = np.array([[640, 480], [640, 480]], np.float32)
    assert resolve_image_size(None, None, 2, "file") is None and resolve_image_size(stated, None, 2, "file") is stated
    for known in (None, stated):
        np.testing.assert_array_equal(resolve_image_size(known, (640, 480), 2, "file"), stated)
    refused(
        r"image size: found \[640, 500\], expected \[640.0, 480.0\]", resolve_image_size, stated, (640, 500), 2, "file"
    )
