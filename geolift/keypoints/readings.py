"""Readings of people's joints: the orders that they may be in, and which of them the anatomy of the rows speaks for.

What is not beyond doubt is left to the documentation of the format, or to the user. How often each happens:
docs/joint-mapping.md.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.anatomy import fit_of
from geolift.keypoints.missing_pairs import without_constant_pairs
from geolift.keypoints.options import ResolvedJoints
from geolift.keypoints.recording import Recording
from geolift.plurals import counted
from geolift.skeletons.joint_sets import ANIMAL_SETS, JOINT_SETS, SOURCES, distinct_sets
from geolift.skeletons.skeleton import H36M17

MOST_SAMPLES = 100  # detections, evenly spaced, that are looked at
HIDDEN = 2  # joints of arms and legs that may be hidden in a whole person
CLIP = 20.0  # the most that one detection speaks for or against a reading
GOOD = 0.5  # fit for each joint from which a reading may be right beyond doubt
SURE = 1.3  # the same where nothing else needs to be tried: no reading with other limbs comes near
LIMBS = [name for i, name in enumerate(H36M17.names) if i in H36M17.left + H36M17.right]


class Fit(NamedTuple):
    """How well N detections fit a reading.

    Attributes:
        name: the reading's, as `--joints` takes it.
        of: `[N]` fit of each detection (`anatomy.fit_of`); NaN where too little was seen.
        joints: `[N]` how many joints were seen.
        whole: `[N]` bool: nearly all joints of arms and legs were seen.
    """

    name: str
    of: np.ndarray
    joints: np.ndarray
    whole: np.ndarray

    @property
    def by_joint(self) -> float:
        """The mean fit for each joint; NaN if no detection has enough joints."""
        return float(np.nanmean(self.of / np.maximum(self.joints, 1))) if self.people else float("nan")

    @property
    def people(self) -> int:
        """How many detections have enough joints."""
        return int(np.isfinite(self.of).sum())


def choose(
    rows: np.ndarray, readings: Mapping[str, ResolvedJoints], documented: str, origin: str
) -> tuple[str, tuple[str, ...]]:
    """The reading of people's rows that is right: the documented one, unless anatomy speaks clearly for another.

    Args:
        rows: `[N, K, 3]` x, y, confidence, in any unit.
        readings: by their names.
        documented: the name of the one that the format documents, "" if it documents none.
        origin: the file, named in errors.

    Returns:
        The reading's name, and notes on what was concluded.

    Raises:
        DatasetError: if none fits, an animal's does, or several do and the format documents none.
    """
    if documented and fits_of(rows, {documented: readings[documented]})[0].by_joint >= SURE:
        return documented, ()
    fits = fits_of(rows, readings)
    found = [fit for fit in fits if fit.people]
    if not found:
        if documented:
            return documented, ()
        raise DatasetError(f"{_unnamed(rows, origin)}, too few of them seen to tell: {_asked(fits)}")
    best = found[0]
    if all(impossible(fit) for fit in found):
        if documented:
            return documented, (f"the joints fit no body: {described(found)}",)
        raise DatasetError(
            f"{_unnamed(rows, origin)} that fit no body ({described(found)}): {_asked(fits)}, or a skeleton file "
            "(--skeleton) for joints that have names"
        )
    close = [fit for fit in found if fit is best or not _clearly_better(best, fit)]
    if documented in [fit.name for fit in close]:
        doubt = f"the joints may be those of {best.name}, not of {documented}: {described(found)} (set with --joints)"
        return documented, (doubt,) if _better(best, _named(fits, documented)) else ()
    if len({_limbs(readings[fit.name]) for fit in close}) > 1:
        several = f"the anatomy fits several sets ({described(close)})"
        raise DatasetError(f"{_unnamed(rows, origin)}: {several}: {_asked(close)}")
    if best.name in ANIMAL_SETS:
        raise DatasetError(
            f"{origin}: found joints of animals, {best.name} ({described(found)}), expected people: animals need "
            f"--joints {best.name}, --skeleton FILE and a model trained on it; --joints NAME overrides this check"
        )
    return best.name, (f"the joints were recognized as {best.name}: {described(found)}",)


def check_people(recording: Recording, origin: str) -> None:
    """Raise DatasetError if no person has the anatomy of the recording's joints, in a set of people.

    Args:
        recording: N detections.
        origin: the file, named in the error.
    """
    found = impossible_anatomy(recording)
    if found:
        raise DatasetError(
            f"{origin}: found joints that are not those of people: {found}; expected people; --joints NAME overrides "
            "this check and names another order, --skeleton is for animals and other bodies"
        )


def impossible_anatomy(recording: Recording) -> str | None:
    """What is impossible about a recording's anatomy, in words; None if it is possible or the joints are of no set."""
    name, count = recording.joint_set, len(recording.joints)
    if name not in JOINT_SETS:
        return None
    rows = _rows(recording)
    readings = {other: _whole(other) for other in distinct_sets(count)}
    if fits_of(rows, {name: readings[name]})[0].by_joint >= SURE:
        return None
    fits = fits_of(rows, readings)
    stated, best = _named(fits, name), fits[0]
    if _clearly_better(best, stated) and not same_limbs(best.name, name):
        whose = ", animals" if best.name in ANIMAL_SETS else ""
        return f"they look like {best.name}{whose}, not like {name} ({described(fits)})"
    if impossible(stated):
        return f"no known order of them is a body ({described(fits)})"
    return None


def anatomy_fit(recording: Recording) -> float:
    """How well a recording's joints fit a body, for each joint; NaN if they are of no set, or too few were seen."""
    if recording.joint_set not in JOINT_SETS:
        return np.nan
    fit = fits_of(_rows(recording), {recording.joint_set: _whole(recording.joint_set)})[0]
    return float(fit.by_joint) if fit.people else np.nan


def fits_of(rows: np.ndarray, readings: Mapping[str, ResolvedJoints]) -> list[Fit]:
    """The fits of rows `[N, K, 3]` to readings, the best first."""
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(MOST_SAMPLES, len(rows))).astype(int))]
    points, confidence, _ = without_constant_pairs(rows[..., :2], rows[..., 2])
    with np.errstate(invalid="ignore"):
        placed = (np.abs(points) <= LARGEST_PIXEL).all(axis=-1) & (points != 0).any(axis=-1)
        seen = placed & (confidence > 0)
    points = np.where(seen[..., None], points, 0)
    fits = []
    for name, (order, _, joint_set, _) in readings.items():
        limbs = seen[:, _limbs(readings[name])]
        fit, joints = fit_of(points[:, order], seen[:, order], joint_set), seen[:, order].sum(axis=1)
        fits.append(Fit(name, fit, joints, limbs.sum(axis=1) >= limbs.shape[1] - HIDDEN))
    return sorted(fits, key=lambda fit: -np.nanmean(np.maximum(fit.of, -CLIP)) if fit.people else np.inf)


def same_limbs(one: str, other: str) -> bool:
    """Whether two sets of as many joints have arms and legs at the same places in their order."""
    return _limbs(_whole(one)) == _limbs(_whole(other))


def impossible(fit: Fit) -> bool:
    """Whether even the best quarter of the detections fits no better than a cloud of joints, beyond doubt.

    Of people who are seen in part a few joints may fit badly; many whole people all fit.
    """
    whole = fit.whole & np.isfinite(fit.of)
    if whole.sum() > fit.people / 2:
        by_joint = fit.of[whole] / fit.joints[whole]
        if np.quantile(by_joint, 0.75) < 0.35 - 0.9 / np.sqrt(whole.sum()):
            return True
    return bool(fit.people) and bool(np.nanquantile(fit.of, 0.75) < -3 - 6 / np.sqrt(fit.people))


def described(fits: Sequence[Fit]) -> str:
    """The fits in words."""
    listed = ", ".join(f"{fit.name} {fit.by_joint:.2f}" for fit in fits if fit.people)
    people = counted(max(fit.people for fit in fits), "detection", "detections")
    return f"fit of {people}, 0.5 to 3 for people: {listed}"


def _rows(recording: Recording) -> np.ndarray:
    """`[N, K, 3]` x, y, confidence."""
    return np.concatenate([recording.keypoints, recording.confidence[..., None]], axis=-1)


def _clearly_better(best: Fit, other: Fit) -> bool:
    """Whether a reading is right and another is wrong, beyond doubt."""
    return best.by_joint >= GOOD and _better(best, other, 3.0, 7.0)


def _better(best: Fit, other: Fit, many: float = 1.0, one: float = 3.0) -> bool:
    """Whether detections fit a reading better: for many by the first number, for one by the sum of both."""
    margin = np.clip(best.of - other.of, -CLIP, CLIP)
    people = np.isfinite(margin).sum()
    return bool(people) and np.nanmean(margin) > many + one / np.sqrt(people)


def _named(fits: Sequence[Fit], name: str) -> Fit:
    return next(fit for fit in fits if fit.name == name)


def _whole(name: str) -> ResolvedJoints:
    return ResolvedJoints(np.arange(len(SOURCES[name])), SOURCES[name], name)


def _limbs(reading: ResolvedJoints) -> tuple[int, ...]:
    """Where the file has each joint of arms and legs: sets that agree on these differ in the head only."""
    names = dict(zip(reading.joints, reading.order.tolist(), strict=True))
    if reading.joint_set in ANIMAL_SETS:
        return tuple(names.values())
    return tuple(names[JOINT_SETS[reading.joint_set].mean_of[limb][0]] for limb in LIMBS)


def _unnamed(rows: np.ndarray, origin: str) -> str:
    return f"{origin}: found {rows.shape[1]} joints without names"


def _asked(fits: Sequence[Fit]) -> str:
    return f"say which with --joints, one of {', '.join(fit.name for fit in fits)}"
