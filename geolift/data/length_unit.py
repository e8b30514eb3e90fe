"""The unit that errors are given in: millimetres of people, per cent of the body's size of other skeletons.

Lengths of other bodies have no unit that says how large an error is: a millimetre is nothing to a horse and most of a
fly, and data sets often have a unit of their own. So their errors are shares of the size of the body, and thresholds
are the shares of it that those of the field are of a person.
"""

from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import is_human

MILLIMETRES = 1000.0  # in a metre
BODY_SIZE = "% of body size"
# Millimetres that another body is measured as large as: of them the 150 mm of PCK are 20 %. From the pelvis of a person
# along the spine to the top of the head it is some 840 mm, of which they are 18 %.
SIZE = 750.0


class LengthUnit(NamedTuple):
    """The unit of the errors of one data set.

    Attributes:
        name: "mm" or "% of body size".
        factor: what points of the data set are multiplied by to have the millimetres that thresholds are in.
        shown: what errors in those are multiplied by to have the unit.
        about: a sentence: what the body size is; "" for millimetres.

    Example:
        >>> LengthUnit("mm", factor=1000.0, shown=1.0, about="").threshold(150)
        '150 mm'
    """

    name: str
    factor: float
    shown: float
    about: str

    @property
    def short(self) -> str:
        """The unit behind a number in a table."""
        return self.name.partition(" ")[0]

    def threshold(self, millimetres: float) -> str:
        """A threshold of the field in this unit."""
        return f"{self.shown * millimetres:g} {self.short}"


def length_unit(dataset: Dataset) -> LengthUnit:
    """The unit for the errors of a data set with 3D.

    The size of another body than a person's is the length of its bones from the root to the head, as that of
    `geolift lift --height`, each bone's mean over the frames that have it.

    Args:
        dataset: F frames with `points_3d`.

    Raises:
        DatasetError: if one of these bones is in no frame, or they have no length.

    Example:
        >>> from geolift.data import open_dataset
        >>> length_unit(open_dataset("procedural").select("test")).name
        'mm'
    """
    skeleton, points = dataset.skeleton, dataset.points_3d
    if is_human(skeleton):
        return LengthUnit("mm", MILLIMETRES, 1.0, "")
    way = (skeleton.head, *skeleton.ancestors(skeleton.head))
    of_way = [bone for bone, (_, child) in enumerate(skeleton.bones) if child in way]
    lengths = seen_bone_lengths(points, np.isfinite(points).all(axis=-1) & dataset.seen, skeleton)[:, of_way]
    known = np.isfinite(lengths)
    size = float((np.where(known, lengths, 0.0).sum(axis=0) / known.sum(axis=0).clip(1)).sum())
    root, head = skeleton.names[skeleton.root], skeleton.names[skeleton.head]
    if not known.any(axis=0).all() or not size > 0:
        raise DatasetError(
            f"points_3d: found no 3D of all bones from {root} to {head}, expected it: their length is the body size"
        )
    about = f"body size is the length of the bones from {root} to {head}: {size:.3g} in the unit of the data, the mean"
    return LengthUnit(BODY_SIZE, SIZE / size, 100.0 / SIZE, about)
