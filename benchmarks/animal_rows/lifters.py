"""The lifters of animals that come with geolift: what each is trained on, how it is measured, its card."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

import geolift
from benchmarks.animal_rows.films import Filming, film
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.species import DATA, SPECIES, read_motion
from geolift import model as models
from geolift.data.dataset import Dataset, save_dataset
from geolift.keypoints.recording import record
from geolift.model import Model
from geolift.new_lifter.from_keypoints import train_lifter
from geolift.pretrained.models import load_card
from geolift.pretrained.weights_file import save
from geolift.training.environment import machine

SEED, OTHER = 0, 1  # of the cameras that are trained on, and of those that the lifter is measured with
NOISE, LOST = 2.0, 0.05  # pixels and share of the joints, of a detector; a body is about 250 pixels long
STEPS = 4000  # of the lifter, after as many of the flow: minutes on one core
LIFTED = 2000  # frames of `test` that are lifted as videos, all cameras together
DEFINITIONS = {
    "p_mpjpe": "similarity Procrustes per frame, rigid: no reflection; frame by frame, exact keypoints",
    "n_mpjpe": "root-centred, least-squares scale per frame",
    "flips": "frames whose mirror image fits better",
    "p_mpjpe_noise": f"p_mpjpe with normal noise of {NOISE:g} pixels (a body is about 250 long) and {LOST:.0%} of the "
    "joints missing, measured on the others",
    "p_mpjpe_video": "p_mpjpe of `geolift lift`, clips of exact keypoints refined, camera unknown",
    "p_mpjpe_noise_video": "the same with noise and missing joints",
}


class Recipe(NamedTuple):
    """A lifter that comes with geolift.

    Attributes:
        species: of `SPECIES`.
        filming: the cameras that are trained on, exact.
        elevations: degrees, of other cameras that it is measured with.
        unit: what 100 % are.
        terms: of the data and the weights.
        use, limits: entries of its card.
    """

    species: str
    filming: Filming
    elevations: tuple[int, ...]
    unit: str
    terms: str
    use: str
    limits: str


def make(name: str, output: Path, *, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Film, train on 2D alone, measure, and write the weights with their card.

    Args:
        name: of `RECIPES`.
        output: the file of the weights; the film and the run stay beside it.
        say: is called with each line for people.

    Returns:
        The card's metrics.
    """
    recipe, commit = RECIPES[name], _commit()
    keypoints = output.with_name(f"{name}_film.npz")
    save_dataset(_film(recipe, _detected(recipe.filming), SEED).without_3d(), keypoints)
    train_lifter([keypoints], output, steps=STEPS, seed=SEED, say=say)
    model, card = geolift.load(output), load_card(output)
    metrics = measure(model, recipe)
    source = SPECIES[recipe.species]
    digest = hashlib.sha256((DATA / source.file).read_bytes()).hexdigest()
    data = f"{source.file} (sha256 {digest}): {source.source} Films of virtual cameras: {_cameras(recipe.filming)}"
    entries = {
        "data": f"{data} {card['data']}",
        "terms": recipe.terms,
        "command": f"python -m benchmarks.animal_weights {name}",
        "commit": commit,
        "hardware": f"{machine()}, jax {jax.__version__}",
        "use": recipe.use,
        "limits": f"{recipe.limits} By 2D alone: {card['limits']}",
        "metrics": metrics,
    }
    save(model, output, card | entries)
    return metrics


def measure(model: Model, recipe: Recipe) -> dict[str, Any]:
    """The errors before other cameras, at a time that was not trained on, as a card has them."""
    other = _film(recipe, recipe.filming, OTHER).select("test")
    noisy = _film(recipe, _detected(recipe.filming), OTHER).select("test")
    exact, flat = _figures(model, other, lift_frames), _figures(model, other, flat_frames)
    values = {key: exact[key] for key in ("p_mpjpe", "n_mpjpe", "flips")}
    values["p_mpjpe_noise"] = _figures(model, noisy, lift_frames)["p_mpjpe"]
    values["p_mpjpe_video"] = _figures(model, _fewer(other), lift_videos)["p_mpjpe"]
    values["p_mpjpe_noise_video"] = _figures(model, _fewer(noisy), lift_videos)["p_mpjpe"]
    baseline = {key: flat.get(key) for key in values}
    definitions = {"average": f"mean over frames; 100 % are {recipe.unit}"} | DEFINITIONS
    for elevation in recipe.elevations:
        key = f"p_mpjpe_at_{elevation}"
        filmed = _film(recipe, recipe.filming._replace(elevation=elevation, jitter=0.0), OTHER).select("test")
        values[key] = _figures(model, filmed, lift_frames)["p_mpjpe"]
        baseline[key] = _figures(model, filmed, flat_frames)["p_mpjpe"]
        definitions[key] = f"p_mpjpe before cameras that look down by {elevation} degrees"
    return {
        "model": model.id,
        "values": {key: round(value, 2) for key, value in values.items()},
        "baselines": {"flat skeleton": {k: None if v is None else round(v, 2) for k, v in baseline.items()}},
        "units": dict.fromkeys(values, "%"),
        "definitions": definitions,
        "frames": other.frames,
        "split": "test",
        "protocol": "other cameras",
        "statement": "the last fifth of the time, the animal that was trained on, before cameras that were not",
        "source": other.source,
        "data": Path(SPECIES[recipe.species].file).name,
    }


def lift_frames(model: Model, data: Dataset) -> np.ndarray:
    """`[F, J, 3]` frame by frame; nan where missing."""
    seen = data.seen if model.lifter.masks else np.broadcast_to(data.whole[:, None], data.seen.shape)
    points = models.lift_poses(model, models.normalized_poses(model, data), seen if model.lifter.masks else None)
    return np.where(seen[..., None], points, np.nan)


def flat_frames(model: Model, data: Dataset) -> np.ndarray:
    """`[F, J, 3]` of the flat skeleton."""
    return np.where(data.seen[..., None], models.flat_skeleton(models.normalized_poses(model, data)), np.nan)


def lift_videos(model: Model, data: Dataset) -> np.ndarray:
    """`[F, J, 3]` of every clip by `geolift.lift`; nan where missing."""
    points = np.full((*data.keypoints.shape[:2], 3), np.nan, np.float32)
    for k, (start, stop) in enumerate(zip(data.start, data.stop, strict=True)):
        clip = slice(start, stop)
        recording = record(
            data.keypoints[clip], data.confidence[clip], joints=data.skeleton.names, fps=float(data.fps[k]),
            image_size=data.image_size[k],
        )  # fmt: skip
        result = geolift.lift(recording, model=model)
        points[start + result.frame] = result.points
    return np.where(data.seen[..., None], points, np.nan)


def _figures(model: Model, data: Dataset, lift: Callable[[Model, Dataset], np.ndarray]) -> dict[str, float]:
    return figures(lift(model, data), data.points_3d, root=data.skeleton.root, length=1.0)


def _film(recipe: Recipe, filming: Filming, seed: int) -> Dataset:
    return film(read_motion(recipe.species), filming, seed=seed)


def _detected(filming: Filming) -> Filming:
    return filming._replace(noise=NOISE, lost=LOST)


def _fewer(data: Dataset) -> Dataset:
    """The first frames of every clip, some `LIFTED` in all."""
    each = LIFTED // len(data.start)
    rows = np.concatenate([np.arange(a, min(a + each, b)) for a, b in zip(data.start, data.stop, strict=True)])
    stop = np.cumsum(np.minimum(data.stop - data.start, each))
    return data._replace(
        **{key: getattr(data, key)[rows] for key in ("keypoints", "confidence", "points_3d")},
        start=np.append(0, stop[:-1]), stop=stop,
    )  # fmt: skip


def _cameras(filming: Filming) -> str:
    return (
        f"{filming.cameras} all around, {filming.distance:g} body lengths away, which look down by "
        f"{filming.elevation:g} +- {filming.jitter:g} degrees, synchronised, with {NOISE:g} pixels of noise and "
        f"{LOST:.0%} of the joints missing."
    )


def _commit() -> str:
    """The commit of the checkout; what differs from it is not reproducible, and said."""
    answers = [
        subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    return answers[0].strip() + (" with changes" if answers[1].strip() else "")


ONE_ANIMAL = (
    "One view: depth is what the 2D supports. Trained and measured on one animal alone: no other individual, strain, "
    "age or size was measured, and animals of other proportions come out worse. Cameras were virtual and exact; real "
    "detections were not measured. Keypoints must mean what they mean in the data: joints that a tracker places "
    "elsewhere on the body come out wrong in depth by as much."
)
RECIPES = {
    "mouse": Recipe(
        "mouse",
        Filming(45, cameras=8, jitter=15, synchronized=True),
        (0, 15, 30, 45, 60, 75),
        "the body's length, nose to base of the tail along the spine",
        "Trained on films of 3D keypoints of one mouse of github.com/talmolab/stac-mjx (BSD-3-Clause, (c) 2023 Talmo "
        "Lab at the Salk Institute; its notice is in NOTICE). The weights: Apache-2.0.",
        "Lifting 2D keypoints of a mouse, the 34 joints of the film by name, from one camera that looks down by 30 to "
        "60 degrees, as above an open field, by `geolift lift --model mouse`.",
        f"{ONE_ANIMAL} Cameras straight above, level ones, and cameras below a glass floor do not fit. Paws are noisy "
        "in the 3D of the data, which was smoothed; they are the least certain.",
    ),
    "fly": Recipe(
        "fly",
        Filming(5, cameras=8, jitter=10, synchronized=True),
        (-15, 0, 15, 30),
        "the length of a front leg, coxa to claw",
        "Trained on films of triangulated 3D keypoints of one fly of "
        "github.com/NeLy-EPFL/sequential-inverse-kinematics (Apache-2.0; its notice is in NOTICE). The weights: "
        "Apache-2.0.",
        "Lifting 2D keypoints of a tethered fly, the 17 joints of front legs and head of the film by name, from one "
        "camera around it that looks down by -5 to 15 degrees, by `geolift lift --model fly`.",
        f"{ONE_ANIMAL} The fly was tethered: other legs are not joints, and other motion was not seen. Cameras from "
        "above or below do not fit.",
    ),
}
