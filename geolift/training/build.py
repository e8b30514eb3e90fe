"""From a config to the parts of a run: networks, state, games, training poses. Entries: configs/paper.py."""

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from ml_collections import ConfigDict

from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, normalize, normalize_persons
from geolift.data.sampling import Pool, Pools, make_pool, merge_pools
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError, DatasetError
from geolift.networks.flow import PoseFlow, fit, parts_of
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.networks.pitch import MeanPitch, PosePitch
from geolift.objectives import bones
from geolift.objectives.adaptation import SourceDomain, adaptation_objectives
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.augmentation import Augmentation
from geolift.objectives.cycle import cycle_terms, deformation_terms
from geolift.objectives.flow import flow_objectives, likelihood_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.motion import motion_terms
from geolift.objectives.outcome import Outcome, combine
from geolift.objectives.terms import TermGroup
from geolift.objectives.views import View
from geolift.skeletons.bones import partners
from geolift.skeletons.skeleton import Skeleton, expect_skeleton
from geolift.training.step import TrainState, create_state

PITCH_BLOCKS = 3  # of the network that tells a camera's pitch from a pose; ElePose has as many on that way
FITTED = 1 << 17  # training poses that the flow's axes are fitted to, at most, evenly spread
FIRST = ("lifter", "discriminator", "motion_discriminator", "adapter", "domain_discriminator")
LATER = ("camera", "flow")  # networks whose weights are drawn apart from those, which keep theirs
RATES = {"camera": "lifter", "flow": "lifter"}  # networks that learn at the rate of another


class Phase(NamedTuple):
    """A stretch of a run in which the same networks learn: up to and with step `last`."""

    last: int
    objectives: Callable[..., Outcome]


def build_networks(config: ConfigDict, skeleton: Skeleton) -> dict[str, nn.Module]:
    """The networks of a config that play, by name."""
    mirror = config.mirror_equivariant
    if mirror or _measures_bodies(config):
        root = skeleton.root
        if skeleton.mirrored[root] != root:
            what = "mirror_equivariant" if mirror else "loss.weights of bones"
            raise ConfigError(
                f"{what}: found the root {skeleton.names[root]!r}, which has a left/right partner, "
                "expected a root on the midline"
            )
    common = {"masks": config.data.masks, "bfloat16": config.bfloat16}
    judging = common | {"mirrored": skeleton.mirrored if mirror else ()}
    networks = {"lifter": Lifter(**config.lifter, **judging)}
    flows = bool(config.loss.weights.likelihood)
    if config.loss.weights.adversarial or not flows:  # at weight 0 it still measures, unless a flow judges instead
        networks["discriminator"] = Discriminator(**config.discriminator, **judging)
    if config.loss.weights.temporal:
        networks["motion_discriminator"] = Discriminator(**config.motion_discriminator, **judging)
    if config.adapter.data:
        networks["adapter"] = Adapter(**config.adapter.network, **common)
        networks["domain_discriminator"] = Discriminator(**config.domain_discriminator, **judging)
    if config.view.learned_pitch == "mean":
        networks["camera"] = MeanPitch()
    elif config.view.learned_pitch == "pose":
        networks["camera"] = PosePitch(Lifter(config.lifter.width, blocks=PITCH_BLOCKS, norm="none", **common))
    if flows:
        flow = {key: value for key, value in config.flow.items() if key not in ("parts", "steps")}
        try:
            networks["flow"] = PoseFlow(parts_of(skeleton, config.flow.parts.split(",")), **flow)
        except ValueError as error:
            raise ConfigError(f"flow.{error}") from error
    return networks


def _measures_bodies(config: ConfigDict) -> bool:
    return any(config.loss.weights[term] for term in bones.NAMES)


def build_state(config: ConfigDict, skeleton: Skeleton, frames: int) -> TrainState:
    """The state before the first step; `frames` is the size of the training set, which an epoch goes by."""
    networks = build_networks(config, skeleton)
    base, *keys = jax.random.split(jax.random.key(config.seed), 1 + len(FIRST))
    keys = dict(zip(FIRST, keys, strict=True))
    keys |= {name: jax.random.fold_in(base, i) for i, name in enumerate(LATER, start=1 << 31)}
    joints = len(skeleton.names)
    pose = np.zeros((1, joints, 2), np.float32)
    inputs = dict.fromkeys(networks, pose)
    if config.motion.with_pose:
        inputs["motion_discriminator"] = np.zeros((1, 2 * joints, 2), np.float32)
    variables = {name: jax.jit(networks[name].init)(keys[name], inputs[name]) for name in networks}
    epoch = max(1, frames // config.batch_size)

    def adam(rate: float) -> optax.GradientTransformation:
        schedule = optax.exponential_decay(rate, epoch, config.optimizer.decay, staircase=True)
        return optax.adam(schedule, b1=config.optimizer.b1)

    return create_state(
        base,
        apply_fn=networks["lifter"].apply,
        params={name: v["params"] for name, v in variables.items()},
        batch_stats=variables["lifter"].get("batch_stats", {}),
        optimizers={name: adam(config.optimizer[RATES.get(name, name)]) for name in networks},
        ema_decay=config.ema_decay,
        averages=[name for name in ("lifter", "adapter", "flow") if name in networks],
    )


def fit_flow(state: TrainState, config: ConfigDict, skeleton: Skeleton, pools: Pools) -> TrainState:
    """The state with what the flow, if one plays, has to know of all training poses before its first step.

    Raises:
        ConfigError: if the poses vary in fewer directions than the flow has components.
    """
    if "flow" not in state.params:
        return state
    flow, poses = build_networks(config, skeleton)["flow"], pools.target.poses
    whole = np.flatnonzero(poses.whole)
    if not len(whole):
        raise ConfigError(
            "loss.weights.likelihood: found above 0 for poses that all miss joints; a flow judges whole ones"
        )
    try:
        params = fit(flow, state.params["flow"], poses.joints[whole[:: -(-len(whole) // FITTED)]])
    except ValueError as error:
        raise ConfigError(f"flow.{error}") from error
    ema = state.ema | {"flow": {"params": jax.tree.map(jnp.copy, params)}}
    return state.replace(params=state.params | {"flow": params}, ema=ema)


def build_phases(config: ConfigDict, skeleton: Skeleton, scaling: Normalization) -> list[Phase]:
    """The games of a config, in the order in which they are played."""
    networks = build_networks(config, skeleton)
    source_domain = augmentation = None
    if config.adapter.data:
        source_domain = SourceDomain(networks["adapter"], every=config.adapter.every)
    if config.augmentation.noise or config.augmentation.hidden:
        augmentation = Augmentation(**config.augmentation, skeleton=skeleton)
    view = {key: value for key, value in config.view.items() if key != "learned_pitch"}
    view = View(**view, root=skeleton.root)
    setup = LiftingSetup(networks["lifter"], view, networks.get("camera"), source_domain, augmentation)
    weights = {name: weight for name, weight in config.loss.weights.items() if weight}
    lifting = lifting_objectives(setup, _terms(config, networks, skeleton, scaling), weights=weights)
    before = []
    if "flow" in networks:
        before.append((config.flow.steps, flow_objectives(networks["flow"], networks["lifter"].mirrored)))
    if source_domain:
        adapting = adaptation_objectives(
            networks["adapter"],
            networks["domain_discriminator"],
            weight=config.adapter.penalty,
            squared=config.adapter.squared,
            adversarial_loss=config.loss.adversarial,
            root=skeleton.root,
        )
        if config.adapter.first_steps:
            before.append((config.adapter.first_steps, adapting))
        else:
            lifting = combine(lifting, adapting)
    lasts = itertools.accumulate([*(steps for steps, _ in before), config.steps])
    return [Phase(last, game) for last, game in zip(lasts, [*(game for _, game in before), lifting], strict=True)]


def _terms(
    config: ConfigDict, networks: dict[str, nn.Module], skeleton: Skeleton, scaling: Normalization
) -> list[TermGroup]:
    """The terms of the lifter's loss: those of the networks there are, and those whose weight is not 0."""
    adversarial = {"adversarial_loss": config.loss.adversarial, "gradient_penalty": config.loss.gradient_penalty}
    groups = [cycle_terms(squared=config.loss.squared)]
    if config.loss.weights.deformation:
        groups.append(deformation_terms())
    if "discriminator" in networks:
        groups.append(adversarial_terms(networks["discriminator"], **adversarial))
    if "flow" in networks:
        groups.append(likelihood_terms(networks["flow"]))
    if _measures_bodies(config):
        groups.append(bones.bone_terms(skeleton, _proportions(skeleton, scaling)))
    if "motion_discriminator" in networks:
        motion = {"gain": config.motion.gain, "with_pose": config.motion.with_pose}
        groups.append(motion_terms(networks["motion_discriminator"], **motion, **adversarial))
    return groups


def _proportions(skeleton: Skeleton, scaling: Normalization) -> tuple[float, ...] | None:
    """How long bones are in the training set as seen where they are hardly foreshortened, over their mean; from 2D."""
    if not scaling.bones:
        return None
    lengths = np.array(scaling.bones)
    lengths = (lengths + lengths[partners(skeleton)]) / 2
    return tuple(float(length) for length in lengths / lengths.mean())


def build_pools(config: ConfigDict, seen: Dataset, scaling: Normalization) -> Pools:
    """The poses that training draws from: those of `seen`, and of the source domain if an adapter plays.

    Raises:
        DatasetError, FileNotFoundError: if a data set cannot be used.
    """
    pool = functools.partial(make_pool, masks=config.data.masks)
    target = pool(
        normalize(seen, scaling),
        seen,
        by=config.data.sampling,
        gap=config.motion.gap if config.loss.weights.temporal else None,
    )
    if not config.adapter.data:
        return Pools(target)
    return Pools(
        target, merge_pools([_source(path, config, seen, scaling, pool) for path in config.adapter.data.split(",")])
    )


def _source(path: str, config: ConfigDict, seen: Dataset, scaling: Normalization, pool: Callable[..., Pool]) -> Pool:
    """Poses of another domain at the size of the training set's.

    Where both know their cameras' intrinsics one factor serves both; otherwise every person has one of their own.
    """
    source = open_dataset(path)
    try:
        source = source.select(config.adapter.split).without_3d()
        expect_skeleton(source.skeleton, seen.skeleton)
        same = scaling.plane == "camera" and source.intrinsics is not None
        scale = normalize if same else normalize_persons
        return pool(scale(source, scaling), source)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
