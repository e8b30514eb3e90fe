"""C3D files: rates, labels, limits, and a missing library."""

import sys

import pytest

from geolift.errors import DatasetError
from geolift.output.motion_angles import people_angles
from geolift.output.write import write_result
from tests.helpers.motion_readers import library
from tests.helpers.results import in_world, make_result


def test_c3d_without_ezc3d(one, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(DatasetError, match=r"out\.c3d: \.c3d needs .*pip install 'geolift\[files\]'"):
        write_result(one, tmp_path / "out.c3d")
    assert not list(tmp_path.iterdir())


def test_more_than_c3d_can_count_is_refused(one, tmp_path):
    library("ezc3d")
    with pytest.raises(DatasetError, match="found 17 points in 65536 frames, expected at most 65535"):
        write_result(one._replace(frames=("",) * 65536, image_size=None), tmp_path / "out.c3d")


def test_c3d_rate_and_many_labels(tmp_path):
    ezc3d = library("ezc3d")
    result = make_result(people=20, frames=2, fps=59.94)
    (path,) = write_result(result, tmp_path / "out.c3d").paths
    file = ezc3d.c3d(str(path))
    assert file["header"]["points"]["frame_rate"] == pytest.approx(59.94)
    point, analog = file["parameters"]["POINT"], file["header"]["analogs"]
    assert point["RATE"]["value"][0] == pytest.approx(59.94) and point["UNITS"]["value"] == ["mm"]
    assert (analog["size"], analog["frame_rate"]) == (0, pytest.approx(59.94))  # a rate of 0 divides by 0 in readers
    assert len(point["LABELS"]["value"] + point["LABELS2"]["value"]) == file["data"]["points"].shape[1] == 340


def test_c3d_has_the_events_of_people_who_walk(tmp_path):
    ezc3d = library("ezc3d")
    walk = in_world(make_result(frames=120, seed=3))
    (path,), notes = write_result(walk, tmp_path / "out.c3d")
    (person,) = people_angles(walk)
    events = ezc3d.c3d(str(path))["parameters"]["EVENT"]
    minutes, seconds = events["TIMES"]["value"]
    found = zip(60 * minutes + seconds, events["CONTEXTS"]["value"], events["LABELS"]["value"], strict=True)
    found = sorted((context, label, time) for time, context, label in found)
    expected = sorted(
        (side.capitalize(), label, time)
        for side in ("left", "right")
        for label, kind in (("Foot Strike", "strikes"), ("Foot Off", "offs"))
        for time in getattr(person.events, f"{side}_{kind}")
    )
    assert len(found) > 4 and [event[:2] for event in found] == [event[:2] for event in expected]
    assert [event[2] for event in found] == pytest.approx([event[2] for event in expected], abs=1e-5)
    assert events["USED"]["type"] == 2  # whole numbers
    assert events["USED"]["value"] == [len(found)] and f"{len(found)} events of the gait" in notes
    (path,), _ = write_result(make_result(frames=12), tmp_path / "short.c3d")
    assert "EVENT" not in ezc3d.c3d(str(path))["parameters"]
