"""The networks (flax linen): lifter, discriminators, adapter, flow, camera pitch."""

from geolift.networks.flow import Flow, PoseFlow
from geolift.networks.mirrored_mlp import MirroredMLP
from geolift.networks.mlp import Adapter, Discriminator, Lifter, ResidualMLP
from geolift.networks.pitch import MeanPitch, PosePitch

__all__ = [
    "Adapter", "Discriminator", "Flow", "Lifter", "MeanPitch", "MirroredMLP", "PoseFlow", "PosePitch", "ResidualMLP",
]  # fmt: skip
