"""The weights of uncertainty (docs/method.md, eq. 28) from 2D alone: `python -m benchmarks.two_cameras --model=run`.

Two cameras at right angles see each other's depths: what one has to estimate lies across the image of the other.
People of recorded motion (--data, as `geolift convert cmu` reads it) are filmed by four cameras "any" a clip
(docs/cameras.md); of the films only the keypoints are used. The lifts of the same moments by two cameras are aligned by
one rotation for the clip, which is not given but found from the lifts. Where the cameras turn out to look across each
other, what is left along the line of sight of one is taken as the error of its depths. The weights are those with which
68.3 % of these errors are smaller than eq. 28 gives (Koenker & Bassett 1978, "Regression Quantiles"). They are
found for single images, and for videos whose frames were made to agree.

--model must not have been trained on these --subjects.
"""

from collections.abc import Iterator

import numpy as np
from absl import app, flags
from scipy.optimize import minimize

import geolift
from benchmarks.camera_settings import Setting, film_clips
from benchmarks.pose_errors import lift_stills
from benchmarks.spoiled_keypoints import CONDITIONS, spoil
from geolift.convert.mocap import cmu
from geolift.data.cameras import CAMERAS
from geolift.lifting.denoise import denoise
from geolift.lifting.gaps import fill_gaps
from geolift.lifting.lifted import Lifted, lift_in_proportion, lift_tracks, refine_lifted
from geolift.lifting.tracks import make_tracks
from geolift.lifting.trunk import place_trunks
from geolift.lifting.uncertainty import AROUND, Weights, over_time, read_signs
from geolift.model import Model
from geolift.skeletons.skeleton import H36M17, expect_skeleton

MODEL = flags.DEFINE_string("model", None, "A run's folder, a .safetensors file or a name.", required=True)
DATA = flags.DEFINE_string("data", None, "File of motion in the world.", required=True)
SPLIT = flags.DEFINE_string("split", "train", "Its split.")
SUBJECTS = flags.DEFINE_list("subjects", None, "People of the split whom the model was not trained on.", required=True)
EVERY = flags.DEFINE_integer("every", 40, "Images: take one frame in so many of each clip.", lower_bound=1)
VIDEOS = flags.DEFINE_integer("videos", 24, "How many clips are videos, drawn by chance; their first ten seconds.")
SEED = flags.DEFINE_integer("seed", 0, "Of cameras, noise and missing joints.")

INSIDE = 0.6827  # share of errors within one standard deviation of a normal variable
ACROSS = np.cos(np.radians(65))  # cameras whose axes are at least 65 degrees apart
SMOOTH = 0.1  # the corner of the quantile's loss is rounded over so much of a logarithm
NONE = 1e-3  # model units, added to errors before their logarithm
GAP = 0.5  # seconds, as `geolift.lift` has it
LONGEST = 300  # frames of a video
APART = 11  # of a video's joints and frames, which are nearly the same as their neighbours, one in so many counts


def pairs(points: np.ndarray, view: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of one camera, and the errors `[T, J]` of their depths as another camera across it sees them.

    Args:
        points: `[N, J, 3]` lifted points, NaN where missing; the same moments of a clip in the same order.
        view: `[N]` number of the clip times `CAMERAS` plus that of the camera.
    """
    rows = {number: np.flatnonzero(view == number) for number in np.unique(view)}
    for mine, other in ((a, b) for a in rows for b in rows if a != b and a // CAMERAS == b // CAMERAS):
        if len(rows[mine]) != len(rows[other]):
            continue  # a frame too near to one of them was left out
        a, b = points[rows[other]], points[rows[mine]]
        both = np.isfinite(a).all(axis=-1) & np.isfinite(b).all(axis=-1)
        u, _, vt = np.linalg.svd(b[both].T @ a[both])
        rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        if abs(rotation[2, 2]) < ACROSS:
            yield rows[mine], (b - a @ rotation.T)[..., 2]


def lift_videos(model: Model, keypoints: np.ndarray, seen: np.ndarray, view: np.ndarray) -> Lifted:
    """Every view as a person of a video, lifted as `geolift.lift` does it; the rows stay in their order."""
    person = np.unique(view, return_inverse=True)[1]
    frame = np.arange(len(person)) - np.flatnonzero(np.diff(person, prepend=-1))[person]
    frames, people = (tuple(map(str, range(index.max() + 1))) for index in (frame, person))
    about = {"skeleton": model.skeleton, "frames": frames, "people": people, "video": True, "fps": 30.0}
    about |= {"image_size": None, "source": "two cameras"}
    tracks = fill_gaps(make_tracks(keypoints, seen.astype(np.float32), frame, person, **about), GAP)
    lifted = lift_tracks(model, place_trunks(model, denoise(tracks).tracks))
    return refine_lifted(model, lift_in_proportion(model, lifted))


def observe(model: Model, lifted: Lifted, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms `[M, 5]` of eq. 28 and errors of depth `[M]`, model units, of all joints that two cameras see."""
    terms, rows, tracks = np.full((*lifted.points.shape[:2], 5), np.nan), lifted.rows, lifted.tracks
    signs = read_signs(model, lifted.points[rows], None if lifted.up is None else lifted.up[rows])
    if tracks.video:
        signs = over_time(signs, tracks.person[rows], tracks.frame[rows], tracks.frames_in(AROUND))
    terms[rows] = signs.terms()
    found = []
    for mine, error in pairs(lifted.points, view):
        known = np.isfinite(error) & (np.arange(error.shape[1]) != model.skeleton.root)
        found.append((terms[mine][known], np.abs(error[known])))
    every = APART if tracks.video else 1
    terms, errors = map(np.concatenate, zip(*found, strict=True))
    return terms[::every], errors[::every]


def quantile_regression(terms: np.ndarray, values: np.ndarray, quantile: float) -> np.ndarray:
    """Weights w `[1 + K]` with which a share `quantile` of `values` `[M]` is below w_0 + terms `[M, K]` w_1..K."""
    columns = np.concatenate([np.ones((len(terms), 1)), terms], axis=1)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        rest = values - columns @ weights
        soft = SMOOTH * np.logaddexp(0, rest / SMOOTH) - (1 - quantile) * rest
        slope = 1 / (1 + np.exp(-rest / SMOOTH)) - (1 - quantile)
        return float(soft.mean()), -(columns * slope[:, None]).mean(axis=0)

    first = np.linalg.lstsq(columns, values, rcond=None)[0]
    weights = minimize(loss, first, jac=True, method="BFGS").x
    weights[0] += np.quantile(values - columns @ weights, quantile)
    return weights


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    expect_skeleton(model.skeleton, H36M17)
    clips = [clip for clip in cmu.read(DATA.value) if clip.split == SPLIT.value and clip.subject in SUBJECTS.value]
    if not clips:
        raise SystemExit(f"--subjects: found none of {SUBJECTS.value} in split {SPLIT.value!r}, expected some")
    rng, any_camera = np.random.default_rng(SEED.value), Setting(any=True)
    chosen = sorted(rng.permutation(len(clips))[: VIDEOS.value])
    short = [clips[i]._replace(points=clips[i].points[:LONGEST]) for i in chosen]
    images = film_clips(list(enumerate(clips)), any_camera, every=EVERY.value, seed=SEED.value)
    videos = film_clips(list(enumerate(short)), any_camera, every=1, seed=SEED.value)
    for kind, filmed in (("images", images), ("videos", videos)):
        observed = []
        for name, damage in CONDITIONS.items():
            keypoints, seen = spoil(filmed.keypoints, *damage, np.random.default_rng(SEED.value))
            if kind == "videos":
                seen = seen[np.searchsorted(filmed.view, filmed.view)]  # missing throughout: gaps are another matter
                lifted = lift_videos(model, keypoints, seen, filmed.view)
            else:
                lifted = lift_stills(model, keypoints, seen, "two cameras")
            observed.append(observe(model, lifted, filmed.view))
            errors = observed[-1][1]
            print(f"{kind}, {name:20s} {len(errors)} joints, median error {np.median(errors):.4f} model units")
        terms, errors = map(np.concatenate, zip(*observed, strict=True))
        weights = quantile_regression(terms, np.log(errors + NONE), INSIDE)
        named = zip(Weights._fields, weights, strict=True)
        print(f"{model.id}, {kind}: " + ", ".join(f"{name} {weight:.3f}" for name, weight in named), flush=True)


if __name__ == "__main__":
    app.run(main)
