"""A good lifter in less than a minute on two CPU cores.

python -m launch.train --config=configs/fast_cpu.py --config.data.path=cmu.npz
Time:    42 to 46 s, the whole command on two free cores; 35 to 38 s with programs that were compiled before.
Result:  39.8 ± 0.2 mm on `test` of CMU protocol 2 (rigid P-MPJPE, 3 seeds).

Of configs/best_cpu.py, with smaller batches, higher learning rates that fall to 0 within the run, and a smaller
discriminator. What each is worth: docs/research-log.md.
"""

from geolift.training.config import Config, load


def get_config() -> Config:
    return load(
        {
            "mirror_equivariant": True,
            "bfloat16": True,
            "ema_decay": 0.99,  # the learning rates fall to 0, so a short average is enough
            "view.tilt": "mean",
            "view.elevation": 0.05,
            "lifter.width": 256,
            "lifter.norm": "none",
            "lifter.flat_start": True,
            "discriminator.width": 128,
            "loss.gradient_penalty": 0.001,
            "loss.weights.consistency_3d": 1.0,
            "loss.weights.temporal": 0.0,
            "loss.weights.symmetry": 1.0,
            "loss.weights.spread": 2.0,
            "loss.weights.likelihood": 0.05,
            "flow.steps": 1500,
            "flow.width": 256,
            "optimizer.lifter": 3e-3,
            "optimizer.discriminator": 3e-3,
            "optimizer.warmup": 50,
            "optimizer.cooldown": 1.0,
            "batch_size": 128,
            "steps": 6000,
            "run.log_every": 500,
            "run.validate_every": 10000,  # later than the last step
            "run.checkpoint_every": 10000,
        }
    )
