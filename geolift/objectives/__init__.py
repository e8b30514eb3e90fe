"""Training objectives: the loss of each network for one batch, composed from groups of terms.

`lifting_objectives` trains the lifter and the discriminators, `adaptation_objectives` the domain adapter,
`flow_objectives` the normalizing flow. Each gives what `geolift.training.step.train_step` takes.
"""

from geolift.objectives.adaptation import SourceDomain, adapt, adaptation_objectives
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.augmentation import Augmentation, augment
from geolift.objectives.bones import bone_terms
from geolift.objectives.cycle import cycle_terms, deformation_terms
from geolift.objectives.flow import flow_objectives, likelihood_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.motion import motion_terms
from geolift.objectives.outcome import Outcome, combine
from geolift.objectives.terms import LiftedBatch, Part, TermGroup
from geolift.objectives.views import View

__all__ = [
    # objectives
    "LiftingSetup", "Outcome", "View", "adaptation_objectives", "combine", "flow_objectives", "lifting_objectives",
    # groups of terms
    "LiftedBatch", "Part", "TermGroup", "adversarial_terms", "bone_terms", "cycle_terms", "deformation_terms",
    "likelihood_terms", "motion_terms",
    # training poses
    "Augmentation", "SourceDomain", "adapt", "augment",
]  # fmt: skip
