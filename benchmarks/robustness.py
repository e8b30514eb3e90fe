"""Robustness of a lifter to the keypoints of detectors: `python -m benchmarks.robustness --model=cmu --data=cmu.npz`.

Frames of a data set with 3D, each as a single image of an unknown camera, are lifted by `geolift.lift`: unchanged, with
noise, with joints missing, and with a trunk made as from COCO's joints. Prints a table: rigid P-MPJPE over the joints
that were seen, beside it that of the unchanged frames over the same joints. Writes it as JSON.
"""

import json
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks.pose_errors import stills
from geolift.data import dataset
from geolift.data.dataset import load_dataset
from geolift.evaluation import accuracy
from geolift.evaluation.protocols import PROTOCOLS
from geolift.skeletons.skeleton import H36M17

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "Data set with 3D.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Its split.")
EVERY = flags.DEFINE_integer("every", 1, "Take one frame in so many.")
SEED = flags.DEFINE_integer("seed", 0, "Of noise and of the joints that are missing.")
OUT = flags.DEFINE_string("out", "", "Where to write the table as JSON; empty: nowhere.")

JOINT = {name: i for i, name in enumerate(H36M17.names)}
Frames = tuple[np.ndarray, np.ndarray]  # keypoints [F, J, 2], confidence [F, J]


def noise(pixels: float) -> Callable[..., Frames]:
    """Every joint moved by Gaussian noise."""
    return lambda rng, keypoints, sure: (keypoints + rng.normal(0, pixels, keypoints.shape), sure)


def missing(count: int) -> Callable[..., Frames]:
    """Some joints of each frame missing, any but the root."""

    def lose(rng: np.random.Generator, keypoints: np.ndarray, sure: np.ndarray) -> Frames:
        order = rng.random(sure.shape)
        order[:, H36M17.root] = 2  # the last to go
        return keypoints, np.where(order.argsort(axis=1).argsort(axis=1) < count, 0, sure)

    return lose


def without(*names: str) -> Callable[..., Frames]:
    """The same joints missing from every frame."""

    def cut(rng: np.random.Generator, keypoints: np.ndarray, sure: np.ndarray) -> Frames:
        sure = sure.copy()
        sure[:, [JOINT[name] for name in names]] = 0
        return keypoints, sure

    return cut


def like_coco(pixels: float) -> Callable[..., Frames]:
    """Thorax and spine made of shoulders and hips, no top of the head (docs/joint-mapping.md), and noise."""

    def change(rng: np.random.Generator, keypoints: np.ndarray, sure: np.ndarray) -> Frames:
        keypoints, sure = without("head")(rng, *noise(pixels)(rng, keypoints, sure))
        thorax = (keypoints[:, JOINT["left_shoulder"]] + keypoints[:, JOINT["right_shoulder"]]) / 2
        keypoints[:, JOINT["spine"]] = (keypoints[:, H36M17.root] + thorax) / 2
        keypoints[:, JOINT["thorax"]] = thorax
        return keypoints, sure

    return change


CONDITIONS: dict[str, Callable[..., Frames]] = {
    "as they are": noise(0),
    "5 px noise": noise(5),
    "10 px noise": noise(10),
    "2 joints missing": missing(2),
    "4 joints missing": missing(4),
    "no head": without("head"),
    "no legs": without("left_knee", "left_ankle", "right_knee", "right_ankle"),
    "trunk as from COCO, no head": like_coco(0),
    "the same, 5 px noise": like_coco(5),
}


def main(_: list[str]) -> None:
    data = load_dataset(DATA.value).select(SPLIT.value)
    model = geolift.load(MODEL.value)
    chosen = np.arange(0, data.frames, EVERY.value)
    images = data._replace(
        keypoints=data.keypoints[chosen],
        confidence=data.confidence[chosen],
        points_3d=data.points_3d[chosen],
        start=np.arange(len(chosen)),
        stop=np.arange(len(chosen)) + 1,
        image_size=None,
        intrinsics=None,
        **{key: getattr(data, key)[data.clip_of_frame[chosen]] for key in ("fps", *dataset.CLIP_TEXT)},
    )

    def measure(points: np.ndarray, seen: np.ndarray) -> dict[str, float]:
        measured = accuracy.evaluate(np.where(seen[..., None], points, 0), images, protocol=PROTOCOLS["cmu"], seen=seen)
        if measured["counts"]["frames"] < len(chosen):
            raise SystemExit(f"{measured['counts']}: frames were left out, so that rows cannot be compared")
        return measured

    table, undamaged = {}, None
    for name, spoil in CONDITIONS.items():
        keypoints, confidence = spoil(np.random.default_rng(SEED.value), images.keypoints, images.confidence)
        recording = stills(keypoints, confidence, joints=H36M17.names, origin=DATA.value)
        points = geolift.lift(recording, model=model, min_confidence=0.0).points
        undamaged = points if undamaged is None else undamaged
        seen = np.isfinite(points).all(axis=-1)
        measured = measure(points, seen)
        table[name] = {
            "p_mpjpe": round(measured["p_mpjpe"], 2),
            "p_mpjpe_undamaged": round(measure(undamaged, seen)["p_mpjpe"], 2),
            "n_mpjpe": round(measured["n_mpjpe"], 2),
            "flip_rate": round(measured["flip_rate"], 2),
        }
        print(f"{name:28s} " + "  ".join(f"{key} {value:6.1f}" for key, value in table[name].items()), flush=True)
    print(f"{model.id}, {len(chosen)} frames of {SPLIT.value}, seed {SEED.value}, {jax.devices()[0].device_kind}")
    if OUT.value:
        content = {"model": model.id, "frames": len(chosen), "split": SPLIT.value, "seed": SEED.value, "table": table}
        Path(OUT.value).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
