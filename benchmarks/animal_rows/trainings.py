"""Lifters as users train them, without 3D, and beside them the same network with 3D supervision."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import geolift
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.rows import Case
from geolift import model as models
from geolift.data.dataset import save_dataset
from geolift.data.learnable import measure_content
from geolift.model import Model
from geolift.new_lifter.from_keypoints import train_lifter
from geolift.supervised.from_dataset import config_for
from geolift.supervised.training import train, trained

WARNING = "warning: "  # begins what is refused before training, unless forced


def train_alone(case: Case, folder: Path, *, minutes: float, seed: int) -> tuple[Model, dict[str, Any]]:
    """`geolift train` on a case's 2D; the lifter, and what the command says of it."""
    path, lines = folder / "keypoints.npz", []
    save_dataset(case.data.without_3d(), path)
    began = time.perf_counter()
    found = train_lifter(
        [path], folder / "lifter.safetensors", minutes=minutes, seed=seed, force=True, say=lines.append
    )
    judged = found.judgement
    facts = {
        "seconds": round(time.perf_counter() - began),
        "score": round(judged.score, 3),
        "pitch": round(float(np.degrees(judged.pitch)), 1),
        "directions": judged.directions,
        "right_handed": None if np.isnan(judged.right_handed) else round(judged.right_handed, 3),
        "fatal": judged.fatal or next((line[len(WARNING) :] for line in lines if line.startswith(WARNING)), ""),
        "said": lines,
    }
    return geolift.load(found.path), facts


def train_supervised(case: Case, *, seed: int) -> tuple[Model, dict[str, Any]]:
    """The same network trained on the 3D of the same frames (`geolift.supervised`)."""
    seen = case.data.select("train")
    config = config_for(seen, measure_content(seen), seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        train(config, case.data, Path(folder))
        seconds = time.perf_counter() - began
        model, steps = trained(config, case.data, Path(folder))
    return model, {"seconds": round(seconds), "steps": steps}


def measure(model: Model, case: Case) -> dict[str, Any]:
    """Errors of the lifter, of the flat skeleton and of true depths, on joints that were seen and whose truth is known.

    Returns:
        As `measures.figures`; `flat_` and `best_` begin the errors of the others; `cameras` has the P-MPJPE of all in
        each camera.
    """
    poses, seen = models.normalized_poses(model, case.test), case.test.seen if model.lifter.masks else None
    usable = np.broadcast_to(case.test.whole[:, None], poses.shape[:2]) if seen is None else seen
    points = {"": models.lift_poses(model, poses, seen), "flat_": models.flat_skeleton(poses)}
    if case.best is not None:
        points["best_"] = case.best
    points = {name: np.where(usable[..., None], one, np.nan) for name, one in points.items()}
    options = {"root": case.test.skeleton.root, "length": case.length}
    found = {name: figures(one, case.truth, **options) for name, one in points.items()}
    camera = case.test.camera[case.test.clip_of_frame]
    by_camera = {
        str(name): {f"{kind}p_mpjpe": _error(one, case.truth, camera == name, options) for kind, one in points.items()}
        for name in np.unique(camera)
    }
    others = {f"{kind}{key}": value for kind in points if kind for key, value in found[kind].items() if "mpjpe" in key}
    return found[""] | others | {"cameras": by_camera}


def _error(points: np.ndarray, truth: np.ndarray, chosen: np.ndarray, options: dict[str, Any]) -> float:
    return round(figures(points[chosen], truth[chosen], **options)["p_mpjpe"], 2)
