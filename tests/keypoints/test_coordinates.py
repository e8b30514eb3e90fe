"""Every unit of coordinates gives the pixels back; pixels of any kind stay as they are; what is not known is asked."""

import numpy as np
import pytest

import geolift
from geolift.errors import DatasetError
from geolift.keypoints import coordinates
from geolift.keypoints.coordinates import in_pixels
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors

WIDE, TALL = np.float64([1920, 1080]), np.float64([1080, 1920])
UNITS = {
    "fraction": lambda p, size: p / size,
    "percent": lambda p, size: 100 * p / size,
    "signed": lambda p, size: 2 * p / size - 1,
    "width": lambda p, size: 2 * p / size[0] - [1, size[1] / size[0]],  # VideoPose3D's screen coordinates
    "height": lambda p, size: 2 * p / size[1] - [size[0] / size[1], 1],
}


@pytest.fixture(scope="module")
def pixels(people):
    """Procedural people, filmed at 1000 x 1000, in the middle of a wide or tall image."""
    return people.keypoints[::20].astype(np.float64)


def placed(pixels, size):
    return pixels * size.min() / 1000 + (size - size.min()) / 2


def made(points, size, **more):
    sizes = None if size is None else np.tile(size, (len(points), 1))
    return in_pixels(points, np.ones(points.shape[:2]), sizes, joint_set="h36m17", origin="a.csv", **more)


@pytest.mark.parametrize("size", [WIDE, TALL])
@pytest.mark.parametrize("unit", UNITS)
def test_units_are_recognized_and_made_pixels(unit, size, pixels):
    size = WIDE if unit == "height" else size
    points = placed(pixels, size)
    if unit == "height":  # who stays in the middle of the image fits the width, too
        points = np.concatenate([points, points + np.float64([700, 0])])
    found = made(UNITS[unit](points, size), size)
    np.testing.assert_allclose(found.keypoints, points, atol=1e-6)
    assert len(found.notes) == 1 and coordinates.UNITS[unit] in found.notes[0] and not found.exchanged
    if unit == "percent" and size is WIDE:  # too little distorted to be beyond doubt
        assert "per cent (--coordinates percent)?" in made(UNITS[unit](points, size), None).notes[0]
        return
    with pytest.raises(DatasetError, match=r"a\.csv: found coordinates that are .*--image-size WIDTHxHEIGHT"):
        made(UNITS[unit](points, size), None)


@pytest.mark.parametrize("unit", ["fraction", "percent", "signed"])
def test_y_up_is_turned(unit, pixels):
    points = placed(pixels, TALL)
    upward = UNITS[unit](np.stack([points[..., 0], TALL[1] - points[..., 1]], axis=-1), TALL)
    found = made(upward, TALL)
    np.testing.assert_allclose(found.keypoints, points, atol=1e-6)
    assert "y up" in found.notes[0]


@pytest.mark.parametrize("unit", coordinates.COORDINATES)
def test_what_the_user_says_is_done(unit, pixels):
    points = placed(pixels, WIDE)
    up = unit.endswith("-up")
    turned = np.stack([points[..., 0], WIDE[1] - points[..., 1]], axis=-1) if up else points
    convert = UNITS.get(unit.removesuffix("-up"), lambda p, _: p)
    np.testing.assert_allclose(made(convert(turned, WIDE), WIDE, given=unit).keypoints, points, atol=1e-6)


def test_unknown_coordinates_are_refused(pixels):
    with pytest.raises(DatasetError, match=r"--coordinates: found 'metres', expected one of pixel, fraction"):
        made(pixels, WIDE, given="metres")


@pytest.mark.parametrize(
    ("scale", "shift", "size"),
    [
        (1.0, (0, 0), WIDE),
        (0.064, (0, 0), np.float64([64, 64])),  # a crop of 64 x 64 pixels
        (0.064, (0, 0), None),
        (0.1, (0, 0), WIDE),  # a small person in a corner
        (0.1, (0, 0), np.float64([640, 480])),
        (0.1, (1800, 900), WIDE),
        (1.0, (-500, -300), WIDE),  # partly outside
        (1.0, (1500, 500), WIDE),
        (1.0, (0, 0), np.float64([1280, 720])),  # legs below the image
        (1.0, (0, 0), None),
    ],
)
def test_pixels_stay_as_they_are(scale, shift, size, pixels):
    points = pixels * scale + shift
    found = made(points, size)
    np.testing.assert_array_equal(found.keypoints, points)
    assert found.notes == () and not found.exchanged


def test_a_documented_unit_needs_no_evidence():
    """Fractions of one person at the left edge of the image, legs far below it."""
    legs = np.float64([[[-0.1, 0.5], [0.1, 2.4]]])
    found = in_pixels(legs, np.ones((1, 2)), WIDE[None], unit="fraction")
    np.testing.assert_allclose(found.keypoints, legs * WIDE)
    pixel = np.float64([[[100, 50], [120, 400]]])
    np.testing.assert_array_equal(in_pixels(pixel, np.ones((1, 2)), WIDE[None], unit="fraction").keypoints, pixel)


def test_y_below_zero_everywhere_points_up(pixels):
    found = made(pixels * [1, -1], None)
    np.testing.assert_allclose(found.keypoints, pixels)
    assert "y points up from the top of the image" in found.notes[0]


def test_exchanged_sides_of_the_image_are_seen(pixels):
    """A video that is stored on its side states its sides the other way round."""
    points = placed(pixels, TALL)
    found = made(points / TALL, WIDE)
    assert found.exchanged and "1080 x 1920, width and height exchanged" in found.notes[0]
    np.testing.assert_allclose(found.keypoints, points, atol=1e-6)
    low = made(points + np.float64([0, 500]), WIDE)
    assert low.exchanged and "exchanged" in low.notes[0]
    np.testing.assert_array_equal(low.keypoints, points + np.float64([0, 500]))


def test_coordinates_around_the_hips_are_refused(pixels):
    hips = [H36M17.names.index(f"{side}_hip") for side in ("left", "right")]
    relative = (pixels - pixels[:, hips].mean(axis=1, keepdims=True)) / 500
    with pytest.raises(DatasetError, match=r"relative to the hips .* expected places in the image"):
        made(relative, WIDE)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
@pytest.mark.parametrize("name", ["percent.csv", "mmpose_norm.json"])
def test_fractions_of_real_programs(name, size):
    found = geolift.lift(case(f"normalised-bottom-left/{name}"), image_size=size)
    assert errors(found.points, case("normalised-bottom-left/true.npy")).mean() < 40
    assert np.abs(found.position[:, :2]).max() < 2  # metres
    assert sum("made pixels" in note for note in found.notes) == 1
    with pytest.raises(DatasetError, match="--image-size"):
        geolift.lift(case(f"normalised-bottom-left/{name}"))
