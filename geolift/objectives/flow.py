"""The normalizing flow: a separate objective (real poses become likely), then a term of the lifter (so do new ones)."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from geolift.data.sampling import Batch
from geolift.losses import mean_over
from geolift.networks.flow import PoseFlow
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.objectives.outcome import Outcome
from geolift.objectives.terms import LiftedBatch, Part, TermGroup


def flow_objectives(flow: PoseFlow, mirrored: Sequence[int] = ()) -> Callable[..., Outcome]:
    """Build the objectives of the flow: before the lifter is trained, it learns how real, whole poses are distributed.

    Args:
        flow: the network; its parameters come with every call, as "flow".
        mirrored: `Skeleton.mirrored`, to show it half of the poses mirrored; empty: none.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome` with a loss of "flow" alone.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 21).

    Example:
        >>> import jax
        >>> from geolift.data.sampling import Batch, Poses
        >>> from geolift.networks import PoseFlow
        >>> flow, poses = PoseFlow(parts=(tuple(range(1, 17)),), layers=1, width=8), Poses(jnp.zeros((4, 17, 2)))
        >>> params = {"flow": flow.init(jax.random.key(0), poses.joints)["params"]}
        >>> sorted(flow_objectives(flow)(params, {}, Batch(poses, poses, None)).losses)
        ['flow']
    """

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        real = mirror_pose(batch.real.joints, mirrored) if mirrored else batch.real.joints
        poses = jnp.concatenate([batch.pose.joints, real])
        whole = jnp.concatenate([batch.pose.whole, batch.real.whole])
        loss = mean_over(-flow.apply({"params": params["flow"]}, poses), whole, axis_name)
        return Outcome({"flow": loss}, {"loss/flow": loss}, batch_stats)

    return objectives


def likelihood_terms(flow: PoseFlow) -> TermGroup:
    """The negative log-likelihood of synthetic poses under the frozen flow, nats: "likelihood".

    Only whole poses of the target domain count: those of another domain are not likely, corrected or not.

    Args:
        flow: the network; its parameters come with every call, as "flow".

    Returns:
        Terms for `lifting_objectives`, means over the poses that count.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 21).

    Example:
        >>> from geolift.networks import PoseFlow
        >>> likelihood_terms(PoseFlow(parts=(tuple(range(1, 17)),))).names
        ('likelihood',)
    """

    def compute(lifted: LiftedBatch) -> Part:
        unlikely = -flow.apply({"params": lifted.params["flow"]}, lifted.cycle.novel[lifted.target])
        return Part({"likelihood": mean_over(unlikely, lifted.pose.whole[lifted.target], lifted.axis_name)})

    return TermGroup(("likelihood",), compute)
