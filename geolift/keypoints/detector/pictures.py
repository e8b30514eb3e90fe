"""Detection of people in images and videos: 33 landmarks each as 2D keypoints (BlazePose). Nothing is downloaded.

Needs `pip install 'geolift[detect]'` and the networks, which `networks.COMMAND` downloads once.
"""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.detector import blazepose
from geolift.keypoints.detector.following import FrameDetector
from geolift.keypoints.detector.networks import FOLDER
from geolift.keypoints.frame_names import natural_key
from geolift.keypoints.recording import Recording, record
from geolift.plurals import counted
from geolift.safe_io import bounded_file, containers

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
LARGEST_IMAGE = 2**28  # bytes of a file
MOST_PIXELS = 2**27  # of an image
AHEAD = 3  # images that are read while those before are searched


class _Pictures(NamedTuple):
    """Named images in order.

    Attributes:
        images: names and `[H, W, 3]` uint8 RGB images.
        count: how many; 0 where a video's header does not state it.
        video: whether they are the frames of a video.
        fps: frames per second; 0 where unknown.
        notes: as in `Recording`.
    """

    images: Iterator[tuple[str, np.ndarray]]
    count: int
    video: bool
    fps: float
    notes: list[str]


def detect(
    path: str | os.PathLike[str], *, fps: float | None = None, networks: str | os.PathLike[str] = FOLDER
) -> Recording:
    """Detect the people in an image, in a folder of images, or in a video.

    A joint's confidence is MediaPipe's visibility; joints that the network takes to be outside the image are missing.
    In a video people are also searched where they were in the frame before, and the whole image a few times a second
    (following.py); detections are untracked.

    Args:
        path: a file with a suffix of `IMAGES` or `VIDEOS`, or a folder of images, sorted by the numbers in their names.
        fps: frames per second. For a folder: its images are the frames of a video; None: they are single images. For a
            video: None: as its header states.
        networks: the folder of the MediaPipe wheel.

    Returns:
        A recording of BlazePose's 33 landmarks (joint set "mediapipe33"), pixels.

    Raises:
        DatasetError: if the file is not an image or a video, no person is found, or software or networks are missing.
        FileNotFoundError: if there is no such file.

    Source:
        Bazarevsky et al. 2020, BlazePose; MediaPipe's networks.

    Example:
        >>> recording = detect("walk.mp4")  # doctest: +SKIP
        >>> detect("none.mp4")
        Traceback (most recent call last):
        ...
        FileNotFoundError: none.mp4: no such file or folder
    """
    path = Path(path)
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file or folder")
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MOST_PIXELS))  # OpenCV reads this when it is imported
    try:
        import cv2  # noqa: F401
        from tqdm import tqdm
    except ImportError as error:
        raise DatasetError(f"{path}: {error.name} is missing: pip install 'geolift[detect]'") from None
    is_video = path.suffix.lower() in VIDEOS and path.is_file()
    pictures = _open_video(path, fps) if is_video else _open_images(path, fps)
    try:
        network = blazepose.BlazePose(networks)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error

    names, sizes = [], []
    shown = tqdm(read_ahead(pictures.images), total=pictures.count or None, desc=path.name, unit="frame", disable=None)
    images, video = _noted(shown, names, sizes), FrameDetector(pictures.fps, network=network).video
    found = list(video(images) if pictures.video else map(network.search, images))
    frame = np.repeat(np.arange(len(found)), [len(one) for one in found])
    poses = [pose for one in found for pose in one]
    notes = ["keypoints were found by BlazePose (pose_landmark_full of MediaPipe)", *pictures.notes]
    if pictures.count and len(names) != pictures.count:
        read = counted(len(names), "frame was", "frames were")
        notes.append(f"{read} read, where the video's header states {pictures.count}")
    if not poses:
        raise DatasetError(f"{path}: found no person in {len(names)} frames, expected at least one")
    outside = np.stack([pose.presence for pose in poses]) < blazepose.MIN_PRESENCE
    if outside.any():
        notes.append(f"{outside.sum()} of {outside.size} joints were left out: they lie outside the image")
    return record(
        np.stack([pose.landmarks for pose in poses]),
        np.stack([pose.confidence for pose in poses]),
        frame=frame,
        joints=blazepose.JOINTS,
        joint_set="mediapipe33",
        frames=tuple(names),
        video=pictures.video,
        origin=str(path),
        fps=pictures.fps,
        image_size=np.array(sizes),
        notes=tuple(notes),
    )


def _noted(pictures: Iterator[tuple[str, np.ndarray]], names: list, sizes: list) -> Iterator[np.ndarray]:
    """The images alone; their names, and their sizes as width and height, are appended to the lists."""
    for name, image in pictures:
        names.append(name)
        sizes.append(image.shape[1::-1])
        yield image


def read_ahead(items: Iterable, count: int = AHEAD) -> Iterator:
    """The same items, read by another thread, `count` of them before they are asked for."""
    items, end = iter(items), object()
    with ThreadPoolExecutor(1) as reader:
        waiting = deque(reader.submit(next, items, end) for _ in range(count))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(reader.submit(next, items, end))
            yield item


def _open_video(path: Path, fps: float | None) -> _Pictures:
    """A video; `fps` replaces the frame rate in its header."""
    count, stated = _header(path)
    differs = fps and stated and fps != stated
    notes = [f"{fps:g} frames per second as given, where the video's header states {stated:g}"] if differs else []
    return _Pictures(_frames(path), count, True, fps or stated, notes)


def _open_images(path: Path, fps: float | None) -> _Pictures:
    """An image, or the images of a folder, `img2` before `img10`; `fps` makes a video of a folder."""
    files = sorted(path.iterdir(), key=lambda file: natural_key(file.name)) if path.is_dir() else [path]
    files = [file for file in files if not containers.is_system_file(file.name)]
    images = [file for file in files if file.suffix.lower() in IMAGES]
    if not images:
        raise DatasetError(f"{path}: found no image or video, expected {' '.join(IMAGES + VIDEOS)}")
    others = sum(not file.name.startswith(".") for file in files) - len(images)
    left_out = counted(others, "file that is not an image was", "files that are not images were")
    notes = [f"{left_out} left out"] if others else []
    video = bool(fps and path.is_dir())
    return _Pictures(((file.name, _image(file)) for file in images), len(images), video, fps if video else 0.0, notes)


def _image(path: Path) -> np.ndarray:
    """`[H, W, 3]` uint8 RGB, rotated as its metadata states."""
    import cv2

    content = bounded_file.content(path, LARGEST_IMAGE, "an image")  # OpenCV itself does not open every name on Windows
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error as error:  # more pixels than allowed, or than memory for them
        raise DatasetError(f"{path}: found an image that OpenCV refuses: {error.err}") from error
    if image is None:
        raise DatasetError(f"{path}: found {len(content)} bytes that OpenCV does not read, expected an image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _header(path: Path) -> tuple[int, float]:
    """Number of frames and frames per second as a video's header states them; 0 where it does not."""
    import cv2

    size = bounded_file.size(path, "a video")
    with path.open("rb") as file:
        begin = file.read(8)
    if re.fullmatch(rb"[\x20-\x7e\s]+", begin) and not begin.startswith(b"RIFF"):
        raise DatasetError(f"{path}: found text, {begin!r}, expected a video")  # FFmpeg opens the files of a playlist
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise DatasetError(f"{path}: found {size} bytes that OpenCV does not read, expected a video")
    count, fps = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    video.release()
    return max(int(count), 0), float(fps) if 0 < fps < np.inf else 0.0


def _frames(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Numbers from 0 and images `[H, W, 3]` uint8 RGB of a video's frames."""
    import cv2

    video = cv2.VideoCapture(str(path))
    try:
        number = 0
        while (read := video.read())[0]:
            yield str(number), cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
            number += 1
    finally:
        video.release()
