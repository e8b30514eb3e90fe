"""The objective of the normalizing flow: real poses become likely."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from geolift.data.sampling import Batch
from geolift.losses import mean_over
from geolift.networks.flow import PoseFlow
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.objectives.outcome import Outcome


def flow_objectives(flow: PoseFlow, mirrored: Sequence[int] = ()) -> Callable[..., Outcome]:
    """The objectives of the flow, which learns how real, whole poses are distributed before the lifter learns from it.

    Args:
        flow: the network.
        mirrored: `Skeleton.mirrored`, to show it half of the poses in a mirror; empty: none.
    """

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        real = mirror_pose(batch.real.joints, mirrored) if mirrored else batch.real.joints
        poses = jnp.concatenate([batch.pose.joints, real])
        whole = jnp.concatenate([batch.pose.whole, batch.real.whole])
        loss = mean_over(-flow.apply({"params": params["flow"]}, poses), whole, axis_name)
        return Outcome({"flow": loss}, {"loss/flow": loss}, batch_stats)

    return objectives
