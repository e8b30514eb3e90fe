"""ElePose (Wandt et al. 2022), our own: `--config=configs/elepose.py --config.data.path=cmu.npz`.

Views about a pitch that is told from each pose, judged by a flow that was trained on real poses before; no
discriminator. Unlike the original: the pitch has a network of its own, expected bone ratios come from 2D and not from
Human3.6M's 3D, weights do not decay, the average of the weights is evaluated, lifts start flat. And so that it learns
under a measure that allows no mirror (docs/research-log.md): the pitch keeps to its side, as cameras look down, and the
flow has the tails of Student's t. Equations 17 to 21 of docs/method.md.
"""

from ml_collections import ConfigDict

from configs import paper


def get_config() -> ConfigDict:
    config = paper.get_config()
    config.lifter.update({"norm": "none", "flat": True})
    config.view.update({"elevation": 0.0, "learned": "pose"})
    config.flow = ConfigDict({"parts": "whole", "components": 26, "layers": 8, "width": 1024, "steps": 8000})
    config.loss.unsquared = True
    config.loss.weights.update({"adversarial": 0.0, "temporal": 0.0, "consistency_2d": 1.0, "consistency_3d": 1.0})
    config.loss.weights.update({"likelihood": 1.0, "deformation": 1.0, "proportions": 50.0})
    config.batch_size = 256
    config.steps = 100_000
    return config
