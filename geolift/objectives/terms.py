"""What a loss term is computed from, and what a group of terms gives: the interface between lifting and its terms.

A new term is a function from `LiftedBatch` to `Part`, in a `TermGroup` that names it; its weight is an entry of
`config.loss.weights`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from geolift.data.sampling import Batch, Poses
from geolift.geometry import masked
from geolift.losses import Cycle
from geolift.objectives.views import View


class LiftedBatch(NamedTuple):
    """A batch of N poses that was lifted, rotated, projected and lifted again.

    Attributes:
        batch: the batch as it was drawn.
        pose: poses `[N, J, 2]` that were lifted; with a source domain corrected ones are among them.
        real: poses `[N, J, 2]` that discriminators see as real; likewise.
        target: `[T]` int, the indices of the examples of the target domain.
        rotation: `[N, 3, 3]` from view 1, the given one, to view 2, the random one.
        cycle: the stages of the cycle of `pose`.
        lift: `(poses, examples) -> [M, J, 3]`, lifts other poses of those examples: a later frame. They are augmented
            by the same random draw as `pose`.
        params: parameters of all networks, by name.
        view: distance, nearest depth and root of the scene.
        axis_name: mapped axis over whose devices the batch is shared; None on one device.

    Example:
        A term is computed from it, here one that pulls depths towards the root's:

        >>> def shallow(lifted: LiftedBatch) -> Part:
        ...     return Part({"shallow": (lifted.cycle.lifted[..., 2] - lifted.view.distance).var()})
        >>> TermGroup(("shallow",), shallow).names
        ('shallow',)
    """

    batch: Batch
    pose: Poses
    real: Poses
    target: np.ndarray
    rotation: jax.Array
    cycle: Cycle
    lift: Callable[[Poses, np.ndarray], jax.Array]
    params: Mapping[str, Any]
    view: View
    axis_name: str | None = None

    @property
    def novel(self) -> Poses:
        """The synthetic poses `[N, J, 2]`; they lack the joints that the given poses lack."""
        return self.pose._replace(joints=self.cycle.novel)


class Part(NamedTuple):
    """What one group of terms gives for a batch, all of it scalars.

    Attributes:
        terms: `{term: ()}`, unweighted, of the lifter's loss; logged as "term/...".
        losses: `{network: ()}`, of the networks that are trained beside the lifter; logged as "loss/...".
        health: `{name: ()}`, for the log alone; logged as "health/...".

    Example:
        >>> import jax.numpy as jnp
        >>> Part({"depth": jnp.float32(2.0)}).losses
        {}
    """

    terms: Mapping[str, jax.Array]
    losses: Mapping[str, jax.Array] = {}
    health: Mapping[str, jax.Array] = {}


class TermGroup(NamedTuple):
    """Terms of the lifter's loss that are computed together.

    Attributes:
        names: of the terms, as weights name them.
        compute: from a lifted batch to exactly these terms.

    Example:
        >>> from geolift.objectives import cycle_terms
        >>> cycle_terms().names
        ('consistency_2d', 'consistency_3d')
    """

    names: tuple[str, ...]
    compute: Callable[[LiftedBatch], Part]


def select(poses: Poses, examples: np.ndarray) -> Poses:
    """The poses of some examples."""
    return jax.tree.map(lambda x: x[examples], poses)


def blank(poses: Poses) -> Poses:
    """The same poses with zeros at joints that were not seen."""
    return poses._replace(joints=masked(poses.joints, poses.seen))
