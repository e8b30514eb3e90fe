"""The rows of the benchmark: an animal, its cameras, what is trained on and what is measured."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.animal_rows.films import Filming, Motion, film
from benchmarks.animal_rows.real import (
    MICE,
    RAT,
    RAT_BODY,
    Detections,
    as_dataset,
    read_mice,
    read_rat,
    typical_size,
    with_true_depths,
)
from benchmarks.animal_rows.species import DATA, SKELETONS, SPECIES, missing, read_motion
from geolift.data.dataset import Dataset, load_dataset


class Case(NamedTuple):
    """What a lifter is trained on, and what it is measured on.

    Attributes:
        data: with the splits `train` and `test`, of which training uses the 2D.
        test: what is lifted.
        truth: `[F, J, 3]` of its frames, camera axes, any unit; nan is not known.
        length: of the body, in that unit.
        best: `[F, J, 3]`, the 2D with the true depths, where it has errors; None: it has none to speak of.
    """

    data: Dataset
    test: Dataset
    truth: np.ndarray
    length: float
    best: np.ndarray | None = None


class Row(NamedTuple):
    """One row: `load` makes its case; `lacking` says why it cannot, "" if it can."""

    what: str
    load: Callable[[], Case]
    lacking: Callable[[], str]


def _filmed(species: str, what: str, filming: Filming) -> Row:
    def load() -> Case:
        return _case(film(read_motion(species), filming))

    return Row(what, load, lambda: missing(SPECIES[species].file))


def _given(file: str, what: str) -> Row:
    return Row(what, lambda: _case(load_dataset(DATA / file)), lambda: missing(file))


def _case(data: Dataset) -> Case:
    test = data.select("test")
    return Case(data, test, test.points_3d, 1.0)


def _real(
    read: Callable[[], Detections], file: str, what: str, *, train: str, test: str, synchronized: bool = False
) -> Row:
    """Detections of some moments to train on, of others to lift: `MOMENTS`."""

    def load() -> Case:
        found = read()
        moments = {"train": MOMENTS[train](found), "test": MOMENTS[test](found)}
        return _real_case(as_dataset(found, moments, synchronized=synchronized), found, moments["test"])

    return Row(what, load, lambda: missing(file))


def _transferred(
    read: Callable[[], Detections], file: str, what: str, motion: Callable[[], Motion], filming: Filming
) -> Row:
    """Detections lifted by a lifter that was trained on films of another animal of the same kind."""

    def load() -> Case:
        found, filmed = read(), film(motion(), filming)
        every = np.arange(len(found.animal))
        rays = (filmed.keypoints - filmed.intrinsics[0, 2:]) / filmed.intrinsics[0, :2]
        size = float(typical_size(rays[None], filmed.skeleton.root)[0])
        case = _real_case(as_dataset(found, {"test": every}, size=size), found, every)
        return case._replace(data=filmed)

    return Row(what, load, lambda: missing(file))


def _real_case(data: Dataset, found: Detections, moments: np.ndarray) -> Case:
    truth, best = (
        points[:, moments].reshape(-1, *points.shape[2:]) for points in (found.truth, with_true_depths(found))
    )
    return Case(data, data.select("test"), truth, found.length, best)


# Moments of detections.
MOMENTS: dict[str, Callable[[Detections], np.ndarray]] = {
    "all": lambda found: np.arange(len(found.animal)),
    "first three quarters": lambda found: np.arange(round(0.75 * len(found.animal))),
    "last fifth": lambda found: np.arange(round(0.8 * len(found.animal)), len(found.animal)),
    "first animal": lambda found: np.flatnonzero(found.animal == found.animal[0]),
    "last animal": lambda found: np.flatnonzero(found.animal == found.animal[-1]),
}


MOUSE, FLY = "mouse, 34 joints", "tethered fly, front legs and head, 17 joints"
ROWS = {
    "mouse15": _filmed("mouse", f"{MOUSE}, 6 cameras, 15° down", Filming(15)),
    "mouse15sync": _filmed("mouse", "the same, known to be synchronised", Filming(15, synchronized=True)),
    "mouse45": _filmed("mouse", f"{MOUSE}, 6 cameras, 45° down", Filming(45)),
    "mouse45sync": _filmed("mouse", "the same, known to be synchronised", Filming(45, synchronized=True)),
    "mouse45noise": _filmed(
        "mouse", f"{MOUSE}, 45° down, 3 px noise, 5 % of joints lost", Filming(45, noise=3, lost=0.05)
    ),
    "mousebelow": _filmed("mouse", f"{MOUSE}, 6 cameras, 45° up (glass floor)", Filming(-45)),
    "mousetop": _filmed("mouse", f"{MOUSE}, 6 cameras, 85° down", Filming(85)),
    "rat20": _filmed("rat", "rat, 23 joints, 6 cameras, 20° down", Filming(20)),
    "fly8": _filmed("fly", f"{FLY}, 8 cameras around, 5° down", Filming(5, cameras=8)),
    "fly8sync": _filmed("fly", "the same, known to be synchronised", Filming(5, cameras=8, synchronized=True)),
    "fly3": _filmed("fly", f"{FLY}, 3 cameras in front", Filming(5, cameras=3, around=90)),
    "fly3sync": _filmed(
        "fly", "the same, known to be synchronised", Filming(5, cameras=3, around=90, synchronized=True)
    ),
    "fly1": _filmed("fly", f"{FLY}, 1 camera", Filming(5, cameras=1)),
    "walk": _filmed("walk", "tethered fly, six legs, 32 joints, 8 cameras", Filming(5, cameras=8)),
    "dog": _given("dog.npz", "dog, 26 joints, cameras 8 to 16° down"),
    "dognoise": _given("dognoise.npz", "the dog, 3 px noise, 5 % of joints lost"),
    "snake": _given("snake.npz", "snake, chain of 10 joints, cameras 2 to 10° down"),
    "rat real": _real(
        read_rat, RAT, "rat, 13 joints, a detector in 6 cameras, trained on the same frames", train="all", test="all"
    ),
    "rat real, synchronised": _real(
        read_rat, RAT, "the same, known to be synchronised", train="all", test="all", synchronized=True
    ),
    "rat real, later": _real(
        read_rat, RAT, "the same, trained on the first 450 of them, lifted the last 120",
        train="first three quarters", test="last fifth",
    ),
    "rat real, films": _transferred(
        read_rat, RAT, "the same detections, trained on films of another rat (joints differ)",
        partial(read_motion, "rat", joints=SKELETONS / "rat13_of_rat23.toml", body=RAT_BODY), Filming(20),
    ),
    "mouse real": _real(
        read_mice, MICE, "two mice, 22 joints, labelled by hand in 6 cameras, trained on the same frames",
        train="all", test="all",
    ),
    "mouse real, other": _real(
        read_mice, MICE, "the same, trained on the 486 of one mouse, lifted the other",
        train="first animal", test="last animal",
    ),
    "mouse real, other, synchronised": _real(
        read_mice, MICE, "the same, known to be synchronised",
        train="first animal", test="last animal", synchronized=True,
    ),
    "mouse real, films": _transferred(
        read_mice, MICE, "the same labels, trained on films of predicted 3D of a mouse",
        partial(read_motion, "mouse22"), Filming(15, distance=3.5),
    ),
}  # fmt: skip
