"""The gain of refining the frames of a clip together: `python -m benchmarks.clip_noise --model=cmu --data=cmu.npz`.

Every clip of a data set with 3D as one person of a video of an unknown camera, with noise as of a detector, lifted by
`geolift.lift` frame by frame (`refine=False`) and together. Prints rigid P-MPJPE, MPJPE and MPJVE, writes them as JSON.

Detectors also make the same error for several frames, which looks like motion. Such errors that last are an
autoregressive process of first order, of 4 pixels, correlated over half a second.
"""

import json
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks.level_camera import errors_of
from benchmarks.robustness import DATA, MODEL, OUT, SEED, SPLIT, Frames, missing, noise
from geolift.data import dataset
from geolift.data.dataset import load_dataset
from geolift.evaluation import accuracy
from geolift.keypoints.recording import Recording, record
from geolift.skeletons.skeleton import H36M17

CLIPS = flags.DEFINE_integer("clips", 1, "Take one clip in so many.")


def lasting(pixels: float, frames: float) -> Callable[..., Frames]:
    """Every joint moved by noise that is correlated over so many frames; clips lie end to end."""
    return lambda rng, keypoints, sure: (keypoints + errors_of(rng, keypoints.shape, pixels, frames), sure)


def conditions(fps: float) -> dict[str, list[Callable[..., Frames]]]:
    """What is done to the keypoints, a list of changes each."""
    return {
        "as they are": [noise(0)],
        "2 px noise": [noise(2)],
        "5 px noise": [noise(5)],
        "10 px noise": [noise(10)],
        "5 px noise, 2 joints missing": [noise(5), missing(2)],
        "4 px that last 0.5 s": [lasting(4, 0.5 * fps)],
    }


MEASURES = ("p_mpjpe", "n_mpjpe", "mpjpe", "mpjve", "flip_rate")


def video(keypoints: np.ndarray, confidence: np.ndarray, clips: dataset.Dataset) -> Recording:
    """Every clip as one person, all at once; people do not interact."""
    clip = clips.clip_of_frame
    frame = np.arange(clips.frames) - clips.start[clip]
    return record(
        keypoints,
        confidence,
        frame=frame,
        person=clip,
        people=tuple(map(str, range(len(clips.start)))),
        joints=H36M17.names,
        joint_set="h36m17",
        frames=tuple(map(str, range(frame.max() + 1))),
        fps=float(clips.fps[0]),
        origin=DATA.value,
    )


def main(_: list[str]) -> None:
    data = load_dataset(DATA.value).select(SPLIT.value)
    chosen = np.isin(np.arange(len(data.start)), np.arange(0, len(data.start), CLIPS.value))
    data = data._replace(split=np.where(chosen, "chosen", "left")).select("chosen")
    if len(np.unique(data.fps)) > 1:
        raise SystemExit(f"{DATA.value}: found clips of several frame rates, expected one")
    model, table = geolift.load(MODEL.value), {}
    for name, damages in conditions(float(data.fps[0])).items():
        frames, rng = (data.keypoints, data.confidence), np.random.default_rng(SEED.value)
        for damage in damages:
            frames = damage(rng, *frames)
        for refine in (False, True):
            result = geolift.lift(video(*frames, data), model=model, min_confidence=0.0, refine=refine)
            points = np.full((data.frames, len(H36M17.names), 3), np.nan, np.float32)
            points[data.start[result.person] + result.frame] = result.points
            seen = np.isfinite(points).all(axis=-1)
            measured = accuracy.evaluate(np.where(seen[..., None], points, 0), data, seen=seen)
            row = {key: round(measured[key], 2) for key in MEASURES}
            table[f"{name}, {'together' if refine else 'frame by frame'}"] = row
            print(
                f"{list(table)[-1]:46s} " + "  ".join(f"{key} {value:6.1f}" for key, value in row.items()), flush=True
            )
    print(f"{model.id}, {data.frames} frames of {SPLIT.value}, seed {SEED.value}, {jax.devices()[0].device_kind}")
    if OUT.value:
        content = {"model": model.id, "frames": data.frames, "split": SPLIT.value, "seed": SEED.value, "table": table}
        Path(OUT.value).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
