"""The best we know for two CPU cores and ten minutes: `--config=configs/best_cpu.py --config.data.path=cmu.npz`.

Of the cameras it is told the intrinsics, that they look down by at most 20 degrees, and that they differ by some 3
(`view.elevation`); by how much they look down it learns. What each entry is worth: docs/results.md; how it was found:
docs/research-log.md.
"""

from ml_collections import ConfigDict

from configs import cmu_cpu


def get_config() -> ConfigDict:
    config = cmu_cpu.get_config()
    config.mirror = True
    config.bfloat16 = True
    config.lifter.flat = True
    config.view.update({"pitch": 0.0, "learned": "mean", "elevation": 0.05})
    config.loss.gradient_penalty = 0.001
    config.loss.weights.update({"symmetry": 1.0, "spread": 2.0, "likelihood": 0.05})
    config.flow = ConfigDict({"parts": "whole", "components": 26, "layers": 8, "width": 256, "steps": 4000})
    config.optimizer.update({"lifter": 1e-3, "discriminator": 1e-3, "motion_discriminator": 1e-3})
    config.steps = 16000
    config.run.validate_every = 1000
    return config
