"""LInKs (Hardy and Kim 2024), our own: `--config=configs/links.py --config.data.path=cmu.npz`.

ElePose with five flows: of the whole body, its legs, its torso, its left and its right side. Unlike the original: one
lifter and not two, for legs and torso, which gained nothing in a prototype (docs/research-log.md); flows judge
principal components and not coordinates; no poses are drawn from the flows. Otherwise as configs/elepose.py.
"""

from ml_collections import ConfigDict

from configs import elepose


def get_config() -> ConfigDict:
    config = elepose.get_config()
    config.flow.parts = "whole,legs,torso,left,right"
    return config
