"""The lifter that comes with the package: `--config=configs/pretrained.py --config.data.path=cmu.npz`.

For keypoints of detectors: people of any size before unknown cameras, joints that are moved, missing, or defined in
another way. Its figures: docs/models.md.
"""

from ml_collections import ConfigDict

from configs import cmu_cpu


def get_config() -> ConfigDict:
    config = cmu_cpu.get_config()
    config.data.masks = True
    config.detector.update({"noise": 0.004, "hidden": 0.05})  # 7 pixels where a person is 390 high
    return config
