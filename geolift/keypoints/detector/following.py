"""People from frame to frame: found where they were, while the whole image is searched only now and then.

Where somebody was in the frame before, one run of the second network finds them; to search an image for others takes
three or four runs of the first. So the image is searched when somebody is lost, for a while after that, and else a few
times a second. In a video who is found then is followed back to the search before: nobody appears later for it.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from geolift.keypoints.detector.blazepose import BlazePose, Pose, is_known

UNKNOWN = 30.0  # frames per second that are assumed where the rate is unknown
EVERY = 0.2  # seconds between two searches: who walks into the image has not crossed it by then
MOST = 12  # frames between two searches: so many images are kept in memory, 300 MB of 4K
LOST = 0.3  # seconds in which each frame is searched for who was lost: in real videos who was found again was so in 0.2


class FrameDetector:
    """People in the frames of a video or a camera, one frame after the other.

    Args:
        fps: frames per second; 0 where unknown.
        network: the networks, loaded; None: from the wheel in `networks.FOLDER`.

    Raises:
        DatasetError: if `geolift[detect]` is not installed, or there is no wheel with the networks.

    Example:
        >>> class OnePerson:  # in the place of BlazePose
        ...     def follow(self, image, before):
        ...         return list(before)
        ...     def search(self, image, known):
        ...         return ["a person"]
        >>> detector = FrameDetector(fps=30.0, network=OnePerson())
        >>> [detector.people(image) for image in np.zeros((2, 480, 640, 3), np.uint8)]
        [['a person'], ['a person']]
    """

    def __init__(self, fps: float = 0.0, *, network: BlazePose | None = None):
        rate = fps or UNKNOWN
        self._network = network or BlazePose()
        self._every = int(np.clip(round(EVERY * rate), 1, MOST))
        self._patience = round(LOST * rate)
        self._before: list[Pose] = []
        self._unsearched = self._every  # frames since the last search
        self._seeking = 0  # frames for which each will be searched

    def people(self, image: np.ndarray) -> list[Pose]:
        """The people in the next frame; those of the frame before come first, in their order.

        Args:
            image: `[H, W, 3]` uint8, RGB.
        """
        return self._next(image)[0]

    def video(self, images: Iterable[np.ndarray]) -> Iterator[list[Pose]]:
        """The people of each of a video's images, also in the frames before the one in which they were first found."""
        waiting: list[tuple[np.ndarray, list[Pose]]] = []  # since the last search
        for image in images:
            people, new = self._next(image)
            if self._unsearched:
                waiting.append((image, people))
                continue
            yield from self._completed(waiting, new)
            yield people
            waiting = []
        if waiting:  # the last frame is searched, too
            image, people = waiting.pop()
            everybody = self._network.search(image, people)
            yield from self._completed(waiting, everybody[len(people) :])
            yield everybody

    def _completed(self, waiting: list[tuple[np.ndarray, list[Pose]]], new: list[Pose]) -> Iterator[list[Pose]]:
        """The people of the frames that wait, with those who are new in the frame after them, followed back."""
        for pose in new:
            self._follow_back(pose, waiting)
        return (people for _, people in waiting)

    def _next(self, image: np.ndarray) -> tuple[list[Pose], list[Pose]]:
        """The people in the next frame, and those of them who are new."""
        known = people = self._network.follow(image, self._before)
        self._seeking = self._patience if len(known) < len(self._before) else max(self._seeking - 1, 0)
        self._unsearched += 1
        if self._seeking or self._unsearched >= self._every:
            people, self._unsearched = self._network.search(image, known), 0
        self._before = people
        return people, people[len(known) :]

    def _follow_back(self, pose: Pose, waiting: list[tuple[np.ndarray, list[Pose]]]) -> None:
        """Add the person of `pose` to the frames before, from the last to the first in which they are found."""
        found: Pose | None = pose
        for image, people in reversed(waiting):
            found = self._network.pose(image, found.circle)
            if found is None or is_known(found.circle, people):
                return
            people.append(found)
