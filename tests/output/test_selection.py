"""Parts of a result are what the whole has for these people and frames."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.result import check_result
from geolift.output.selection import select
from tests.helpers.motion_readers import equal, without_rows
from tests.helpers.results import in_world, make_result, with_gaps


@pytest.fixture(scope="module")
def three():
    return in_world(with_gaps(make_result(people=3, frames=20)))


def test_all_is_all(three):
    assert select(three) is three
    assert equal(select(three, people=three.people, frames=(0, None))._replace(notes=three.notes), three)


def test_rows_frames_and_names_stay_together(three):
    part = check_result(select(three, people=("person 2", "person 0"), frames=(5, 12)), "part")
    assert part.people == ("person 0", "person 2") and part.frames == three.frames[5:12]
    for new, old in ((0, 0), (1, 2)):
        rows = (three.person == old) & (three.frame >= 5) & (three.frame < 12)
        for key in ("points", "keypoints", "world_points", "contact", "uncertainty", "filled"):
            np.testing.assert_array_equal(getattr(part, key)[part.person == new], getattr(three, key)[rows])
    np.testing.assert_array_equal(part.to_world, three.to_world[5:12])
    assert part.notes[-2:] == (
        "people: 'person 0', 'person 2' of 3 were kept",
        "frames: 5 to 11 of 0 to 19 were kept; time begins at the first of them",
    )


def test_the_largest_is_who_is_largest_in_the_image(three):
    large = three._replace(keypoints=three.keypoints * np.where(three.person == 1, 3, 1)[:, None, None].astype("f"))
    assert select(large, people="largest").people == ("person 1",)


def test_people_who_are_in_none_of_the_frames_are_left_out_and_named(three):
    late = without_rows(three, (three.person == 0) & (three.frame < 10))
    part = check_result(select(late, frames=(0, 10)), "part")
    assert (
        part.people == ("person 1", "person 2") and part.notes[-1] == "people: 'person 0' are in none of these frames"
    )
    with pytest.raises(DatasetError, match="frames: found nobody in 0:10, expected a pose"):
        select(late, people="person 0", frames=(0, 10))


@pytest.mark.parametrize("frames", [(5, 5), (7, 3), (0, 21), (20, None)])
def test_frames_outside_are_refused(three, frames):
    with pytest.raises(DatasetError, match=r"^frames: found \d+:\d+, expected a part of 0:20"):
        select(three, frames=frames)


def test_unknown_people_are_refused(three):
    with pytest.raises(
        DatasetError, match=r"people: found \['ann'\], expected 'all', 'largest' or names of 'person 0'"
    ):
        select(three, people=["ann", "person 0"])
