"""geolift: 3D human poses from 2D keypoints, learnt without 3D.

The public core, by theme. Programs around it are imported by name: `geolift.training.train` (needs orbax-checkpoint and
ml-collections), `geolift.output.view` (parts of it need matplotlib), `geolift.convert`, `geolift.pretrained.export`.
"""

from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization
from geolift.data.sampling import Batch, Poses
from geolift.errors import DatasetError
from geolift.geometry import (
    align,
    center,
    depth,
    inverse,
    masked,
    mirror_depth,
    norm,
    project,
    rotate,
    rotation_x,
    rotation_y,
    sample_rotation,
    unproject,
)
from geolift.keypoints.recording import Recording, record
from geolift.lifting.lift import lift
from geolift.lifting.refinement import Refined, refine
from geolift.losses import (
    Cycle,
    adversarial,
    consistency_2d,
    consistency_3d,
    correction_size,
    lift_pose,
    lift_reproject_lift,
    motion,
    turn,
)
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
from geolift.networks.mlp import Adapter, Discriminator, Lifter, ResidualMLP
from geolift.objectives.adaptation import adapt, adaptation_game, together
from geolift.objectives.lifting import Anatomy, Foreign, Temporal, lifting_game
from geolift.objectives.outcome import Outcome
from geolift.objectives.views import View
from geolift.output.result import Result
from geolift.pretrained.weights_file import load
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.training.step import TrainState, create_state, parallel, train_step

__version__ = "0.1.0"

__all__ = [
    # data
    "Dataset", "DatasetError", "Normalization", "Skeleton", "H36M17",
    # geometry
    "align", "center", "depth", "inverse", "masked", "mirror_depth", "norm", "project", "rotate", "rotation_x",
    "rotation_y", "sample_rotation", "unproject",
    # losses
    "Cycle", "adversarial", "consistency_2d", "consistency_3d", "correction_size", "lift_pose", "lift_reproject_lift",
    "motion", "turn",
    # networks
    "Adapter", "Discriminator", "Lifter", "ResidualMLP",
    # learning
    "Anatomy", "Batch", "Foreign", "Outcome", "Poses", "Temporal", "TrainState", "View", "adapt", "adaptation_game",
    "create_state", "lifting_game", "parallel", "together", "train_step",
    # use
    "Model", "Recording", "Refined", "Result", "lift", "lift_poses", "load", "record", "refine",
    # measures
    "auc", "cps", "flipped", "joint_errors", "mpjpe", "mpjve", "n_mpjpe", "n_mpjpe_norm", "p_mpjpe", "pck", "scale_to",
]  # fmt: skip
