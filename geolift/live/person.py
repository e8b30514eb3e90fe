"""One person in live use: the last frames, what was learnt about the body, and the pose in one of the frames."""

from collections import deque
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording
from geolift.lifting.filled_errors import filled_errors
from geolift.lifting.gaps import fill
from geolift.lifting.lifted import NOISE, Lifted, in_camera_axes, lift_tracks, with_refined
from geolift.lifting.metric_scale import ASSUMED_STATURE, locate, metres_per_unit
from geolift.lifting.refinement import Clips
from geolift.lifting.tracks import Tracks
from geolift.lifting.trunk import place_trunks
from geolift.lifting.uncertainty import AROUND, VIDEOS, depth_uncertainty, read_signs, together_with_2d
from geolift.live.body import Body
from geolift.live.hold import held_errors, hold
from geolift.live.noise import Noise
from geolift.live.smoother import EVERY, MEMORY, Smoother
from geolift.live.watch import Watch
from geolift.model import Model, model_bones
from geolift.skeletons.skeleton import is_human

PAST = 25  # frames before one that it is computed from; with 40 train people came out no better


class Camera(NamedTuple):
    """What is the same for all people.

    `image_size` is in pixels, `gap` in seconds; `blank` is a recording of the joints that are given, and `ahead` the
    number of frames that are looked ahead.
    """

    model: Model
    image_size: tuple[float, float] | None
    focal: float | None
    gap: float
    blank: Recording
    ahead: int


class Row(NamedTuple):
    """A frame of a person: its number on the even grid, 2D in the joints of the model (`Tracks`)."""

    number: int
    keypoints: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray


class Estimate(NamedTuple):
    """A pose: arrays as in `LivePose`; `up` `[3]` is that of this pose alone, counting by `weight`."""

    points: np.ndarray
    position: np.ndarray
    uncertainty: np.ndarray
    filled: np.ndarray
    up: np.ndarray
    weight: float
    restarted: bool


class Person:
    """One person.

    Args:
        name: the track id.
        camera: that films them.
        height: metres, as in `geolift.lift`; None: not known.
    """

    def __init__(self, name: Hashable, camera: Camera, height: float | None):
        model = camera.model
        self._name, self._camera, self._height = str(name), camera, height
        self._rows: deque[Row] = deque()
        self.watch = Watch(camera.blank, camera.image_size, camera.ahead)
        self._noise = Noise(len(model.skeleton.names))
        self._body = Body(model)
        self._smoother = Smoother(model.skeleton, model_bones(model))
        self._spreads: deque[tuple[int, np.ndarray, float]] = deque()
        self._calls, self._unit_now = 0, 0.0
        self._before: int | None = None  # number of the last frame that was computed

    def add(self, row: Row, fps: float) -> None:
        """A new frame."""
        self._rows.append(row)
        seen = (row.confidence > 0)[:, None]
        self._noise.add(row.number, np.where(seen, row.keypoints, np.nan), fps)

    def replace(self, row: Row) -> None:
        """A frame in which other joints count as missing than before; nothing where it is no longer needed."""
        for at, before in enumerate(self._rows):
            if before.number == row.number:
                self._rows[at] = row

    def estimate(self, number: int, fps: float, *, last: bool = False) -> Estimate | None:
        """The pose in a frame, from frames up to the newest; None where it cannot be lifted.

        Args:
            number: of the frame; it rises from call to call.
            fps: frames per second.
            last: whether no frame follows.
        """
        while self._rows and self._rows[0].number < number - PAST:
            self._rows.popleft()
        longest = max(1, round(self._camera.gap * fps))
        rows = self._stretch(number, longest)
        if rows is None:
            return None
        restarted = self._before is None or self._before < rows[0].number - longest
        tracks = self._tracks(rows, fps)
        if len(tracks.frames) > len(rows) or not tracks.available.all():
            tracks = fill(tracks, longest)
        tracks, held = hold(tracks, longest)
        tracks = self._noise.smooth(tracks, fps)
        tracks = place_trunks(self._camera.model, tracks)
        at = number - rows[0].number
        if at >= len(tracks.frame) or not tracks.available[at].any():
            return None
        try:
            deep = np.arange(len(tracks.frame)) == at if self._body.differs and not self._camera.focal else None
            lifted = lift_tracks(self._camera.model, tracks, self._camera.focal, deep=deep)
        except DatasetError:  # too little is seen in all frames
            return None
        if not lifted.rows[at]:
            return None
        self._before = number
        lifted = self._body.lift(lifted, at, fps)
        lifted = self._refined(lifted, rows[0].number, fps, last)
        return self._finished(lifted, at, number, held, fps, restarted)

    def _stretch(self, number: int, longest: int) -> list[Row] | None:
        """The rows around a frame that no longer gap separates from it; None where it lies in none."""
        rows = list(self._rows)
        numbers = np.array([row.number for row in rows])
        piece = np.cumsum(np.diff(numbers, prepend=numbers[:1]) - 1 > longest)
        after = int(np.searchsorted(numbers, number))
        if after == len(rows) or (numbers[after] != number and (after == 0 or piece[after] != piece[after - 1])):
            return None
        return [row for row, of in zip(rows, piece, strict=True) if of == piece[after]]

    def _tracks(self, rows: list[Row], fps: float) -> Tracks:
        numbers, keypoints, confidence, filled = (np.stack(column) for column in zip(*rows, strict=True))
        frames = int(numbers[-1] - numbers[0]) + 1
        size = self._camera.image_size
        return Tracks(
            keypoints,
            confidence,
            filled,
            numbers - numbers[0],
            np.zeros(len(rows), int),
            np.zeros(1),
            skeleton=self._camera.model.skeleton,
            frames=("",) * frames,
            people=(self._name,),
            video=True,
            fps=fps,
            image_size=None if size is None else np.broadcast_to(np.array(size, np.float32), (frames, 2)),
            source="live",
        )

    def _refined(self, lifted: Lifted, first: int, fps: float, last: bool) -> Lifted:
        model, rows = self._camera.model, lifted.rows
        noise = np.maximum(lifted.tracks.jitter[0] * model.distance / lifted.size[rows], NOISE)
        frame, points = lifted.tracks.frame[rows], lifted.points[rows]
        clip = Clips(
            points=points,
            clip=np.zeros(len(frame), int),
            frame=frame,
            seen=np.isfinite(points).all(axis=-1),
            fps=np.full(len(frame), fps),
            noise=noise,
            bones=np.asarray(model_bones(model)),
            distance=model.distance,
        )
        refined = self._smoother.smooth(clip, frame + first, last=last)
        shown = clip.seen[..., None]
        return with_refined(model, lifted, refined._replace(points=np.where(shown, refined.points, points)))

    def _finished(
        self, lifted: Lifted, at: int, number: int, held: np.ndarray, fps: float, restarted: bool
    ) -> Estimate:
        """The pose of the row `at` of the window in metres and camera axes, with its uncertainty."""
        model, known = self._camera.model, self._height is not None or is_human(self._camera.model.skeleton)
        metres = (self._height or ASSUMED_STATURE) * self._unit(lifted) if known else 1.0
        unsure = metres * self._uncertainty(lifted, at, number, held, fps)
        one = _only(lifted, at)
        one = one._replace(points=one.points * metres, metres=np.array([metres]))
        if known and self._camera.image_size is not None:
            one = locate(model, one, self._camera.focal)
        one = in_camera_axes(one)
        confidence = one.tracks.confidence[0]
        return Estimate(
            one.points[0].astype(np.float32),
            (np.full(3, np.nan) if one.position is None else one.position[0]).astype(np.float32),
            unsure.astype(np.float32),
            one.tracks.filled[0],
            np.full(3, np.nan) if one.up is None else one.up[0],
            float(confidence.mean()) ** 2,
            restarted,
        )

    def _unit(self, lifted: Lifted) -> float:
        """Metres of a unit for a stature of one metre; bones keep their lengths, so it hardly changes."""
        if self._calls % EVERY == 0:
            found = float(metres_per_unit(lifted, self._camera.model)[0])
            self._unit_now += (found - self._unit_now) / (1 + min(self._calls, MEMORY) / EVERY)
        self._calls += 1
        return self._unit_now

    def _uncertainty(self, lifted: Lifted, at: int, number: int, held: np.ndarray, fps: float) -> np.ndarray:
        """`[J]` model units: as `estimate_uncertainty`, with spreads over the time before."""
        model, tracks, row = self._camera.model, lifted.tracks, slice(at, at + 1)
        signs = read_signs(model, lifted.points[row], None if lifted.up is None else lifted.up[row])
        self._spreads.append((number, signs.spread[0] ** 2, signs.pose_spread[0] ** 2))
        while self._spreads[0][0] < number - AROUND * fps:
            self._spreads.popleft()
        _, squares, of_poses = zip(*self._spreads, strict=True)
        squares = np.array(squares)
        mean = np.nansum(squares, axis=0) / np.isfinite(squares).sum(axis=0).clip(1)
        spread = np.where(np.isfinite(signs.spread), np.sqrt(mean), np.nan)
        signs = signs._replace(spread=spread, pose_spread=np.sqrt(np.mean(of_poses, keepdims=True)))
        unit = lifted.size / model.distance
        filled = filled_errors(tracks, unit)[at]
        if held[at].any():
            root = model.skeleton.root
            path = (tracks.keypoints[: at + 1] - tracks.keypoints[: at + 1, [root]]) / unit[at]
            filled = np.where(held[at] > 0, held_errors(held[at], path, fps), filled)
        noise = (tracks.jitter[:1] / unit[row])[:, None]
        total = together_with_2d(depth_uncertainty(signs, VIDEOS), filled[None], noise)[0][0]
        total[~np.isfinite(lifted.points[at]).all(axis=-1)] = np.nan
        total[model.skeleton.root] = 0.0
        return total


def _only(lifted: Lifted, at: int) -> Lifted:
    """One row of a window."""
    tracks, row = lifted.tracks, slice(at, at + 1)
    arrays = {name: getattr(tracks, name)[row] for name in ("keypoints", "confidence", "filled", "frame", "person")}
    estimated = None if tracks.estimated is None else tracks.estimated[row]
    fields = {name: getattr(lifted, name) for name in ("points", "size", "nearness", "rotation", "up")}
    fields = {name: None if values is None else values[row] for name, values in fields.items()}
    return lifted._replace(tracks=tracks._replace(**arrays, estimated=estimated), **fields)
