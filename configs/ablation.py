"""The paper's ablation as small changes to a full recipe, for `launch.ablation`, or one row by `launch.train`:
`--config=configs/ablation.py:adv` changes configs/paper.py, `--config=configs/ablation.py:cmu_cpu/adv` another config.
"""

import importlib

from ml_collections import ConfigDict

SELF_SUPERVISION_OFF = {"loss.weights.consistency_2d": 0.0, "loss.weights.consistency_3d": 0.0}
TEMPORAL = {"loss.weights.temporal": 1.0}
NO_TEMPORAL = {"loss.weights.temporal": 0.0}
NO_DOMAIN = {"adapter.data": ""}
DOMAIN = {"data.masks": True}  # other domains lack joints

ROWS = {
    "ss": NO_TEMPORAL | NO_DOMAIN | {"loss.weights.adversarial": 0.0},
    "adv": NO_TEMPORAL | NO_DOMAIN | SELF_SUPERVISION_OFF,
    "ss+adv": NO_TEMPORAL | NO_DOMAIN,
    "+temporal": TEMPORAL | NO_DOMAIN,
    "+domain": NO_TEMPORAL | DOMAIN,
    "+both": TEMPORAL | DOMAIN,
}


def row(config: ConfigDict, name: str) -> ConfigDict:
    """The config of one row, from that of the full recipe, which needs `adapter.data` for the last two.

    Raises:
        ValueError: if there is no such row.
    """
    if name not in ROWS:
        raise ValueError(f"row: found {name!r}, expected one of {', '.join(ROWS)}")
    config = ConfigDict(config.to_dict())
    config.update_from_flattened_dict(ROWS[name])
    if config.adapter.data:  # the adapter's steps come on top, so that the lifter of every row learns for as long
        config.steps += config.adapter.first_steps
    return config


def get_config(name: str = "+both") -> ConfigDict:
    base, _, chosen = name.rpartition("/")
    return row(importlib.import_module(f"configs.{base or 'paper'}").get_config(), chosen)
