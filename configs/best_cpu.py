"""The best recipe for two CPU cores.

python -m launch.train --config=configs/best_cpu.py --config.data.path=cmu.npz
Time:    6 minutes on 2 cores of an AMD EPYC (8 to 9 on one).
Result:  37.1 ± 0.8 mm on `test` of CMU protocol 2 (rigid P-MPJPE, 3 seeds); trained with 3D: 36.0 ± 0.0 mm.

Of the cameras it is given the intrinsics, that they look down by at most 20 degrees, and that their pitch differs by
some 3 degrees (`view.elevation`); the mean pitch is learnt. What each entry is worth: docs/results.md; how it was
found: docs/research-log.md.
"""

from geolift.training.config import Config, load


def get_config() -> Config:
    return load(
        {
            "mirror_equivariant": True,
            "bfloat16": True,
            "data.validation_split": "train",
            "view.tilt": "mean",
            "view.elevation": 0.05,
            "lifter.width": 256,
            "lifter.norm": "none",
            "lifter.flat_start": True,
            "discriminator.width": 256,
            "motion_discriminator.width": 256,
            "domain_discriminator.width": 256,
            "adapter.network.width": 256,
            "adapter.squared": False,
            "adapter.penalty": 50.0,
            "motion.gap": 3,
            "loss.gradient_penalty": 0.001,
            "loss.weights.consistency_3d": 1.0,
            "loss.weights.temporal": 0.0,
            "loss.weights.symmetry": 1.0,
            "loss.weights.spread": 2.0,
            "loss.weights.likelihood": 0.05,
            "flow.steps": 4000,
            "flow.width": 256,
            "optimizer.lifter": 1e-3,
            "optimizer.discriminator": 1e-3,
            "optimizer.motion_discriminator": 1e-3,
            "optimizer.adapter": 5e-5,
            "optimizer.domain_discriminator": 5e-4,
            "batch_size": 256,
            "steps": 16000,
            "run.validate_every": 1000,
        }
    )
