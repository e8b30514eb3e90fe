"""One idea at a time, from the paper's losses to configs/best_cpu.py.

python -m launch.ablation --table=ladder --config=configs/best_cpu.py --config.data.path=cmu.npz
Time:    some 6 minutes a run on 2 cores of an AMD EPYC.
Result:  docs/results.md, "one idea at a time".

Each row is the one before it with one more idea; the last is the recipe itself. All rows have its widths, batch,
learning rates and steps of the lifter, and no motion discriminator; the flow's steps come before them.
"""

from geolift.training.config import Config, load
from geolift.training.schema import ENTRIES

IDEAS = {  # by row: entries that are from this row on as in the recipe; before it they are as in the paper
    "paper": set(),
    "+l3d": {"loss.weights.consistency_3d"},  # L_3D counts
    "+r1": {"loss.gradient_penalty"},
    "+pitch": {"view.tilt"},  # one for all cameras, learnt
    "+level": {"view.elevation"},  # views tilted by up to 3 degrees more or less, not by 20
    "+bones": {"loss.weights.symmetry", "loss.weights.spread"},
    "+mirror": {"mirror_equivariant"},
    "+flow": {"loss.weights.likelihood", "lifter.flat_start"},  # beside the discriminator, and the flat start it needs
}
ROWS = tuple(IDEAS)


def row(config: Config, name: str) -> Config:
    """The config of one row of a recipe.

    Raises:
        ValueError: if there is no such row.
    """
    if name not in ROWS:
        raise ValueError(f"row: found {name!r}, expected one of {'; '.join(ROWS)}")
    later = set().union(*(IDEAS[idea] for idea in ROWS[ROWS.index(name) + 1 :]))
    config = load(config)
    config.update_from_flattened_dict({entry: ENTRIES[entry].default for entry in later})
    return config
