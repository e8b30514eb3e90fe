"""Copies of a recording that are changed: cut, thinned, and with one fault each."""

from collections.abc import Callable

import numpy as np

from geolift.keypoints.recording import Recording, select_rows

Make = Callable[[Recording, np.random.Generator], Recording]


def without_legs(recording: Recording, _: np.random.Generator) -> Recording:
    """Nothing below the hips is seen."""
    legs = [i for i, name in enumerate(recording.joints) if "knee" in name or "ankle" in name]
    return _without(recording, legs)


def below_image(recording: Recording, _: np.random.Generator) -> Recording:
    """A webcam that sees people down to their hips; legs are guessed below the image."""
    hips = [i for i, name in enumerate(recording.joints) if "hip" in name]
    size = np.array([recording.image_size[0, 0], max(1.0, np.median(recording.keypoints[:, hips, 1]))])
    cut = recording._replace(image_size=np.tile(np.float32(size), (len(recording.frames), 1)))
    return select_rows(cut, (cut.keypoints <= size).all(axis=-1).mean(axis=1) > 0.5)  # others are not detected


def _without(recording: Recording, joints: list[int]) -> Recording:
    gone = np.isin(np.arange(len(recording.joints)), joints)
    return recording._replace(
        keypoints=np.where(gone[:, None], 0, recording.keypoints), confidence=np.where(gone, 0, recording.confidence)
    )


def thinned(recording: Recording, _: np.random.Generator) -> Recording:
    """Every fifth frame: 6 frames per second."""
    rows = recording.frame % 5 == 0
    return recording._replace(
        keypoints=recording.keypoints[rows],
        confidence=recording.confidence[rows],
        frame=recording.frame[rows] // 5,
        person=recording.person[rows],
        frames=recording.frames[::5],
        image_size=recording.image_size[::5],
        fps=recording.fps / 5,
    )


def swapped(*kinds: str) -> Make:
    """Left and right of some joints exchanged; "" for all."""

    def make(recording: Recording, _: np.random.Generator) -> Recording:
        names = list(recording.joints)
        order = [
            names.index(_other(name)) if any(kind in name for kind in kinds) else i for i, name in enumerate(names)
        ]
        return recording._replace(keypoints=recording.keypoints[:, order], confidence=recording.confidence[:, order])

    return make


def _other(name: str) -> str:
    return name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")


def shuffled(recording: Recording, rng: np.random.Generator) -> Recording:
    order = rng.permutation(len(recording.joints))
    return recording._replace(keypoints=recording.keypoints[:, order], confidence=recording.confidence[:, order])


def flickering(recording: Recording, rng: np.random.Generator) -> Recording:
    """Sides change in 5 % of the frames."""
    rows = rng.random(len(recording.frame)) < 0.05
    other = swapped("")(recording, rng)
    return recording._replace(keypoints=np.where(rows[:, None, None], other.keypoints, recording.keypoints))


def repeated(recording: Recording, _: np.random.Generator) -> Recording:
    """Every fifth frame is a copy of the one before, as in 24 frames per second played at 30."""
    rows = np.arange(len(recording.frame))
    return recording._replace(keypoints=recording.keypoints[rows - (rows % 5 == 4)])


def eight_times(recording: Recording, _: np.random.Generator) -> Recording:
    return recording._replace(fps=8 * recording.fps)


def smaller(recording: Recording, _: np.random.Generator) -> Recording:
    """The size of an image half as large is stated."""
    return recording._replace(image_size=recording.image_size / 2)


def displaced(recording: Recording, _: np.random.Generator) -> Recording:
    """Another person from the middle of the video on, beside the first."""
    late = (recording.frame > len(recording.frames) // 2)[:, None, None]
    return recording._replace(keypoints=recording.keypoints + np.where(late, np.float32([900.0, 0.0]), 0))


FAULTS: dict[str, Make] = {
    "eyes swapped": swapped("eye"),
    "shoulders to wrists swapped": swapped("shoulder", "elbow", "wrist"),
    "all sides swapped": swapped(""),
    "joints in a random order": shuffled,
    "sides change in 5 % of the frames": flickering,
    "every fifth frame repeated": repeated,
    "frame rate 8 times too high": eight_times,
    "half the image size": smaller,
    "another person from the middle on": displaced,
}
VIDEO_ONLY = {"sides change in 5 % of the frames", "every fifth frame repeated", "frame rate 8 times too high"}
VIDEO_ONLY |= {"another person from the middle on"}
