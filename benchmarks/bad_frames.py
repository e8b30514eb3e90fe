"""Joints that jump and exchanged sides, found and not: `python -m benchmarks.bad_frames --data=mocap.npz`.

Every n-th filmed clip of a split, at several frame rates, as it is, with white noise and with errors that last. Counts
right joints that are taken out and right frames whose sides are exchanged; then, in copies with three joints elsewhere
for a fifth of a second at most, the share of these that is found, and in copies with sides exchanged once for a second
at most, the clips in which all frames are right again and those in which a right frame was changed. Last, whole bodies
that are exchanged at once for two seconds at most, and whose arms come back up to a quarter of a second before or after
the legs: the share of these joints that is right again.
"""

from collections.abc import Iterator

import numpy as np
from absl import app, flags
from scipy.interpolate import CubicSpline

from benchmarks.level_camera import errors_of
from geolift.convert.registry import CONVERTERS
from geolift.keypoints.joint_jumps import without_jumps
from geolift.keypoints.recording import Recording, record
from geolift.keypoints.side_checks import ARMS, LEGS, SLOWEST
from geolift.keypoints.side_swaps import undo_swaps
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "Motion capture: positions, start, stop, split; metres, z up.", required=True)
SPLIT = flags.DEFINE_string("split", "train", "Its split.")
EVERY = flags.DEFINE_integer("every", 101, "Take one filmed clip in so many.")
SEED = flags.DEFINE_integer("seed", 0, "Of errors and faults.")

RATES = (6, 15, 30, 60, 120)  # frames per second; the data have 30
PIXELS = 4.0  # of the errors
LASTING = -1 / np.log(0.9)  # frames, of errors of which nine tenths are left in the next frame
SHORTEST = 30  # frames of a clip
SPIKES, AWAY = 3, (0.15, 0.6)  # sizes
CHANGED = 0.05  # sizes


def clips() -> list[np.ndarray]:
    """Keypoints `[T, 17, 2]` of each clip, 30 frames per second."""
    film = CONVERTERS["cmu"].convert(DATA.value).select(SPLIT.value)
    spans = list(zip(film.start, film.stop, strict=True))[:: EVERY.value]
    return [film.keypoints[start:stop].astype(np.float64) for start, stop in spans if stop - start >= SHORTEST]


def at_rate(points: np.ndarray, rate: int) -> np.ndarray:
    return CubicSpline(np.arange(len(points)), points)(np.arange(0, len(points) - 1, 30 / rate))


def with_errors(points: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    if kind == "none":
        return points
    return points + errors_of(rng, points.shape, PIXELS, LASTING if kind == "lasting" else 0.0)


def one_person(points: np.ndarray, rate: int) -> Recording:
    about = {"joints": H36M17.names, "joint_set": "h36m17", "people": ("0",), "fps": float(rate)}
    return record(points, np.ones(points.shape[:2]), person=np.zeros(len(points), int), **about)


def size_of(points: np.ndarray) -> float:
    return float(np.median(np.linalg.norm(np.ptp(points, axis=1), axis=-1)))


def spiked(points: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """With joints elsewhere, and `[T, 17]` bool where."""
    wrong, where = points.copy(), np.zeros(points.shape[:2], bool)
    for _ in range(SPIKES):
        joint, frames = rng.integers(1, 17), rng.integers(1, max(1, round(0.2 * rate)) + 1)
        first = rng.integers(1, len(points) - frames)
        if not where[first - 1 : first + frames + 1, joint].any():
            angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(*AWAY) * size_of(points)
            place = points[first, joint] + far * np.array([np.cos(angle), np.sin(angle)])
            wrong[first : first + frames, joint] = place + rng.normal(0, 1, (frames, 2))
            where[first : first + frames, joint] = True
    return wrong, where


def exchanged(points: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """With the sides of legs, arms or both exchanged, and `[T]` bool where."""
    limbs = (LEGS, ARMS, np.concatenate([LEGS, ARMS], axis=1))[rng.integers(3)]
    left, right = np.asarray(limbs)
    frames = rng.integers(1, max(1, min(len(points) // 8, rate)) + 1)
    where = np.zeros(len(points), bool)
    where[rng.integers(0, len(points) - frames + 1) :][:frames] = True
    wrong = points.copy()
    wrong[np.ix_(where, [*left, *right])] = points[np.ix_(where, [*right, *left])]
    return wrong, where


def back_apart(points: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """With the sides of the whole body exchanged, back limb by limb, and `[T, 17]` bool where."""
    frames = rng.integers(1, max(1, min(len(points) // 4, 2 * rate)) + 1)
    first = rng.integers(0, len(points) - frames + 1)
    wrong, where = points.copy(), np.zeros(points.shape[:2], bool)
    for limb, later in ((LEGS, 0), (ARMS, rng.integers(-rate // 4, rate // 4 + 1))):
        left, right = limb
        rows = np.arange(len(points))[first : max(first + 1, first + frames + later)]
        wrong[np.ix_(rows, [*left, *right])] = points[np.ix_(rows, [*right, *left])]
        where[np.ix_(rows, [*left, *right])] = True
    return wrong, where


def rows(motion: list[np.ndarray]) -> Iterator[tuple[str, ...]]:
    """A row of the table for each frame rate and kind of errors."""
    for rate in RATES:
        for kind in ("none", "white", "lasting"):
            rng, last = (np.random.default_rng(SEED.value + i) for i in (0, 1))
            count = np.zeros(9, int)
            for clip in motion:
                points = with_errors(at_rate(clip, rate), kind, rng)
                if len(points) < SHORTEST / 5:
                    continue
                right, size = one_person(points, rate), size_of(points)
                taken, sides = (~without_jumps(right).seen).sum(), undo_swaps(right).keypoints != right.keypoints
                wrong, where = spiked(points, rate, rng)
                found = ~without_jumps(one_person(wrong, rate)).seen & where
                wrong, swapped = exchanged(points, rate, rng)
                off = np.abs(undo_swaps(one_person(wrong, rate)).keypoints - right.keypoints).max(axis=(1, 2))
                off = off > CHANGED * size
                wrong, apart = back_apart(points, rate, last)
                apart &= np.linalg.norm(wrong - points, axis=-1) > CHANGED * size
                still = np.linalg.norm(undo_swaps(one_person(wrong, rate)).keypoints - points, axis=-1) > CHANGED * size
                count += [right.seen.size, taken, sides.any(axis=(1, 2)).sum(), where.sum(), found.sum(),
                          not off.any(), off[~swapped].any(), apart.sum(), (apart & ~still).sum()]  # fmt: skip
            joints, taken, sides, spikes, found, mended, spoilt, apart, again = count.tolist()
            swaps = (f"{mended / len(motion):.0%}", str(spoilt), f"{again / apart:.0%}")
            swaps = swaps if rate >= SLOWEST else ("-", "-", "-")
            yield str(rate), kind, str(joints), str(taken), str(sides), f"{found / spikes:.0%}", *swaps


def main(_: list[str]) -> None:
    motion = clips()
    print(f"{len(motion)} clips of {SPLIT.value}\n")
    print("| frames per second | errors | right joints | taken out | right frames exchanged | jumps found | "
          "clips with exchanged sides mended | clips spoilt | limbs back apart: joints right again |\n"
          + "| --- " * 9 + "|")  # fmt: skip
    for row in rows(motion):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    app.run(main)
