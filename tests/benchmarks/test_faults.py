"""Each fault that the benchmark makes is found in a good video, which has no warning itself."""

import numpy as np
import pytest

from benchmarks import faults
from geolift.keypoints.recording import record
from geolift.keypoints.sanity_checks import check_recording

SHOWN = [name for name in faults.FAULTS if "eyes" not in name and "all sides" not in name]  # without a face


@pytest.fixture(scope="module")
def video(people):
    """One procedural person who walks for long: all clips, one after the other, as clips of several people."""
    rows = len(people.keypoints)
    return record(
        people.keypoints,
        people.confidence,
        joints=people.skeleton.names,
        person=people.clip_of_frame,
        people=tuple(str(i) for i in range(len(people.start))),
        frames=tuple(map(str, range(rows))),
        fps=30.0,
        image_size=people.image_size[0],
    )


@pytest.mark.parametrize("name", SHOWN)
def test_faults_are_found(name, video):
    assert check_recording(video) == ()
    broken = faults.FAULTS[name](video, np.random.default_rng(0))
    assert check_recording(broken) != ()


def test_people_without_legs_are_right(video):
    for change in (faults.without_legs, faults.thinned):
        assert check_recording(change(video, None)) == ()
    assert faults.thinned(video, None).fps == 6
