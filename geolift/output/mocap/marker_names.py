"""Names of markers by which programs of biomechanics know the joints of a person (docs/motion-files.md).

A marker set of OpenSim finds markers by their names. Pose2Sim's is that of its default, Body_with_feet (HALPE_26),
OpenCap's that of its video keypoints (OpenPose's BODY_25, before it adds anatomical markers).
"""

from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result

H36M = "h36m"
SIDED = {
    "shoulder": "Shoulder", "elbow": "Elbow", "wrist": "Wrist", "hip": "Hip", "knee": "Knee", "ankle": "Ankle",
    "toe": "BigToe", "heel": "Heel",
}  # fmt: skip
LIMBS = {f"{side}_{joint}": f"{side[0].upper()}{name}" for joint, name in SIDED.items() for side in ("left", "right")}
# Where keypoints have a neck and a nose, as Halpe's and BODY_25's do, thorax and neck are lifted from these. Of other
# keypoints, and in motion capture, they are up to 13 and 8 cm from Pose2Sim's Neck and Nose; its settings give those
# weights of 0.2 and 0.1, and other angles than the neck's change by less than 1 degree.
MARKERS = {
    "pose2sim": {**LIMBS, "pelvis": "Hip", "thorax": "Neck", "neck": "Nose", "head": "Head"},
    "opencap": {**LIMBS, "pelvis": "midHip", "thorax": "Neck", "neck": "Nose"},
}
CHOICES = (H36M, *MARKERS)


class Markers(NamedTuple):
    """The M markers of a file, of one person after another.

    Attributes:
        labels: their names; with several people "person:name".
        points: `[M, F, 3]` float64, where they are in each frame; NaN where missing.
        notes: a line each on joints that have no marker, and people who lack some.
    """

    labels: tuple[str, ...]
    points: np.ndarray
    notes: list[str]


def choose_markers(result: Result, points: np.ndarray, markers: str | None) -> Markers:
    """The markers of a file, by the names of a marker set. What is known in no frame has none.

    Args:
        result: whose joints.
        points: `[P, F, J, 3]` the joints on the time line.
        markers: one of `CHOICES`; None: as "h36m", the names of the result.

    Raises:
        DatasetError: if the set is unknown, the result does not have the joints of a person, or nothing is known.
    """
    named, notes = _named(result.skeleton.names, markers)
    joints = list(named)
    points = points[:, :, joints].swapaxes(1, 2)
    seen = np.isfinite(points).all(axis=-1).any(axis=-1)
    if not seen.any():
        raise DatasetError("found no lifted point, expected at least one")
    alone = len(result.people) == 1
    labels = [
        name if alone else f"{person}:{name}"
        for person, there in zip(result.people, seen, strict=True)
        for name, known in zip(named.values(), there, strict=True)
        if known
    ]
    ever = seen.any(axis=0)
    if not ever.all():
        never = ", ".join(name for name, once in zip(named.values(), ever, strict=True) if not once)
        notes = [*notes, f"left out, as no frame shows them: {never}"]
    if some := int((~seen[:, ever]).sum()):
        notes = [*notes, f"left out, as no frame shows them: {some} markers of some of the people"]
    return Markers(tuple(labels), points[seen], notes)


def _named(names: tuple[str, ...], markers: str | None) -> tuple[dict[int, str], list[str]]:
    """The names of markers by joint, and notes on joints that a marker set lacks."""
    if markers not in (None, *CHOICES):
        raise DatasetError(f"markers: found {markers!r}, expected one of {', '.join(CHOICES)}")
    if markers in (None, H36M):
        return dict(enumerate(names)), []
    known = MARKERS[markers]
    if lacking := [name for name in known if name not in names and not name.endswith(("toe", "heel"))]:
        raise DatasetError(f"markers: found no {', '.join(lacking)}, expected the joints of a person for {markers!r}")
    left_out = [name for name in names if name not in known]
    notes = [f"left out, as {markers} has no such marker: {', '.join(left_out)}"] if left_out else []
    return {i: known[name] for i, name in enumerate(names) if name in known}, notes
