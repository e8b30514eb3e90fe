"""The best recipe at the paper's size, for an accelerator: configs/best_cpu.py, larger.

python -m launch.train --config=configs/best.py --config.data.path=cmu.npz
Time:    not measured at this size (no such machine yet).
Result:  not measured; that of configs/best_cpu.py is.
"""

from configs import best_cpu
from geolift.training.config import Config


def get_config() -> Config:
    config = best_cpu.get_config()
    config.update_from_flattened_dict(
        {
            "lifter.width": 1024,
            "discriminator.width": 1024,
            "motion_discriminator.width": 1024,
            "domain_discriminator.width": 1024,
            "adapter.network.width": 1024,
            "flow.width": 1024,
            "optimizer.lifter": 2e-4,  # as the paper; at 512 units 1e-3 is still fine
            "optimizer.discriminator": 2e-4,
            "optimizer.motion_discriminator": 2e-4,
            "optimizer.domain_discriminator": 2e-4,
            "batch_size": 8192,
        }
    )
    return config
