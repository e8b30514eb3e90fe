"""Live use, by how many frames it looks ahead: `python -m benchmarks.live --data=cmu.npz --clips=12`.

Every clip of a data set with 3D is one person before a camera, with errors as of a detector. The table has the errors
of `geolift.Live` that looks 0, 2, 5 and 15 frames ahead, of `geolift.lift` of the whole clip, and frame by frame
(`refine=False`), and the CPU time of a frame (run it with one thread).

`--data=points.npz` of real videos (layout: benchmarks/video.py): the keypoints of each camera, its triangulated joints.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from absl import app, flags

import geolift
from benchmarks.level_camera import errors_of
from geolift.data.dataset import load_dataset
from geolift.keypoints.recording import record
from geolift.model import Model
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "Data set with 3D.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Its split.")
CLIPS = flags.DEFINE_integer("clips", 12, "Take one clip in so many.")
FRAMES = flags.DEFINE_integer("frames", 300, "Of each clip, at most.")
NOISE = flags.DEFINE_multi_float("noise", [0.0, 5.0], "Pixels, standard deviation of the errors of each frame.")
AHEAD = flags.DEFINE_multi_integer("ahead", [0, 2, 5, 15], "Frames that are looked ahead.")
MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
SEED = flags.DEFINE_integer("seed", 0, "Of noise.")
OUT = flags.DEFINE_string("out", "", "Where to write the table as JSON; empty: nowhere.")
SETTLED = 60  # frames after which a person is known: results before are measured apart


class Clip(NamedTuple):
    """`keypoints` `[T, J, 2]` pixels, `truth` `[T, J, 3]` root-centred millimetres, camera axes, `fps`, image size."""

    keypoints: np.ndarray
    truth: np.ndarray
    fps: float
    image_size: tuple[float, float]


def clips() -> Iterator[Clip]:
    """The clips that were chosen, without errors."""
    data = load_dataset(DATA.value).select(SPLIT.value)
    columns = (data.start, data.stop, data.fps, data.image_size)
    for start, stop, fps, size in list(zip(*columns, strict=True))[:: CLIPS.value]:
        rows = slice(int(start), min(int(stop), int(start) + FRAMES.value))
        truth = data.points_3d[rows] - data.points_3d[rows][:, [H36M17.root]]
        yield Clip(data.keypoints[rows], 1000 * truth, float(fps), tuple(map(float, size)))


def lifted(clip: Clip, model: Model, *, refine: bool) -> np.ndarray:
    """`[T, J, 3]` millimetres, by `geolift.lift`."""
    count = len(clip.keypoints)
    about = {"person": np.zeros(count, int), "people": ("0",), "fps": clip.fps, "image_size": clip.image_size}
    recording = record(clip.keypoints, np.ones((count, len(H36M17.names))), joints=H36M17.names, **about)
    return 1000 * geolift.lift(recording, model=model, refine=refine).points


def live(clip: Clip, model: Model, ahead: int) -> tuple[np.ndarray, list[float]]:
    """`[T, J, 3]` millimetres, by `geolift.Live`, and CPU seconds that each push took."""
    about = {"fps": clip.fps, "image_size": clip.image_size, "ahead": ahead}
    stream, poses, seconds = geolift.Live(H36M17.names, model=model, **about), [], []
    for keypoints in clip.keypoints:
        began = time.process_time()
        poses += stream.push(keypoints)
        seconds.append(time.process_time() - began)
    poses += stream.finish()
    return 1000 * np.stack([pose.points for pose in poses]), seconds


def measures(points: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Rigid P-MPJPE `[T]`, error of velocity `[T - 1]` and of acceleration `[T - 2]`, mm and mm per frame."""
    aligned = np.asarray(geolift.align(points, truth, scale=True, reflection=False))
    found = {"p_mpjpe": np.linalg.norm(aligned - truth, axis=-1).mean(axis=-1)}
    for order, name in ((1, "velocity"), (2, "acceleration")):
        off = np.diff(points, order, axis=0) - np.diff(truth, order, axis=0)
        found[name] = np.linalg.norm(off, axis=-1).mean(axis=-1)
    found["first"], found["p_mpjpe"] = found["p_mpjpe"][:SETTLED], found["p_mpjpe"][SETTLED:]
    return found


def main(_: list[str]) -> None:
    model, table = geolift.load(MODEL.value), {}
    for noise in NOISE.value:
        rng, rows, times = np.random.default_rng(SEED.value), {}, {}
        for clip in clips():
            spoiled = clip._replace(keypoints=clip.keypoints + errors_of(rng, clip.keypoints.shape, noise, 0))
            results = {f"ahead {ahead}": live(spoiled, model, ahead) for ahead in AHEAD.value}
            results |= {"whole clip": (lifted(spoiled, model, refine=True), [])}
            results |= {"frame by frame": (lifted(spoiled, model, refine=False), [])}
            for name, (points, seconds) in results.items():
                rows.setdefault(name, []).append(measures(points, clip.truth))
                times.setdefault(name, []).extend(seconds)
        for name, found in rows.items():
            row = {key: float(np.concatenate([one[key] for one in found]).mean()) for key in found[0]}
            if times[name]:
                row["median_ms"], row["p99_ms"] = (float(np.percentile(times[name], q)) * 1e3 for q in (50, 99))
            table[f"{noise:g} px, {name}"] = row
            print(f"{noise:g} px, {name:16s}", *(f"{key} {value:6.1f}" for key, value in row.items()), flush=True)
    if OUT.value:
        Path(OUT.value).write_text(json.dumps({"model": model.id, "table": table}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
