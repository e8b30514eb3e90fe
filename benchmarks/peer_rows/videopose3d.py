"""VideoPose3D's temporal network trained with 3D, by its own network, generator and loss, on a geolift data set.

A clone of github.com/facebookresearch/VideoPose3D (CC BY-NC 4.0) is needed. As its run.py trains: Adam with amsgrad at
0.001, decay 0.95 in each of 60 epochs, batch normalization's momentum from 0.1 to 0.001, batches of 1024 frames, mirror
images in training and in testing. Here a training has a time and not 60 epochs: decay and momentum follow the share of
the time that has passed. Nothing is chosen by an error: the last weights are measured.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np

from geolift.data.dataset import Dataset

RATE, LAST_RATE = 1e-3, 1e-3 * 0.95**60
MOMENTUM, LAST_MOMENTUM = 0.1, 0.001
BATCH, DROPOUT = 1024, 0.25


def lift(clone: str, data: Dataset, *, widths: list[int], channels: int, seconds: float, seed: int) -> tuple:
    """Train on the split "train" and lift the split "test".

    Args:
        clone: the folder that holds `common`.
        data: with `points_3d`, intrinsics or image sizes.
        widths: of the convolutions: [3, 3, 3] sees 27 frames, [1, 1, 1] one.
        channels: 1024 in its defaults.
        seconds: of processor time, of training.
        seed: of the network and of the order of the frames.

    Returns:
        `[F, J, 3]` metres about the root, the test frames in order, and how many frames were trained on, with repeats.
    """
    if clone not in sys.path:
        sys.path.insert(0, clone)
    import torch
    from common.generators import ChunkedGenerator, UnchunkedGenerator
    from common.loss import mpjpe
    from common.model import TemporalModel, TemporalModelOptimized1f

    torch.manual_seed(seed)
    skeleton, joints = data.skeleton, len(data.skeleton.names)
    sides = {"kps_left": list(skeleton.left), "kps_right": list(skeleton.right)}
    sides |= {"joints_left": list(skeleton.left), "joints_right": list(skeleton.right)}
    shape = {"filter_widths": widths, "dropout": DROPOUT, "channels": channels}
    network = TemporalModelOptimized1f(joints, 2, joints, **shape)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, amsgrad=True)
    pad = (network.receptive_field() - 1) // 2
    points, poses = sequences(data.select("train"))
    batches = ChunkedGenerator(BATCH, None, points, poses, 1, pad=pad, augment=True, random_seed=seed, **sides)
    began, seen = time.process_time(), 0
    network.train()
    while (share := (time.process_time() - began) / seconds) < 1:
        for _, batch_3d, batch_2d in batches.next_epoch():
            share = min((time.process_time() - began) / seconds, 1.0)
            optimizer.param_groups[0]["lr"] = RATE * (LAST_RATE / RATE) ** share
            network.set_bn_momentum(MOMENTUM * (LAST_MOMENTUM / MOMENTUM) ** share)
            target = torch.from_numpy(batch_3d.astype("float32"))
            target[:, :, skeleton.root] = 0
            optimizer.zero_grad()
            mpjpe(network(torch.from_numpy(batch_2d.astype("float32"))), target).backward()
            optimizer.step()
            seen += len(batch_2d)
            if share >= 1:
                break
    whole = TemporalModel(joints, 2, joints, **shape)
    whole.load_state_dict(network.state_dict())
    whole.eval()
    found = UnchunkedGenerator(None, None, sequences(data.select("test"))[1], pad=pad, augment=True, **sides)
    with torch.no_grad():
        return np.concatenate(list(_lifted(whole, found, skeleton.mirrored, skeleton.root))), seen


def _lifted(network, found, mirrored: tuple[int, ...], root: int) -> Iterator[np.ndarray]:
    """`[T, J, 3]` of each clip: the mean of a clip and of its mirror image, mirrored back."""
    import torch

    for _, _, batch in found.next_epoch():
        both = network(torch.from_numpy(batch.astype("float32"))).numpy()
        both[1, :, :, 0] *= -1
        both[1] = both[1][:, list(mirrored)]
        points = both.mean(axis=0)
        yield points - points[:, [root]]


def sequences(data: Dataset) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each clip `[T, J, 3]` metres about the root, and `[T, J, 2]` screen coordinates: -1 to 1 across the image."""
    points, poses = [], []
    for i, (start, stop) in enumerate(zip(data.start, data.stop, strict=True)):
        true = data.points_3d[start:stop]
        points.append(true - true[:, [data.skeleton.root]])
        width, height = data.image_size[i]
        poses.append(data.keypoints[start:stop] / width * 2 - np.array([1, height / width], np.float32))
    return points, poses
