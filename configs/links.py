"""LInKs (Hardy and Kim 2024), reimplemented: ElePose with five flows, of the whole body and of its parts.

python -m launch.train --config=configs/links.py --config.data.path=cmu.npz
Time:    as configs/elepose.py.
Result:  docs/research-log.md; no figure with three seeds.

Unlike the original: one lifter and not two, for legs and torso, which gained nothing in a prototype
(docs/research-log.md); flows score principal components and not coordinates; no poses are drawn from the flows.
"""

from configs import elepose
from geolift.training.config import Config


def get_config() -> Config:
    config = elepose.get_config()
    config.flow.parts = "whole,legs,torso,left,right"
    return config
