"""geolift: 3D human poses from 2D keypoints, learnt without 3D.

The public names, by theme. What is not here is imported from its package: `geolift.objectives`, `geolift.networks`,
`geolift.geometry`, `geolift.losses`, `geolift.metrics`; `geolift.training` takes seconds to import
(orbax-checkpoint), parts of `geolift.output.view` need matplotlib.
"""

from geolift.data.dataset import Dataset
from geolift.errors import ConfigError, DatasetError
from geolift.geometry import align, project, rotate, sample_rotation, unproject
from geolift.keypoints.recording import Recording, record
from geolift.lifting.lift import lift
from geolift.lifting.refinement import refine
from geolift.live.live import Live
from geolift.live.pose import LivePose
from geolift.losses import Cycle, consistency_2d, consistency_3d, lift_reproject_lift
from geolift.metrics import (
    auc,
    cps,
    flipped,
    joint_errors,
    mpjpe,
    mpjve,
    n_mpjpe,
    n_mpjpe_norm,
    p_mpjpe,
    pck,
    scale_to,
)
from geolift.model import Model, lift_poses
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.output.result import Result
from geolift.pretrained.models import load
from geolift.skeletons.skeleton import H36M17, Skeleton

__version__ = "0.1.0"

__all__ = [
    # from keypoints to 3D
    "Live", "LivePose", "Model", "Recording", "Result", "lift", "lift_poses", "load", "record", "refine",
    # data
    "Dataset", "H36M17", "Skeleton",
    # the method
    "Adapter", "Cycle", "Discriminator", "Lifter", "consistency_2d", "consistency_3d", "lift_reproject_lift",
    # geometry
    "align", "project", "rotate", "sample_rotation", "unproject",
    # error measures
    "auc", "cps", "flipped", "joint_errors", "mpjpe", "mpjve", "n_mpjpe", "n_mpjpe_norm", "p_mpjpe", "pck", "scale_to",
    # errors
    "ConfigError", "DatasetError",
]  # fmt: skip
