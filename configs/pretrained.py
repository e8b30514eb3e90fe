"""The lifter that comes with the package.

`--config=configs/pretrained.py --config.data.path=cmu.npz --config.adapter.data=mpii.npz,coco.npz`

The best recipe for two cores, for keypoints of detectors, where joints are moved, missing, or defined in another way:
joints are hidden and moved in training, and an adapter brings in people of photographs. Figures: docs/models.md.
"""

from ml_collections import ConfigDict

from configs import best_cpu


def get_config() -> ConfigDict:
    config = best_cpu.get_config()
    config.data.masks = True
    config.detector.update({"noise": 0.002, "hidden": 0.05})  # 4 pixels where a person is 390 high
    config.lifter.width = 512
    config.discriminator.width = 512
    config.steps = 8000
    config.run.checkpoint_every = 2000
    return config
