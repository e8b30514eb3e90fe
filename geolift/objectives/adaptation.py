"""Domain adaptation: poses of another domain are corrected until they look like poses of the training set.

Chen et al. 2019, section 3.4 (docs/method.md, equations 12 and 13).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from geolift.data.sampling import Batch, Poses
from geolift.geometry import center
from geolift.losses import adversarial, correction_size
from geolift.networks.mlp import Adapter, Discriminator
from geolift.objectives.outcome import Outcome


class SourceDomain(NamedTuple):
    """Corrected poses of another domain in the lifter's training; the adapter's own loss is `adaptation_objectives`.

    Attributes:
        adapter: the network that corrects.
        every: one pose in `every` is a corrected one, among the lifted and among the real.

    Example:
        >>> from geolift.networks import Adapter
        >>> SourceDomain(Adapter(width=8, blocks=1), every=4).every
        4
    """

    adapter: Adapter
    every: int


def adapt(adapter: Adapter, params: Any, source: Poses, *, root: int) -> tuple[Poses, jax.Array]:
    """Correct poses of another domain: x + C(x), root-centred.

    Args:
        adapter: the network C.
        params: its parameters.
        source: poses `[..., J, 2]`, normalized.
        root: index of the root joint.

    Returns:
        The corrected poses `[..., J, 2]`, and the correction `[..., J, 2]`.

    Raises:
        ValueError: if joints are masked and the adapter was built without masks.

    Source:
        Chen et al. 2019, section 3.4 (docs/method.md, eq. 12).

    Example:
        >>> import jax
        >>> from geolift.data.sampling import Poses
        >>> from geolift.networks import Adapter
        >>> adapter, poses = Adapter(width=8, blocks=1), Poses(jax.numpy.ones((2, 17, 2)))
        >>> params = adapter.init(jax.random.key(0), poses.joints)["params"]
        >>> corrected, correction = adapt(adapter, params, poses, root=0)
        >>> float(abs(correction).max())  # before training nothing is corrected
        0.0
    """
    correction = center(adapter.apply({"params": params}, source.joints, source.seen), root)
    return source._replace(joints=source.joints + correction), correction


def mix(pose: Poses, real: Poses, corrected: Poses, every: int) -> tuple[Poses, Poses, np.ndarray]:
    """Replace every n-th lifted pose by a corrected one, and likewise every n-th real pose by another corrected one.

    By index and not by chance, so that every device has the same number of each.

    Returns:
        The poses to lift, the real poses, and the indices where poses to lift are of the target domain.

    Raises:
        ValueError: if the number of poses is not a multiple of `every`.
    """
    indices = np.arange(len(pose.joints))
    if len(indices) % every:
        raise ValueError(f"every: found {every}, expected a divisor of a device's share of the batch, {len(indices)}")
    lifted, shown = indices[every - 1 :: every], indices[::every]

    def put(at: np.ndarray, old: Poses) -> Poses:
        return jax.tree.map(lambda x, new: x.at[at].set(new[at]), old, corrected)

    return put(lifted, pose), put(shown, real), np.setdiff1d(indices, lifted)


def adaptation_objectives(
    adapter: Adapter,
    domain_discriminator: Discriminator,
    *,
    weight: float,
    squared: bool,
    adversarial_loss: str,
    root: int,
) -> Callable[..., Outcome]:
    """Build the objectives of adapter and domain discriminator; no other network is trained by them.

    Args:
        adapter, domain_discriminator: the networks; their parameters come with every call.
        weight: factor of the correction's size in the adapter's loss (paper: unknown).
        squared: how that size is measured, as in `losses.correction_size` (paper: squared).
        adversarial_loss: "logistic" or "least_squares".
        root: index of the root joint.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, for batches with `source`.

    Raises:
        ValueError: if there is no such adversarial loss.

    Source:
        Chen et al. 2019, section 3.4 (docs/method.md, eq. 12 and 13).

    Example:
        >>> import jax
        >>> from geolift.data.sampling import Batch, Poses
        >>> from geolift.networks import Adapter, Discriminator
        >>> adapter, discriminator = Adapter(width=8, blocks=1), Discriminator(width=8, blocks=1)
        >>> objectives = adaptation_objectives(
        ...     adapter, discriminator, weight=10.0, squared=True, adversarial_loss="logistic", root=0
        ... )
        >>> poses = Poses(jax.numpy.zeros((4, 17, 2)))
        >>> params = {
        ...     "adapter": adapter.init(jax.random.key(0), poses.joints)["params"],
        ...     "domain_discriminator": discriminator.init(jax.random.key(1), poses.joints)["params"],
        ... }
        >>> outcome = objectives(params, {}, Batch(poses, poses, None, source=poses))
        >>> sorted(outcome.losses)
        ['adapter', 'domain_discriminator']
    """
    pair = adversarial(adversarial_loss)

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        def discriminate(poses: Poses) -> jax.Array:
            return domain_discriminator.apply({"params": params["domain_discriminator"]}, poses.joints, both)

        # Domains differ in which joints they miss. The discriminator is shown the joints that both have, so that it
        # compares where joints are and not which are missing.
        both = None if batch.source.seen is None else batch.source.seen & batch.real.seen
        adapted, correction = adapt(adapter, params["adapter"], batch.source, root=root)
        target, corrected = discriminate(batch.real), discriminate(adapted)
        size = correction_size(correction, batch.source.seen, squared=squared)
        losses = {
            "adapter": (pair.generator(corrected) + weight * size).mean(),
            "domain_discriminator": pair.discriminator(target, corrected).mean(),
        }
        metrics = {
            **{f"loss/{name}": value for name, value in losses.items()},
            "term/correction_size": size.mean(),
            "health/target_judged_target": (target > pair.threshold).mean(),
            "health/corrected_judged_source": (corrected <= pair.threshold).mean(),
        }
        return Outcome(losses, metrics, batch_stats)

    return objectives
