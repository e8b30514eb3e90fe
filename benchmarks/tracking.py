"""Following people through made-up crossings of recorded motion: `python -m benchmarks.tracking --data=mocap.npz`.

In each scene some people of a motion capture data set walk through each other's way before a standing camera, each
clip carried along a straight course. Detections jitter, people behind others are missed, single detections and runs of
them are missed at random, and in some scenes there are ghosts for one or two frames, or joints are missing at random.
The detections of each frame are shuffled and followed by `geolift.keypoints.track`. Prints IDF1 (Ristani et al. 2016,
arXiv:1609.01775), how often a person's track changes, and how many people come out of those that are there, and the
time for a long video.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from absl import app, flags
from scipy.optimize import linear_sum_assignment

from geolift.keypoints.recording import Recording, record
from geolift.keypoints.tracking import track
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "Motion capture: positions, start, stop, split; metres, z up.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Its split.")
SCENES = flags.DEFINE_integer("scenes", 30, "Scenes of each kind.")
FRAMES = flags.DEFINE_integer("frames", 18000, "Of the long video, of three people.")
SEED = flags.DEFINE_integer("seed", 0, "Of people, courses and what is missed.")
OUT = flags.DEFINE_string("out", "", "Where to write the table as JSON; empty: nowhere.")

FOCAL, WIDTH, HEIGHT = 1200.0, 1920, 1080  # pixels
SECONDS = 8.0
RATE = 30.0  # frames per second of the data
JITTER = 2.0  # pixels
MISSED = 0.02  # of the detections
HIDDEN = 0.6  # share of a person's box that another covers from which on the one behind is missed


class Kind(NamedTuple):
    """A kind of scene.

    Attributes:
        people: how many.
        fps: frames per second.
        speed: how fast they go, m/s.
        gaps: runs of detections that are missed.
        ghosts: how many.
        missing: share of the joints.
    """

    people: int
    fps: float
    speed: float
    gaps: int = 0
    ghosts: int = 0
    missing: float = 0.0


KINDS = {
    "one, walking": Kind(1, 30, 1.5),
    "one, walking, ghosts": Kind(1, 30, 1.5, 0, 4),
    "one, sprinting, 6 per second": Kind(1, 6, 8.0),
    "one, lost for 1.3 s": Kind(1, 30, 1.5, 1),
    "two crossing": Kind(2, 30, 1.5),
    "two crossing, lost for 1.3 s": Kind(2, 30, 1.5, 1),
    "three crossing": Kind(3, 30, 1.5),
    "three crossing, 10 per second": Kind(3, 10, 1.5),
    "three crossing, 6 per second": Kind(3, 6, 1.5),
    "three running, 10 per second": Kind(3, 10, 4.0),
    "five crossing, lost for 1.3 s": Kind(5, 30, 1.5, 2),
    "two crossing, 40 % of joints missing": Kind(2, 30, 1.5, missing=0.4),
    "three crossing, 40 % of joints missing": Kind(3, 30, 1.5, missing=0.4),
}


def clips(path: str, split: str) -> list[np.ndarray]:
    """Motion `[T, 17, 3]` of each clip that is long enough, metres, z up."""
    with np.load(path) as data:
        chosen = np.flatnonzero((data["split"] == split) & (data["stop"] - data["start"] >= SECONDS * RATE))
        return [data["positions"][data["start"][i] : data["stop"][i]] for i in chosen]


def scene(motions: list[np.ndarray], kind: Kind, rng: np.random.Generator) -> tuple[Recording, np.ndarray]:
    """A recording of shuffled detections, and `[N]` who each is; -1: a ghost."""
    frames = round(SECONDS * kind.fps)
    people = [_walker(motions[rng.integers(len(motions))], frames, kind, rng) for _ in range(kind.people)]
    points = np.stack(people, axis=1)  # [T, P, 17, 3] camera axes
    pixels = points[..., :2] / points[..., 2:] * FOCAL + (WIDTH / 2, HEIGHT / 2)
    pixels += rng.normal(0, JITTER, pixels.shape)
    seen = _seen(pixels, points[..., 2].mean(axis=-1), kind, rng)
    frame, who = np.nonzero(seen)
    rows = pixels[seen]
    if kind.ghosts:
        at = np.repeat(rng.integers(1, frames - 2, kind.ghosts), 2) + np.tile([0, 1], kind.ghosts)
        ghost = rng.normal(0, 40, (len(at), 17, 2)) + rng.uniform(
            (200, 200), (WIDTH - 200, HEIGHT - 200), (len(at), 1, 2)
        )
        frame, who, rows = np.append(frame, at), np.append(who, np.full(len(at), -1)), np.concatenate([rows, ghost])
    order = np.lexsort((rng.random(len(frame)), frame))
    names = tuple(str(i) for i in range(frames))
    trust = np.ones((len(rows), 17))
    if kind.missing:
        trust[rng.random(trust.shape) < kind.missing] = 0
    recording = record(rows[order], trust, frame=frame[order], frames=names, joints=H36M17.names, fps=kind.fps)
    return recording, who[order]


def _walker(motion: np.ndarray, frames: int, kind: Kind, rng: np.random.Generator) -> np.ndarray:
    """One person `[T, 17, 3]` in camera axes, on a straight course through the middle of the image."""
    step = RATE / kind.fps
    first = rng.integers(0, len(motion) - int(frames * step) + 1)
    body = motion[(first + np.arange(frames) * step).astype(int)]
    body = body - body[:, :1] * (1, 1, 0)
    depth, side = rng.uniform(5, 8), rng.choice([-1, 1])
    length = min(kind.speed * SECONDS, depth * WIDTH / FOCAL * 0.9)
    place = rng.uniform(-0.3, 0.3) + side * _there_and_back(kind.speed, length, frames / kind.fps, frames)
    turned = (
        body @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)
        if rng.random() < 0.5
        else body[..., [0, 2, 1]] * (1, -1, 1)
    )
    return turned + np.stack([place, np.full(frames, 1.0), depth + rng.uniform(-0.1, 0.1) * place], axis=-1)[:, None]


def _there_and_back(speed: float, length: float, seconds: float, frames: int) -> np.ndarray:
    """Places on a course through 0 that is walked at a constant speed, and back at its ends."""
    way = speed * np.linspace(0, seconds, frames, endpoint=False)
    return np.abs((way + length) % (2 * length) - length) - length / 2


def _seen(pixels: np.ndarray, depth: np.ndarray, kind: Kind, rng: np.random.Generator) -> np.ndarray:
    """`[T, P]` whether each person is detected."""
    frames, people = depth.shape
    seen = rng.random((frames, people)) > MISSED
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    for i in range(people):
        for j in range(people):
            overlap = np.maximum(np.minimum(high[:, i], high[:, j]) - np.maximum(low[:, i], low[:, j]), 0).prod(axis=-1)
            seen[:, i] &= (overlap < HIDDEN * (high[:, i] - low[:, i]).prod(axis=-1)) | (depth[:, i] <= depth[:, j])
    for i in range(min(kind.gaps, people)):
        first = rng.integers(frames // 4, frames // 2)
        seen[first : first + round(1.3 * kind.fps), i] = False
    return seen


def score(found: np.ndarray, who: np.ndarray) -> tuple[float, int]:
    """IDF1, and how often a person's track changes. `found` `[N]`: -1 where a detection was left out."""
    people, tracks = who.max() + 1, found.max() + 1
    both = (who >= 0) & (found >= 0)
    count = np.zeros((people, tracks), int)
    np.add.at(count, (who[both], found[both]), 1)
    right = count[linear_sum_assignment(-count)].sum()
    switches = 0
    for person in range(people):
        track_of = found[(who == person) & (found >= 0)]
        switches += int((np.diff(track_of) != 0).sum())
    return 2 * right / ((who >= 0).sum() + (found >= 0).sum()), switches


def follow(recording: Recording) -> np.ndarray:
    """`[N]` the track of each detection; -1: left out."""
    tracked = track(recording)
    rows = {
        (int(f), p.tobytes()): int(who)
        for f, p, who in zip(tracked.frame, tracked.keypoints, tracked.person, strict=True)
    }
    return np.array(
        [rows.get((int(f), p.tobytes()), -1) for f, p in zip(recording.frame, recording.keypoints, strict=True)]
    )


def measured(motions: list[np.ndarray]) -> Iterator[tuple[str, dict[str, float]]]:
    """Figures of each kind of scene."""
    for name, kind in KINDS.items():
        rng = np.random.default_rng(SEED.value)
        idf1, switches, extra = [], [], []
        for _ in range(SCENES.value):
            recording, who = scene(motions, kind, rng)
            found = follow(recording)
            share, changes = score(found, who)
            idf1.append(share)
            switches.append(changes)
            extra.append(len(np.unique(found[found >= 0])) - kind.people)
        yield name, {"idf1": np.mean(idf1), "switches": np.mean(switches), "people too many": np.mean(extra)}


def long_video(motions: list[np.ndarray]) -> float:
    """Seconds of the processor to follow three people through a long video."""
    recording, _ = scene(motions, Kind(3, 30, 1.5), np.random.default_rng(SEED.value))
    times = -(-FRAMES.value // len(recording.frames))
    frame = (recording.frame[None] + len(recording.frames) * np.arange(times)[:, None]).ravel()
    rows = np.tile(recording.keypoints, (times, 1, 1))
    repeated = record(rows, np.ones(rows.shape[:2]), frame=frame, joints=recording.joints, fps=30)
    started = time.process_time()
    track(repeated)
    return time.process_time() - started


def main(_: list[str]) -> None:
    motions = clips(DATA.value, SPLIT.value)
    table = {}
    print(f"{'scenes':40}   IDF1   changes of track   people too many")
    for name, row in measured(motions):
        table[name] = {key: round(float(value), 4) for key, value in row.items()}
        print(f"{name:40}  {row['idf1']:.3f}  {row['switches']:16.2f}  {row['people too many']:16.2f}", flush=True)
    table["seconds"] = round(long_video(motions), 2)
    print(f"{FRAMES.value} frames of three people: {table['seconds']:.1f} s")
    if OUT.value:
        Path(OUT.value).write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
