"""Stick figures: 2D input, lifted points, the truth if known. Needs matplotlib (`pip install 'geolift[viz]'`)."""

import os
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from geolift import metrics
from geolift.data.dataset import Dataset
from geolift.data.length_unit import length_unit
from geolift.errors import DatasetError
from geolift.output.view.layout import LEFT, MIDDLE, RIGHT, VIEWS
from geolift.skeletons.skeleton import Skeleton

MARGIN = 1.15  # of the farthest joint from the root that is drawn: the edge of a panel
WITHOUT_TRUTH = VIEWS | {"from 45°": np.pi / 4}


def contact_sheet(points: np.ndarray, dataset: Dataset, path: str | os.PathLike[str], *, rows: int = 6) -> None:
    """Draw lifted points beside the truth from two views and write a picture (.png, .pdf, .svg).

    The rows stand evenly from the best to the worst tenth by rigid P-MPJPE, so the sheet shows failures, too. Lifted
    points are scaled as in N-MPJPE but not rotated, so that a wrong orientation shows.

    Args:
        points: `[F, J, 3]` lifted points of every frame of `dataset`, camera axes, any scale.
        dataset: with `points_3d`; frames with a joint that was not seen are not drawn.
        path: where to write.
        rows: poses shown.

    Raises:
        DatasetError: if no frame has all joints.
    """
    skeleton = dataset.skeleton
    whole = np.flatnonzero(dataset.whole)
    if not len(whole):
        raise DatasetError(f"confidence: none of {dataset.frames} frames has all joints; nothing to draw")
    few = whole[np.linspace(0, len(whole) - 1, min(2000, len(whole))).astype(int)]
    truth = dataset.points_3d[few] - dataset.points_3d[few][:, [skeleton.root]]
    unit = length_unit(dataset)
    error = unit.factor * unit.shown * np.asarray(metrics.p_mpjpe(jnp.asarray(points[few]), jnp.asarray(truth)))
    digits = 0 if unit.short == "mm" else 1
    shown = np.argsort(error)[(np.linspace(0.05, 0.95, rows) * (len(few) - 1)).astype(int)]
    figure = Figure(figsize=(13, 2.6 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{_legend(skeleton)}Rigid P-MPJPE in {unit.name}", fontsize=10)
    span = MARGIN * max(np.hypot(truth[..., 0], truth[..., 2])[shown].max(), np.abs(truth[shown][..., 1]).max())
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
                _draw(line[column], _seen_from(joints, angle), skeleton, span=span)
                title = f"{what} {view}" + (f", {error[i]:.{digits}f} {unit.short}" if what == "lifted" else "")
                line[column].set_title(title, fontsize=9)
    figure.savefig(path, dpi=90)


def lifted_sheet(
    points: np.ndarray,
    poses: np.ndarray,
    seen: np.ndarray,
    skeleton: Skeleton,
    path: str | os.PathLike[str],
    *,
    names: Sequence[str] | None = None,
    shown: int = 12,
    strength: np.ndarray | None = None,
) -> None:
    """Draw lifted points where there is no truth, each beside its pose, from three views (.png, .pdf, .svg).

    The poses stand evenly over the set, first and last included: none is picked. Bones with an end unseen are left out.
    A pose and its lifted points reach equally far as seen from the camera: they have the same size where they agree.

    Args:
        points: `[N, J, 3]` lifted points, camera axes, any scale.
        poses: `[N, J, 2]` the 2D that was lifted, any scale.
        seen: `[N, J]` bool.
        skeleton: of the joints.
        path: where to write.
        names: N titles of the poses, by default numbers.
        shown: how many poses, two in a row.
        strength: `[N, J]` above 0, up to 1: lifted bones are thicker and fainter where it is lower; None: 1.
    """
    chosen = np.unique(np.linspace(0, len(points) - 1, shown).astype(int))
    panels = 1 + len(WITHOUT_TRUTH)
    rows = -(-len(chosen) // 2)
    figure = Figure(figsize=(4 * panels, 2.35 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{_legend(skeleton)}{len(chosen)} of {len(points)}, evenly spaced", fontsize=10)
    lines = figure.subplots(rows, 2 * panels, squeeze=False).reshape(2 * rows, panels)
    for line, i in zip(lines, chosen, strict=False):
        joints = points[i] - points[i, skeleton.root]
        pose = poses[i] - poses[i, skeleton.root]
        x, y, z = np.abs(joints[seen[i]]).T
        span = 1.15 * max(np.hypot(x, z).max(), y.max()) or 1.0
        scale = np.abs(pose[seen[i]]).max() / (max(x.max(), y.max()) or span) or 1.0
        _draw(line[0], pose, skeleton, span=span * scale, seen=seen[i])
        name = f"pose {i}" if names is None else names[i]
        line[0].set_title(f"{name}\n2D", fontsize=9, parse_math=False)
        for panel, (view, angle) in zip(line[1:], WITHOUT_TRUTH.items(), strict=True):
            sure = None if strength is None else strength[i]
            _draw(panel, _seen_from(joints, angle), skeleton, span=span, seen=seen[i], sure=sure)
            panel.set_title(f"lifted {view}", fontsize=9)
    for unused in lines[len(chosen) :].flat:
        unused.axis("off")
    about = {"Software": "geolift"} if os.fspath(path).lower().endswith(".png") else None
    figure.savefig(path, dpi=90, metadata=about)


def _legend(skeleton: Skeleton) -> str:
    """What the colours mean; nothing for a skeleton without sides."""
    return "Blue: own left side, orange: right. " if skeleton.left else ""


def _seen_from(points: np.ndarray, angle: float) -> np.ndarray:
    """`[J, 2]` points `[J, 3]` rotated about the vertical by `angle` radians, seen without perspective."""
    x, y, z = points.T
    return np.stack([np.cos(angle) * x + np.sin(angle) * z, y], axis=1)


def _draw(
    axes,
    pose: np.ndarray,
    skeleton: Skeleton,
    *,
    span: float,
    seen: np.ndarray | None = None,
    sure: np.ndarray | None = None,
) -> None:
    for parent, child in skeleton.bones:
        if seen is not None and not (seen[parent] and seen[child]):
            continue
        color = LEFT if child in skeleton.left else RIGHT if child in skeleton.right else MIDDLE
        strong = 1.0 if sure is None else float(min(sure[parent], sure[child]))
        axes.plot(*pose[[parent, child]].T, color=color, linewidth=2 / strong, alpha=strong, marker="o", markersize=2.5)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(-span, span)
    axes.set_ylim(span, -span)
