"""The networks of a config."""

from flax import linen as nn

from geolift.errors import ConfigError
from geolift.networks.flow import PoseFlow, body_parts
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.networks.tilt import MeanPitch, PitchRange, PosePitch, PoseTilt
from geolift.objectives import bones
from geolift.skeletons.skeleton import Skeleton
from geolift.training.config import Config


def build_networks(config: Config, skeleton: Skeleton) -> dict[str, nn.Module]:
    """The networks that a config trains, by name.

    Raises:
        ConfigError: if the skeleton lacks what the config needs: a root on the midline, the flow's parts of the body.
    """
    _expect_midline_root(config, skeleton)
    common = {"masks": config.data.masks, "bfloat16": config.bfloat16}
    mirrored = common | {"mirrored": skeleton.mirrored if config.mirror_equivariant else ()}
    weights = config.loss.weights
    networks = {"lifter": Lifter(**config.lifter, **mirrored)}
    if weights.adversarial or not weights.likelihood:  # with weight 0 it is trained for the log only
        networks["discriminator"] = Discriminator(**config.discriminator, **mirrored)
    if weights.temporal:
        networks["motion_discriminator"] = Discriminator(**config.motion_discriminator, **mirrored)
    if config.adapter.data:
        networks["adapter"] = Adapter(**config.adapter.network, **common)
        networks["domain_discriminator"] = Discriminator(**config.domain_discriminator, **mirrored)
    view, pitch = config.view, PitchRange(config.view.pitch_low, config.view.pitch_high, config.view.pitch_start)
    size = {"width": config.camera.width or config.lifter.width, "blocks": config.camera.blocks}
    if view.tilt == "mean":
        networks["camera"] = MeanPitch(pitch)
    elif view.tilt == "elepose":
        networks["camera"] = PosePitch(Lifter(**size, norm="none", **common), pitch)
    elif view.tilt in ("pose", "given"):
        networks["camera"] = PoseTilt(**size, range=pitch, roll_limit=view.roll_limit, **mirrored)
    if weights.likelihood:
        networks["flow"] = _flow(config, skeleton)
    return networks


def uses_bones(config: Config) -> bool:
    """Whether a term of the loss is of bones."""
    return any(config.loss.weights[term] for term in (*bones.NAMES, "rigidity"))


def _expect_midline_root(config: Config, skeleton: Skeleton) -> None:
    paired = any(config.loss.weights[term] for term in bones.NAMES)
    if not (config.mirror_equivariant or paired) or skeleton.mirrored[skeleton.root] == skeleton.root:
        return
    entry = "mirror_equivariant" if config.mirror_equivariant else "loss.weights.symmetry, spread, proportions"
    root = skeleton.names[skeleton.root]
    raise ConfigError(
        f"{entry}: found the root {root!r}, which has a left/right partner, expected a root on the midline"
    )


def _flow(config: Config, skeleton: Skeleton) -> PoseFlow:
    sizes = {name: config.flow[name] for name in ("components", "layers", "width")}
    try:
        return PoseFlow(body_parts(skeleton, config.flow.parts.split(",")), **sizes)
    except ValueError as error:
        raise ConfigError(f"flow.{error}") from error
