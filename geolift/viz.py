"""Stick figures: what went in, what was lifted, what was true. Needs matplotlib (`pip install 'geolift[viz]'`)."""

import os

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from geolift import metrics
from geolift.dataset import Dataset
from geolift.geometry import rotate, rotation_y
from geolift.skeleton import Skeleton

LEFT, RIGHT, MIDDLE = "tab:blue", "tab:orange", "black"  # the person's own left and right
SPAN = 1.15  # metres from the root to the edge of a panel
VIEWS = {"from the camera": 0.0, "from the side": np.pi / 2}  # name: turn about the vertical, radians


def contact_sheet(points: np.ndarray, dataset: Dataset, path: str | os.PathLike, *, rows: int = 6) -> None:
    """Draw lifted points beside the truth from two views and write a picture (.png, .pdf, .svg).

    The rows stand evenly from the best to the worst tenth by rigid P-MPJPE, so the sheet shows failures, too. Lifted
    points are scaled as in N-MPJPE and not turned: a wrong orientation is seen.

    Args:
        points: `[F, J, 3]` lifted points of every frame of `dataset`, camera axes, any scale.
        dataset: with `points_3d`; frames with a joint that was not seen are not drawn.
        path: where to write.
        rows: poses shown.
    """
    skeleton = dataset.skeleton
    whole = np.flatnonzero(dataset.whole)
    few = whole[np.linspace(0, len(whole) - 1, min(2000, len(whole))).astype(int)]
    truth = dataset.points_3d[few] - dataset.points_3d[few][:, [skeleton.root]]
    error = 1000 * np.asarray(metrics.p_mpjpe(jnp.asarray(points[few]), jnp.asarray(truth)))
    shown = np.argsort(error)[(np.linspace(0.05, 0.95, rows) * (len(few) - 1)).astype(int)]
    figure = Figure(figsize=(13, 2.6 * rows + 0.4), layout="constrained")
    figure.suptitle("Blue: the person's left, orange: right. Millimetres: rigid P-MPJPE", fontsize=10)
    axes = figure.subplots(rows, 1 + 2 * len(VIEWS), squeeze=False)
    for line, i in zip(axes, shown, strict=True):
        frame = few[i]
        lifted = np.asarray(metrics.scale_to(jnp.asarray(points[frame]), jnp.asarray(truth[i]), root=skeleton.root))
        pose = dataset.keypoints[frame] - dataset.keypoints[frame, skeleton.root]
        _draw(line[0], pose, skeleton, span=1.3 * np.abs(pose).max())
        clip = dataset.clip_of_frame[frame]
        line[0].set_title(f"2D, {dataset.action[clip]}, frame {frame}", fontsize=9)
        for k, (view, angle) in enumerate(VIEWS.items()):
            for column, what, joints in ((1 + 2 * k, "lifted", lifted), (2 + 2 * k, "truth", truth[i])):
                turned = np.asarray(rotate(jnp.asarray(joints, jnp.float32), rotation_y(jnp.float32(angle))))
                _draw(line[column], turned[:, :2], skeleton, span=SPAN)
                title = f"{what} {view}" + (f", {error[i]:.0f} mm" if what == "lifted" else "")
                line[column].set_title(title, fontsize=9)
    figure.savefig(path, dpi=90)


def _draw(axes, pose: np.ndarray, skeleton: Skeleton, *, span: float) -> None:
    for parent, child in skeleton.bones:
        color = LEFT if child in skeleton.left else RIGHT if child in skeleton.right else MIDDLE
        axes.plot(*pose[[parent, child]].T, color=color, linewidth=2, marker="o", markersize=2.5)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(-span, span)
    axes.set_ylim(span, -span)
