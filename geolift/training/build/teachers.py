"""The teachers of a distillation: trained runs, the mean of whose depths a lifter learns."""

from collections.abc import Callable, Sequence

import jax

from geolift.data.normalization import Normalization
from geolift.data.sampling import Poses
from geolift.errors import ConfigError
from geolift.model import Model
from geolift.skeletons.skeleton import Skeleton
from geolift.training.config import Config
from geolift.training.run import load


def load_teachers(config: Config, skeleton: Skeleton, normalization: Normalization) -> list[Model]:
    """The lifters of the runs that a config names; none if it names none.

    Args:
        config: its `distillation.teachers`.
        skeleton, normalization: of the poses that the student is trained on, which must be those of the teachers.

    Raises:
        FileNotFoundError: if there is no such run.
        ConfigError: if a run cannot be read, or was trained on poses of another kind.
    """
    folders = config.distillation.teachers.split(",") if config.distillation.teachers else []
    teachers = [load(folder)[0] for folder in folders]
    student = {
        "skeleton": skeleton,
        "normalization": Normalization(normalization.plane, normalization.factor, tuple(normalization.bones)),
        "view.distance": config.view.distance,
        "view.min_depth": config.view.min_depth,
        "data.masks": config.data.masks,
    }
    for folder, model in zip(folders, teachers, strict=True):
        theirs = model.normalization
        teacher = {
            "skeleton": model.skeleton,
            "normalization": Normalization(theirs.plane, theirs.factor, tuple(theirs.bones)),
            "view.distance": model.distance,
            "view.min_depth": model.min_depth,
            "data.masks": model.lifter.masks,
        }
        for what, expected in student.items():
            if teacher[what] != expected:
                raise ConfigError(f"{folder}: {what}: found {teacher[what]}, expected that of the student, {expected}")
    return teachers


def mean_lift(teachers: Sequence[Model], root: int) -> Callable[[Poses], jax.Array]:
    """The mean depth offsets `[N, J]` that the teachers give poses; the root's are 0."""

    def lift(poses: Poses) -> jax.Array:
        offsets = [model.lifter.apply(model.variables, poses.joints, poses.seen) for model in teachers]
        return (sum(offsets) / len(offsets)).at[..., root].set(0.0)

    return lift
