"""How far joints that were filled in are off: 68 of 100 hidden ones lie within."""

import numpy as np
import pytest

from geolift.data.synthetic import procedural_clips
from geolift.lifting.filled_errors import BELOW, BESIDE, PLACED, filled_errors
from geolift.lifting.gaps import fill_gaps
from geolift.lifting.tracks import make_tracks
from geolift.lifting.trunk import place_trunks
from geolift.pretrained.models import load
from geolift.skeletons.skeleton import H36M17

FPS, GAP = 30.0, 9  # frames
KNEE, WRIST = (H36M17.names.index(name) for name in ("left_knee", "left_wrist"))


def people(paths, seen=None, video=True):
    """Tracks of paths `[P, T, 17, 2]`."""
    count, frames = paths.shape[:2]
    seen = np.ones(paths.shape[:3], bool) if seen is None else seen
    rows = paths.reshape(-1, 17, 2), seen.reshape(-1, 17).astype(float)
    person, frame = np.divmod(np.arange(count * frames), frames)
    about = {"skeleton": H36M17, "frames": tuple(map(str, range(frames))), "people": tuple(map(str, range(count)))}
    about |= {"video": video, "fps": FPS, "image_size": None, "source": "test"}
    return make_tracks(*rows, frame, person, **about)


@pytest.fixture(scope="module")
def paths():
    """Walkers from the side, as they look from far away: 100 pixels a metre."""
    clips = procedural_clips(2, people=4, seconds=3.0)
    return np.stack([100 * np.asarray(clip.points, np.float64)[:90, :, 1:] for clip in clips])


def hidden_for(paths, frames, joint, first=30):
    seen = np.ones(paths.shape[:3], bool)
    seen[:, first : first + frames, joint] = False
    return fill_gaps(people(paths, seen), 0.5)


def errors(tracks, unit=50.0):
    return filled_errors(tracks, np.full(len(tracks.frame), unit))


def test_what_was_seen_is_not_off(paths):
    assert (errors(people(paths)) == 0).all()
    tracks = hidden_for(paths, GAP, KNEE)
    found = errors(tracks)
    np.testing.assert_array_equal(found > 0, tracks.filled)


def test_hidden_joints_lie_within_as_often_as_stated(paths):
    """Of many gaps of 0.3 s: 68 of 100, half a metre being a model unit."""
    inside = []
    for joint in range(1, 17):
        for first in (10, 30, 50):
            tracks = hidden_for(paths, GAP, joint, first)
            off = np.linalg.norm(tracks.keypoints - people(paths).keypoints, axis=-1) / 50
            inside.append((off <= errors(tracks))[tracks.filled])
    assert 0.5 < np.mean(np.concatenate(inside)) < 0.9


def test_it_grows_to_the_middle_and_with_the_gap(paths):
    short = errors(hidden_for(paths, 5, WRIST))[30:35, WRIST]
    assert (np.diff(short[:3]) > 0).all() and (np.diff(short[2:]) < 0).all()
    still = np.zeros((1, 60, 17, 2)) + np.arange(17)[:, None]
    five, ten = (errors(hidden_for(still, frames, WRIST)).max() for frames in (5, 11))
    assert ten == pytest.approx(2 * five)  # both ends are twice as far


def test_fast_joints_are_farther_off():
    still = np.zeros((2, 60, 17, 2)) + np.arange(17)[:, None]
    still[1, :, WRIST] += 5 * np.arange(60)[:, None]  # pixels a frame
    found = errors(hidden_for(still, GAP, WRIST)).reshape(2, 60, 17)[:, :, WRIST].max(axis=1)
    assert found[1] > 10 * found[0] > 0


def test_a_person_who_moves_as_a_whole_is_not_fast():
    still = np.zeros((2, 60, 17, 2)) + np.arange(17)[:, None]
    still[1] += 5 * np.arange(60)[:, None, None]
    found = errors(hidden_for(still, GAP, WRIST)).reshape(2, 60, 17)
    np.testing.assert_allclose(found[1], found[0])


def test_all_joints_are_as_unsure_as_a_pelvis_that_was_placed(paths):
    model = load("human")
    names = [*(f"{side}_{end}" for side in ("left", "right") for end in ("knee", "ankle")), "pelvis", "spine", "thorax"]
    for hips, expected in ((("left_hip", "right_hip"), BELOW), (("left_hip",), BESIDE), ((), 0.0)):
        seen = np.ones(paths.shape[:3], bool)
        seen[..., [H36M17.names.index(name) for name in (*names, *hips)]] = False
        tracks = place_trunks(model, people(paths, seen, video=False)._replace(video=False))
        found = errors(tracks)
        assert (found[:, WRIST] == expected).all() and (found[:, H36M17.root] == 0).all()
        np.testing.assert_allclose(found[:, H36M17.names.index("thorax")], np.hypot(expected, PLACED))
