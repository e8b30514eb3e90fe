"""The way cameras look is chosen by the side they see, and what contradicts it is refused before any training."""

import numpy as np
import pytest

from geolift.data.cameras import film
from geolift.data.dataset import Dataset
from geolift.data.learnable import measure_content
from geolift.data.synthetic import QUADRUPED as FOUR_LEGGED
from geolift.data.synthetic import quadruped_clips
from geolift.errors import DatasetError
from geolift.new_lifter.cameras import CAMERAS, choose_cameras
from geolift.new_lifter.settings import choose_settings
from geolift.skeletons.skeleton import H36M17
from tests.helpers.quadruped import QUADRUPED, filmed, walking

FRAMES, FILES = 2000, ("cam0", "cam1", "cam2", "cam3", "cam4", "cam5")


def data(pitch, skeleton=QUADRUPED):
    """A data set of six cameras that look down by `pitch` degrees."""
    points = np.concatenate([walking(FRAMES, seed=seed) for seed in range(6)])
    clips, x = np.arange(6), np.full(6, "x")
    return Dataset(
        keypoints=(100 * filmed(points, pitch)[..., :2] + 500).astype(np.float32),
        confidence=np.ones(points.shape[:2], np.float32),
        skeleton=skeleton,
        start=clips * FRAMES,
        stop=(clips + 1) * FRAMES,
        fps=np.full(6, 30, np.float32),
        subject=x,
        action=x,
        camera=np.array(FILES),
        split=x,
        clip=x,
    )


@pytest.mark.parametrize(("pitch", "word"), [(30, "above"), (10, "above"), (0, "level"), (-30, "below")])
def test_they_are_chosen_by_the_side(pitch, word):
    cameras, (why,) = choose_cameras(data(pitch))
    assert cameras[:2] == CAMERAS[word][:2] and cameras.low < cameras.start < cameras.high
    assert ("backs" in why) == (pitch >= 0)
    if word != "level":
        assert abs(cameras.start - pitch) < 12


def test_what_is_stated_counts_where_it_fits():
    cameras, (why,) = choose_cameras(data(30), stated="level")
    assert cameras[:2] == CAMERAS["level"][:2] and "as stated" in why
    assert choose_cameras(data(0), stated="below")[0] == CAMERAS["below"]


@pytest.mark.parametrize(("pitch", "stated", "found"), [(45, "below", "back"), (-45, "above", "belly")])
def test_what_is_stated_must_not_contradict_the_side(pitch, stated, found):
    with pytest.raises(
        DatasetError, match=rf"found the {found} in 100% of the poses, expected .* \(--cameras {stated}\)"
    ):
        choose_cameras(data(pitch), stated=stated)
    cameras, (_, warning) = choose_cameras(data(pitch), stated=stated, force=True)
    assert cameras[:2] == CAMERAS[stated][:2] and warning.startswith("warning: cameras: found the")


@pytest.mark.parametrize("wrong", ["names", "mirrored"])
def test_one_file_whose_sides_are_exchanged_is_named(wrong):
    given = data(30)
    rows = slice(2 * FRAMES, 3 * FRAMES)
    given.keypoints[rows] = (
        given.keypoints[rows][:, list(QUADRUPED.mirrored)] if wrong == "names" else given.keypoints[rows] * [-1, 1]
    )
    with pytest.raises(DatasetError, match=r"^cam2 \(100%\): found the belly in most poses, expected the back"):
        choose_cameras(given)


@pytest.fixture
def reared():
    """Animals that rear, sit, bow and walk before cameras that look down; each clip is a file from one direction."""
    filmed = film(quadruped_clips(animals=6), FOUR_LEGGED, cameras="drone", views=1).without_3d()
    return filmed._replace(camera=np.char.add(np.char.add(filmed.subject, "_"), filmed.action))


def exchanged(given, name):
    """The data set with left and right exchanged in one file."""
    rows, keypoints = given.camera[given.clip_of_frame] == name, given.keypoints.copy()
    keypoints[rows] = keypoints[rows][:, list(FOUR_LEGGED.mirrored)]
    return given._replace(keypoints=keypoints)


def test_animals_that_rear_or_sit_are_no_mirror_images(reared):
    cameras, lines = choose_cameras(reared)
    assert cameras[:2] == CAMERAS["above"][:2] and not any("warning" in line for line in lines)


def test_an_exchanged_file_is_refused_if_its_animal_turns_and_doubted_if_it_does_not(reared):
    with pytest.raises(DatasetError, match=r"^animal00_turn_around \(100%\): found the belly in most poses"):
        choose_cameras(exchanged(reared, "animal00_turn_around"))
    _, warning = choose_cameras(exchanged(reared, "animal00_stand"))[1]
    assert warning.startswith("warning: animal00_stand (100%)") and "or the body lies on its side" in warning


def test_cameras_straight_above_are_refused_before_training():
    with pytest.raises(DatasetError, match="cameras look straight down"):
        choose_cameras(data(87))
    with pytest.raises(DatasetError, match="cameras look straight up"):
        choose_cameras(data(-87))
    assert choose_cameras(data(60))[0].start > 30


def test_tethered_bodies_are_refused_before_training():
    given = data(20)
    points = given.keypoints
    points[:] = points[:1] + np.random.default_rng(0).normal(0, 1, points.shape)
    with pytest.raises(DatasetError, match=r"^bodies are seen from \d of 12 directions, expected 6 or more"):
        choose_cameras(given)
    assert len(choose_cameras(given, force=True)[1]) == 2


def test_where_nothing_shows_it_it_is_assumed_and_said():
    for skeleton, why in ((QUADRUPED._replace(left=(), right=()), "no joint has a left"), (H36M17, "heads are above")):
        given = data(-45)
        if skeleton is H36M17:  # people who lie on their backs
            given = given._replace(keypoints=np.zeros((6 * FRAMES, 17, 2), np.float32),
                                   confidence=np.ones((6 * FRAMES, 17), np.float32))  # fmt: skip
        cameras, (line,) = choose_cameras(given._replace(skeleton=skeleton))
        assert cameras == CAMERAS["above"] and why in line and "--cameras states it" in line


def test_bodies_without_an_upright_are_seen_from_anywhere():
    """Whatever side is seen, by cameras straight above, too; no pitch is learnt, and mirror images stay possible."""
    found = data(85)
    cameras, (why,) = choose_cameras(found, stated="anywhere")
    config = choose_settings(found, measure_content(found), cameras=cameras).config
    assert "no upright" in why and (config.view.tilt, config.view.pitch) == ("anywhere", 0.0)
    with pytest.raises(DatasetError, match=r"cameras: found anywhere with synchronised"):
        choose_cameras(found._replace(moment=np.zeros(6, int)), stated="anywhere")
