"""The benchmark of videos beside MediaPipe: its ratios, and its video of two people."""

import numpy as np
import pytest

from benchmarks.people_rows import video


def rounds(wall, cpu, poses):
    return [{"wall": w, "cpu": c, "poses": poses} for w, c in zip(wall, cpu, strict=True)]


def test_ratios_are_those_of_a_round_and_above_one_where_ours_is_faster():
    theirs = rounds([9.0, 4.0, 8.0, 2.0], [9.0, 2.0, 2.0, 2.0], 100)  # the first round is not counted
    ours = rounds([1.0, 2.0, 4.0, 1.0], [1.0, 4.0, 4.0, 4.0], 200)
    cells = video.line("walk", {"theirs": theirs, "before": theirs, "ours": ours}, 100).split(" | ")
    assert cells[:2] == ["| walk", "25.0 -> 25.0 -> 50.0"] and cells[3] == "20.0 -> 20.0 -> 40.0"
    assert cells[4:] == ["2.00 (2.00 to 2.00)", "4.00 (4.00 to 4.00)", "0.50 (0.50 to 0.50) |"]
    alone = video.line("walk", {"ours": ours}, 100).split(" | ")
    assert alone[1] == "50.0" and alone[4].startswith("1.00")


def test_one_person_twice_is_the_same_video_at_two_times(tmp_path):
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV: pip install 'geolift[detect]'")
    written = cv2.VideoWriter(str(tmp_path / "a.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 60.0, (64, 128))
    for frame in range(30):
        written.write(np.full((128, 64, 3), 8 * frame, np.uint8))
    written.release()
    video._write_twice(tmp_path / "a.mp4", tmp_path / "b.mp4")
    both = cv2.VideoCapture(str(tmp_path / "b.mp4"))
    frames = [both.read()[1] for _ in range(int(both.get(cv2.CAP_PROP_FRAME_COUNT)))]
    assert len(frames) == 30 - video.LATER and frames[0].shape == (64, 64, 3) and both.get(cv2.CAP_PROP_FPS) == 60
    for number, frame in enumerate(frames):
        left, right = frame[:, 4:28].mean(), frame[:, 36:60].mean()
        np.testing.assert_allclose(
            [left, right], [8 * (number + video.LATER), 8 * number], atol=12
        )  # frames are coded with losses
