"""The lifter `cmu`, which comes with the package: people before level cameras.

python -m launch.train --config=configs/pretrained.py --config.data.path=cmu.npz --config.adapter.data=mpii.npz,coco.npz
Time:    14 minutes on one core of an AMD EPYC: 4000 steps of the flow, 2000 of the adapter, 8000 of the lifter.
Result:  39.9 mm on `test` of CMU protocol 1 as single images (rigid P-MPJPE); more rows in docs/models.md.

The best recipe for two cores, for keypoints of detectors, where joints are displaced, missing, or defined in another
way: joints are displaced and hidden in training, and an adapter brings in people of photographs.
"""

from configs import best_cpu
from geolift.training.config import Config


def get_config() -> Config:
    config = best_cpu.get_config()
    config.update_from_flattened_dict(
        {
            "data.masks": True,
            "augmentation.noise": 0.002,  # 4 pixels where a person is 390 high
            "augmentation.hidden": 0.05,
            "lifter.width": 512,
            "discriminator.width": 512,
            "steps": 8000,
            "run.checkpoint_every": 2000,
        }
    )
    return config
