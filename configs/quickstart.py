"""The embedded default: a small lifter learns from the 2D of the procedural human in two minutes on two CPU cores."""

from ml_collections import ConfigDict

from configs import paper


def get_config() -> ConfigDict:
    config = paper.get_config()
    config.data.path = "procedural"
    config.data.validation_split = "validation"
    config.evaluation.split = "test"
    config.lifter = ConfigDict({"width": 128, "blocks": 2, "norm": None})
    config.discriminator = ConfigDict({"width": 128, "blocks": 2})
    config.loss.weights.consistency_3d = 1.0
    config.batch_size = 256
    config.steps = 5000
    return config
