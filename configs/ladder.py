"""One idea at a time, from the paper's losses to configs/best_cpu.py:

`python -m launch.ablation --table=ladder --config=configs/best_cpu.py --config.data.path=cmu.npz`. Each row is the one
before it with one idea more; the last is the recipe itself. All have its widths, batch, rates and steps of the lifter,
and no motion discriminator; the flow's own steps come before them.
"""

import math

from ml_collections import ConfigDict

IDEAS = {
    "paper": {
        "mirror": False, "view.learned": "", "view.pitch": 0.0, "view.elevation": math.pi / 9,
        "loss.gradient_penalty": 0.0, "loss.weights.consistency_3d": 0.001, "loss.weights.symmetry": 0.0,
        "loss.weights.spread": 0.0, "loss.weights.likelihood": 0.0, "lifter.flat": False,
    },
    "+l3d": {"loss.weights.consistency_3d"},  # a live L_3D
    "+r1": {"loss.gradient_penalty"},
    "+pitch": {"view.learned", "view.pitch"},  # one for all cameras, learnt
    "+level": {"view.elevation"},  # views tilted by up to 3 degrees more or less, not by 20
    "+bones": {"loss.weights.symmetry", "loss.weights.spread"},
    "+mirror": {"mirror"},
    "+flow": {"loss.weights.likelihood", "lifter.flat"},  # beside the discriminator, and the flat start it needs
}  # what is off in the first row; entries that are then as in the recipe  # fmt: skip
ROWS = tuple(IDEAS)


def row(config: ConfigDict, name: str) -> ConfigDict:
    """The config of one row of a recipe.

    Raises:
        ValueError: if there is no such row.
    """
    if name not in ROWS:
        raise ValueError(f"row: found {name!r}, expected one of {'; '.join(ROWS)}")
    on = set().union(*(IDEAS[idea] for idea in ROWS[1 : ROWS.index(name) + 1]))
    config = ConfigDict(config.to_dict())
    config.update_from_flattened_dict({entry: value for entry, value in IDEAS["paper"].items() if entry not in on})
    return config
