"""The phases of a run: which networks are trained in which steps, and by which objectives."""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from flax import linen as nn

from geolift.data.normalization import Normalization
from geolift.objectives.adaptation import SourceDomain, adaptation_objectives
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.augmentation import Augmentation
from geolift.objectives.bones import bone_terms
from geolift.objectives.cameras import camera_terms
from geolift.objectives.cycle import cycle_terms, deformation_terms
from geolift.objectives.flow import flow_objectives, likelihood_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.motion import motion_terms
from geolift.objectives.outcome import Outcome, combine
from geolift.objectives.terms import TermGroup
from geolift.skeletons.bones import has_partners, partners
from geolift.skeletons.skeleton import Skeleton
from geolift.training.build.networks import build_networks, uses_bones
from geolift.training.build.view import build_view
from geolift.training.config import Config

Networks = dict[str, nn.Module]


class Phase(NamedTuple):
    """Consecutive steps in which the same networks are trained; the others are frozen.

    Attributes:
        last: the last step of the phase.
        objectives: the losses of the networks that are trained.
    """

    last: int
    objectives: Callable[..., Outcome]


def build_phases(config: Config, skeleton: Skeleton, normalization: Normalization) -> list[Phase]:
    """The phases of a config in order: the flow, the adapter, the lifter; the last one always, the others if used."""
    networks = build_networks(config, skeleton)
    setup = _setup(config, networks, skeleton)
    weights = {name: weight for name, weight in config.loss.weights.items() if weight}
    lifting = lifting_objectives(setup, _terms(config, networks, skeleton, normalization), weights=weights)
    phases = []
    if "flow" in networks:
        phases.append((config.flow.steps, flow_objectives(networks["flow"], networks["lifter"].mirrored)))
    if "adapter" in networks:
        adapting = adaptation_objectives(
            networks["adapter"],
            networks["domain_discriminator"],
            weight=config.adapter.penalty,
            squared=config.adapter.squared,
            adversarial_loss=config.loss.adversarial,
            root=skeleton.root,
        )
        if config.adapter.first_steps:
            phases.append((config.adapter.first_steps, adapting))
        else:
            lifting = combine(lifting, adapting)
    phases.append((config.steps, lifting))
    lasts = itertools.accumulate(steps for steps, _ in phases)
    return [Phase(last, objectives) for last, (_, objectives) in zip(lasts, phases, strict=True)]


def _setup(config: Config, networks: Networks, skeleton: Skeleton) -> LiftingSetup:
    noise = config.augmentation
    return LiftingSetup(
        networks["lifter"],
        build_view(config, skeleton),
        networks.get("camera"),
        SourceDomain(networks["adapter"], every=config.adapter.every) if "adapter" in networks else None,
        Augmentation(**noise, skeleton=skeleton) if any(noise.values()) else None,
        config.view.cameras,
    )


def _terms(config: Config, networks: Networks, skeleton: Skeleton, normalization: Normalization) -> list[TermGroup]:
    """The terms of the lifter's loss: those of the networks there are, and those whose weight is not 0."""
    adversarial = {"adversarial_loss": config.loss.adversarial, "gradient_penalty": config.loss.gradient_penalty}
    groups = [cycle_terms(squared=config.loss.squared)]
    if config.loss.weights.deformation:
        groups.append(deformation_terms())
    if config.loss.weights.cameras:
        groups.append(camera_terms())
    if "discriminator" in networks:
        groups.append(adversarial_terms(networks["discriminator"], **adversarial))
    if "flow" in networks:
        groups.append(likelihood_terms(networks["flow"]))
    if uses_bones(config):
        groups.append(bone_terms(skeleton, _proportions(skeleton, normalization)))
    if "motion_discriminator" in networks:
        motion = {"gain": config.motion.gain, "with_pose": config.motion.with_pose}
        groups.append(motion_terms(networks["motion_discriminator"], **motion, **adversarial))
    return groups


def _proportions(skeleton: Skeleton, normalization: Normalization) -> tuple[float, ...] | None:
    """Bone lengths over their mean, estimated from 2D: the lengths where bones are hardly foreshortened."""
    if not normalization.bones or not has_partners(skeleton):
        return None
    lengths = np.array(normalization.bones)
    lengths = (lengths + lengths[partners(skeleton)]) / 2
    return tuple(float(length) for length in lengths / lengths.mean())
