"""The embedded default: a small lifter learns from the 2D of the procedural human in two minutes on two CPU cores."""

from ml_collections import ConfigDict

from configs import cmu_cpu


def get_config() -> ConfigDict:
    config = cmu_cpu.get_config()  # the procedural human stands before the same cameras
    config.data.path = "procedural"
    config.data.validation_split = "validation"
    config.evaluation.split = "test"
    config.lifter.update({"width": 128, "blocks": 2})
    config.discriminator.update({"width": 128, "blocks": 2})
    config.steps = 6000
    return config
