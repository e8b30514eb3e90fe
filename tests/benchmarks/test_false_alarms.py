"""Each fault that the benchmark makes is found in a good video, which has no warning itself."""

import numpy as np
import pytest

from benchmarks import false_alarms
from geolift.keypoints.recording import record
from geolift.keypoints.sanity_checks import check_recording

SHOWN = [name for name in false_alarms.FAULTS if "eyes" not in name and "all sides" not in name]  # without a face


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
    broken = false_alarms.FAULTS[name](video, np.random.default_rng(0))
    share, which = false_alarms.rates([broken, video])
    assert share == 0.5 and sum(which.values()) >= 1


def test_people_without_legs_are_right(video):
    share, which = false_alarms.rates(
        [change(video, None) for change in (false_alarms.without_legs, false_alarms.thinned)]
    )
    assert share == 0 and not which
    assert false_alarms.thinned(video, None).fps == 6
