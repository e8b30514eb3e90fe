"""Detections that are beyond doubt nobody are left out and counted; `--min-score` decides otherwise."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import Options, read_keypoints
from geolift.keypoints.detection_scores import likely_people
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import COCO


def likely(score, frame=None, min_score=None, **more):
    score = None if score is None else np.array(score, float)
    frame = np.zeros(len(score), int) if frame is None else np.array(frame)
    found, notes = likely_people(score, frame, min_score, "a.json", **more)
    return found.tolist(), notes


def test_ghosts_beside_a_person_are_nobody():
    found, notes = likely([0.92, 0.04, 0.19, 0.21, 0.6, 0.001])
    assert found == [True, False, False, True, True, False]
    why = "score below 0.2 while people have 0.5 and more (--min-score 0 keeps all)"
    assert notes == (f"3 detections were left out: {why}",)


def test_the_best_of_an_image_may_be_a_person_who_is_hardly_visible():
    found, _ = likely([0.9, 0.9, 0.15, 0.12, 0.05], frame=[0, 1, 2, 2, 3])
    assert found == [True, True, True, False, False]


@pytest.mark.parametrize(
    "score",
    [
        [0.3, 0.25, 0.02],  # nobody is sure: another scale
        [2.9, 1.4, 0.1],  # AlphaPose's are sums
        [95.0, 40.0, 3.0],  # per cent
        [-0.5, 0.9, 0.1],
        [np.nan, np.nan, np.nan],
    ],
)
def test_scores_of_other_scales_decide_nothing(score):
    assert likely(score) == ([True] * 3, ())


def test_detections_that_the_file_follows_or_does_not_score_are_kept():
    assert likely([0.9, 0.05], tracked=True) == ([True, True], ())
    assert likely([0.9, np.nan, 0.05])[0] == [True, True, False]


def test_the_user_decides():
    assert likely([0.9, 0.05], min_score=0.0) == ([True, True], ())
    assert likely([95.0, 40.0], min_score=50)[0] == [True, False]
    assert likely([0.9, 0.05, 0.6], min_score=0.7, tracked=True)[1] == (
        "2 detections were left out: score below 0.7, as asked",
    )
    found = likely_people(None, np.zeros(2, int), 0.5, "a.json")
    assert found[0].all() and found[1] == ("--min-score was not used: the file has no detection scores",)
    with pytest.raises(DatasetError, match=r"a\.json: found detection scores up to 0.9, none of them as high as"):
        likely([0.9, 0.05], min_score=0.95)


def test_scores_of_every_program_are_used(rng, tmp_path):
    """Each person has a ghost beside them, whose score the program writes under its own name."""
    scene = writers.scene(COCO, "coco17", rng, people=2)
    for writer, key in ((writers.coco_results, "score"), (writers.alphapose, "score"), (writers.mmpose, "bbox_score")):
        path = writer(tmp_path / "file.json", scene)
        content = json.loads(path.read_text())
        entries = [i for frame in content for i in frame.get("instances", [frame])]
        for i, entry in enumerate(entries):
            entry[key] = 0.9 if i % 2 else 0.03
        path.write_text(json.dumps(content))
        recording = read_keypoints(path).recording
        assert len(recording.frame) == len(scene) and any("4 detections were left out" in n for n in recording.notes)
        assert len(read_keypoints(path, options=Options(min_score=0)).recording.frame) == 2 * len(scene)


def test_a_validation_run_of_one_person_has_one_person():
    recording = read_keypoints(case("ultralytics/predictions.json"), options=Options(fps=30)).recording
    assert np.bincount(recording.frame).tolist() == [1] * 20
