"""The terms of the lift-reproject-lift cycle: a lifter that knows the depth closes it."""

from geolift import losses
from geolift.objectives.terms import LiftedBatch, Part, TermGroup


def cycle_terms(*, squared: bool = True) -> TermGroup:
    """The self-consistency of the cycle: "consistency_2d" and "consistency_3d".

    Args:
        squared: how both are measured, as in `losses.consistency_2d` (paper: squared; ElePose: not).

    Returns:
        Terms for `lifting_objectives`, means over the batch.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 7 and 8).

    Example:
        >>> cycle_terms().names
        ('consistency_2d', 'consistency_3d')
    """

    def compute(lifted: LiftedBatch) -> Part:
        cycle, pose = lifted.cycle, lifted.pose
        return Part(
            {
                "consistency_2d": losses.consistency_2d(cycle, pose.joints, pose.seen, squared=squared).mean(),
                "consistency_3d": losses.consistency_3d(cycle, pose.seen, squared=squared).mean(),
            }
        )

    return TermGroup(("consistency_2d", "consistency_3d"), compute)


def deformation_terms() -> TermGroup:
    """The difference of two poses before and after the cycle: "deformation", for batches of an even size.

    Returns:
        Terms for `lifting_objectives`, means over the pairs of the batch.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 18).

    Example:
        >>> deformation_terms().names
        ('deformation',)
    """

    def compute(lifted: LiftedBatch) -> Part:
        return Part({"deformation": losses.deformation(lifted.cycle, lifted.pose.seen).mean()})

    return TermGroup(("deformation",), compute)
