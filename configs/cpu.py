"""Any recipe at a size for two CPU cores: `--config=configs/cpu.py:elepose --config.data.path=cmu.npz`.

Networks of 256 units, batches of 256, products in bfloat16; everything else as the recipe has it. For comparisons at
equal size and budget.
"""

import importlib

from ml_collections import ConfigDict


def shrink(config: ConfigDict) -> ConfigDict:
    """The same recipe at this size."""
    config = ConfigDict(config.to_dict())
    for network in (config.lifter, config.discriminator, config.motion_discriminator, config.domain_discriminator):
        network.width = 256
    config.adapter.network.width = 256
    if config.flow:
        config.flow.width = 256
    config.batch_size = 256
    config.bfloat16 = True
    return config


def get_config(name: str = "paper") -> ConfigDict:
    return shrink(importlib.import_module(f"configs.{name}").get_config())
