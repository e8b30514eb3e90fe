"""Closed surfaces around rigid bones: rings of points in a row, joined by triangles, each point moved by some bones."""

from typing import NamedTuple

import numpy as np

SIDES = 14  # points of a ring
MOST_BONES = 4  # that move a point: what a set of JOINTS and WEIGHTS of glTF holds


class Part(NamedTuple):
    """A closed surface in the rest pose. V points, T triangles, B bones.

    Attributes:
        points: `[V, 3]`.
        triangles: `[T, 3]` indices of points, anticlockwise as seen from outside.
        weights: `[V, B]` how much each bone moves a point; they sum to 1.
        colour: `[T]` names of materials.
    """

    points: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray
    colour: np.ndarray


class Mesh(NamedTuple):
    """Surfaces as a graphics card takes them.

    Attributes:
        points: `[V, 3]` float32.
        normals: `[V, 3]` float32 unit vectors outwards.
        bones: `[V, 4]` int, the bones that move a point; 0 where the weight is 0.
        weights: `[V, 4]` float32, which sum to 1.
        triangles: `[T, 3]` int by the name of their material.
    """

    points: np.ndarray
    normals: np.ndarray
    bones: np.ndarray
    weights: np.ndarray
    triangles: dict[str, np.ndarray]


def rest_points(parents: tuple[int, ...], offset: np.ndarray) -> np.ndarray:
    """`[B, 3]` where bones begin at rest, by their offsets `[B, 3]`; parents stand before their children."""
    points = offset.copy()
    for bone, parent in enumerate(parents):
        if parent >= 0:
            points[bone] += points[parent]
    return points


def loft(centre: np.ndarray, u: np.ndarray, v: np.ndarray, *, square: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles around `centre` `[R, 3]`: the first and the last are points, the others rings.

    Args:
        centre: of the rings.
        u: `[R, 3]` half the width of a ring, as a vector.
        v: `[R, 3]` half its depth.
        square: exponent of the ring's superellipse: 2 for an ellipse; more are closer to a rectangle.
    """
    angle = 2 * np.pi * np.arange(SIDES) / SIDES
    a, b = (np.sign(value) * np.abs(value) ** (2 / square) for value in (np.cos(angle), np.sin(angle)))
    rings = centre[1:-1, None] + a[:, None] * u[1:-1, None] + b[:, None] * v[1:-1, None]
    points = np.concatenate([centre[:1], rings.reshape(-1, 3), centre[-1:]])
    ring = 1 + np.arange(len(rings) * SIDES).reshape(-1, SIDES)
    after = np.roll(ring, -1, axis=1)
    first, last = np.zeros_like(ring[0]), np.full_like(ring[0], len(points) - 1)
    triangles = [
        np.stack([first, ring[0], after[0]], axis=-1),
        np.stack([ring[:-1], ring[1:], after[:-1]], axis=-1).reshape(-1, 3),
        np.stack([after[:-1], ring[1:], after[1:]], axis=-1).reshape(-1, 3),
        np.stack([ring[-1], last, after[-1]], axis=-1),
    ]
    triangles = np.concatenate(triangles)
    if np.linalg.det(points[triangles] - points.mean(axis=0)).sum() < 0:  # six times the volume inside
        triangles = triangles[:, ::-1]
    return points, triangles


def along_chain(at: np.ndarray, joints: np.ndarray, blend: float) -> np.ndarray:
    """`[V, K]` weights of the K bones of a chain, of points `at` `[V]` along it.

    Args:
        at: where the points are along the chain.
        joints: `[K]` where the bones begin, in ascending order. Points before the first belong to it.
        blend: on how much of the chain before and after a joint the two bones share points.
    """
    share = np.clip((at[:, None] - joints[1:]) / (2 * blend) + 0.5, 0, 1)
    beyond = np.concatenate([np.ones((len(at), 1)), share**2 * (3 - 2 * share), np.zeros((len(at), 1))], axis=1)
    beyond = np.minimum.accumulate(beyond, axis=1)
    return beyond[:, :-1] - beyond[:, 1:]


def join(parts: list[Part]) -> Mesh:
    """One mesh of all parts, with smooth normals."""
    normals = np.concatenate([_normals(part) for part in parts])
    start = np.cumsum([0, *(len(part.points) for part in parts)])
    triangles = np.concatenate([part.triangles + first for part, first in zip(parts, start[:-1], strict=True)])
    colour = np.concatenate([part.colour for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    weights = np.pad(weights, ((0, 0), (0, MOST_BONES)))
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :MOST_BONES]
    weights = np.take_along_axis(weights, bones, axis=1)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    weights[:, 0] = 1 - weights[:, 1:].sum(axis=1)
    return Mesh(
        np.concatenate([part.points for part in parts]).astype(np.float32),
        normals.astype(np.float32),
        np.where(weights > 0, bones, 0),
        weights,
        {str(name): triangles[colour == name] for name in dict.fromkeys(colour.tolist())},
    )


def _normals(part: Part) -> np.ndarray:
    """`[V, 3]` the mean normal of the triangles around each point, weighted by their area."""
    a, b, c = np.moveaxis(part.points[part.triangles], 1, 0)
    across = np.cross(b - a, c - a)
    total = np.zeros_like(part.points)
    for corner in part.triangles.T:
        np.add.at(total, corner, across)
    return total / np.linalg.norm(total, axis=1, keepdims=True)
