"""Points with a joint's name, as annotation tools have them, as a recording.

Labels that are the joints of a joint set are these. If they are only some of COCO's or MediaPipe's joints, those that
were not annotated are missing. Labels that are no joints, such as a ball, are left out where all limbs have a label.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.formats.landmark_values import FEWEST, LIMBS, plain_name
from geolift.keypoints.frame_names import distinct, natural_key, order_frames
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options, ResolvedJoints, resolve_joint_set
from geolift.keypoints.recording import Recording
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS

PARTS_OF = ("coco17", "mediapipe33")  # sets of which a tool may have some joints only: their names are those of others
SMALLEST = 12  # joints of a set that is found among other labels


class Point(NamedTuple):
    """A point: the place in the file, the image, the person ("": the only one), the label, x, y, a score."""

    where: str
    image: str
    person: str
    label: str
    x: float
    y: float
    score: float = 1.0


def read_points(
    points: Sequence[Point],
    images: Sequence[str],
    sizes: Mapping[str, tuple[float, float]],
    path: Path,
    options: Options,
    *,
    how: str,
    notes: tuple[str, ...] = (),
) -> Recording:
    """A recording of points in pixels.

    Args:
        points: of all people in all images.
        images: the names of all images, also those without points.
        sizes: width and height of the images that have them.
        path: the file, named in errors.
        options: what the user states.
        how: how points are assigned to one person in the tool, for the error on a label that is there twice.
        notes: what was left out or assumed.

    Raises:
        DatasetError: if there are no points, or an image has a label twice for one person.
    """
    if not points:
        raise DatasetError(f"{path}: found no points with labels in {len(images)} images, expected those of joints")
    labels = list(dict.fromkeys(point.label for point in points))
    if all(any(letter.isdigit() for letter in label) for label in labels):
        labels.sort(key=natural_key)
    joints, place, known = _joints(labels, path, options)
    names, which = distinct(images)
    frames = order_frames(names, str(path), options, gapless=True)
    frame_of = {name: int(frames.index[i]) for name, i in zip(images, which, strict=True)}
    people: dict[tuple[str, str], int] = {}
    rows = np.full((len({(point.image, point.person) for point in points}), len(joints.order), 3), [np.nan, np.nan, 0])
    for point in points:
        row = people.setdefault((point.image, point.person), len(people))
        if point.label not in place:
            continue
        joint = place[point.label]
        if rows[row, joint, 2]:
            raise DatasetError(f"{point.where}: found {point.label!r} twice in {point.image}, expected {how}")
        rows[row, joint] = point.x, point.y, point.score
    frame = np.array([frame_of[image] for image, _ in people])
    every = [sizes.get(name) for name in frames.names if name in frame_of]
    image_size = None
    if None not in every and every:
        image_size = np.tile(np.array(every[0], np.float32), (len(frames.names), 1))
        for name, size in sizes.items():
            image_size[frame_of[name]] = size
    about = {"image_size": image_size, "notes": (*notes, *known, *joints.notes, *frames.notes)}
    return make_recording(rows, frame, frames, joints, path, options, **about)


def _joints(
    labels: Sequence[str], path: Path, options: Options
) -> tuple[ResolvedJoints, dict[str, int], tuple[str, ...]]:
    """The joints, the place of each label among those of the file, and notes on labels and joints left out."""
    plain = {label: plain_name(label) for label in labels}
    chosen = _set_of(set(plain.values()), options.joints)
    numbered = all(any(letter.isdigit() for letter in label) for label in labels)
    if chosen is None or options.joints not in (None, chosen):
        if options.joints and not numbered:  # the order of labels in the file says nothing
            raise DatasetError(f"{path}: found labels {labels[:8]}, expected names of the joints of {options.joints}")
        return joints_by_name(labels, str(path), options.joints), {label: i for i, label in enumerate(labels)}, ()
    names = JOINT_SETS[chosen].source
    source = [plain_name(joint) for joint in names]
    place = {label: source.index(name) for label, name in plain.items() if name in source}
    if len(set(place.values())) < len(place):
        raise DatasetError(f"{path}: found labels {labels[:8]}, some for the same joint, expected one label for each")
    others = [label for label in labels if label not in place]
    absent = [joint for i, joint in enumerate(names) if i not in place.values()]
    notes = [
        f"{counted(len(others), 'label is no joint', 'labels are no joints')} of {chosen}: left out ({_some(others)})"
    ]
    notes = notes if others else []
    notes += [f"the labels are joints of {chosen}; without a label: {_some(absent)}"] if absent else []
    return resolve_joint_set(chosen, len(source), options.joints, str(path)), place, tuple(notes)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _set_of(names: set[str], given: str | None) -> str | None:
    """The joint set that these names are, are part of, or hold with others; None if they are another body's.

    Of several the user's, `given`, is taken.
    """
    sources = {key: {plain_name(joint) for joint in mapping.source} for key, mapping in JOINT_SETS.items()}
    limbs = names & LIMBS
    parts = [key for key in (given, *PARTS_OF) if key in sources and names <= sources[key] and len(limbs) >= FEWEST]
    held = [key for key, source in sources.items() if source <= names and len(source) >= SMALLEST]
    held.sort(key=lambda key: (key != given, -len(sources[key])))
    same = [key for key in held if sources[key] == names]
    whole = ["coco17"] if limbs == LIMBS else []
    return next(iter((*same, *parts, *held, *whole)), None)
