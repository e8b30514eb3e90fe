"""Who is nobody: joints put anywhere, people found upside down for a moment; and who is somebody all the same."""

import numpy as np
import pytest

from geolift.data.synthetic import procedural_clips
from geolift.keypoints import record, track
from geolift.keypoints.ghosts import without_ghosts
from geolift.skeletons.skeleton import H36M17

FIRST = 20  # frame in which the second person appears


@pytest.fixture(scope="module")
def walks():
    """Keypoints `[T, 17, 2]` of walkers, 200 pixels a metre, from the side."""
    clips = procedural_clips(4, people=4, seconds=4.0)
    return [200 * np.asarray(clip.points, np.float64)[:90, :, 1:] * [1, -1] + 500 for clip in clips]


def scene(first, second, *, fps=30.0, tracked=True):
    """Two people; the second from frame `FIRST` on."""
    rows = np.concatenate([first, second])
    frame = np.concatenate([np.arange(len(first)), FIRST + np.arange(len(second))])
    about = {"joints": H36M17.names, "joint_set": "h36m17", "fps": fps}
    if tracked:
        about |= {"person": np.repeat([0, 1], [len(first), len(second)]), "people": ("0", "1")}
    return record(rows, np.ones(rows.shape[:2]), frame=frame, **about)


def anywhere(rng, frames, size=300.0):
    return 1500 + rng.uniform(0, size, (frames, 17, 2))


def turned_over(walk, frames):
    return walk[:frames] * [1, -1] + [600, 1000]


def aside(walk, frames):
    return walk[:frames] + np.array([600, 0])


@pytest.mark.parametrize("frames", [8, 20, 60])
def test_joints_put_anywhere_are_nobody(walks, rng, frames):
    found = without_ghosts(scene(walks[0], anywhere(rng, frames)))
    assert found.people == ("0",) and len(found.frame) == 90
    assert "1 person was left out, nobody" in found.notes[-1] and "frames 20" in found.notes[-1]


def test_a_person_found_upside_down_for_a_moment_is_nobody(walks):
    assert without_ghosts(scene(walks[0], turned_over(walks[1], 25))).people == ("0",)


def test_it_is_part_of_tracking(walks, rng):
    found = track(scene(walks[0], turned_over(walks[1], 25), tracked=False))
    assert len(found.people) == 1 and any("nobody" in note for note in found.notes)


def test_others_stay(walks, rng):
    """Passers-by, who stands on their hands for longer, and whoever is alone or in a film that is upside down."""
    for second in (aside(walks[1], 8), aside(walks[2], 60), turned_over(walks[1], 60)):
        given = scene(walks[0], second)
        assert without_ghosts(given) is given
    for first, second in ((walks[0][:10], turned_over(walks[1], 25)), (walks[0] * [1, -1], turned_over(walks[1], 25))):
        given = scene(first, second)
        assert without_ghosts(given) is given


def test_few_frames_a_second_and_animals_show_nothing(walks, rng):
    slow = scene(walks[0], anywhere(rng, 20), fps=6.0)
    animals = scene(walks[0], anywhere(rng, 20))._replace(joint_set=None)
    assert without_ghosts(slow) is slow and without_ghosts(animals) is animals
