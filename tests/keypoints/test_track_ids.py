"""Track numbers of files: people, and what is done where the numbers cannot be people."""

import numpy as np
import pytest

from geolift.keypoints.recording import record
from geolift.keypoints.track_ids import people_by_id
from geolift.keypoints.tracking import track

BODY = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0], [-20.0, 100.0]]) + 100


@pytest.mark.parametrize("ids", [[None] * 4, [0] * 4, [0, None, 0, None]])
def test_files_that_do_not_track_have_no_people(ids):
    assert people_by_id(ids, np.array([0, 0, 1, 1]), untracked=0) == (None, (), ())


def test_numbers_and_names_are_people_in_their_order():
    person, people, notes = people_by_id([10, 9, 10, "b", "a"], np.arange(5))
    assert people == ("9", "10", "a", "b") and person.tolist() == [1, 0, 1, 3, 2] and notes == ()


def test_one_bad_number_does_not_spoil_the_others():
    """Of three people, one has the number of another for two frames, and a fourth has 0 with three others, always."""
    ids, frame = [], []
    for at in range(20):
        ids += [1, 2, 2 if at in (5, 6) else 3]
        frame += [at] * 3
    person, people, notes = people_by_id(ids, np.array(frame))
    assert people[:3] == ("1", "2", "3") and len(people) == 7 and "2 (2 of 20) of their frames" in notes[0]
    assert (person == 0).sum() == 20 and (person == 1).sum() == 18 and (person == 2).sum() == 18
    everyone = people_by_id([0] * 40, np.repeat(np.arange(20), 2))
    assert everyone[0] is None and "0 (20 of 20)" in everyone[2][0]


def test_detections_without_a_number_are_followed_by_position():
    """The number of the second person is missing, or that of the first, in some frames; a third never has one."""
    ids = [[1, 2, None] for _ in range(20)]
    for at, who in ((4, 1), (5, 1), (11, 0), (19, 1)):
        ids[at][who] = None
    ids[14][1] = 1  # one number twice
    frame = np.repeat(np.arange(20), 3)
    person, people, notes = people_by_id([number for row in ids for number in row], frame)
    points = np.concatenate([[np.add(BODY, [x + 2 * at, 0]) for x in (0, 400, 800)] for at in range(20)])
    about = {"joints": ("a", "b", "c", "d"), "frame": frame, "person": person, "people": people, "notes": notes}
    tracked = track(record(points, np.ones((60, 4)), **about))
    assert len(tracked.people) == 3 and tracked.people[:2] == ("1", "2")
    np.testing.assert_array_equal(tracked.person, np.tile([0, 1, 2], 20))
    assert any("followed by position" in note for note in tracked.notes)
