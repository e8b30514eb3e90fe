"""Virtual bodies: recorded motion on people whose bones have other lengths."""

import zlib
from collections.abc import Sequence

import numpy as np

from geolift.data.world import WorldClip, ground_of
from geolift.skeletons.bones import partners, scale_bones
from geolift.skeletons.skeleton import Skeleton


def bone_factors(skeleton: Skeleton, spread: float, rng: np.random.Generator) -> np.ndarray:
    """`[B]` factors of a body's bones, in the order of `skeleton.bones`: log-normal, the same left and right.

    Args:
        skeleton: whose bones they are.
        spread: standard deviation of the factors' logarithm, whose mean is 0.
        rng: draws one number for each bone.
    """
    partner = partners(skeleton)
    drawn = rng.normal(size=len(partner))
    return np.exp(spread * drawn[np.minimum(partner, np.arange(len(partner)))])


def change_body(points: np.ndarray, factors: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """The motion of a clip by a body with other bones, whose feet stay on the ground.

    The path of the root is scaled as the height of the root above the lowest joint is (its median over frames): longer
    legs carry the root higher and farther. Then the ground, the 5th percentile over frames of the lowest joint, is
    where it was.

    Args:
        points: `[T, J, 3]` world metres, z up.
        factors: `[B]` of the bones, as in `scale_bones`.
        skeleton: of the J joints.

    Returns:
        `[T, J, 3]` float64 world metres.
    """
    points = np.asarray(points, np.float64)
    root = points[:, [skeleton.root]]
    body = np.asarray(scale_bones(points - root, factors, skeleton), np.float64)
    above, before = (np.median(-x[..., 2].min(axis=1)) for x in (body, points - root))
    middle = root.mean(axis=0)
    changed = body + middle + (root - middle) * (above / before if before > 0 else 1.0)
    changed[..., 2] += ground_of(points) - ground_of(changed)
    return changed


def change_bodies(
    clips: Sequence[WorldClip], skeleton: Skeleton, spread: float, *, seed: int = 0, body: int = 0
) -> list[WorldClip]:
    """Clips by other bodies, one for each subject, drawn from (seed, subject, body) alone.

    Args:
        clips: motion of J joints in world metres, z up.
        skeleton: of the J joints.
        spread: standard deviation of the logarithm of the bones' factors: 0.1 changes them by 10 %.
        seed: of the bodies.
        body: number of each subject's body.

    Source:
        Ours (docs/cameras.md).

    Example:
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> from geolift.skeletons.bones import bone_lengths
        >>> clips = procedural_clips(people=3, seconds=1.0, fps=10.0)
        >>> changed = change_bodies(clips, H36M17, 0.1)
        >>> ratio = bone_lengths(changed[0].points, H36M17) / bone_lengths(clips[0].points, H36M17)
        >>> bool((ratio < 0.95).any()), bool((ratio > 1.05).any())
        (True, True)
    """
    changed = []
    for clip in clips:
        rng = np.random.default_rng([seed, zlib.crc32(clip.subject.encode()), body])
        factors = bone_factors(skeleton, spread, rng)
        changed.append(clip._replace(points=change_body(clip.points, factors, skeleton)))
    return changed
