"""What steadying does to 2D keypoints: `python -m benchmarks.steadying --data=mocap_h36m17.npz`.

Recorded people before a level camera at several frame rates, with white errors and with errors that last (a first-order
autoregressive process of the same strength). Prints the root mean square (RMS) error after, divided by that before,
for each group of joints, of all frames, in stance and in swing; how many joints of clips are worse by over 5 %; and the
errors that are claimed to be left (`jitter`), divided by those that are. Then the knee angle of walks seen from the
side, through `geolift.lift`, with and without refinement.

Constants of the steadying were chosen on people of `train`; `--split=test` is for reports.
"""

import itertools

import numpy as np
from absl import app, flags

import geolift
from benchmarks.level_camera import IMAGE_SIZE, LONGEST, errors_of, filmed
from benchmarks.world_rows.takes import read_clips
from geolift.data.world import WorldClip
from geolift.keypoints.recording import Recording, record
from geolift.lifting.denoise import denoise
from geolift.lifting.tracks import Tracks, make_tracks
from geolift.skeletons.pose_angles import joint_angles
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", None, "Motion in the world (mocap_h36m17.npz).", required=True)
SPLIT = flags.DEFINE_string("split", "train", "Its split.")
EVERY = flags.DEFINE_integer("every", 40, "One clip in so many, by action.")
FPS = flags.DEFINE_multi_float("fps", [10.0, 15.0, 25.0, 30.0, 60.0, 120.0], "Frame rates.")
KNEES = flags.DEFINE_integer("knees", 8, "Walks of which the knee is measured; 0: none.")
SEED = flags.DEFINE_integer("seed", 0, "Of cameras and errors.")

ERRORS = (*((pixels, 0.0) for pixels in (0.5, 1.0, 2.0, 3.0, 4.0)), (2.0, 0.1), (2.0, 0.3))  # pixels, seconds they last
GROUPS = {"knees, elbows": ("knee", "elbow"), "ankles, wrists": ("ankle", "wrist")}
STANDS, SWINGS = 0.3, 0.8  # m/s, at most and at least
ENOUGH = 20  # frames of a phase that a joint is measured in
WORSE = 1.05  # times
STRAIGHT, SHORTEST = 0.9, 1.5  # of the way, metres: how far apart the ends of a straight walk are at least
KNEE_ERRORS = (0.0, 1.5, 3.0)  # pixels


def video(pixels: np.ndarray, fps: float) -> Recording:
    """A recording of one person."""
    about = {"joints": H36M17.names, "joint_set": "h36m17", "fps": fps, "image_size": IMAGE_SIZE}
    return record(pixels, np.ones(pixels.shape[:2]), **about)


def as_tracks(pixels: np.ndarray, fps: float) -> Tracks:
    """The same as `denoise` takes it; every joint is seen."""
    count = len(pixels)
    return make_tracks(
        pixels,
        np.ones(pixels.shape[:2]),
        np.arange(count),
        np.zeros(count, int),
        skeleton=H36M17,
        frames=tuple(map(str, range(count))),
        people=("person",),
        video=True,
        fps=fps,
        image_size=None,
        source="filmed",
    )


def measure(clips: list[WorldClip], fps: float, pixels: float, lasts: float) -> tuple[np.ndarray, float]:
    """`[clips, 3, J]` squared ratios of errors after to before, of all, standing, swinging; claimed to true jitter."""
    ratios, claimed = [], []
    for i, clip in enumerate(clips):
        rng = np.random.default_rng([SEED.value, i])
        truth, speed = filmed(clip, fps, rng.uniform(0, 2 * np.pi))
        errors = errors_of(rng, truth.shape, pixels, lasts * fps)
        tracks = denoise(as_tracks(truth + errors, fps)).tracks
        before, after = (np.sum(off**2, axis=-1) for off in (errors, tracks.keypoints - truth))
        claimed.append(tracks.jitter[0] / np.sqrt(after.mean() / 2))
        phases = np.stack([speed >= 0, speed < STANDS, speed > SWINGS])
        sums = ((phases * off).sum(axis=1) for off in (after, before))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(np.where(phases.sum(axis=1) >= ENOUGH, np.divide(*sums), np.nan))
    return np.array(ratios), float(np.median(claimed))


def print_ratios(clips: list[WorldClip]) -> None:
    """A row for each frame rate, kind of errors and group of joints."""
    in_group = {name: np.array([any(k in j for k in keys) for j in H36M17.names]) for name, keys in GROUPS.items()}
    in_group = {"trunk": ~np.any(list(in_group.values()), axis=0), **in_group}
    columns = ("frames per second", "errors, px", "joints", "all", "stance", "swing", "worse by over 5 %, %", "claimed")
    print("| " + " | ".join(columns) + " |\n" + "| --- " * len(columns) + "|")
    for fps, (pixels, lasts) in itertools.product(FPS.value, ERRORS):
        squares, claimed = measure(clips, fps, pixels, lasts)
        for name, joints in in_group.items():
            part = squares[..., joints]
            mean = " | ".join(f"{np.sqrt(np.nanmean(part[:, k])):.2f}" for k in range(3))
            worse = 100 * np.mean(part[np.isfinite(part)] > WORSE**2)
            kind = f"{pixels:g}" + (f", last {lasts:g} s" if lasts else "")
            print(f"| {fps:g} | {kind} | {name} | {mean} | {worse:.1f} | {claimed:.2f} |", flush=True)


def print_knees(clips: list[WorldClip]) -> None:
    """RMSE of the knee's angle of walks seen from the side, degrees."""
    model = geolift.load("human")
    for pixels in KNEE_ERRORS:
        off = {True: [], False: []}
        for i, clip in enumerate(clips):
            start, end = clip.points[0, H36M17.root], clip.points[len(clip.points) - 1, H36M17.root]
            truth, _ = filmed(clip, clip.fps, np.arctan2(*(end - start)[1::-1]) + np.pi / 2)
            points = clip.points[: len(truth)]
            given = truth + np.random.default_rng([SEED.value, i]).normal(0, pixels, truth.shape)
            for refine, found in off.items():
                result = geolift.lift(video(given, clip.fps), model=model, refine=refine)
                knees = (joint_angles(x, H36M17)["knee"] for x in (result.points, points[result.frame]))
                found.append(np.subtract(*knees))
        rmse = {refine: np.sqrt(np.nanmean(np.concatenate(found) ** 2)) for refine, found in off.items()}
        figures = f"{rmse[True]:.2f} degrees, {rmse[False]:.2f} with --no-refine"
        print(f"knee, {len(clips)} walks from the side, {pixels:g} px: {figures}", flush=True)


def straight(clip: WorldClip) -> bool:
    """Whether a clip is a walk along a straight line, which one camera sees from the side all the time."""
    root = np.asarray(clip.points[: round(LONGEST * clip.fps), H36M17.root, :2])
    way = np.linalg.norm(np.diff(root[:: round(clip.fps / 3)], axis=0), axis=-1).sum()
    return clip.action == "walk" and np.linalg.norm(root[-1] - root[0]) > max(STRAIGHT * way, SHORTEST)


def main(_: list[str]) -> None:
    clips = [clip for _, clip in read_clips(DATA.value, [SPLIT.value], None, 1) if len(clip.points) > 2 * clip.fps]
    print_ratios(clips[:: EVERY.value])
    walks = [clip for clip in clips if straight(clip)]
    if KNEES.value and walks:
        print_knees(walks[:: max(1, len(walks) // KNEES.value)][: KNEES.value])


if __name__ == "__main__":
    app.run(main)
