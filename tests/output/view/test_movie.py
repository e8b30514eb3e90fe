"""Films: what is drawn where, in which colour, on pictures whose places are known."""

import numpy as np
import pytest

from geolift.output.view import canvas, panels
from geolift.skeletons.skeleton import H36M17, H36M21
from tests.helpers.results import in_world, make_result

pytest.importorskip("cv2")
BLUE, ORANGE, WHITE = (31, 119, 180), (255, 127, 14), (255, 255, 255)
JOINT = H36M17.names.index


def in_image(result, row, joint):
    """Column and row of a keypoint in the picture: the first panel shows the image."""
    scale = panels.SIDE / result.image_size.max()
    x, y = result.keypoints[row, joint] * scale
    width, height = result.image_size[0] * scale
    return round(panels.MARGIN + (panels.SIDE - width) / 2 + x), round(panels.TOP + (panels.SIDE - height) / 2 + y)


def colour(picture, place):
    x, y = place
    return tuple(int(value) for value in picture[y, x])


@pytest.fixture(scope="module")
def shown():
    """A person with a joint filled in and another missing, and the picture."""
    result = make_result(frames=2)
    filled, confidence, points = result.filled.copy(), result.confidence.copy(), result.points.copy()
    filled[0, JOINT("left_knee")], confidence[0, JOINT("left_knee")] = True, 0
    keypoints = result.keypoints.copy()
    keypoints[0, JOINT("head")], confidence[0, JOINT("head")], points[0, JOINT("head")] = np.nan, 0, np.nan
    result = result._replace(filled=filled, confidence=confidence, points=points, keypoints=keypoints)
    return result, next(panels.pictures(result))


def test_left_is_blue_right_is_orange_where_the_image_has_them(shown):
    result, picture = shown
    for joint, expected in (
        ("left_wrist", BLUE),
        ("left_ankle", BLUE),
        ("right_wrist", ORANGE),
        ("right_knee", ORANGE),
    ):
        assert colour(picture, in_image(result, 0, JOINT(joint))) == expected, joint


def test_a_joint_that_was_filled_in_is_hollow_and_one_that_is_missing_is_not_drawn(shown):
    result, picture = shown
    assert colour(picture, in_image(result, 0, JOINT("left_knee"))) == WHITE
    whole = make_result(frames=2)
    assert colour(next(panels.pictures(whole)), in_image(whole, 0, JOINT("head"))) == (0, 0, 0)
    assert colour(picture, in_image(whole, 0, JOINT("head"))) != (0, 0, 0)


def test_pictures_do_not_replace_each_other():
    first, second = panels.pictures(make_result(frames=2))
    assert (first != second).any() and not np.shares_memory(first, second)


def test_a_bone_that_is_less_sure_is_wider_and_fainter():
    result = in_world(make_result(frames=3), sure=False)
    inked = []
    for sigma in (0.01, 0.3):
        sure = np.full(result.points.shape[:2], sigma, np.float32)
        picture = next(panels.pictures(result._replace(uncertainty=sure, depth_uncertainty=sure)))
        panel = picture[panels.TOP : panels.TOP + panels.SIDE, panels.WIDTH // 3 + 4 : 2 * panels.WIDTH // 3 - 8]
        ink = 255 - panel.min(axis=-1).astype(int)
        inked.append(((ink > 20).mean(), np.median(ink[ink > 20])))
    assert inked[1][0] > 1.5 * inked[0][0] and inked[1][1] < 0.7 * inked[0][1]


def test_feet_are_drawn_as_other_joints_are():
    """A result with toes and heels needs nothing more: the toe is where the keypoint is, in the colour of its side."""
    result = make_result(frames=1)
    extra = {}
    for key in ("points", "keypoints", "confidence", "filled"):
        values = getattr(result, key)
        extra[key] = np.concatenate([values, values[:, [6, 6, 3, 3]]], axis=1)
    extra["keypoints"][:, 17:, 0] += np.float32([60, -40, 60, -40])
    feet = result._replace(skeleton=H36M21, **extra)
    picture = next(panels.pictures(feet))
    assert colour(picture, in_image(feet, 0, 17)) == BLUE and colour(picture, in_image(feet, 0, 19)) == ORANGE


def test_text_is_as_wide_as_its_letters_and_stays_in_the_picture():
    picture = np.full((30, 200, 3), 255, np.uint8)
    canvas.write_text(picture, "il" * 3, 100, 2)
    columns = np.flatnonzero((picture < 128).any(axis=(0, 2)))
    assert 80 < columns.min() < columns.max() < 120
    canvas.write_text(picture, "a" * 500, 100, 2)
    assert picture.shape == (30, 200, 3) and (picture < 128).any(axis=(1, 2)).sum() > 5


@pytest.mark.parametrize("far", [np.nan, np.inf, 1e30])
def test_places_that_are_far_or_missing_have_a_number(far):
    places = canvas.whole(np.array([[1.5, 2.25], [far, 0.0]]))
    assert places[0].tolist() == [24, 36]
    assert places[1, 0] == (16e4 if far == 1e30 else canvas.MISSING)
