"""Adversarial terms: a discriminator learns to distinguish real from synthetic poses, the lifter to make them alike."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from geolift import losses
from geolift.data.sampling import Poses
from geolift.networks.mlp import Discriminator
from geolift.objectives.terms import LiftedBatch, Part, TermGroup


def adversarial_terms(
    discriminator: Discriminator, *, adversarial_loss: str = "logistic", gradient_penalty: float = 0.0
) -> TermGroup:
    """Synthetic poses against real ones: "adversarial", and the loss of the network "discriminator".

    Args:
        discriminator: takes poses `[N, J, 2]`.
        adversarial_loss: "logistic" or "least_squares".
        gradient_penalty: factor of `losses.gradient_penalty` in the discriminator's loss.

    Returns:
        Terms for `lifting_objectives`, means over the batch; and as health how often the discriminator is right.

    Raises:
        ValueError: if there is no such adversarial loss.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 9); penalty: Mescheder et al. 2018 (eq. 19).

    Example:
        >>> from geolift.networks import Discriminator
        >>> adversarial_terms(Discriminator(width=8, blocks=1)).names
        ('adversarial',)
    """
    part = discriminator_against_lifter(
        "discriminator",
        discriminator,
        term="adversarial",
        adversarial_loss=adversarial_loss,
        gradient_penalty=gradient_penalty,
    )

    def compute(lifted: LiftedBatch) -> Part:
        return part(lifted.params, lifted.real, lifted.novel)

    return TermGroup(("adversarial",), compute)


def discriminator_against_lifter(
    name: str,
    network: Discriminator,
    *,
    term: str,
    adversarial_loss: str,
    gradient_penalty: float,
    suffix: str = "",
) -> Callable[[Mapping[str, Any], Poses, Poses], Part]:
    """How one discriminator and the lifter are trained against each other: `(params, real, synthetic) -> Part`.

    Args:
        name: of the network, in `params` and in the losses.
        network: the discriminator.
        term: name of the lifter's term.
        adversarial_loss, gradient_penalty: as in `adversarial_terms`.
        suffix: of "real" and "fake" in the names of the metrics.

    Raises:
        ValueError: if there is no such adversarial loss.
    """
    pair = losses.adversarial(adversarial_loss)

    def part(params: Mapping[str, Any], real: Poses, synthetic: Poses) -> Part:
        apply = partial(network.apply, {"params": params[name]})
        on_real, on_synthetic = apply(real.joints, real.seen), apply(synthetic.joints, synthetic.seen)
        generator = pair.generator(on_synthetic).mean()
        loss = pair.discriminator(on_real, on_synthetic).mean()
        health = {
            f"real{suffix}_judged_real": (on_real > pair.threshold).mean(),
            f"fake{suffix}_judged_fake": (on_synthetic <= pair.threshold).mean(),
        }
        if gradient_penalty:
            loss = (
                loss
                + gradient_penalty * losses.gradient_penalty(apply, real.joints, real.seen, gain=network.gain).mean()
            )
        return Part({term: generator}, {name: loss}, health)

    return part
