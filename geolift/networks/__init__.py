"""The networks (flax linen): lifter, discriminators, adapter, flow, camera tilt."""

from geolift.networks.flow import Flow, PoseFlow
from geolift.networks.mirrored_mlp import MirroredMLP
from geolift.networks.mlp import Adapter, Discriminator, Lifter, ResidualMLP
from geolift.networks.tilt import MeanPitch, PitchRange, PosePitch, PoseTilt, Tilt

__all__ = [
    "Adapter", "Discriminator", "Flow", "Lifter", "MeanPitch", "MirroredMLP", "PitchRange", "PoseFlow", "PosePitch",
    "PoseTilt", "ResidualMLP", "Tilt",
]  # fmt: skip
