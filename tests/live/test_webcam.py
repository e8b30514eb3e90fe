"""The webcam example runs on a video; the detector is replaced, as its networks are not part of geolift."""

import runpy

import numpy as np
import pytest

from geolift.keypoints.detector.blazepose import JOINTS, Pose
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

cv2 = pytest.importorskip("cv2", reason="needs OpenCV: pip install 'geolift[detect]'")
FRAMES, SIZE = 6, (320, 240)


class Somebody:
    """One person who moves to the right, found in every frame but one; the pictures are counted."""

    def __init__(self):
        self.pictures = []

    def people(self, picture):
        self.pictures.append(picture)
        nth = len(self.pictures)
        middle = np.array([150.0 + nth, 120.0])
        landmarks = middle + np.random.default_rng(0).normal(0, 40, (len(JOINTS), 2))
        pose = Pose(landmarks, np.ones(len(JOINTS)), np.ones(len(JOINTS)), np.stack([middle, middle - (0, 90)]))
        return [] if nth == 3 else [pose]


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(ROOT / "examples/webcam.py"))


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, SIZE)
    for grey in range(FRAMES):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 40 * grey, np.uint8))
    writer.release()
    return path


def frames_of(path):
    film, frames = cv2.VideoCapture(str(path)), []
    while (read := film.read())[0]:
        frames.append(read[1])
    return frames


def test_a_video_is_shown_beside_its_poses(example, video, tmp_path, capsys):
    detector, film = Somebody(), tmp_path / "both.mp4"
    assert example["run"](str(video), detector, ahead=2, mirrored=False, save=str(film)) == FRAMES
    frames = frames_of(film)
    assert len(detector.pictures) == len(frames) == FRAMES
    assert frames[0].shape == (SIZE[1], SIZE[0] + SIZE[1], 3), "the picture, and a square beside it"
    white = [(frame[40:, SIZE[0] + 4 :] > 200).mean() for frame in frames]
    assert min(white[:2]) > 0.999 > max(white[2:]), "the first poses come two frames later"
    printed = capsys.readouterr().out
    assert "frames/s" in printed and "ms late" in printed and "height is missing" in printed


def test_left_is_drawn_where_the_camera_sees_it(example):
    """A person who faces the camera: the left hand is to the right of the picture."""
    import geolift

    points = np.zeros((17, 3), np.float32)
    points[list(H36M17.left)] += (0.5, 0, 0)
    points[list(H36M17.right)] += (-0.5, 0, 0)
    level = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], np.float32)
    nothing = np.zeros(3, np.float32)
    pose = geolift.LivePose(points, nothing, points[:, 0], points[:, 0] > 9, -level[2], level, 0, 0, 0.0, False, 0.0)
    canvas = example["draw"]([pose], H36M17, 400)[:, :200].astype(int)
    blue_less_red = (canvas[..., 0] - canvas[..., 2]).sum(axis=0)
    right, left = np.flatnonzero(blue_less_red > 300), np.flatnonzero(blue_less_red < -300)
    assert right.max() <= left.min() + 10


def test_people_keep_their_numbers(example):
    people = example["People"](Somebody())
    blank = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    assert [list(people.find(blank)) for _ in range(4)] == [[0], [0], [], [0]]


def test_no_camera_is_one_clear_line(example, tmp_path):
    with pytest.raises(SystemExit, match="opens no camera or video"):
        next(example["pictures"](str(tmp_path / "none.mp4")))
