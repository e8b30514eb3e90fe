"""The weights of uncertainty (docs/method.md, eq. 28) from 2D alone: `python -m benchmarks.two_cameras --model=run`.

Two cameras at right angles see each other's depths: what one has to estimate lies across the image of the other.
People of recorded motion (--data, as `geolift convert cmu` reads it) are filmed by four cameras "any" a clip
(docs/cameras.md); of the films only the keypoints are used. The lifts of the same moments by two cameras are aligned by
one rotation for the clip, which is not given but found from the lifts. Where the cameras turn out to look across each
other, what is left along the line of sight of one is taken as the error of its depths. The weights are those with which
68.3 % of these errors are smaller than eq. 28 gives (Koenker & Bassett 1978, "Regression Quantiles").

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
from geolift.lifting.uncertainty import read_signs
from geolift.model import Model
from geolift.skeletons.skeleton import H36M17, expect_skeleton

MODEL = flags.DEFINE_string("model", None, "A run's folder, a .safetensors file or a name.", required=True)
DATA = flags.DEFINE_string("data", None, "File of motion in the world.", required=True)
SPLIT = flags.DEFINE_string("split", "train", "Its split.")
SUBJECTS = flags.DEFINE_list("subjects", None, "People of the split whom the model was not trained on.", required=True)
EVERY = flags.DEFINE_integer("every", 40, "Take one frame in so many of each clip.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of cameras, noise and missing joints.")

INSIDE = 0.6827  # share of errors within one standard deviation of a normal variable
ACROSS = np.cos(np.radians(65))  # cameras whose axes are at least 65 degrees apart
SMOOTH = 0.1  # the corner of the quantile's loss is rounded over so much of a logarithm
NONE = 1e-3  # model units, added to errors before their logarithm


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


def observe(model: Model, keypoints: np.ndarray, seen: np.ndarray, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms `[M, 5]` of eq. 28 and errors of depth `[M]`, model units, of all joints that two cameras see."""
    lifted = lift_stills(model, keypoints, seen, "two cameras")
    terms = np.full((*seen.shape, 5), np.nan)
    up = None if lifted.up is None else lifted.up[lifted.rows]
    terms[lifted.rows] = read_signs(model, lifted.points[lifted.rows], up).terms()
    found = []
    for rows, error in pairs(lifted.points, view):
        known = np.isfinite(error) & (np.arange(error.shape[1]) != model.skeleton.root)
        found.append((terms[rows][known], np.abs(error[known])))
    return tuple(map(np.concatenate, zip(*found, strict=True)))


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
    filmed, observed = film_clips(list(enumerate(clips)), Setting(any=True), every=EVERY.value, seed=SEED.value), []
    for name, damage in CONDITIONS.items():
        keypoints, seen = spoil(filmed.keypoints, *damage, np.random.default_rng(SEED.value))
        observed.append(observe(model, keypoints, seen, filmed.view))
        print(f"{name:20s} {len(observed[-1][1])} joints, median error {np.median(observed[-1][1]):.4f} model units")
    terms, errors = map(np.concatenate, zip(*observed, strict=True))
    weights = quantile_regression(terms, np.log(errors + NONE), INSIDE)
    names = ("CONSTANT", "REACH", "SPREAD", "POSE_SPREAD", "MISMATCH", "HIDDEN")
    print(f"{model.id}: " + ", ".join(f"{name} {weight:.3f}" for name, weight in zip(names, weights, strict=True)))


if __name__ == "__main__":
    app.run(main)
