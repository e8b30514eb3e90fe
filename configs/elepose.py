"""ElePose (Wandt et al. 2022), reimplemented.

python -m launch.train --config=configs/elepose.py --config.data.path=cmu.npz
Time:    on one NVIDIA H100 1.5 minutes of steps for three seeds side by side, with `--config.steps=30000`; at 256 units
         (`configs/cpu.py:elepose`, 16 000 steps) some 10 minutes on 2 CPU cores.
Result:  with these steps 62.5 ± 3.0 mm on `test` of CMU protocol 2 (rigid P-MPJPE, 3 seeds); at 256 units 70.3
         ± 10.5 mm on that of protocol 1.

Views about a pitch that is estimated from each pose, scored by a flow that was trained on real poses before; no
discriminator. Unlike the original: the pitch has a separate network, expected bone ratios come from 2D and not from
Human3.6M's 3D, weights do not decay, the average of the weights is evaluated, lifts start flat. And so that it learns
under a measure that allows no mirror image (docs/research-log.md): the pitch keeps its sign, as cameras look down, and
the flow has the tails of Student's t. Equations 17 to 21 of docs/method.md.
"""

from geolift.training.config import Config, load


def get_config() -> Config:
    return load(
        {
            "lifter.norm": "none",
            "lifter.flat_start": True,
            "view.elevation": 0.0,
            "view.tilt": "elepose",
            "loss.squared": False,
            "loss.weights.adversarial": 0.0,
            "loss.weights.temporal": 0.0,
            "loss.weights.consistency_2d": 1.0,
            "loss.weights.consistency_3d": 1.0,
            "loss.weights.likelihood": 1.0,
            "loss.weights.deformation": 1.0,
            "loss.weights.proportions": 50.0,
            "flow.steps": 8000,
            "batch_size": 256,
            "steps": 100_000,
        }
    )
