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
from benchmarks.triangulated_video import read_video, recordings, seen_by
from geolift.data.dataset import load_dataset
from geolift.keypoints.recording import Recording, record
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
    """One person: `recording`, and `truth` `[T, J, 3]` millimetres, root-centred, camera axes, NaN where not known."""

    recording: Recording
    truth: np.ndarray


def motions(noise: float) -> Iterator[Clip]:
    """The clips of a data set that were chosen, with errors of so many pixels."""
    rng, data = np.random.default_rng(SEED.value), load_dataset(DATA.value).select(SPLIT.value)
    columns = (data.start, data.stop, data.fps, data.image_size)
    for start, stop, fps, size in list(zip(*columns, strict=True))[:: CLIPS.value]:
        rows = slice(int(start), min(int(stop), int(start) + FRAMES.value))
        keypoints = data.keypoints[rows] + errors_of(rng, data.keypoints[rows].shape, noise, 0)
        about = {"person": np.zeros(len(keypoints), int), "people": ("0",), "fps": float(fps), "image_size": size}
        recording = record(keypoints, np.ones(keypoints.shape[:2]), joints=H36M17.names, **about)
        yield Clip(recording, 1000 * (data.points_3d[rows] - data.points_3d[rows][:, [H36M17.root]]))


def videos() -> Iterator[Clip]:
    """What each camera of real videos sees of the person."""
    video = read_video(DATA.value)
    for camera, recording in zip(video.cameras, recordings(video, None), strict=True):
        truth = 1000 * (camera.truth - camera.truth[:, [H36M17.root]])
        yield Clip(seen_by(camera, recording, np.eye(3)), truth)


def lifted(clip: Clip, model: Model, *, refine: bool) -> np.ndarray:
    """`[T, J, 3]` millimetres, by `geolift.lift`; NaN where nothing was lifted."""
    result, points = geolift.lift(clip.recording, model=model, refine=refine), np.full(clip.truth.shape, np.nan)
    points[result.frame] = 1000 * result.points[:, : points.shape[1]]
    return points


def live(clip: Clip, model: Model, ahead: int) -> tuple[np.ndarray, list[float]]:
    """`[T, J, 3]` millimetres, by `geolift.Live`, and CPU seconds that each push took."""
    recording, seconds = clip.recording, []
    size = None if recording.image_size is None else tuple(map(float, recording.image_size[0]))
    about = {"fps": recording.fps or None, "image_size": size, "ahead": ahead}
    stream, poses = geolift.Live(recording.joints, model=model, **about), []
    frames = [None] * len(clip.truth)
    for frame, keypoints, sure in zip(recording.frame, recording.keypoints, recording.confidence, strict=True):
        frames[frame] = np.column_stack([keypoints, sure])
    for frame in frames:
        began = time.process_time()
        poses += stream.push(frame)
        seconds.append(time.process_time() - began)
    points = np.full(clip.truth.shape, np.nan)
    for pose in poses + stream.finish():
        points[pose.frame] = 1000 * pose.points
    return points, seconds


def measures(points: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Rigid P-MPJPE `[T]`, and errors of velocity `[T - 1]` and acceleration `[T - 2]`, mm and mm per frame."""
    seen = np.isfinite(points).all(axis=-1) & np.isfinite(truth).all(axis=-1)
    filled = [np.where(seen[..., None], values, 0).astype(np.float32) for values in (points, truth)]
    error = np.where(seen.sum(axis=1) > 3, np.asarray(geolift.p_mpjpe(*filled, seen=seen)), np.nan)
    found = {"p_mpjpe": error[SETTLED:], "first": error[:SETTLED]}
    for order, name in ((1, "velocity"), (2, "acceleration")):
        off = np.linalg.norm(np.diff(points, order, axis=0) - np.diff(truth, order, axis=0), axis=-1)
        found[name] = off[np.isfinite(off)]
    return found


def main(_: list[str]) -> None:
    model, table = geolift.load(MODEL.value), {}
    kinds = {f"{noise:g} px": lambda noise=noise: motions(noise) for noise in NOISE.value}
    if "positions_3d" in np.load(DATA.value).files:
        kinds = {"real video": videos}
    for kind, clips in kinds.items():
        rows, times = {}, {}
        for clip in clips():
            results = {f"ahead {ahead}": live(clip, model, ahead) for ahead in AHEAD.value}
            results |= {"whole clip": (lifted(clip, model, refine=True), [])}
            results |= {"frame by frame": (lifted(clip, model, refine=False), [])}
            for name, (points, seconds) in results.items():
                rows.setdefault(name, []).append(measures(points, clip.truth))
                times.setdefault(name, []).extend(seconds)
        for name, found in rows.items():
            row = {key: float(np.nanmean(np.concatenate([one[key] for one in found]))) for key in found[0]}
            if times[name]:
                row["median_ms"], row["p99_ms"] = (float(np.percentile(times[name], q)) * 1e3 for q in (50, 99))
            table[f"{kind}, {name}"] = row
            print(f"{kind}, {name:16s}", *(f"{key} {value:6.1f}" for key, value in row.items()), flush=True)
    if OUT.value:
        Path(OUT.value).write_text(json.dumps({"model": model.id, "table": table}, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
