"""Chen et al. 2019, the full recipe at its full size: the defaults of every entry.

python -m launch.train --config=configs/paper.py --config.data.path=A.npz --config.adapter.data=B.npz
Time:    4 minutes of steps for three seeds side by side on one NVIDIA H100 (3750 steps in bfloat16, while other
programs used it, too); 6.6 GiB of its memory.
Result:  82.3 ± 0.9 mm on `test` of CMU protocol 2 after these steps, 40 epochs (rigid P-MPJPE, 3 seeds; no adapter).
With widths of 256, no batch norm and faster learning (docs/results.md, `configs/cpu.py:paper`): 70.8 ± 2.2 mm.

How sure each number of the paper is: docs/method.md. Without `adapter.data` there is no domain adaptation.
"""

from geolift.training.config import Config, load


def get_config() -> Config:
    return load()
