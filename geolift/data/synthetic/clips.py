"""Clips of procedural individuals: every motion of each, on the ground, with a random heading and a split."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geolift.data.synthetic.body import Rng, Z, rotation_about, softmin
from geolift.data.world import WorldClip

SPLITS = ("train", "validation", "test", "train", "train", "train")  # of individuals, repeated


def on_the_ground(points: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """`[T, J, 3]` lifted by as much as the lowest of `heights` `[T, K]` is below 0."""
    raised = points.copy()
    raised[..., Z] -= softmin(np.zeros(1), *heights.T, width=0.002)[:, None]
    return raised


def clips_of(
    kind: str,
    individuals: int,
    motions: Sequence[Callable[[Rng, np.ndarray], Any]],
    grow: Callable[[Rng], Any],
    move: Callable[[Any, Any], np.ndarray],
    *,
    seed: int,
    seconds: float,
    fps: float,
) -> list[WorldClip]:
    """One clip of every motion for every individual, each with a random heading.

    Args:
        kind: of the individuals, which begins their names.
        motions: from random numbers and times `[T]` to a motion.
        grow: from random numbers to a body.
        move: from a body and a motion to points `[T, J, 3]`.
    """
    t, made = np.arange(round(seconds * fps)) / fps, []
    for individual in range(individuals):
        body, subject = grow(np.random.default_rng((seed, individual))), f"{kind}{individual:02d}"
        for number, motion in enumerate(motions, start=1):  # 0 would repeat the body's seed
            rng, action = np.random.default_rng((seed, individual, number)), motion.__name__
            points = move(body, motion(rng, t)) @ rotation_about(Z, rng.uniform(0, 360)).T
            split = SPLITS[individual % len(SPLITS)]
            made.append(WorldClip(points.astype(np.float32), fps, f"{subject}_{action}", subject, action, split))
    return made
