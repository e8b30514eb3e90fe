"""The paper's losses on real motion, on two CPU cores.

python -m launch.train --config=configs/cmu_cpu.py --config.data.path=cmu.npz
Time:    under 10 minutes on 2 cores of an AMD EPYC.
Result:  56.3 ± 0.8 mm on `test` of CMU protocol 2 (rigid P-MPJPE, 3 seeds).

Unlike the paper: smaller networks without batch norm, smaller batches at a higher learning rate, a larger weight of
L_3D, and views that rotate about gravity. What each is worth: docs/results.md.
"""

import math

from geolift.training.config import Config, load


def get_config() -> Config:
    return load(
        {
            "data.validation_split": "train",
            # Cameras stand 5 m away, 1.6 m high and look at 0.9 m on average (docs/cmu-protocol.md).
            "view.pitch": math.atan2(1.6 - 0.9, 5.0),
            "lifter.width": 256,
            "lifter.norm": "none",
            "discriminator.width": 256,
            "motion_discriminator.width": 256,
            "domain_discriminator.width": 256,
            "adapter.network.width": 256,
            "adapter.squared": False,  # with this penalty it undoes a known shift better: docs/results.md
            "adapter.penalty": 50.0,
            "motion.gap": 3,
            "loss.weights.consistency_3d": 1.0,
            "loss.weights.temporal": 0.0,
            "optimizer.lifter": 5e-4,
            "optimizer.discriminator": 5e-4,
            "optimizer.motion_discriminator": 5e-4,
            "optimizer.adapter": 5e-5,
            "optimizer.domain_discriminator": 5e-4,
            "batch_size": 256,
            "steps": 11000,
        }
    )
