"""Synchronised cameras of a new lifter: two mirrored solutions, one of which the training gets."""

import numpy as np
import pytest

from geolift.data.cameras import film
from geolift.data.moments import with_moments_of_clips
from geolift.data.normalization import fit_normalization, normalize
from geolift.data.synthetic.motions import procedural_clips
from geolift.model import Model
from geolift.networks.mlp import Lifter
from geolift.new_lifter import synchronised
from geolift.new_lifter.synchronised import disagreement, find_rotations, with_synchronised_cameras
from geolift.skeletons.skeleton import H36M17
from geolift.training.config import load
from geolift.training.config_checks import pitch_is_fixed_or_learnt


@pytest.fixture(scope="module")
def filmed():
    return with_moments_of_clips(film(procedural_clips(people=3, seconds=2.0, fps=10.0), H36M17), "people")


def test_cameras_and_their_mirror_image_are_named_with_their_pitch(filmed):
    down, lines = find_rotations(filmed.without_3d(), look_down=True)
    up, _ = find_rotations(filmed.without_3d(), look_down=False)
    np.testing.assert_allclose(up.pitch, -down.pitch, atol=1e-6)
    assert "4 synchronised cameras" in lines[0] and "by --cameras" in lines[0]  # people stand: sides do not show it
    for found in (down, up):
        config = with_synchronised_cameras(load({"view.tilt": "mean"}), found)
        assert config.loss.weights.cameras > 0 < config.view.cameras
        assert config.view.pitch_start * found.pitch.mean() > 0
        assert not list(pitch_is_fixed_or_learnt(config))


def test_depths_that_the_other_cameras_see_agree_and_flat_ones_do_not(filmed, monkeypatch):
    found, _ = find_rotations(filmed.without_3d(), look_down=True)
    normalization = fit_normalization(filmed)
    poses = normalize(filmed, normalization)
    points = filmed.points_3d - filmed.points_3d[:, [H36M17.root]]
    unit = np.linalg.norm(points[:, H36M17.head], axis=-1).mean()  # about one model unit
    depth = {pose.tobytes(): z for pose, z in zip(poses, points[..., 2] / unit, strict=True)}

    def lifted(sign):
        """What a lifter gives whose depths are the true ones times a sign."""

        def lift(model, chosen, seen):
            z = 10 + sign * np.stack([depth[pose.tobytes()] for pose in chosen])
            return np.concatenate([chosen * z[..., None], z[..., None] - 10], axis=-1).astype(np.float32)

        return lift

    model, apart = Model(Lifter(width=8), {}, H36M17, normalization, 10.0, 1.0), {}
    for sign in (1, 0, -1):
        monkeypatch.setattr(synchronised, "lift_poses", lifted(sign))
        apart[sign] = disagreement(model, filmed, found)
    assert apart[1] < 0.35 and apart[-1] > 1.1
    np.testing.assert_allclose(apart[0], 1, atol=1e-3)
