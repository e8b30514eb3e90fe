"""Images and videos in: the people in them as 2D keypoints, 33 landmarks each (BlazePose). Nothing is downloaded.

Needs `pip install 'geolift[detect]'` and the networks, which `blazepose.COMMAND` fetches once.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.detector import blazepose
from geolift.keypoints.frame_names import natural_key
from geolift.keypoints.recording import Recording, record
from geolift.safe_io import bounded_file

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
LARGEST_IMAGE = 2**28  # bytes of a file
MOST_PIXELS = 2**27  # of an image
LEAST_PRESENCE = 0.5  # of a landmark; below, it is taken to be outside of the image


def detect(
    path: str | os.PathLike, *, fps: float | None = None, networks: str | os.PathLike = blazepose.FOLDER
) -> Recording:
    """Find the people in an image, in a folder of images, or in a video.

    A joint's confidence is MediaPipe's visibility; joints that the network takes to be outside the image are missing.
    In a video people are also looked for where they were in the frame before; nobody is followed by name.

    Args:
        path: a file with a suffix of `IMAGES` or `VIDEOS`, or a folder of images, in the order of their names' numbers.
        fps: frames per second. Of a folder: its images are the frames of a video; None: they are single images. Of a
            video: None: as its header says.
        networks: the folder of the MediaPipe wheel.

    Raises:
        DatasetError: if the file is no image or video, nobody is found, or software or networks are missing.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file or folder")
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MOST_PIXELS))  # it reads this when it is imported
    try:
        import cv2  # noqa: F401
        from tqdm import tqdm
    except ImportError as error:
        raise DatasetError(f"{path}: {error.name} is missing: pip install 'geolift[detect]'") from None
    notes = ["keypoints were found by BlazePose (pose_landmark_full of MediaPipe)"]
    is_video = path.suffix.lower() in VIDEOS and path.is_file()
    if is_video:
        count, rate = _header(path)
        source = _frames(path)
        if fps and rate and fps != rate:
            notes.append(f"{fps:g} frames per second as given, where the video's header says {rate:g}")
        rate = fps or rate
    else:
        files, others = _images(path)
        count, rate = len(files), fps or 0.0
        source = ((file.name, _image(file)) for file in files)
        if others:
            notes.append(f"{others} files that are no images were left out")
    in_time = is_video or bool(fps and path.is_dir())
    network = blazepose.BlazePose(networks)

    names, sizes, frame, poses, before = [], [], [], [], []
    for name, image in tqdm(source, total=count or None, desc=path.name, unit="frame", disable=None):
        before = network.people(image, before if in_time else ())
        frame += [len(names)] * len(before)
        poses += before
        names.append(name)
        sizes.append(image.shape[1::-1])
    if is_video and count and len(names) != count:
        notes.append(f"{len(names)} frames were read, where the video's header says {count}")
    if not poses:
        raise DatasetError(f"{path}: found no person in {len(names)} frames, expected at least one")
    outside = np.stack([pose.presence for pose in poses]) < LEAST_PRESENCE
    if outside.any():
        notes.append(f"{outside.sum()} of {outside.size} joints were left out: they lie outside the image")
    return record(
        np.stack([pose.landmarks for pose in poses]),
        np.where(outside, 0, np.stack([pose.visibility for pose in poses])),
        frame=np.array(frame),
        joints=blazepose.JOINTS,
        joint_set="mediapipe33",
        frames=tuple(names),
        video=in_time,
        origin=str(path),
        fps=rate if in_time else 0.0,
        image_size=np.array(sizes),
        notes=tuple(notes),
    )


def _images(path: Path) -> tuple[list[Path], int]:
    """The image, or the images in the folder, `img2` before `img10`; and how many other files are there."""
    files = sorted(path.iterdir(), key=lambda file: natural_key(file.name)) if path.is_dir() else [path]
    images = [file for file in files if file.suffix.lower() in IMAGES]
    if not images:
        raise DatasetError(f"{path}: found no image or video, expected {' '.join(IMAGES + VIDEOS)}")
    return images, sum(not file.name.startswith(".") for file in files) - len(images)


def _image(path: Path) -> np.ndarray:
    """`[H, W, 3]` uint8 RGB, turned as the camera was."""
    import cv2

    content = bounded_file.content(path, LARGEST_IMAGE, "an image")  # OpenCV itself does not open every name on Windows
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error as error:  # more pixels than it takes, or than there is memory for
        raise DatasetError(f"{path}: found an image that OpenCV refuses: {error.err}") from error
    if image is None:
        raise DatasetError(f"{path}: found {len(content)} bytes that OpenCV does not read, expected an image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _header(path: Path) -> tuple[int, float]:
    """How many frames a video has and how many in a second, by its header; 0 where it does not tell."""
    import cv2

    size = bounded_file.size(path, "a video")
    with path.open("rb") as file:
        begin = file.read(8)
    if re.fullmatch(rb"[\x20-\x7e\s]+", begin) and not begin.startswith(b"RIFF"):
        raise DatasetError(f"{path}: found text, {begin!r}, expected a video")  # FFmpeg opens the files of a playlist
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise DatasetError(f"{path}: found {size} bytes that OpenCV does not read, expected a video")
    count, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    video.release()
    return max(int(count), 0), float(rate) if 0 < rate < np.inf else 0.0


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
