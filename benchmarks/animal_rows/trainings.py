"""Lifters as users train them, without 3D, and beside them the same network with 3D supervision."""

import time
from pathlib import Path
from typing import Any

import numpy as np

import geolift
from benchmarks import supervised_training
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.rows import Case
from geolift import model as models
from geolift.data.dataset import save_dataset
from geolift.data.learnable import measure_content
from geolift.model import Model
from geolift.new_lifter.from_keypoints import train_lifter
from geolift.new_lifter.settings import choose_settings

SUPERVISED_STEPS = 6000  # after which its error hardly falls any more, at this batch size


def train_alone(case: Case, folder: Path, *, minutes: float, seed: int) -> tuple[Model, dict[str, Any]]:
    """`geolift train` on a case's 2D; the lifter, and what the command says of it."""
    path, lines = folder / "keypoints.npz", []
    save_dataset(case.data.without_3d(), path)
    began = time.perf_counter()
    found = train_lifter(
        [path], folder / "lifter.safetensors", minutes=minutes, seed=seed, force=True, say=lines.append, **case.options
    )
    judged = found.judgement
    facts = {
        "seconds": round(time.perf_counter() - began),
        "score": round(judged.score, 3),
        "pitch": round(float(np.degrees(judged.pitch)), 1),
        "directions": judged.directions,
        "right_handed": None if np.isnan(judged.right_handed) else round(judged.right_handed, 3),
        "fatal": judged.fatal,
        "said": lines,
    }
    return geolift.load(found.path), facts


def train_supervised(case: Case, *, seed: int) -> tuple[Model, dict[str, Any]]:
    """The same network trained on the 3D of the same frames (`benchmarks.supervised_training`)."""
    seen = case.data.select("train")
    config = choose_settings(seen, measure_content(seen), cameras=case.options.get("cameras", "above"), seed=seed)[0]
    config.steps, config.data.split = SUPERVISED_STEPS, "train"
    model, steps, seconds = supervised_training.train(config, case.data)
    return model, {"seconds": round(seconds), "steps": steps}


def measure(model: Model, case: Case) -> dict[str, Any]:
    """Errors of the lifter and of the flat skeleton, on the joints that were seen and whose truth is known."""
    poses = models.normalized_poses(model, case.test)
    points = models.lift_poses(model, poses, case.test.seen if model.lifter.masks else None)
    usable = case.test.seen if model.lifter.masks else np.repeat(case.test.whole[:, None], poses.shape[1], axis=1)
    lifted, flat = (np.where(usable[..., None], x, np.nan) for x in (points, models.flat_skeleton(poses)))
    options = {"root": case.test.skeleton.root, "length": case.length}
    return figures(lifted, case.truth, **options) | {
        f"flat_{key}": value for key, value in figures(flat, case.truth, **options).items() if "mpjpe" in key
    }
