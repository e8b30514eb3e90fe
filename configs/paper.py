"""Chen et al. 2019, the full recipe: `--config=configs/paper.py --config.data.path=A.npz --config.adapter.data=B.npz`.

How sure each number is: docs/method.md. Every other config starts from this one. Without `adapter.data` it is trained
without domain adaptation.
"""

import math

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    config = ConfigDict()
    config.seed = 0  # of weights, batches and views
    config.steps = 8000  # of the lifter; about 40 epochs of Human3.6M's 1.56 million training frames
    config.batch_size = 8192  # poses per step, over all devices
    config.bfloat16 = False  # products of hidden layers in bfloat16, their sums and all else in float32 (ours)
    config.mirror = False  # lifter and discriminators treat a pose and its mirror image alike, at half the cost (ours)
    config.ema_decay = 0.999  # of the moving averages (ours): the lifter evaluated, the adapter once fixed

    config.data = ConfigDict()
    config.data.path = ""  # a geolift data set, or "procedural"
    config.data.split = "train"
    config.data.validation_split = ""  # whose 3D, if any, gives flip rate and P-MPJPE in the log; "" for none
    config.data.sampling = "frame"  # what is drawn with equal chance: "frame", "clip" or "action"
    config.data.shard = 0  # poses on the device at a time, the same for every seed, of a set too large for it; 0: all
    config.data.masks = False  # frames that miss joints join; networks are told which (otherwise they are left out)

    config.detector = ConfigDict()  # noise on what the lifter sees (ours; objectives/augmentation.py)
    config.detector.noise = 0.0  # how far joints are moved, normalised units
    config.detector.hidden = 0.0  # chance of a joint to be hidden, with all beyond it; asks for data.masks

    config.view = ConfigDict()
    config.view.distance = 10.0  # c, of camera and root
    config.view.min_depth = 1.0
    config.view.azimuth = math.pi  # views turn by U[-azimuth, azimuth]
    config.view.elevation = math.pi / 9  # and tilt by U[-elevation, elevation]
    config.view.pitch = 0.0  # how far the data's cameras look down, radians; views then turn about gravity
    config.view.learned = (
        ""  # or "mean", one pitch that is learnt, or "pose", one told from each pose (ours, ElePose's)
    )

    config.lifter = ConfigDict({"width": 1024, "blocks": 4, "norm": "batch", "flat": False})
    # norm: or "none", "layer"; flat: all depths are equal before training
    config.discriminator = ConfigDict({"width": 1024, "blocks": 3})
    config.motion_discriminator = ConfigDict({"width": 1024, "blocks": 3})  # plays unless loss.weights.temporal is 0
    config.domain_discriminator = ConfigDict({"width": 1024, "blocks": 3})  # plays with the adapter

    config.motion = ConfigDict()
    config.motion.gap = 1  # frames between the two poses of a pair
    config.motion.gain = 10.0  # factor on displacements before the network, which multiplies by 10 like the others
    config.motion.with_pose = False  # show the pose beside its displacement

    config.adapter = ConfigDict()
    config.adapter.data = ""  # geolift data sets of other domains, "a.npz,b.npz"; "" leaves the adapter out
    config.adapter.split = "train"
    config.adapter.network = ConfigDict({"width": 1024, "blocks": 4})
    config.adapter.penalty = 1e4  # factor on the correction's size, normalised units (paper: unknown)
    config.adapter.squared = True  # that size: sum of squared lengths; False: of lengths
    config.adapter.first_steps = 2000  # before the lifter's: adapter alone, then fixed; 0: jointly
    config.adapter.every = 4  # one pose in so many of the lifter's batch is a corrected one (paper: unknown)

    config.loss = ConfigDict()
    config.loss.adversarial = "logistic"  # or "least_squares"
    config.loss.gradient_penalty = (
        0.0  # factor of R1, which keeps discriminators of poses and motion from winning (ours)
    )
    config.loss.unsquared = False  # the consistencies by lengths and not by their squares (ElePose)
    config.loss.weights = ConfigDict(
        {"adversarial": 1.0, "consistency_2d": 10.0, "consistency_3d": 0.001, "temporal": 1.0}
    )
    # What came after the paper (docs/method.md): three of lifted bones, one of pairs of poses, one of a flow.
    config.loss.weights.update(
        {"symmetry": 0.0, "spread": 0.0, "proportions": 0.0, "deformation": 0.0, "likelihood": 0.0}
    )

    config.flow = ConfigDict()  # plays if loss.weights.likelihood is not 0; entries: configs/elepose.py

    config.optimizer = ConfigDict()
    config.optimizer.lifter = 2e-4  # Adam's rate
    config.optimizer.discriminator = 2e-4
    config.optimizer.motion_discriminator = 2e-4
    config.optimizer.adapter = 2e-4
    config.optimizer.domain_discriminator = 2e-4
    config.optimizer.b1 = 0.9
    config.optimizer.decay = 0.95  # factor on the rates after each epoch

    config.run = ConfigDict()  # how the run is driven; changes nothing in what is learnt
    config.run.steps_per_dispatch = 50  # steps in one compiled program
    config.run.log_every = 50
    config.run.validate_every = 500
    config.run.checkpoint_every = 1000
    config.run.keep = 2  # checkpoints
    config.run.patience = 20  # steps in a row without an update, as not finite, after which the run stops

    config.evaluation = ConfigDict({"split": ""})  # evaluated once after training, if it has 3D; "" for none
    return config
