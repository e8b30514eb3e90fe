"""Chen et al. 2019, the full recipe at its full size: the defaults of every entry.

python -m launch.train --config=configs/paper.py --config.data.path=A.npz --config.adapter.data=B.npz
Time:    for an accelerator with some 40 GB; not measured at this size (no such machine yet).
Result:  at 16 000 steps with widths of 256 on a CPU (`configs/cpu.py:paper`): 67.8 ± 0.7 mm on `test` of CMU
protocol 1, 3 seeds.

How sure each number of the paper is: docs/method.md. Without `adapter.data` there is no domain adaptation.
"""

from geolift.training.config import Config, load


def get_config() -> Config:
    return load()
