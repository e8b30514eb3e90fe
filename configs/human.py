"""The lifter that ships with the package: people before any camera.

geolift convert cmu mocap_h36m17.npz any.npz --without=MHAD_ --cameras=any --views 4 --bodies 0.1
python -m launch.train --config=configs/human.py --config.data.path=any.npz
Time:    15 minutes on one core of an AMD EPYC: 4000 steps of the flow, 24 000 of the lifter.
Result:  44.8 ± 0.3 mm on `test` before any camera, 44.7 ± 0.6 before level ones (P-MPJPE; 3 seeds, every 10th frame).

The best recipe for two cores, for people whom phones film. Cameras are tilted and rolled: the data set gives the
gravity of each pose, and a network learns to estimate it. Bodies have other proportions. Joints are displaced, missing,
or defined in another way. No photographs and no adapter: docs/research-log.md.
"""

from configs import best_cpu
from geolift.training.config import Config


def get_config() -> Config:
    config = best_cpu.get_config()
    config.update_from_flattened_dict(
        {
            "data.masks": True,
            "data.sampling": "action",
            "augmentation.noise": 0.001,  # 2 pixels where a person is 390 high
            "augmentation.hidden": 0.05,
            "augmentation.proportions": 0.075,
            "augmentation.coco_trunk": 0.4,
            "view.tilt": "given",
            "view.pitch_low": -0.5,
            "view.pitch_high": 1.0,
            "view.pitch_start": 0.26,
            "lifter.width": 512,
            "camera.width": 256,
            "optimizer.decay": 0.9,
            "optimizer.decay_every": 1500,
            "steps": 24000,
            "run.checkpoint_every": 2000,
        }
    )
    return config
