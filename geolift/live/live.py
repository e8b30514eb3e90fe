"""`Live`: frames of keypoints in, one by one; poses of the frame `ahead` frames before out."""

import os
import time as clocks
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from geolift.batching import SIZES
from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, record
from geolift.lifting.joints import mapping_to
from geolift.lifting.metric_scale import ASSUMED_STATURE
from geolift.lifting.option_ranges import LONGEST, expect_metres, expect_positive, expect_up_to
from geolift.lifting.up import given_up, learnt_up
from geolift.lifting.virtual_camera import ASSUMED_FOCAL_RATIO
from geolift.live.clock import Clock
from geolift.live.gravity import Gravity
from geolift.live.incoming import ALONE, Seen, read_people
from geolift.live.person import PAST, Camera, Estimate, Person, Row
from geolift.live.pose import LivePose
from geolift.model import Model
from geolift.output.result import ASSUMED_FPS
from geolift.pretrained.models import load
from geolift.skeletons.joint_sets import SOURCES
from geolift.skeletons.mapping import JointMapping, map_joints
from geolift.skeletons.skeleton import Skeleton, is_human

MOST_AHEAD = 600  # frames; each needs memory and time
MOST_PEOPLE = 50  # who are remembered; of more, those who have been away for longest are forgotten


class Waiting(NamedTuple):
    """A frame whose poses have not been given yet: the number of its push and on the even grid, its time, when it came.

    `time` is that of its stamp, `pushed` that of this machine's clock; `notes` are on each person.
    """

    frame: int
    number: int
    time: float
    pushed: float
    notes: dict[Hashable, tuple[str, ...]]


class Live:
    """Lift people frame by frame, smoothed, a fixed number of frames later.

    Nothing of a pose depends on frames after the one that is `ahead` of it. Memory, and the work of a frame, do not
    grow with time. What was assumed stands in `notes`, and what is found wrong while frames come: the first of each
    kind, and in `LivePose.notes` all.

    Args:
        joints: the name of a joint set ("coco17", "mediapipe33", ..., `joint_sets.SOURCES`), or the names of K joints.
        model, skeleton, focal, up, pitch, roll, min_confidence, gap: as in `geolift.lift`.
        fps: frames per second where pushes have no time stamps; None: 30 is assumed.
        image_size: width and height in pixels; None: no positions, and a person beside the middle counts as in it.
        ahead: N, how many frames later a pose is given; 0: at once, with all errors that only later frames can show.
        mirrored: whether the detector saw a picture that is mirrored, as most webcam programs show it. Its left is then
            the person's right; sides are exchanged and the picture is mirrored back.
        height: metres, one for all or by track id, as in `geolift.lift`; for others 1.7 m is assumed.

    Raises:
        DatasetError: naming the argument, what was found and what was expected.

    Example:
        >>> import geolift
        >>> live = geolift.Live("coco17", image_size=(1280, 720), fps=30, ahead=2)
        >>> person = np.random.default_rng(0).uniform(200, 600, (17, 2))
        >>> [[pose.frame for pose in live.push(person + step)] for step in range(4)]
        [[], [], [0], [1]]
        >>> left = live.finish()
        >>> [pose.frame for pose in left], left[0].points.shape
        ([2, 3], (17, 3))
    """

    def __init__(
        self,
        joints: str | Sequence[str],
        *,
        model: str | os.PathLike[str] | Model = "human",
        skeleton: str | os.PathLike[str] | None = None,
        fps: float | None = None,
        image_size: tuple[float, float] | None = None,
        ahead: int = 5,
        mirrored: bool = False,
        min_confidence: float = 0.1,
        gap: float = 0.5,
        height: float | Mapping[Hashable, float] | None = None,
        focal: float | None = None,
        up: Sequence[float] | None = None,
        pitch: float | None = None,
        roll: float | None = None,
    ):
        _check(ahead, image_size)
        expect_up_to(1.0, min_confidence=min_confidence)
        expect_up_to(LONGEST, gap=gap)
        expect_positive(fps=fps, focal=focal)
        expect_metres(height)
        model = model if isinstance(model, Model) else load(model)
        blank, self._mapping = _mapping(joints, model.skeleton, skeleton)
        self._joints = blank.joints
        self._head = "mask" if model.lifter.masks else "extrapolate"
        self._camera = Camera(model, image_size, focal, gap, blank, ahead)
        self._ahead, self._mirrored, self._sure, self._heights = ahead, mirrored, min_confidence, height
        self._fps, self._stated = fps or ASSUMED_FPS, fps is not None
        direction = given_up(up, pitch, roll)
        self._given = learnt_up(model) if direction is None else direction
        self.units = "m" if is_human(model.skeleton) or height is not None else "normalised"
        self.notes, self._said = _notes(self._camera, fps, height, mirrored), set()
        self._restart()
        self._warm_up()

    @property
    def skeleton(self) -> Skeleton:
        """Names and relations of the J joints of the poses."""
        return self._camera.model.skeleton

    @property
    def fps(self) -> float:
        """Frames per second, as given, or as the time stamps show by now."""
        return self._clock.fps

    def push(self, keypoints: Any, *, time: float | None = None) -> list[LivePose]:
        """Take the next frame, and give the poses of the frame `ahead` frames before.

        Args:
            keypoints: pixels, x right, y down. One person: an array `[K, 2]` or `[K, 3]` (x, y, confidence), or the
                same by joint name, {"nose": (x, y), ...}. Several: one of these by track id. Missing joints: NaN,
                (0, 0) or confidence 0. None or {}: nobody.
            time: seconds, of any zero, rising; in all pushes or in none.

        Returns:
            The poses of one frame, one for each person who is seen there or missed for no longer than a gap; none in
            the first `ahead` pushes.

        Raises:
            DatasetError: naming what was found and what was expected; the frame then does not count.
        """
        came = clocks.perf_counter()
        people = read_people(keypoints, self._joints, self._sure)
        known = {name: self._person(name) for name in people}
        doubts = self._clock.tick(self._pushed, time)
        doubts = self._say({kind: sentence for kind, sentence in doubts.items() if kind not in self._said})
        here = self._clock
        notes = {name: (*doubts, *self._add(name, known[name], seen)) for name, seen in people.items()}
        self._waiting.append(Waiting(self._pushed, here.number, here.time, came, notes))
        self._pushed += 1
        return self._poses(self._waiting.popleft(), last=False) if len(self._waiting) > self._ahead else []

    def finish(self) -> list[LivePose]:
        """The poses of the frames that have not been given yet; the next push begins a new stream of people."""
        poses = [pose for frame in list(self._waiting) for pose in self._poses(frame, last=True)]
        self._restart()
        return poses

    def _restart(self) -> None:
        self._clock, self._gravity = Clock(self._fps, stated=self._stated), Gravity(self._given)
        self._people: dict[Hashable, Person] = {}
        self._waiting: deque[Waiting] = deque()
        self._pushed = 0

    def _person(self, name: Hashable) -> Person:
        person = self._people.pop(name, None) or self._new(name)
        self._people[name] = person  # the last who was seen stands last
        if len(self._people) > MOST_PEOPLE:
            self._people.pop(next(iter(self._people)))
        return person

    def _new(self, name: Hashable) -> Person:
        height = self._heights.get(name) if isinstance(self._heights, Mapping) else self._heights
        if height is None and self._heights is not None and not is_human(self.skeleton):
            raise DatasetError(f"height: found none for {name!r}, expected one for each track id, or one for all")
        return Person(name, self._camera, height)

    def _add(self, name: Hashable, person: Person, seen: Seen) -> tuple[str, ...]:
        """A person's new frame, mended, and what was found; the first of each kind stands in `notes`, too."""
        found = person.watch.add(self._clock.number, self._pushed, *seen, self.fps)
        for row in found.rows[:-1]:
            person.replace(self._row(row.number, row.points, row.steady))
        new = found.rows[-1]
        person.add(self._row(new.number, new.points, new.steady), self.fps)
        return self._say(found.notes, "" if name == ALONE else f"of {name!r}, ")

    def _say(self, found: dict[str, str], who: str = "") -> tuple[str, ...]:
        """Sentences by their kind; the first of each kind also stands in `notes`."""
        for kind, sentence in found.items():
            if kind not in self._said:
                self._said.add(kind)
                self.notes.append(f"{who}first in frame {self._pushed}: {sentence}")
        return tuple(found.values())

    def _row(self, number: int, keypoints: np.ndarray, confidence: np.ndarray) -> Row:
        """One person's keypoints in the joints of the model; sides of a mirrored picture exchanged."""
        points, trust = map_joints(self._mapping, keypoints, confidence, head=self._head)
        if self._mirrored:
            other, size = list(self.skeleton.mirrored), self._camera.image_size
            points, trust = points[other], trust[other]
            points[:, 0] = np.where(trust > 0, (size[0] if size else 0.0) - points[:, 0], 0.0)
        filled, top = np.zeros(len(trust), bool), self.skeleton.head
        if self._head == "extrapolate" and not self._mapping.mean_of[self.skeleton.names[top]]:
            filled[top], trust[top] = trust[top] > 0, 0.0
        return Row(number, points, trust, filled)

    def _poses(self, frame: Waiting, *, last: bool) -> list[LivePose]:
        found = []
        for name, person in list(self._people.items()):
            one = person.estimate(frame.number, self.fps, last=last)
            if one is not None:
                self._gravity.add(one.up, one.weight)
                found.append((name, one))
        return [self._pose(frame, name, one) for name, one in found]

    def _pose(self, frame: Waiting, name: Hashable, one: Estimate) -> LivePose:
        waited = self._clock.time - frame.time
        began = self._waiting[-1].pushed if self._waiting else frame.pushed
        return LivePose(
            points=one.points,
            position=one.position,
            uncertainty=one.uncertainty,
            filled=one.filled,
            up=self._gravity.up.astype(np.float32),
            to_world=self._gravity.to_world.astype(np.float32),
            person=name,
            frame=frame.frame,
            time=frame.time,
            restarted=one.restarted,
            latency=waited + clocks.perf_counter() - began,
            notes=frame.notes.get(name, ()),
        )

    def _warm_up(self) -> None:
        """Compile what a person needs, so that the first frames are not late."""
        rng = np.random.default_rng(0)
        person = Person("", self._camera, None)
        joints = len(self.skeleton.names)
        most = PAST + 1 + self._ahead
        for number in range(most):
            row = Row(number, rng.uniform(100, 200, (joints, 2)), np.ones(joints), np.zeros(joints, bool))
            person.add(row, ASSUMED_FPS)
            if number + 1 in (*SIZES, most):
                person.estimate(max(0, number - self._ahead), ASSUMED_FPS)


def _check(ahead: int, image_size: tuple[float, float] | None) -> None:
    """Raise DatasetError for arguments that `lift` does not take, or takes another way."""
    if not isinstance(ahead, int | np.integer) or not 0 <= ahead <= MOST_AHEAD:
        raise DatasetError(f"ahead: found {ahead!r}, expected a number of frames from 0 to {MOST_AHEAD}")
    if image_size is not None and (np.shape(image_size) != (2,) or not (np.asarray(image_size) >= 1).all()):
        raise DatasetError(f"image_size: found {image_size!r}, expected width and height in pixels")


def _mapping(
    joints: str | Sequence[str], target: Skeleton, skeleton: str | os.PathLike[str] | None
) -> tuple[Recording, JointMapping]:
    """A recording of the K joints, and their mapping to those of the model."""
    if isinstance(joints, str):
        if joints not in SOURCES:
            raise DatasetError(f"joints: found {joints!r}, expected names of joints, or one of {', '.join(SOURCES)}")
        joints = SOURCES[joints]
    names = tuple(joints)
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise DatasetError(f"joints: found {list(names)[:40]}, expected different names")
    about = {"joints": names, "person": np.zeros(1, int), "people": ("",), "origin": "joints"}
    blank = record(np.ones((1, len(names), 2)), np.ones((1, len(names))), **about)
    return blank, mapping_to(target, blank, skeleton, "joints")


def _notes(camera: Camera, fps: float | None, height: object, mirrored: bool) -> list[str]:
    """What is assumed, a line each."""
    notes = []
    if fps is None:
        notes.append(f"the frame rate is not known before time stamps show it: {ASSUMED_FPS:g} frames per second (fps)")
    if camera.image_size is None:
        notes.append("the image size (image_size) is missing: positions are not known")
    elif camera.focal is None:
        assumed = f"{ASSUMED_FOCAL_RATIO:g} times the larger side of the image"
        notes.append(f"the focal length (focal) is missing: {assumed} was assumed")
    if height is None and is_human(camera.model.skeleton):
        notes.append(f"the height is missing: {ASSUMED_STATURE:g} m was assumed")
    elif height is None:
        notes.append("the size of this skeleton (height) is missing: points are in the model's units")
    if mirrored:
        notes.append("the picture is mirrored: left and right were exchanged, and the picture was mirrored back")
    return notes
