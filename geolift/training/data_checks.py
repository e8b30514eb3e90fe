"""A training set and its config are compared before the first step: what is missing, and what is too little."""

from collections.abc import Sequence

from geolift.data.assumed_sizes import with_assumed_sizes
from geolift.data.dataset import Dataset
from geolift.data.learnable import doubts, expect_learnable, measure_content
from geolift.training.config import Config


def fit_to_data(configs: Sequence[Config], data: Dataset) -> tuple[list[Config], Dataset, tuple[str, ...]]:
    """Configs and data set of a run without what the data set does not state, and a note on each change.

    Without gravity, a network for the tilt that gets it (`view.tilt` "given") learns it instead ("pose"). Without image
    sizes and intrinsics, every clip's person is equally large.

    Args:
        configs: whole ones that differ in their seed alone.
        data: the data set.

    Raises:
        DatasetError: if a data set without sizes cannot be measured, or nothing can be learnt from it.
    """
    notes = []
    if configs[0].view.tilt == "given" and data.gravity is None:
        configs = [Config(config.to_dict()) for config in configs]
        for config in configs:
            config.view.tilt = "pose"
        notes.append(
            "the data set has no gravity: view.tilt is 'pose' instead of 'given', how cameras are tilted is learnt"
        )
    if data.intrinsics is None and data.image_size is None:
        expect_enough(data, configs[0])
        data = with_assumed_sizes(data)
        notes.append(
            "the data set has neither intrinsics nor image sizes: the people of all clips are made equally large"
        )
    return list(configs), data, tuple(notes)


def expect_enough(data: Dataset, config: Config) -> tuple[str, ...]:
    """What is doubtful about the training set of a run, a sentence each.

    Args:
        data: the clips of the training split.
        config: a whole one.

    Raises:
        DatasetError: if nothing can be learnt from it: a joint is never seen, or poses do not differ.
    """
    masks = config.data.masks
    content = measure_content(data, masks=masks)
    expect_learnable(content, config.data.path, masks=masks)
    return doubts(content, masks=masks)
