"""Faults of detectors that `geolift.Live` finds, and what it finds in right data: `--data=cmu.npz --clips=12`.

Every clip of a data set is one person before a camera. Rows: what is found in the keypoints as they are; in how many
clips sides that are exchanged for six frames are changed back exactly, and said; in how many a hand or foot that is
half a person away for two frames counts as missing when it comes, and when it is back.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from absl import app, flags

from geolift.data.dataset import load_dataset
from geolift.keypoints.recording import record
from geolift.live.watch import Watch
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "Data set.", required=True)
SPLIT = flags.DEFINE_string("split", "train", "Its split.")
CLIPS = flags.DEFINE_integer("clips", 12, "Take one clip in so many.")
FRAMES = flags.DEFINE_integer("frames", 600, "Of each clip, at most.")
NOISE = flags.DEFINE_multi_float("noise", [0.0, 2.0, 5.0], "Pixels, standard deviation of the errors of each frame.")
AT, SWAPPED, AWAY = 80, 6, 2  # the first wrong frame, and for how many sides are exchanged and a joint is away
ENDS = [H36M17.names.index(f"{side}_{end}") for side in ("left", "right") for end in ("wrist", "ankle")]


def watched(keypoints: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[int, str]]]:
    """Points as mended, joints that jump as known at once and in the end, and the notes with their frames."""
    about = {"joints": H36M17.names, "person": np.zeros(1, int), "people": ("",)}
    watch, notes = Watch(record(np.ones((1, 17, 2)), np.ones((1, 17)), **about), None, 0), []
    points, at_once = np.zeros(keypoints.shape), np.zeros(keypoints.shape[:2], bool)
    later = at_once.copy()
    for frame, given in enumerate(keypoints):
        found = watch.add(frame, frame, given, np.ones(17), fps)
        points[frame], at_once[frame] = found.rows[-1].points, found.rows[-1].jumps
        for row in found.rows:
            later[row.number] = row.jumps
        notes += [(frame, sentence) for sentence in found.notes.values()]
    return points, at_once, later, notes


def clips(noise: float) -> Iterator[tuple[np.ndarray, float]]:
    """Keypoints `[T, 17, 2]` and frames per second of the clips that were chosen, with errors of so many pixels."""
    rng, data = np.random.default_rng(0), load_dataset(DATA.value).select(SPLIT.value)
    for start, stop, fps in list(zip(data.start, data.stop, data.fps, strict=True))[:: CLIPS.value]:
        keypoints = np.asarray(data.keypoints[int(start) : min(int(stop), int(start) + FRAMES.value)], np.float64)
        yield keypoints + rng.normal(0, noise, keypoints.shape), float(fps)


def main(_: list[str]) -> None:
    for noise in NOISE.value:
        rng, found = np.random.default_rng(1), Counter()
        for keypoints, fps in clips(noise):
            points, _, later, notes = watched(keypoints, fps)
            found["frames"] += len(keypoints)
            found["sides changed in right frames"] += int((points != keypoints).any(axis=(1, 2)).sum())
            found["right joints counted as missing"] += int(later.sum())
            found["notes"] += len(notes)
            if len(keypoints) < 2 * AT:
                continue
            found["clips"] += 1
            wrong = keypoints.copy()
            wrong[AT : AT + SWAPPED] = wrong[AT : AT + SWAPPED, list(H36M17.mirrored)]
            points, _, _, notes = watched(wrong, fps)
            found["exchanges changed back"] += bool((points == keypoints).all())
            found["exchanges said"] += any(frame == AT for frame, _ in notes)
            wrong, joint, angle = keypoints.copy(), rng.choice(ENDS), rng.uniform(0, 2 * np.pi)
            wrong[AT : AT + AWAY, joint] += (
                np.hypot(*np.ptp(keypoints[AT], axis=0)) / 2 * np.array([np.cos(angle), np.sin(angle)])
            )
            _, at_once, later, _ = watched(wrong, fps)
            found["jumps at once"] += bool(at_once[AT : AT + AWAY, joint].all())
            found["jumps in the end"] += bool(later[AT : AT + AWAY, joint].all())
        print(f"{noise:g} px:", ", ".join(f"{what} {count}" for what, count in found.items()), flush=True)


if __name__ == "__main__":
    app.run(main)
