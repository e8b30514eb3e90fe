"""The config of a new lifter, chosen by what its data are: cameras, sides, missing joints, number of poses."""

import math
from typing import NamedTuple

from geolift.data.dataset import Dataset
from geolift.data.learnable import Content, expect_learnable, measure_content
from geolift.new_lifter.cameras import Cameras
from geolift.training.config import Config, load

FEWEST_WHOLE = 0.7  # share of usable frames with all joints, from which the others are left out
LONGEST = 16000  # steps: those of the best recipe on CMU, of which smaller sets need fewer
COMPONENTS = 26  # of the flow, at most
BATCH = 256


class Settings(NamedTuple):
    """A config, and why it is so.

    Attributes:
        config: of the training.
        reasons: a sentence for each choice.
    """

    config: Config
    reasons: tuple[str, ...]


def uses_masks(content: Content) -> bool:
    """Whether frames that lack joints, but not the root, are used.

    Example:
        >>> uses_masks(Content(frames=9, whole=5, rooted=9, different=5, unseen=()))
        True
    """
    return content.whole < FEWEST_WHOLE * content.rooted


def learnable_content(data: Dataset, origin: str) -> Content:
    """What there is to learn from in the frames that training will use.

    Args:
        data: the training poses.
        origin: what they are, for errors.

    Raises:
        DatasetError: if nothing can be learnt.
    """
    content = measure_content(data)
    masks = uses_masks(content)
    if masks:
        content = measure_content(data, masks=True)
    expect_learnable(content, origin, masks=masks)
    return content


def choose_settings(
    data: Dataset, content: Content, *, cameras: Cameras, seed: int = 0, steps: int = LONGEST
) -> Settings:
    """The config for a data set: that of the best recipe for two CPU cores, fitted to its bodies and cameras.

    Args:
        data: the training poses.
        content: of them, as `measure_content` counts.
        cameras: which way they look.
        seed: of the training.
        steps: of the lifter, at most.

    Source:
        Ours; the recipe: docs/results.md, and for animals docs/new-lifter.md.
    """
    skeleton = data.skeleton
    midline = skeleton.mirrored[skeleton.root] == skeleton.root
    sided = bool(skeleton.left) and midline
    masks = uses_masks(content)
    reasons = []
    if not sided:
        why = "no joint has a side" if midline else "the root has a side"
        reasons.append(f"left and right are not trained to be alike: {why}")
    if masks:
        reasons.append(f"frames that lack joints are used: only {content.whole} of {content.rooted} have all")
    flow = content.whole > COMPONENTS
    if not flow:
        reasons.append(f"a discriminator instead of a flow: {content.whole} frames have all joints")
    return Settings(
        load(
            {
                "seed": seed,
                "steps": steps,
                "batch_size": BATCH,
                "bfloat16": True,
                "mirror_equivariant": sided,
                "data.masks": masks,
                **_views(cameras),
                "lifter.width": 256,
                "lifter.norm": "none",
                "lifter.flat_start": True,
                "discriminator.width": 256,
                "loss.gradient_penalty": 0.001,
                "loss.weights.adversarial": 1.0,
                "loss.weights.consistency_3d": 1.0,
                "loss.weights.temporal": 0.0,
                "loss.weights.symmetry": 1.0 if sided else 0.0,
                "loss.weights.rigidity": 0.03,  # of one individual or several, soft or not (docs/research-log.md)
                "loss.weights.likelihood": 0.05 if flow else 0.0,
                "flow.steps": 4000,
                "flow.width": 256,
                "flow.components": min(COMPONENTS, 2 * len(skeleton.names) - 2),
                "optimizer.lifter": 1e-3,
                "optimizer.discriminator": 1e-3,
                "optimizer.decay": 0.95,
                "optimizer.decay_every": 1000,  # by steps: epochs of small sets are short, and rates would be gone
                "run.checkpoint_every": 1000,
                "run.keep": 3,
            }
        ),
        tuple(reasons),
    )


def _views(cameras: Cameras) -> dict[str, str | float]:
    """The entries of the random views."""
    if not cameras.upright:
        return {"view.tilt": "anywhere"}
    return {
        "view.tilt": "mean",
        "view.elevation": 0.05,
        "view.pitch_low": math.radians(cameras.low),
        "view.pitch_high": math.radians(cameras.high),
        "view.pitch_start": math.radians(cameras.start),
    }
