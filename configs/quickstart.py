"""A small lifter of the embedded procedural human; the default of `launch.train`.

python -m launch.train
Time:    two minutes on two CPU cores, evaluation and pictures included.
Result:  64.4 mm on people never seen (rigid P-MPJPE); the flat skeleton has 119.8 mm.
"""

from configs import cmu_cpu
from geolift.training.config import Config


def get_config() -> Config:
    config = cmu_cpu.get_config()  # the procedural human stands before the same cameras
    config.update_from_flattened_dict(
        {
            "data.path": "procedural",
            "data.validation_split": "validation",
            "evaluation.split": "test",
            "lifter.width": 128,
            "lifter.blocks": 2,
            "discriminator.width": 128,
            "discriminator.blocks": 2,
            "steps": 6000,
        }
    )
    return config
