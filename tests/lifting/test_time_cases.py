"""Real situations of time and people: the right people, the right rate, and the true 3D."""

import numpy as np
import pytest

import geolift
from geolift.pretrained.models import load
from tests.helpers.cases import case, errors


@pytest.fixture(scope="module")
def human():
    return load("human")


@pytest.mark.parametrize(
    ("name", "truth", "fps", "rate", "mm"),
    [
        ("timestamps-as-names/alphapose-ms.json", "timestamps-as-names/true.npy", None, 30, 34),
        ("timestamps-as-names/table-ms.csv", "timestamps-as-names/true.npy", None, 30, 34),
        ("every-20th-frame/regular.json", "every-20th-frame/true.npy", 30, 1.5, 47),
        ("fast-mover-low-fps/sprint6.json", "fast-mover-low-fps/ts6.npy", 6, 6, 37),
        ("fast-mover-low-fps/sprint6.json", "fast-mover-low-fps/ts6.npy", None, 0, 37),
        ("fast-mover-low-fps/fps10.json", "fast-mover-low-fps/t10.npy", 10, 10, 32),
        ("mixed-resolution-repeats/every10.json", "mixed-resolution-repeats/true.npy", 30, 3, 35),
        ("mixed-resolution-repeats/neg.csv", "mixed-resolution-repeats/true.npy", 30, 30, 35),
    ],
)
def test_one_person_at_the_right_rate(name, truth, fps, rate, mm, human):
    result = geolift.lift(case(name), model=human, fps=fps)
    assert result.video and len(result.people) == 1 and result.fps == pytest.approx(rate, rel=1e-3)
    assert errors(result.points, case(truth)).mean() < mm


@pytest.mark.parametrize("name", ["alone.json", "cvat.json"])
def test_who_comes_back_is_the_same_person(name, human):
    result = geolift.lift(case(f"reentry/{name}"), model=human, fps=30)
    assert len(result.people) == 1 and len(result.frame) == 90
    assert errors(result.points, np.load(case("reentry/true.npy"))[result.frame]).mean() < 45


def test_another_person_in_three_frames_spoils_no_others(human):
    result = geolift.lift(case("bystander-few-frames/three.csv"), model=human, fps=30)
    wrong = errors(result.points, case("bystander-few-frames/true.npy"))
    assert len(result.people) == 1 and result.filled[70:73].any(axis=1).all()
    assert wrong.max() < 75 and any("(frames 70, 71, 72)" in note for note in result.notes)


def test_people_who_change_places_in_the_file_are_changed_back(human):
    result = geolift.lift(case("id-switch-in-file/far.json"), model=human, fps=30)
    jump = [np.abs(np.diff(np.nanmean(result.keypoints[result.person == i], axis=1), axis=0)).max() for i in (0, 1)]
    assert max(jump) < 200 and "people 1 and 2 change places in frame 30.jpg: changed back" in result.notes


def test_a_cut_is_a_break(human):
    result = geolift.lift(case("camera-cut-zoom/both.csv"), model=human, fps=30)
    assert result.people == ("0", "0 from 60") and any("the video is cut before frame 60" in n for n in result.notes)
    assert not np.array_equal(result.up[59], result.up[60]) and np.array_equal(result.up[60], result.up[119])
    alone = geolift.lift(case("camera-cut-zoom/both.csv"), model=human, fps=30, people=["0 from 60"])
    np.testing.assert_allclose(alone.points, result.points[60:], atol=2e-3)
    assert errors(result.points, case("camera-cut-zoom/both.npy")).mean() < 55
