"""BlazePose: the people of an image as 33 landmarks each, by the two networks in a MediaPipe wheel.

The first network takes the image, scaled to 224 pixels, and finds people: their hips, size and rotation. The second
takes each person, cropped upright at 256 pixels, and finds the landmarks. Needs ai-edge-litert and OpenCV
(`geolift[detect]`).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from geolift.keypoints.detector import crops, networks
from geolift.skeletons.joint_sets import MEDIAPIPE33

JOINTS = MEDIAPIPE33.source
SAME = 0.35  # of the radius of the circles: people whose hips are closer are one person
MIN_PRESENCE = 0.5  # of a landmark; below, it is taken to be outside the image
MOST_THREADS = min(4, os.cpu_count() or 1)  # more are of use for crowds alone


class Pose(NamedTuple):
    """One person.

    Attributes:
        landmarks: `[33, 2]` pixels of the image; they may lie outside of it.
        visibility: `[33]` in 0..1, how likely a landmark is in the image and not hidden.
        presence: `[33]` in 0..1, how likely a landmark is in the image.
        circle: `[2, 2]` pixels: the middle of the hips and the point above the head on the circle around the body.
    """

    landmarks: np.ndarray
    visibility: np.ndarray
    presence: np.ndarray
    circle: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """`[33]` in 0..1: the visibility; 0 where a landmark is taken to be outside the image."""
        return np.where(self.presence < MIN_PRESENCE, 0, self.visibility)


class BlazePose:
    """The two networks, loaded, on the CPU; people, and parts of an image, are taken by several threads at once.

    Args:
        folder: the folder of the MediaPipe wheel.

    Raises:
        DatasetError: if `geolift[detect]` is not installed, or the folder has no wheel with the two networks.
    """

    def __init__(self, folder: str | os.PathLike[str] = networks.FOLDER):
        self._networks = networks.load_networks(folder)
        self._pool = ThreadPoolExecutor(MOST_THREADS)

    def follow(self, image: np.ndarray, before: Sequence[Pose]) -> list[Pose]:
        """The people of the frame before that are found where they were, in their order.

        Args:
            image: `[H, W, 3]` uint8, RGB.
            before: the people of the frame before.
        """
        people: list[Pose] = []
        for pose in self._each(lambda one: self.pose(image, one.circle), before):
            if pose is not None and not is_known(pose.circle, people):
                people.append(pose)
        return people

    def search(self, image: np.ndarray, known: Sequence[Pose] = ()) -> list[Pose]:
        """The people that are known in an image `[H, W, 3]`, and after them all others in it."""
        people = list(known)
        for squares in crops.views(image.shape[1], image.shape[0]):
            for circle in self._detections(image, squares):
                pose = None if is_known(circle, people) else self.pose(image, circle)
                if pose is not None and not is_known(pose.circle, people):
                    people.append(pose)
            if people:
                break
        return people

    def pose(self, image: np.ndarray, circle: np.ndarray) -> Pose | None:
        """The person in a `Pose.circle` `[2, 2]` of an image `[H, W, 3]`, if there is one."""
        matrix = crops.body_crop(*circle)
        raw, score, heat = self._run(1, warp(image, matrix, crops.LANDMARK_SIZE, outside="edge"))
        if score[0, 0] < crops.MIN_SCORE:
            return None
        raw = raw.reshape(39, 5)  # x, y, depth, visibility, presence; after the 33 joints, the two points of the circle
        points = crops.transform(matrix, crops.refine(raw[:, :2].astype(np.float64), heat[0]))
        visibility, presence = crops.sigmoid(raw[: len(JOINTS), 3:]).T
        return Pose(points[: len(JOINTS)], visibility, presence, points[len(JOINTS) : len(JOINTS) + 2])

    def _detections(self, image: np.ndarray, squares: Sequence[crops.Square]) -> np.ndarray:
        """The circles `[D, 2, 2]` of people as in `Pose`, the surest first; a person may be found twice."""
        found = self._each(lambda square: self._detected(image, *square), squares)
        return crops.suppress(*(np.concatenate(a) for a in zip(*found, strict=True)))[1][:, :2]

    def _detected(self, image: np.ndarray, centre: tuple[float, float], side: float) -> tuple[np.ndarray, ...]:
        """Boxes, points and scores of people in a square part of the image, as from `crops.decode`, its pixels."""
        view = crops.crop(centre, side, 0.0, crops.DETECTION_SIZE)
        raw, logits = self._run(0, warp(image, view, crops.DETECTION_SIZE, outside="black") * 2 - 1)
        boxes, points, scores = crops.decode(raw[0], logits[0, :, 0])
        return crops.transform(view, boxes.reshape(-1, 2, 2)).reshape(-1, 4), crops.transform(view, points), scores

    def _run(self, which: int, image: np.ndarray) -> list[np.ndarray]:
        """The outputs of a network for an image `[S, S, 3]`."""
        return self._networks[which](image)

    def _each(self, function: Callable, items: Sequence) -> list:
        """`function` of each item, at once if there are several."""
        return [function(item) for item in items] if len(items) < 2 else list(self._pool.map(function, items))


def warp(image: np.ndarray, matrix: np.ndarray, size: int, *, outside: str) -> np.ndarray:
    """`[size, size, 3]` in 0..1: a crop of an image; `outside` the image "black", or its "edge" continued."""
    import cv2

    return cv2.warpAffine(
        image,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode={"black": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE}[outside],
    ) / np.float32(255)


def is_known(circle: np.ndarray, people: Sequence[Pose]) -> bool:
    """Whether the person in `circle` is one of `people`."""
    hips, ends = np.stack([circle, *(pose.circle for pose in people)]).swapaxes(0, 1)  # [1 + P, 2] each
    apart, radius = np.linalg.norm(hips[1:] - hips[0], axis=-1), np.linalg.norm(ends - hips, axis=-1)
    return bool((apart < SAME * np.minimum(radius[1:], radius[0])).any())
