"""Any recipe at a size for two CPU cores, for comparisons at equal size and budget.

python -m launch.train --config=configs/cpu.py:elepose --config.data.path=cmu.npz
Time:    some 10 minutes for 16 000 steps on 2 cores of an AMD EPYC.
Result:  docs/results.md, "at equal budget".

No recipe by itself: any recipe with networks of 256 units, batches of 256 and products in bfloat16.
"""

import importlib

from geolift.training.config import Config

SIZE = {
    "lifter.width": 256,
    "discriminator.width": 256,
    "motion_discriminator.width": 256,
    "domain_discriminator.width": 256,
    "adapter.network.width": 256,
    "flow.width": 256,
    "batch_size": 256,
    "bfloat16": True,
}


def get_config(name: str = "paper") -> Config:
    config = importlib.import_module(f"configs.{name}").get_config()
    config.update_from_flattened_dict(SIZE)
    return config
