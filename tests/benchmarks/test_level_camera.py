import numpy as np
import pytest

from benchmarks.level_camera import AWAY, FOCAL, IMAGE_SIZE, errors_of, filmed
from geolift.data.world import WorldClip

CENTRE = np.array(IMAGE_SIZE) / 2


def test_left_of_the_way_the_camera_looks_is_left_in_the_image():
    points = np.zeros((30, 3, 3))
    points[:, 1] = (0, 1, 0)  # the camera looks along x, z is up: y is to its left
    points[:, 2] = (0, 0, 1)
    pixels, speed = filmed(WorldClip(points, 30.0, "", "", "", ""), 30.0, azimuth=0.0)
    one_metre = FOCAL / AWAY
    np.testing.assert_allclose(pixels[5] - CENTRE, [(0, 0), (-one_metre, 0), (0, -one_metre)], atol=1e-9)
    assert (speed < 1e-9).all()


@pytest.mark.parametrize("lasts", [0.0, 5.0])
def test_errors_have_their_size_and_last_as_long_as_asked(rng, lasts):
    errors = errors_of(rng, (20000, 3), 2.0, lasts)
    assert errors.std() == pytest.approx(2.0, rel=0.03)
    kept = (errors[1:] * errors[:-1]).mean() / errors.var()
    assert kept == pytest.approx(np.exp(-1 / lasts) if lasts else 0.0, abs=0.02)
