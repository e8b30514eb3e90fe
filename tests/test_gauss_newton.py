import itertools

import numpy as np
import pytest

from geolift.gauss_newton import AHEAD, Normal, step


def random_normal(rng, lengths, unknowns, shared):
    """Positive definite normal equations of clips, and the same dense, clip by clip."""
    begins = np.concatenate([[0], np.cumsum(lengths)])
    frames = begins[-1]
    bands = np.zeros((frames * unknowns, AHEAD * unknowns + 1))
    border, corner = np.zeros((shared, frames, unknowns)), np.zeros((len(lengths), shared, shared))
    matrices = []
    for clip, (a, b) in enumerate(itertools.pairwise(begins)):
        size = (b - a) * unknowns
        rows, columns = np.indices((size, size))
        terms = rng.normal(size=(4 * size, size + shared))
        matrix = terms.T @ terms
        near = np.abs(rows - columns) <= AHEAD * unknowns
        matrix[:size, :size] = np.where(near, matrix[:size, :size] * 0.01, 0)
        matrix[:size, :size] += 4 * size * np.eye(size)
        matrix[:size, size:] *= 0.1
        matrix[size:, :size] *= 0.1
        for below in range(min(AHEAD * unknowns, size - 1) + 1):
            bands[a * unknowns : b * unknowns - below, below] = np.diagonal(matrix[:size, :size], -below)
        border[:, a:b] = matrix[size:, :size].reshape(shared, b - a, unknowns)
        corner[clip] = matrix[size:, size:]
        matrices.append(matrix)
    gradient, of_shared = rng.normal(size=(frames, unknowns)), rng.normal(size=(len(lengths), shared))
    return Normal(bands.reshape(frames, unknowns, -1), border, corner, gradient, of_shared, begins), matrices


@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_the_step_solves_the_normal_equations_of_every_clip(rng, damping):
    normal, matrices = random_normal(rng, [5, 1, 3], unknowns=4, shared=3)
    found = step(normal, np.full(9, damping))
    for clip, matrix in enumerate(matrices):
        a, b = normal.begins[clip : clip + 2]
        size = (b - a) * 4
        matrix[np.arange(size), np.arange(size)] *= 1 + damping
        expected = np.linalg.solve(matrix, -np.concatenate([normal.gradient[a:b].ravel(), normal.shared[clip]]))
        np.testing.assert_allclose(np.concatenate([found.frames[a:b].ravel(), found.shared[clip]]), expected, rtol=1e-5)


def test_a_matrix_that_is_not_positive_definite_is_refused(rng):
    normal, _ = random_normal(rng, [3], unknowns=2, shared=2)
    normal.bands[1, 1, 0] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite at row"):
        step(normal, np.zeros(3))
