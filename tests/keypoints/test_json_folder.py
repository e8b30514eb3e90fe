"""Folders with a JSON file for each image are read as one video of the files' names; other files are said."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import Options, read_keypoints
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import COCO


def files(folder, scene, *, wrap=False):
    """mmpose's `--pred-out-dir`: the people of each image in a file of its name."""
    folder.mkdir()
    for t, people in enumerate(scene):
        path = writers.mmpose(folder / f"img_{t + 5}.json", [people], form="image")
        if wrap:
            path.write_text(json.dumps({"instance_info": json.loads(path.read_text())}))
    return folder


@pytest.mark.parametrize("wrap", [False, True])
def test_people_of_each_file_are_the_people_of_each_frame(wrap, rng, tmp_path):
    scene = writers.scene(COCO, "coco17", rng, frames=12)
    scene[0], scene[4] = [], []
    found = read_keypoints(files(tmp_path / "predictions", scene, wrap=wrap), options=Options(fps=25))
    assert found.format == "mmpose" and "12 JSON files; img_10.json is" in found.why
    recording = found.recording
    assert recording.video and recording.fps == 25 and recording.frames == tuple(f"img_{t + 5}" for t in range(12))
    assert np.bincount(recording.frame, minlength=12).tolist() == [len(people) for people in scene]
    person = scene[3][0]
    np.testing.assert_allclose(recording.keypoints[recording.frame == 3][0], writers.cleared(person)[0], atol=1e-3)
    asked = read_keypoints(tmp_path / "predictions", format="mmpose")
    assert (asked.recording.keypoints == recording.keypoints).all()


def openpifpaf(path, scene):
    people = [
        {"keypoints": writers.flat(person), "bbox": writers.box(person), "score": 0.9, "category_id": 1}
        for person in scene[0]
    ]
    return writers.write(path.with_name(f"{path.stem}.jpg.predictions.json"), people)


@pytest.mark.parametrize("writer", [openpifpaf, writers.coco_results, writers.alphapose, writers.mmpose])
def test_files_of_one_image_of_many_programs(writer, rng, tmp_path):
    scene = writers.scene(COCO, "coco17", rng, frames=6)
    scene[4] = []
    for t, people in enumerate(scene):
        writer(tmp_path / f"walk_{t}.json", [people])
    recording = read_keypoints(tmp_path).recording
    assert recording.video and len(recording.frames) == 6 and recording.frames[2].startswith("walk_2")
    assert np.bincount(recording.frame, minlength=6).tolist() == [2, 2, 2, 2, 0, 2]
    for t, people in enumerate(scene):
        for row, person in zip(np.flatnonzero(recording.frame == t), people, strict=True):
            np.testing.assert_allclose(recording.keypoints[row], writers.cleared(person)[0], atol=1e-3)


@pytest.mark.parametrize("batched", [True, False])
def test_what_the_inferencer_of_mmpose_returns_is_a_video(batched, rng, tmp_path):
    scene = writers.scene(COCO, "coco17", rng, frames=6)
    scene[2] = []
    frames = json.loads(writers.mmpose(tmp_path / "x.json", scene).read_text())
    people = [frame["instances"] for frame in frames]
    returned = [{"visualization": [], "predictions": [found] if batched else found} for found in people]
    found = read_keypoints(writers.write(tmp_path / "x.json", returned))
    assert found.format == "mmpose" and found.recording.video and len(found.recording.frames) == 6
    assert np.bincount(found.recording.frame, minlength=6).tolist() == [2, 2, 0, 2, 2, 2]


def test_a_few_other_files_are_left_out_and_said(rng, tmp_path):
    folder = files(tmp_path / "predictions", writers.scene(COCO, "coco17", rng))
    (folder / "zz_args.json").write_text('{"fps": 25}')
    (folder / "photo.jpg").touch()
    recording = read_keypoints(folder).recording
    assert len(recording.frames) == 4
    assert "1 JSON file of something else: left out (zz_args.json)" in recording.notes
    assert "1 image beside the keypoints: not looked at" in recording.notes


def test_damaged_and_foreign_folders_are_refused(rng, tmp_path):
    folder = files(tmp_path / "predictions", writers.scene(COCO, "coco17", rng))
    (folder / "img_7.json").write_text("[{")
    with pytest.raises(DatasetError, match=r"img_7\.json: not readable as JSON"):
        read_keypoints(folder)
    for name in ("img_7", "z1", "z2", "z3", "z4"):
        (folder / f"{name}.json").write_text('{"fps": 25}')
    with pytest.raises(DatasetError, match=r"5 of 8 JSON files that are something else \(img_7.json\), exp"):
        read_keypoints(folder)
    with pytest.raises(DatasetError, match="found a folder, expected JSON for mpii"):
        read_keypoints(folder, format="mpii")


def test_predictions_of_mmpose_are_one_video():
    recording = read_keypoints(case("mmpose-image-folder/predictions")).recording
    assert recording.video and recording.joint_set == "coco17" and len(recording.frame) == len(recording.frames) == 12
