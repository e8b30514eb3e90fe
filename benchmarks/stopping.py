"""Whether `geolift train` ends at the right time: the score by 2D and the true error along a training to its last step.

    python -m benchmarks.stopping fly8.npz /tmp/stopping

The training is that of `geolift train` without an end, and is resumed if it is there (minutes on two cores). 3D of the
data set is read afterwards, for the errors alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.data.dataset import Dataset, load_dataset
from geolift.data.learnable import measure_content
from geolift.evaluation.selection import lift_usable, usable_poses
from geolift.metrics import p_mpjpe
from geolift.model import Model
from geolift.new_lifter.cameras import choose_cameras
from geolift.new_lifter.judgement import judge
from geolift.new_lifter.settings import choose_settings
from geolift.new_lifter.settled import EVERY, has_settled
from geolift.training.build.view import build_view
from geolift.training.checkpoint import FOLDER, steps
from geolift.training.run import load
from geolift.training.train import train

POSES = 1500  # whose errors are measured, evenly spread


def train_to_the_end(path: str, folder: Path) -> None:
    """Train as `geolift train` does, with every checkpoint that it would score kept."""
    data = load_dataset(path).without_3d().select("train")
    cameras, _ = choose_cameras(data, force=True)
    config, _ = choose_settings(data, measure_content(data), cameras=cameras)
    config.data.path = path
    config.run.checkpoint_every, config.run.keep = EVERY, 100
    train(config, folder)


def error_of(model: Model, data: Dataset) -> float:
    """Rigid P-MPJPE, per cent of the data set's metre."""
    usable = usable_poses(model, data)
    few = np.linspace(0, len(usable.poses) - 1, min(POSES, len(usable.poses))).astype(int)
    poses = usable._replace(poses=usable.poses[few], seen=usable.seen[few], clip=usable.clip[few])
    true = data.points_3d[data.whole][few]
    return 100 * float(np.mean(p_mpjpe(lift_usable(model, poses), true)))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a data set with 3D and the splits train and test")
    parser.add_argument("folder", type=Path, help="of the training")
    options = parser.parse_args(argv)
    train_to_the_end(options.data, options.folder)
    data, scores = load_dataset(options.data), []
    print(
        "step | score by 2D | error, train | error, test | right-handed | ends here\n--- | --- | --- | --- | --- | ---"
    )
    for step in (step for step in sorted(steps(options.folder / FOLDER)) if step % EVERY == 0):
        model, config, _ = load(options.folder, step=step)
        found = judge(model, data.select("test").without_3d(), build_view(config, model.skeleton))
        scores.append(found.score)
        errors = " | ".join(f"{error_of(model, data.select(split)):.2f}" for split in ("train", "test"))
        ends = "yes" if has_settled(scores) else ""
        print(f"{step} | {found.score:.3f} | {errors} | {found.right_handed:.0%} | {ends}", flush=True)


if __name__ == "__main__":
    main()
