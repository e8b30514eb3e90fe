"""The config schema: every entry of a training config once, with its default, its range and a line that explains it.

The defaults are the full recipe of Chen et al. 2019 ("the paper"; how sure each number is: docs/method.md). What came
after the paper is marked "ours" or with its source, and is off by default, except the moving averages of the weights
(`ema_decay`). A recipe in `configs/` is a few changes to the defaults. How entries must fit each other:
`geolift.training.config_checks`. The table for readers: docs/config.md.

To add an entry: one line in `SCHEMA`. Its default must leave training as it was, so that older runs resume.
"""

import math
from typing import Any, NamedTuple

from geolift.data.sampling import BY
from geolift.errors import ConfigError
from geolift.losses import ADVERSARIAL
from geolift.networks.mlp import NORMS

Value = bool | int | float | str


class Range(NamedTuple):
    """The numbers from `low` to `high`; with `above` or `below` the bound itself is left out."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number is in the range and finite."""
        over = self.low < value if self.above else self.low <= value
        under = value < self.high if self.below else value <= self.high
        return over and under and math.isfinite(value)

    def __str__(self) -> str:
        low = "" if self.low == -math.inf else f"{'above' if self.above else 'from'} {self.low:g}"
        high = "" if self.high == math.inf else f"{'to under' if self.below else 'to'} {self.high:g}"
        if low and not high:
            return low if self.above else f"of at least {self.low:g}"
        return f"{low} {high}".strip()


class Entry(NamedTuple):
    """One entry of a config.

    Attributes:
        name: dotted, as in `--config.lifter.width=256`.
        default: its value in the paper's recipe; its type is the entry's kind.
        about: what it does, in one line.
        range: the numbers that are allowed.
        choices: the texts that are allowed; none: any.
    """

    name: str
    default: Value
    about: str
    range: Range = Range()
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The entry's kind in words."""
        return {bool: "True or False", int: "a whole number", float: "a number", str: "text"}[type(self.default)]

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {self.choices}"
        return f"{self.kind} {self.range}".strip() if type(self.default) in (int, float) else self.kind

    def checked(self, value: Any) -> Value:
        """The value, a whole number as float where the entry is one.

        Raises:
            ConfigError: naming the entry, if the value is of another kind, out of range or not among the choices.
        """
        kind = type(self.default)
        if kind is float and type(value) is int and abs(value) < 2**53:
            value = float(value)
        right = type(value) is kind and (kind not in (int, float) or self.range.holds(value))
        if not right or (self.choices and value not in self.choices):
            raise ConfigError(f"{self.name}: found {value!r}, expected {self.expected}")
        return value


LARGEST = 1e30  # of weights and learning rates, so that their products stay finite in float32
COUNT = Range(1)
WEIGHT = RATE = Range(0, LARGEST, below=True)
WIDTH, BLOCKS = Range(1, 1 << 15), Range(0, 256)  # of networks: refused before memory is taken for them
SHARE, HALF_TURN = Range(0, 1, below=True), Range(0, 3.15)
NOISE = Range(0, 1e3)
FAR, FACTOR = Range(0, 1e4, above=True), Range(0, LARGEST, above=True)
TILT = ("fixed", "mean", "elepose", "pose", "given", "anywhere")
ANGLE = Range(-1.5, 1.5)  # of a learnt pitch; no camera looks straight down or up


def _network(name: str, about: str, blocks: int) -> tuple[Entry, ...]:
    return (
        Entry(f"{name}.width", 1024, f"units of each hidden layer of {about}", WIDTH),
        Entry(f"{name}.blocks", blocks, f"residual blocks of {about}", BLOCKS),
    )


SCHEMA = (
    Entry("seed", 0, "seed of weights, batches and views", Range(0, 2**32 - 1)),
    Entry("steps", 8000, "training steps of the lifter; about 40 epochs of Human3.6M's 1.56 million frames", COUNT),
    Entry("batch_size", 8192, "poses per step, over all devices", COUNT),
    Entry("bfloat16", False, "hidden layers multiply bfloat16; sums and all else stay float32 (ours)"),
    Entry("mirror_equivariant", False, "networks treat a pose and its mirror image alike, at half the cost (ours)"),
    Entry("ema_decay", 0.999, "decay of the weights' moving averages, which are evaluated (ours)", SHARE),
    # Data
    Entry("data.path", "", 'geolift data set (.npz), or "procedural"; required'),
    Entry("data.split", "train", "split that is trained on"),
    Entry("data.validation_split", "", 'split whose 3D gives flip rate and P-MPJPE in the log; "": none'),
    Entry("data.sampling", "frame", "what is drawn with equal probability", choices=BY),
    Entry("data.shard", 0, "poses on the device at a time, if the set is too large for it; 0: all", Range(0)),
    Entry("data.masks", False, "use poses with missing joints, with their masks (False: leave such poses out)"),
    # Noise on what the lifter sees
    Entry("augmentation.noise", 0.0, "deviation of noise on the lifter's input, normalized units (ours)", NOISE),
    Entry("augmentation.hidden", 0.0, "probability that a joint and its descendants are hidden (ours)", SHARE),
    Entry("augmentation.proportions", 0.0, "deviation of the logarithm of bones' factors in the input (ours)", NOISE),
    Entry("augmentation.coco_trunk", 0.0, "probability of the trunk of joint sets that have none (ours)", SHARE),
    # Random views
    Entry("view.distance", 10.0, "distance from camera to root joint, model units", FAR),
    Entry("view.min_depth", 1.0, "nearest depth of a joint, model units", FAR),
    Entry("view.azimuth", math.pi, "views rotate about the vertical by U[-azimuth, azimuth], radians", HALF_TURN),
    Entry("view.elevation", math.pi / 9, "views tilt by U[-elevation, elevation], radians", HALF_TURN),
    Entry("view.pitch", 0.0, "how far cameras look down, radians; views then rotate about gravity", Range(-3.15, 3.15)),
    Entry("view.tilt", "fixed", "how cameras are tilted: view.pitch, a learnt mean, of each pose, given, any (ours)",
          choices=TILT),
    Entry("view.pitch_low", 0.0, "smallest learnt pitch, radians; below 0 cameras look up (ours)", ANGLE),
    Entry("view.pitch_high", 0.35, "largest learnt pitch, radians (ours)", ANGLE),
    Entry("view.pitch_start", 0.175, "first learnt pitch, radians; its sign decides between twins (ours)", ANGLE),
    Entry("view.cameras", 0.0, "share of views near another camera that filmed the moment (ours)", Range(0, 1)),
    Entry("view.roll_limit", 0.5, "largest learnt roll, radians (ours)", Range(0, 1.5, above=True)),
    # Networks
    *_network("lifter", "the lifter", 4),
    Entry("lifter.norm", "batch", "normalization of the lifter's hidden layers", choices=NORMS),
    Entry("lifter.flat_start", False, "the lifter gives equal depths before training (ours)"),
    Entry("camera.width", 0, "units of each hidden layer of the tilt network; 0: as the lifter's", Range(0, 1 << 15)),
    Entry("camera.blocks", 3, "residual blocks of the tilt network", BLOCKS),
    *_network("discriminator", "the pose discriminator", 3),
    *_network("motion_discriminator", "the motion discriminator (trained if loss.weights.temporal > 0)", 3),
    *_network("domain_discriminator", "the domain discriminator (trained with the adapter)", 3),
    # Motion
    Entry("motion.gap", 1, "frames between the two poses of a pair", COUNT),
    Entry("motion.gain", 10.0, "factor on displacements, before the factor 10 of every network", FACTOR),
    Entry("motion.with_pose", False, "the motion discriminator also sees the pose, not only its displacement"),
    # Domain adapter
    Entry("adapter.data", "", 'data sets of other domains, "a.npz,b.npz"; "": no adapter'),
    Entry("adapter.split", "train", "split of adapter.data that is used"),
    *_network("adapter.network", "the adapter", 4),
    Entry("adapter.penalty", 1e4, "factor on the size of the correction (paper: unknown)", FACTOR),
    Entry("adapter.squared", True, "the correction's size is a sum of squared lengths (False: of lengths)"),
    Entry("adapter.first_steps", 2000, "steps of the adapter alone, then frozen; 0: trained with the lifter", Range(0)),
    Entry("adapter.every", 4, "every n-th pose of the lifter's batch is a corrected one (paper: unknown)", Range(2)),
    # Loss
    Entry("loss.adversarial", "logistic", "adversarial loss", choices=tuple(ADVERSARIAL)),
    Entry("loss.gradient_penalty", 0.0, "factor of R1, for discriminators of poses and motion (ours)", WEIGHT),
    Entry("loss.squared", True, "the two consistency terms are squared lengths (False, ElePose: lengths)"),
    Entry("loss.weights.adversarial", 1.0, "weight of the pose discriminator's term", WEIGHT),
    Entry("loss.weights.consistency_2d", 10.0, "weight of 2D consistency", WEIGHT),
    Entry("loss.weights.consistency_3d", 0.001, "weight of 3D consistency", WEIGHT),
    Entry("loss.weights.temporal", 1.0, "weight of the motion discriminator's term; 0: none", WEIGHT),
    Entry("loss.weights.symmetry", 0.0, "weight of the left-right symmetry of bone lengths (ours)", WEIGHT),
    Entry("loss.weights.spread", 0.0, "weight of equal proportions of all poses of a batch (ours)", WEIGHT),
    Entry("loss.weights.rigidity", 0.0, "weight of equal proportions of all poses, less of soft bones (ours)", WEIGHT),
    Entry("loss.weights.proportions", 0.0, "weight of the proportions estimated from 2D (ElePose)", WEIGHT),
    Entry("loss.weights.deformation", 0.0, "weight of the deformation term, of pairs of poses (ElePose)", WEIGHT),
    Entry("loss.weights.cameras", 0.0, "weight of agreement with synchronised cameras (after CanonPose)", WEIGHT),
    Entry("loss.weights.likelihood", 0.0, "weight of the likelihood of new poses (ElePose); 0: no flow", WEIGHT),
    # Normalizing flow
    Entry("flow.parts", "whole", "parts of the body with a flow each: whole, legs, torso, left, right; with commas"),
    Entry("flow.steps", 8000, "training steps of the flow, before the lifter's", COUNT),
    Entry("flow.components", 26, "principal components that the flow models, at most", Range(2, 1 << 11)),
    Entry("flow.layers", 8, "coupling layers of the flow", Range(1, 256)),
    Entry("flow.width", 1024, "units of the coupling layers' hidden layers", WIDTH),
    # Optimizer: Adam
    Entry("optimizer.lifter", 2e-4, "learning rate of the lifter, and of camera tilt and flow", RATE),
    Entry("optimizer.discriminator", 2e-4, "learning rate of the pose discriminator", RATE),
    Entry("optimizer.motion_discriminator", 2e-4, "learning rate of the motion discriminator", RATE),
    Entry("optimizer.adapter", 2e-4, "learning rate of the adapter", RATE),
    Entry("optimizer.domain_discriminator", 2e-4, "learning rate of the domain discriminator", RATE),
    Entry("optimizer.b1", 0.9, "Adam's decay of the first moment", Range(0, 1, below=True)),
    Entry("optimizer.decay", 0.95, "factor on the learning rates after each epoch", Range(0, 10, above=True)),
    Entry("optimizer.decay_every", 0, "steps between these decays; 0: an epoch", Range(0)),
    Entry("optimizer.warmup", 0, "first steps of each phase, in which learning rates rise from 0 (ours)", Range(0)),
    Entry("optimizer.cooldown", 0.0, "share of each phase, at its end, in which they fall to 0 (ours)", Range(0, 1)),
    # How the run is driven; changes nothing in what is learnt
    Entry("run.steps_per_dispatch", 50, "steps in one compiled program", COUNT),
    Entry("run.log_every", 50, "steps between lines of the log", COUNT),
    Entry("run.validate_every", 500, "steps between validations", COUNT),
    Entry("run.checkpoint_every", 1000, "steps between checkpoints", COUNT),
    Entry("run.keep", 2, "checkpoints that are kept", COUNT),
    Entry("run.patience", 20, "non-finite steps in a row after which the run stops", COUNT),
    Entry("evaluation.split", "", 'split that is evaluated once after training, if it has 3D; "": none'),
)  # fmt: skip
ENTRIES = {entry.name: entry for entry in SCHEMA}
