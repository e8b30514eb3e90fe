"""Rotations and their angles."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.rotations import ORDERS, axes_of, euler, exponential, logarithm, running_product, smallest, unit


@pytest.mark.parametrize("order", ORDERS)
def test_angles_give_the_rotation(order):
    rotation = Rotation.random(300, random_state=1).as_matrix().reshape(100, 3, 3, 3)
    rotation[0, 0] = Rotation.from_euler(order.upper(), [30, 90, 0], degrees=True).as_matrix()
    rotation[5, 1] = Rotation.from_euler(order.upper(), [30, -90, 10], degrees=True).as_matrix()
    angles = euler(rotation, order)
    again = Rotation.from_euler(order.upper(), angles.reshape(-1, 3), degrees=True).as_matrix()
    np.testing.assert_allclose(again.reshape(rotation.shape), rotation, atol=1e-9)
    through = Rotation.from_euler(order.upper(), [[10, x, -20] for x in range(0, 721, 7)], degrees=True).as_matrix()
    np.testing.assert_allclose(np.diff(euler(through, order), axis=0), np.tile([0, 7, 0], (102, 1)), atol=1e-6)


def test_vectors_and_rotations():
    rotation = Rotation.random(50, random_state=2)
    vectors = np.concatenate([rotation.as_rotvec(), [[0, 0, 0], [np.pi, 0, 0], [1e-9, 0, 0]]])
    matrices = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(exponential(vectors), matrices, atol=1e-12)
    np.testing.assert_allclose(logarithm(matrices), vectors, atol=1e-7)
    across = unit(np.array([[1.0, 1, 0], [0, 1, 1], [-1, 0, 3]]))
    half = exponential(np.pi * across)
    np.testing.assert_allclose(exponential(logarithm(half)), half, atol=1e-7)


def test_the_smallest_rotation_has_no_twist(rng):
    start, end = unit(rng.normal(size=(2, 20, 3)))
    end[0] = -start[0]
    rotation = smallest(start, end)
    np.testing.assert_allclose(np.einsum("nij,nj->ni", rotation, start), end, atol=1e-9)
    np.testing.assert_allclose(np.sum(logarithm(rotation) * start, axis=-1), 0, atol=1e-6)


@pytest.mark.parametrize("which", ["xy", "yx", "yz", "zy", "zx", "xz"])
def test_axes_from_two_vectors(which, rng):
    main, second = unit(rng.normal(size=(2, 20, 3)))
    axes = axes_of(main, second, which)
    np.testing.assert_allclose(axes.swapaxes(-1, -2) @ axes, np.tile(np.eye(3), (20, 1, 1)), atol=1e-9)
    assert (np.linalg.det(axes) > 0).all()
    np.testing.assert_allclose(axes[..., "xyz".index(which[0])], main, atol=1e-12)
    assert (np.sum(axes[..., "xyz".index(which[1])] * second, axis=-1) > 0).all()


def test_running_product():
    rotation = Rotation.random(11, random_state=3).as_matrix()
    for i, product in enumerate(running_product(rotation)):
        expected = np.linalg.multi_dot([*rotation[i::-1], np.eye(3)]) if i else rotation[0]
        np.testing.assert_allclose(product, expected, atol=1e-12)
