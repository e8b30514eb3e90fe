"""Confidences on other scales become probabilities, those that say nothing are said; probabilities stay as they are."""

import numpy as np
import pytest

from geolift.convert.keypoint_files import convert
from geolift.errors import DatasetError
from geolift.keypoints import Options, read_keypoints
from geolift.keypoints.confidences import to_probabilities
from geolift.keypoints.recording import without_unsure_joints
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import COCO

HIPS = [COCO.index("left_hip"), COCO.index("right_hip")]
LEGS = [COCO.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")]


@pytest.fixture
def people(rng):
    """Keypoints `[N, 17, 2]` of standing people, and probabilities `[N, 17]`."""
    scene = writers.scene(COCO, "coco17", rng, frames=30, missing=0)
    keypoints = np.stack([person.keypoints for people in scene for person in people])
    return keypoints, rng.uniform(0.3, 0.99, keypoints.shape[:2])


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_the_same_value_everywhere_is_no_confidence(value, people):
    keypoints, _ = people
    keypoints[3, 5] = 0
    found, (note,) = to_probabilities(keypoints, np.full(keypoints.shape[:2], value), "coco17")
    expected = np.ones(keypoints.shape[:2])
    expected[3, 5] = 0
    assert (found == expected).all() and "say nothing" in note


def test_minus_one_beside_confidences_is_a_missing_joint(people):
    keypoints, confidence = people
    confidence[4] = -1
    found, notes = to_probabilities(keypoints, confidence, "coco17")
    assert found is confidence and notes == ()


@pytest.mark.parametrize(
    ("scale", "words"), [(100, "per cent"), (8.3, "no probabilities"), (30, "no probabilities"), (1000, "no probab")]
)
def test_other_scales_are_divided(scale, words, people):
    keypoints, confidence = people
    found, (note,) = to_probabilities(keypoints, confidence * scale, "coco17")
    np.testing.assert_allclose(found, confidence, rtol=0.1)
    assert words in note


def test_bytes_are_divided(people):
    keypoints, confidence = people
    found, (note,) = to_probabilities(keypoints, np.round(confidence * 255), "")
    np.testing.assert_allclose(found, confidence, atol=0.01)
    assert "0 to 255" in note


def test_a_few_confidences_above_one_are_those_of_heat_maps(people):
    keypoints, confidence = people
    confidence[::20] = 1.2
    assert to_probabilities(keypoints, confidence, "coco17")[1] == ()


def heat_maps(people, rng):
    """Scores as Detectron2 has them: each joint has its own, hips the lowest."""
    keypoints, confidence = people
    confidence = rng.uniform(0.3, 0.7, confidence.shape)
    confidence[:, HIPS] = rng.uniform(0.06, 0.15, (len(confidence), 2))
    confidence[:, LEGS] = rng.uniform(0.1, 0.25, (len(confidence), 4))
    return keypoints, confidence


def test_hips_are_not_lost_where_heat_maps_have_the_sum_one(people, rng):
    keypoints, confidence = heat_maps(people, rng)
    found, (note,) = to_probabilities(keypoints, confidence, "coco17")
    assert (found >= 0.1).all() and "Detectron2" in note


def test_sharp_peaks_of_heat_maps_say_no_more_than_one(people, rng):
    """Detectron2 writes 1 to 1 000 000 for joints that it found, and 0.01 for others."""
    keypoints, confidence = people
    confidence = 10 ** rng.uniform(0, 6, confidence.shape)
    confidence[:, COCO.index("left_wrist")] = 0.01
    assert to_probabilities(keypoints, confidence, "coco17") == (pytest.approx(confidence), ())


@pytest.mark.parametrize("hidden", [(*HIPS, *LEGS), LEGS])
def test_joints_that_nobody_sees_stay_unsure(hidden, people, rng):
    """A webcam: the legs are out of the image, and networks place them with little confidence."""
    keypoints, confidence = people
    confidence[:, list(hidden)] = rng.uniform(0.0, 0.09, (len(confidence), len(hidden)))
    assert to_probabilities(keypoints, confidence, "coco17")[1] == ()


def test_hips_in_a_wrong_place_stay_unsure(people, rng):
    keypoints, confidence = heat_maps(people, rng)
    keypoints[:, HIPS] = rng.uniform(0, 600, (len(keypoints), 2, 2))
    assert to_probabilities(keypoints, confidence, "coco17")[1] == ()


@pytest.mark.parametrize("name", ["zeros.json", "asked.json"])
def test_files_without_confidences_are_read(name):
    recording = read_keypoints(case(f"motionbert-annotations-frame_id/{name}"), options=Options(fps=30)).recording
    assert recording.seen.all() and len(recording.frame) == 20
    assert any("say nothing" in note or "flags of all joints are 0" in note for note in recording.notes)


def test_low_confidences_name_the_file_and_the_option():
    path = case("motionbert-annotations-frame_id/low.json")
    with pytest.raises(DatasetError, match=r"low\.json: found confidences up to 0\.06, .*--min-confidence") as error:
        convert(path)
    assert str(error.value).startswith(str(path))
    recording = read_keypoints(path).recording
    assert without_unsure_joints(recording, 0.05) is recording
