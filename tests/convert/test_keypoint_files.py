"""Recordings become data sets of clips without gaps, and any keypoint file one to train on."""

import json

import numpy as np
import pytest

from geolift.convert import keypoint_files
from geolift.convert.registry import CONVERTERS
from geolift.data.dataset import load_dataset, save_dataset
from geolift.data.moments import find_moments
from geolift.data.normalization import fit_normalization
from geolift.errors import DatasetError
from geolift.keypoints.recording import record
from geolift.keypoints.training_clips import to_dataset
from geolift.skeletons import joint_sets
from geolift.skeletons.skeleton import H36M17
from tests.helpers.figure import standing

COCO = joint_sets.COCO17
JOINT = H36M17.names.index
FIGURE = standing(COCO.source, "coco17")


def recording(detections, *, frames=10, video=True, tracked=True, sizes=None, fps=25.0):
    """Of (frame, person, shift) each, a standing person in COCO's joints, in the order of the file."""
    frame, person, shift = (np.array(column) for column in zip(*detections, strict=True))
    return record(
        FIGURE * 10 + 100 + shift[:, None, None],
        np.full((len(frame), 17), 0.8),
        frame=frame,
        joints=COCO.source,
        joint_set="coco17",
        frames=tuple(f"frame{i}" for i in range(frames)),
        video=video,
        origin="test",
        person=person if tracked else None,
        people=("Ann", "Bo") if tracked else (),
        fps=fps,
        image_size=sizes,
    )


def test_a_gap_starts_a_new_clip_and_every_detection_is_there_once():
    made = recording([(0, 0, 0), (1, 0, 1), (1, 1, 50), (2, 1, 51), (4, 0, 4), (5, 0, 5)])
    data = to_dataset(made, COCO, source="here")
    assert data.subject.tolist() == ["Ann", "Ann", "Bo"] and data.clip.tolist() == ["frame0", "frame4", "frame1"]
    np.testing.assert_array_equal(data.stop - data.start, [2, 2, 2])
    rows = np.lexsort((made.frame, made.person))
    np.testing.assert_array_equal(made.frame[rows], [0, 1, 4, 5, 1, 2])
    np.testing.assert_array_equal(
        data.keypoints[:, JOINT("left_wrist")], made.keypoints[rows, COCO.source.index("left_wrist")]
    )
    assert set(data.fps) == {25} and set(data.split) == {"train"} and data.image_size is None
    assert data.source == "here" and not data.seen[:, H36M17.head].any()
    other = to_dataset(made, COCO, source="here", head="extrapolate")
    assert other.seen[:, H36M17.head].all()


def test_images_of_another_size_start_a_new_clip():
    sizes = np.array([[640, 480]] * 3 + [[480, 640]] * 7)
    data = to_dataset(recording([(i, 0, i) for i in range(6)], sizes=sizes), COCO, source="here")
    np.testing.assert_array_equal(data.stop, [3, 6])
    np.testing.assert_array_equal(data.image_size, [[640, 480], [480, 640]])


@pytest.mark.parametrize(("video", "tracked", "fps"), [(False, True, 0), (False, False, 0), (True, False, 25)])
def test_untracked_people_are_one_clip_each(video, tracked, fps):
    made = recording([(0, 0, 0), (1, 0, 1), (1, 1, 50)], video=video, tracked=tracked)
    data = to_dataset(made, COCO, source="here")
    np.testing.assert_array_equal(data.stop, [1, 2, 3])
    assert set(data.fps) == {fps}
    assert sorted(data.clip) == ["frame0", "frame1", "frame1"]


def alphapose(path, frames, people=1, **change):
    """AlphaPose's file of one standing person, or several beside each other, who walk to the right."""
    items = []
    for frame in frames:
        for person in range(people):
            points = np.c_[FIGURE * 10 + [300 + 3 * frame + 200 * person, 200], np.full(17, 0.9)]
            for joint, value in change.items():
                points[COCO.source.index(joint), 2] = value
            item = {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": points.ravel().tolist(), "score": 2.0}
            items.append(item)
    path.write_text(json.dumps(items))
    return path


def test_a_keypoint_file_is_tracked_cut_into_clips_and_described(tmp_path):
    path = alphapose(tmp_path / "alphapose-results.json", [0, 1, 2, 3, 6, 7, 10], people=2, left_wrist=0.05)
    convert = CONVERTERS["keypoints"].convert
    data = convert(path, fps=25, image_size=(1280, 720))
    assert len(set(data.subject)) == 2 and len(data.start) == 6 and set(data.fps) == {25}
    assert data.image_size.tolist() == [[1280, 720]] * 6 and set(data.split) == {"train"}
    assert "alphapose" in data.source and "14 joints less sure than 0.1" in data.source
    assert "2 people were tracked" in data.source and not data.seen[:, JOINT("left_wrist")].any()
    save_dataset(data, tmp_path / "out.npz")
    assert load_dataset(tmp_path / "out.npz").frames == 14
    sure = convert(path, fps=25, image_size=(1280, 720), min_confidence=0, head="extrapolate")
    assert sure.whole.all() and fit_normalization(sure).factor > 0
    assert "image sizes are unknown" in convert(path, fps=25).source


def test_a_test_split_is_made_of_clips_or_of_people(tmp_path):
    path = alphapose(tmp_path / "a.json", [0, 3, 9, 11, 18, 21, 30, 33, 39, 44], people=6)  # apart from each other
    for split_by in ("clip", "person"):
        data = keypoint_files.convert(path, split_by=split_by)
        parts = {"clip": data.clip, "person": data.subject}[split_by]
        test = set(parts[data.split == "test"])
        assert 1 <= len(test) <= len(set(parts)) / 4 and not test & set(parts[data.split == "train"])
    few = keypoint_files.convert(alphapose(tmp_path / "b.json", range(4)), split_by="person")
    assert set(few.split) == {"train"}


def test_detections_without_a_root_are_left_out_and_counted(tmp_path):
    path = alphapose(tmp_path / "a.json", range(6))
    items = json.loads(path.read_text())
    for joint in ("left_hip", "right_hip"):
        for k in range(3):
            items[2]["keypoints"][3 * COCO.source.index(joint) + k] = 0
    path.write_text(json.dumps(items))
    data = keypoint_files.convert(path, fps=25)
    np.testing.assert_array_equal(data.stop, [2, 5])
    assert "1 of 6 detections without the root were left out" in data.source
    rootless = alphapose(tmp_path / "b.json", range(3), left_hip=0)
    with pytest.raises(DatasetError, match="none of 3 detections has the root, pelvis"):
        keypoint_files.convert(rootless, fps=25)


def test_joints_and_a_skeleton_of_one_s_own(tmp_path):
    rows = ["frame,tail_x,tail_y,withers_x,withers_y,nose_x,nose_y"]
    rows += [f"{frame},{10 + frame},50,{40 + frame},50,{60 + frame},40" for frame in range(4)]
    (tmp_path / "dog.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "dog.toml").write_text(
        'head = "nose"\n[joints]\nrump = ""\nwithers = "rump"\nnose = "withers"\n[mapping]\nrump = "tail"\n'
    )
    with pytest.raises(DatasetError, match=r"joints: found .*no known joint set.*skeleton file"):
        keypoint_files.convert(tmp_path / "dog.csv", fps=10)
    data = keypoint_files.convert(tmp_path / "dog.csv", fps=10, skeleton=tmp_path / "dog.toml")
    assert data.skeleton.names == ("rump", "withers", "nose") and data.frames == 4
    np.testing.assert_array_equal(data.keypoints[:, 0], [[10, 50], [11, 50], [12, 50], [13, 50]])


def test_several_files_are_one_data_set_whose_clips_have_their_names(tmp_path):
    for folder in ("mon", "tue"):
        (tmp_path / folder).mkdir()
    paths = [alphapose(tmp_path / folder / "walk.json", range(40)) for folder in ("mon", "tue")]
    data = keypoint_files.convert(*paths, fps=10, image_size=(1280, 720), focal=900, split_by="time")
    assert data.clip.tolist() == ["mon/walk/0.jpg"] * 2 + ["tue/walk/0.jpg"] * 2
    assert data.camera.tolist() == ["mon/walk"] * 2 + ["tue/walk"] * 2
    assert (data.stop - data.start).tolist() == [22, 8] * 2 and data.split.tolist() == ["train", "test"] * 2
    np.testing.assert_array_equal(data.intrinsics, [[900, 900, 640, 360]] * 4)
    with pytest.raises(DatasetError, match=r"walk.json: found it twice"):
        keypoint_files.convert(paths[0], paths[0])
    with pytest.raises(DatasetError, match=r"focal: found no image size"):
        keypoint_files.convert(*paths, focal=900)
    with pytest.raises(DatasetError, match=r"focal: found -1"):
        keypoint_files.convert(*paths, focal=-1)


def test_files_of_synchronised_cameras_share_their_moments(tmp_path):
    paths = [
        alphapose(tmp_path / "left.json", range(40)),
        alphapose(tmp_path / "right.json", [*range(20), *range(25, 40)]),
    ]
    options = {"fps": 10, "image_size": (1280, 720), "synchronized": True}
    data = keypoint_files.convert(*paths, **options, split_by="time")
    moments = find_moments(data)
    assert moments.cameras == ("left", "right") and len(set(data.subject)) == 1
    # The walker moves by 3 pixels from frame to frame: at one moment both cameras see the same.
    seen = data.keypoints[moments.frame]
    np.testing.assert_array_equal(seen[:, 0], seen[:, 1])
    assert len(np.unique(seen[:, 0, 0, 0])) == len(seen) == 20 + 8  # a second before the last fifth is left out
    for split in ("train", "test"):
        assert len(find_moments(data.select(split)).frame) == {"train": 20, "test": 8}[split]
    plain = keypoint_files.convert(*paths[:1], *paths[1:], fps=10)
    assert plain.moment is None and "All 2 files have 40 frames; --synchronized" in plain.source
    with pytest.raises(DatasetError, match=r"left.json: synchronized: found 1 file of a recording"):
        keypoint_files.convert(paths[0], **options)
    short = alphapose(tmp_path / "short.json", range(30))
    with pytest.raises(DatasetError, match=r"short.json: synchronized: found 30 frames, expected 40 as in left.json"):
        keypoint_files.convert(paths[0], short, **options)
    many = alphapose(tmp_path / "many.json", range(40), people=2)
    with pytest.raises(DatasetError, match=r"many.json: synchronized: found the individuals"):
        keypoint_files.convert(paths[0], many, **options)


def test_cameras_of_the_same_name_in_several_folders_are_one_rig(tmp_path):
    paths = []
    for folder, frames in (("mon", 20), ("tue", 30)):
        (tmp_path / folder).mkdir()
        paths += [alphapose(tmp_path / folder / f"{name}.json", range(frames)) for name in ("left", "right")]
    data = keypoint_files.convert(*paths, fps=10, synchronized=True)
    moments = find_moments(data)
    assert moments.cameras == ("left", "right") and moments.frame.shape == (50, 2)


@pytest.mark.parametrize(
    ("option", "value"), [("split_by", "frame"), ("head", "eyes"), ("min_confidence", 2), ("format", "word")]
)
def test_options_are_checked(option, value, tmp_path):
    path = alphapose(tmp_path / "a.json", range(3))
    with pytest.raises(DatasetError, match=f"found '?{value}'?, expected"):
        keypoint_files.convert(path, **{option: value})
    with pytest.raises(FileNotFoundError):
        keypoint_files.convert(tmp_path / "nowhere.json")


def test_every_converter_says_what_it_reads():
    for name, converter in CONVERTERS.items():
        assert name.islower() and 10 < len(converter.what) < 120 and callable(converter.convert)
