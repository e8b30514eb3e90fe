"""openpifpaf's predictions are read back: JSON lines of a video, a list of its frames, the people of an image."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.formats import mmpose, openpifpaf
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import read_keypoints
from geolift.skeletons.joint_sets import COCO17
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("form", ["lines", "list", "image"])
def test_forms(form, tracked, rng, tmp_path):
    scene = writers.scene(COCO17.source, "coco17", rng)
    if form != "image":
        scene[1] = []
    path = writers.openpifpaf(tmp_path / "walk.mp4.predictions.json", scene, form=form, tracked=tracked)
    recognized = read_keypoints(path, options=Options(fps=None if form == "image" else 25.0))
    found = recognized.recording
    assert recognized.format == "openpifpaf" and found.joint_set == "coco17" and found.tracked == tracked
    assert found.video == (form != "image")
    assert found.frames == (("walk.mp4",) if form == "image" else ("1", "2", "3", "4"))
    expected = [writers.cleared(person) for people in (scene[:1] if form == "image" else scene) for person in people]
    np.testing.assert_allclose(found.keypoints, [keypoints for keypoints, _ in expected], atol=1e-3)
    np.testing.assert_allclose(found.confidence, [confidence for _, confidence in expected], atol=1e-6)


def test_the_body_of_whole_body_predictions_and_wrong_entries(rng, tmp_path):
    scene = [
        [p._replace(keypoints=np.pad(p.keypoints, ((0, 116), (0, 0))), confidence=np.pad(p.confidence, (0, 116)))
         for p in people]
        for people in writers.scene(COCO17.source, "coco17", rng)
    ]  # fmt: skip
    path = writers.openpifpaf(tmp_path / "a.json", scene, form="list")
    recording = read_keypoints(path).recording
    assert recording.joint_set == "coco23" and recording.joints[:17] == COCO17.source
    content = json.loads(path.read_text())
    assert mmpose.FORMAT.recognize(content[0]["predictions"]) is None
    for change, message in [
        ({"frame": 1.5, "predictions": []}, r"\[1\]: frame: found 1.5, expected a whole number from 0 on"),
        ({"frame": 2, "predictions": [{"keypoints": [1, 2]}]}, r"\[1\]: predictions\[0\]: keypoints: found 2 numbers"),
        ({"frame": 2, "predictions": [{"keypoints": [1, 2, 1]}]}, "found 1 joints, expected 133 as in the first"),
        ({"frame": 2, "predictions": {}}, "expected a list"),
    ]:
        with pytest.raises(DatasetError, match=message) as error:
            openpifpaf.FORMAT.read([content[0], change], path, NO_OPTIONS)
        assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["list.json", "video.mp4.openpifpaf.json"])
def test_cases(name):
    recognized = read_keypoints(case(f"openpifpaf-jsonl/{name}"))
    assert recognized.format == "openpifpaf" and recognized.recording.video and len(recognized.recording.frames) == 20
    assert len(recognized.recording.people) == 1
