"""The best recipe at the paper's size, for an accelerator: configs/best_cpu.py, larger.

python -m launch.train --config=configs/best.py --config.data.path=cmu.npz
Time:    5 minutes of steps for three seeds side by side on one NVIDIA H100, while other programs used it, too.
Result:  36.3 ± 0.4 mm on `test` of CMU protocol 2 (rigid P-MPJPE, 3 seeds).
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
            "optimizer.lifter": 5e-4,  # half of what is fine at 512 units
            "optimizer.discriminator": 5e-4,
            "optimizer.motion_discriminator": 2e-4,
            "optimizer.domain_discriminator": 2e-4,
            # An epoch of CMU is 93 such batches: rates that fall by epochs would be near 0 long before the end.
            "optimizer.decay": 0.9,
            "optimizer.decay_every": 310,
            "batch_size": 8192,
            "steps": 5000,
        }
    )
    return config
