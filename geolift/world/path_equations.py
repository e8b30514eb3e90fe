"""The normal equations of a clip's path: sums of squares of what joints of one, two or three frames have in common.

The unknowns of a frame are how far its root is moved, and knees and ankles against the root. So a band is enough for
the frames' unknowns; those of the whole clip (two angles of up, the height of the floor) border it. Time and memory
grow with the frames alone.
"""

import itertools

import numpy as np

from geolift.gauss_newton import Normal

JOINTS = ("root", "left_knee", "left_ankle", "right_knee", "right_ankle")  # that move; hips move with the root
SIZE = 3 * len(JOINTS)  # unknowns of a frame
WIDTH = 2 * SIZE + 3  # of the band: the root of a frame meets that of two frames later, all three coordinates
SHARED = 3  # unknowns of the clip

Part = tuple[int, int, "np.ndarray | float"]  # frames after the first one of a term, joint, how much it counts


class PathEquations:
    """The equations of F frames, to which terms are added. Term m is of frame m and of those `late` frames after it.

    Terms of fewer than F frames, such as differences, begin at frame 0 and end as much earlier. What a term does not
    hold for has weight 0 there.
    """

    def __init__(self, frames: int):
        self._bands = np.zeros((frames, SIZE, WIDTH))
        self._border, self._gradient = np.zeros((SHARED, frames, SIZE)), np.zeros((frames, SIZE))
        self._corner, self._shared = np.zeros((SHARED, SHARED)), np.zeros(SHARED)

    def add(self, parts: list[Part], weight: np.ndarray, off: np.ndarray, common: np.ndarray | None = None) -> None:
        """Add `weight` times the square of numbers that are to become 0.

        Args:
            parts: how the number changes with the unknowns: a direction `[M, 3]`, or `[3]`, for each joint.
            weight: `[M]`.
            off: `[M]` the number now.
            common: `[3, M]` how it changes with the clip's unknowns.
        """
        rows, pull = np.arange(len(weight)), weight * off
        parts = [(late, joint, np.broadcast_to(along, (len(rows), 3))) for late, joint, along in parts]
        for late, joint, along in parts:
            place = slice(late, late + len(rows)), slice(3 * joint, 3 * joint + 3)
            self._gradient[place] += pull[:, None] * along
            if common is not None:
                self._border[:, *place] += (weight * common)[..., None] * along
        for (late, joint, along), (early, other, by) in _pairs(parts):
            scaled = weight[:, None] * along
            below = SIZE * (late - early) + 3 * (joint - other)
            for a, b in itertools.product(range(3), range(3)):
                if below + a - b >= 0:
                    self._bands[early : early + len(rows), 3 * other + b, below + a - b] += scaled[:, a] * by[:, b]
        if common is not None:
            self._corner += (weight * common) @ common.T
            self._shared += common @ pull

    def add_vectors(self, parts: list[Part], weight: np.ndarray, off: np.ndarray) -> None:
        """Add `weight` `[M]` times the square of vectors `off` `[M, 3]`; each part counts alike in all three axes."""
        rows = len(weight)
        for late, joint, times in parts:
            self._gradient[late : late + rows, 3 * joint : 3 * joint + 3] += times * weight[:, None] * off
        for (late, joint, times), (early, other, by) in _pairs(parts):
            below = SIZE * (late - early) + 3 * (joint - other)
            self._bands[early : early + rows, 3 * other : 3 * other + 3, below] += (times * by * weight)[:, None]

    def add_shared(self, matrix: np.ndarray, gradient: np.ndarray) -> None:
        """Add a term of the clip's unknowns alone: its matrix `[3, 3]` and gradient `[3]`."""
        self._corner += matrix
        self._shared += gradient

    def normal(self) -> Normal:
        """The sum of all terms."""
        begins = np.array([0, len(self._bands)])
        return Normal(self._bands, self._border, self._corner[None], self._gradient, self._shared[None], begins)


def _pairs(parts: list[Part]):
    """Every two parts of a term, and each with itself; the later one first, as the band holds what is below."""
    return itertools.combinations_with_replacement(sorted(parts, key=lambda part: part[:2], reverse=True), 2)
