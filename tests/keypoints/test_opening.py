"""Packed files, folders in folders and files of operating systems lead to the same recording; what is meant is said."""

import shutil

import pytest

from geolift.errors import DatasetError
from geolift.keypoints import read_keypoints
from geolift.skeletons.joint_sets import JOINT_SETS
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case

SYSTEM = ("._walk_000000000000_keypoints.json", ".DS_Store", "Thumbs.db", "desktop.ini")


@pytest.fixture
def folder(rng, tmp_path):
    scene = writers.scene(JOINT_SETS["body25"].source, "body25", rng)
    (tmp_path / "plain").mkdir()
    return writers.openpose(tmp_path / "plain" / "out", scene)


def same(path, folder, *notes):
    """The folder's recording, with notes that begin like these."""
    found, expected = read_keypoints(path), read_keypoints(folder)
    assert found.format == expected.format and found.recording.frames == expected.recording.frames
    assert (found.recording.keypoints == expected.recording.keypoints).all()
    first = found.recording.notes[: len(notes)]
    assert all(note in line for note, line in zip(notes, first, strict=True)), found.recording.notes


def test_system_files_are_left_out(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copied")
    for name in SYSTEM:
        (tmp_path / "copied" / name).write_bytes(b"\0\5\x16\7Mac OS X\x80")
    same(tmp_path / "copied", folder, "4 files of the operating system: left out")


def test_the_one_folder_in_a_folder_is_read(folder, tmp_path):
    (tmp_path / "plain" / "README.md").touch()
    (tmp_path / "plain" / ".DS_Store").touch()
    same(tmp_path / "plain", folder, "1 file of the operating system", "out in it was read")


def test_folders_of_pictures_do_not_matter(folder, tmp_path):
    (tmp_path / "plain" / "frames").mkdir()
    (tmp_path / "plain" / "frames" / "0.jpg").touch()
    same(tmp_path / "plain", folder, "out in it was read")


def test_several_folders_are_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "plain" / "other" / "json")
    with pytest.raises(DatasetError, match=r"out \(4 files: walk_0.*, \.\.\.\), other/json \(4 files.*give one of"):
        read_keypoints(tmp_path / "plain")


def test_one_file_in_a_folder_is_read(tmp_path, rng):
    (tmp_path / "results").mkdir()
    scene = writers.scene(writers.COCO, "coco17", rng)
    path = writers.alphapose(tmp_path / "results" / "alphapose-results.json", scene)
    same(tmp_path / "results", path, "alphapose-results.json in it was read")


@pytest.mark.parametrize("how", ["zip", "tar", "gztar"])
def test_packed_folders_are_read(how, folder, tmp_path):
    path = shutil.make_archive(str(tmp_path / "packed"), how, folder.parent)
    same(path, folder, "was unpacked", "out in it was read")


def test_errors_in_packed_files_name_the_packed_file(folder, tmp_path):
    (folder / "walk_000000000001_keypoints.json").write_text("{")
    path = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    with pytest.raises(DatasetError, match=r"packed\.zip/walk_000000000001_keypoints\.json: not readable") as error:
        read_keypoints(path)
    assert str(error.value).startswith(path)


def test_folders_in_folders_end(tmp_path):
    (tmp_path / "/".join("abcdefghij")).mkdir(parents=True)
    with pytest.raises(DatasetError, match="more than 8 folders or containers in one another"):
        read_keypoints(tmp_path)


def test_copies_from_a_mac_and_nested_folders():
    for name, note in (("copied", "13 files of the operating system"), ("nested", "json in it was read")):
        recording = read_keypoints(case(f"mac-appledouble-two-clips/{name}")).recording
        assert recording.video and note in recording.notes[0] and len(recording.frame) == len(recording.frames) > 10
