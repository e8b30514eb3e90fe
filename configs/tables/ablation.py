"""The paper's ablation: each row switches parts of a recipe on or off.

python -m launch.ablation --config=configs/cmu_cpu.py --config.data.path=cmu.npz --config.adapter.data=mpii.npz,coco.npz
Time:    42 networks one after the other, some 9 hours on 2 cores of an AMD EPYC at 5000 steps.
Result:  docs/results.md, "the paper's ablation".

One row by `launch.train`: `--config=configs/tables/ablation.py:adv` changes configs/paper.py,
`--config=configs/tables/ablation.py:cmu_cpu/adv` another recipe.
"""

import importlib

from geolift.training.config import Config, load
from geolift.training.schema import SCHEMA

SELF_SUPERVISION_OFF = {"loss.weights.consistency_2d": 0.0, "loss.weights.consistency_3d": 0.0}
NO_TEMPORAL = {"loss.weights.temporal": 0.0}
NO_DOMAIN = {"adapter.data": ""}
NOTHING_LATER = {  # terms that came after the paper, whose weight there is 0
    entry.name: 0.0 for entry in SCHEMA if entry.name.startswith("loss.weights.") and not entry.default
}
MASKS = {"data.masks": True}  # other domains lack joints

ROWS = {
    "ss": NO_TEMPORAL | NO_DOMAIN | {"loss.weights.adversarial": 0.0},
    "adv": NO_TEMPORAL | NO_DOMAIN | SELF_SUPERVISION_OFF,
    "ss+adv": NO_TEMPORAL | NO_DOMAIN,
    "ss+adv+masks": NO_TEMPORAL | NO_DOMAIN | MASKS,  # what +domain is compared with
    "+temporal": NO_DOMAIN,
    "+domain": NO_TEMPORAL | MASKS,
    "+both": MASKS,
}


def row(config: Config, name: str) -> Config:
    """The config of one row, from that of a recipe, which needs `adapter.data` for the last two rows.

    A recipe without a motion discriminator gets the paper's weight in the rows that have one; terms that came after the
    paper are out of all rows.

    Raises:
        ValueError: if there is no such row.
    """
    if name not in ROWS:
        raise ValueError(f"row: found {name!r}, expected one of {'; '.join(ROWS)}")
    config = load(config)
    config.loss.weights.temporal = config.loss.weights.temporal or load().loss.weights.temporal
    config.update_from_flattened_dict(NOTHING_LATER | ROWS[name])
    return config


def get_config(name: str = "+both") -> Config:
    base, _, chosen = name.rpartition("/")
    config = row(importlib.import_module(f"configs.{base or 'paper'}").get_config(), chosen)
    if chosen in ("+domain", "+both") and not config.adapter.data:
        config.adapter.data = "(set --config.adapter.data)"  # no such file; otherwise they would train without
    return config
