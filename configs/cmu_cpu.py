"""Real motion on two CPU cores in under ten minutes: `--config=configs/cmu_cpu.py --config.data.path=cmu.npz`."""

from ml_collections import ConfigDict

from configs import paper


def get_config() -> ConfigDict:
    config = paper.get_config()
    config.data.validation_split = "train"
    config.lifter = ConfigDict({"width": 256, "blocks": 4, "norm": None})
    config.discriminator = ConfigDict({"width": 256, "blocks": 3})
    config.loss.weights.consistency_3d = 1.0
    config.batch_size = 256
    config.steps = 15000
    return config
