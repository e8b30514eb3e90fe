"""LiftPose3D trained with 3D, by its own code, on a geolift data set (`pip download liftpose==0.22 --no-deps`, GPL-3).

Its defaults: 30 epochs of batches of 64, two residual blocks 1024 wide, poses relative to the root and standardised. It
keeps the epoch with the least loss on poses that it does not train on: here the last tenth of each train clip, so
that no test frame chooses.
"""

import functools
import logging
import sys
from pathlib import Path

import numpy as np

from geolift.data.dataset import Dataset

CHOOSING = 0.1  # of each train clip


def lift(package: str, data: Dataset, folder: Path, *, seed: int, epochs: int) -> np.ndarray:
    """Train on the split "train" and lift the split "test".

    Args:
        package: the folder that holds `liftpose`.
        data: with `points_3d`.
        folder: for its files; a training that was ended there goes on.
        seed: of the network and the order of the batches.
        epochs: 30 in its defaults.

    Returns:
        `[F, J, 3]`, root-centred, the test frames in order.
    """
    if package not in sys.path:
        sys.path.insert(0, package)
    import torch
    from liftpose import main
    from liftpose.postprocess import load_test_results

    # It reads files of arrays that it has written itself; torch refuses these by default since 2.6.
    torch.load = functools.partial(torch.load, weights_only=False)
    logging.disable(logging.INFO)
    torch.manual_seed(seed)
    known, test, root = data.select("train"), data.select("test"), data.skeleton.root
    cut = known.stop - np.round(CHOOSING * (known.stop - known.start)).astype(int)
    first = np.concatenate([np.arange(a, b) for a, b in zip(known.start, cut, strict=True)])
    last = np.concatenate([np.arange(a, b) for a, b in zip(cut, known.stop, strict=True)])
    # An epoch is written as the best one or, if it is not, as the last one.
    epochs_done = sorted(folder.glob("ckpt_*.pth.tar"), key=lambda path: path.stat().st_mtime)
    going_on = {"resume": True, "load": str(epochs_done[-1])} if epochs_done else {}
    main.train(
        *({"all": pixels(known)[rows]} for rows in (first, last)),
        *({"all": known.points_3d[rows].astype(float)} for rows in (first, last)),
        roots=[root],
        target_sets=[[joint for joint in range(len(data.skeleton.names)) if joint != root]],
        out_dir=str(folder),
        training_kwargs={"epochs": epochs, "job": 0, **going_on},
    )
    statistics = main.set_test_data(str(folder), {"all": pixels(test)})[2:]
    # What its `test` does, which would begin eight more processes:
    options = main.Options().parse()
    options.data_dir = options.out = options.out_dir = str(folder)
    options.test, options.load, options.job = True, str(folder / "ckpt_best.pth.tar"), 0
    main.network_main(options)
    points = load_test_results(str(folder), *statistics)[1]
    return points - points[:, [root]]


def pixels(data: Dataset) -> np.ndarray:
    """`[F, J, 2]`, a copy: LiftPose3D changes the arrays that it is given."""
    return data.keypoints.astype(float)
