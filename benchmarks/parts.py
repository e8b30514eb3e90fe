"""The cost of each part of the method: `python -m benchmarks.parts --config=configs/cmu_cpu.py`.

Steps on the procedural human with a part switched on, timed against the plain step (self-consistency and pose
discriminator) alternately in one run. Prints the median ratio and its quartiles; times depend on the machine.
"""

import time

import jax
import numpy as np
from absl import app, flags

from benchmarks.turns import spread, take_turns
from configs.tables import ablation
from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import PROCEDURAL, open_dataset
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.config import Config
from geolift.training.devices import parallel, stack
from launch.config_flags import ConfigFlags

CONFIG = ConfigFlags("configs/cmu_cpu.py", "Sizes.")
ROUNDS = flags.DEFINE_integer("rounds", 9, "Turns.")
STEPS = 20
PLAIN = "plain: self-consistency and discriminator"


def variants() -> dict[str, Config]:
    """The plain config and those with one part more."""
    base = CONFIG.value
    base.data.path = base.adapter.data = PROCEDURAL
    base.run.steps_per_dispatch = STEPS
    plain = ablation.row(base, "ss+adv")
    first, both = ablation.row(base, "+domain"), ablation.row(base, "+both")
    first.data.masks = both.data.masks = False  # nothing is missing here
    jointly = Config(first.to_dict())
    jointly.adapter.first_steps = 0
    return {
        PLAIN: plain,
        "masks": ablation.row(base, "ss+adv+masks"),
        "motion discriminator": ablation.row(base, "+temporal"),
        "adapter, trained first: the lifter's phase": first,
        "adapter, trained jointly": jointly,
        "motion discriminator and adapter, trained first": both,
    }


def program(config: Config, seeds: int = 1, phase: int = -1):
    """A function that makes STEPS steps and waits for them."""
    seen = open_dataset(PROCEDURAL).select("train").without_3d()
    normalization = fit_normalization(seen)
    pools = build_pools(config, seen, normalization)
    built = parallel(
        jax.local_devices(),
        batch_size=config.batch_size,
        steps=STEPS,
        sample=sample_batch,
        objectives=build_phases(config, seen.skeleton, normalization)[phase].objectives,
        replicas=seeds > 1,
    )
    state = build_state(config, seen.skeleton, 10_000)
    state, pools = built.place(stack([state] * seeds) if seeds > 1 else state), built.place(pools)

    def run() -> float:
        nonlocal state
        began = time.perf_counter()
        state, _ = built.run(state, pools)
        jax.block_until_ready(state)
        return (time.perf_counter() - began) / seeds

    return run


def main(_: list[str]) -> None:
    configs = variants()
    first = configs["adapter, trained first: the lifter's phase"]
    programs = {name: program(config) for name, config in configs.items()}
    programs["adapter, trained first: a separate phase"] = program(first, phase=0)
    programs["plain, one of three seeds side by side"] = program(configs[PLAIN], seeds=3)
    for run in programs.values():
        run()
    times = take_turns(programs, ROUNDS.value)
    print(f"{PLAIN}: {1000 * np.median(times[PLAIN]) / STEPS:.1f} ms per step on {jax.devices()[0].device_kind}")
    for name in programs:
        print(f"{name:45s} {spread(np.divide(times[name], times[PLAIN]))} times the plain step")


if __name__ == "__main__":
    app.run(main)
