"""BlazePose: the people of an image as 33 landmarks each, by the two networks in a MediaPipe wheel.

The first network takes the image, scaled to 224 pixels, and finds people: their hips, size and rotation. The second
takes each person, cropped upright at 256 pixels, and finds the landmarks. Needs ai-edge-litert and OpenCV
(`geolift[detect]`).
"""

import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.detector import crops
from geolift.skeletons.joint_sets import MEDIAPIPE33

MODELS = {  # in the wheels of MediaPipe 0.10.14 and 0.10.21: file and SHA-256
    "mediapipe/modules/pose_detection/pose_detection.tflite": (
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
    ),
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": (
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
    ),
}
FOLDER = Path("~/.cache/geolift").expanduser()  # of the wheel
# Only two data files of the wheel are read: the wheel of any platform and Python serves all.
COMMAND = (
    "pip download mediapipe==0.10.21 --no-deps --only-binary=:all: --python-version=3.12 "
    f'--platform=manylinux_2_28_x86_64 --dest="{FOLDER}"'
)
JOINTS = MEDIAPIPE33.source
SAME = 0.35  # of the radius of the circles: people whose hips are closer are one person


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


class BlazePose:
    """The two networks, loaded, on the CPU.

    Args:
        folder: the folder of the MediaPipe wheel.

    Raises:
        DatasetError: if `geolift[detect]` is not installed, or the folder has no wheel with the two networks.
    """

    def __init__(self, folder: str | os.PathLike[str] = FOLDER):
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise DatasetError("ai-edge-litert is missing: pip install 'geolift[detect]'") from None
        self._networks = [
            Interpreter(model_content=content, num_threads=min(4, os.cpu_count() or 1)) for content in _read(folder)
        ]
        for network in self._networks:
            network.allocate_tensors()

    def people(self, image: np.ndarray, before: Sequence[Pose] = ()) -> list[Pose]:
        """The people in an image.

        Args:
            image: `[H, W, 3]` uint8, RGB.
            before: the people of the frame before; they are searched first, where they were.
        """
        people: list[Pose] = []
        for pose in before:
            self._add(people, image, pose.circle)
        for squares in crops.views(image.shape[1], image.shape[0]):
            for circle in self._detections(image, squares):
                if not _is_known(circle, people):
                    self._add(people, image, circle)
            if people:
                break
        return people

    def _detections(self, image: np.ndarray, squares: Sequence[crops.Square]) -> np.ndarray:
        """The circles `[D, 2, 2]` of people as in `Pose`, the surest first; a person may be found twice."""
        found = []
        for centre, side in squares:
            view = crops.crop(centre, side, 0.0, crops.DETECTION_SIZE)
            raw, logits = self._run(0, warp(image, view, crops.DETECTION_SIZE, outside="black") * 2 - 1)
            boxes, points, scores = crops.decode(raw[0], logits[0, :, 0])
            boxes = crops.transform(view, boxes.reshape(-1, 2, 2)).reshape(-1, 4)
            found.append((boxes, crops.transform(view, points), scores))
        return crops.suppress(*(np.concatenate(a) for a in zip(*found, strict=True)))[1][:, :2]

    def _add(self, people: list[Pose], image: np.ndarray, circle: np.ndarray) -> None:
        """Add the person in `circle` to `people`, if there is one that is not among them yet."""
        matrix = crops.body_crop(*circle)
        raw, score, _, heat, _ = self._run(1, warp(image, matrix, crops.LANDMARK_SIZE, outside="edge"))
        if score[0, 0] < crops.MIN_SCORE:
            return
        raw = raw.reshape(39, 5)  # x, y, depth, visibility, presence; after the 33 joints, the two points of the circle
        points = crops.transform(matrix, crops.refine(raw[:, :2].astype(np.float64), heat[0]))
        visibility, presence = crops.sigmoid(raw[: len(JOINTS), 3:]).T
        pose = Pose(points[: len(JOINTS)], visibility, presence, points[len(JOINTS) : len(JOINTS) + 2])
        if not _is_known(pose.circle, people):
            people.append(pose)

    def _run(self, which: int, image: np.ndarray) -> list[np.ndarray]:
        """All outputs of a network for an image `[S, S, 3]`, in its order."""
        network = self._networks[which]
        network.set_tensor(network.get_input_details()[0]["index"], image[None].astype(np.float32))
        network.invoke()
        return [network.get_tensor(output["index"]) for output in network.get_output_details()]


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


def _is_known(circle: np.ndarray, people: Sequence[Pose]) -> bool:
    """Whether the person in `circle` is one of `people`."""
    hips, ends = np.stack([circle, *(pose.circle for pose in people)]).swapaxes(0, 1)  # [1 + P, 2] each
    apart, radius = np.linalg.norm(hips[1:] - hips[0], axis=-1), np.linalg.norm(ends - hips, axis=-1)
    return bool((apart < SAME * np.minimum(radius[1:], radius[0])).any())


def _read(folder: str | os.PathLike[str]) -> list[bytes]:
    """The two networks, from the last wheel in `folder` by name."""
    wheels = sorted(Path(folder).glob("mediapipe-*.whl"))
    if not wheels:
        raise DatasetError(f"{folder}: found no MediaPipe wheel with the pose networks, expected one from: {COMMAND}")
    try:
        with zipfile.ZipFile(wheels[-1]) as wheel:
            contents = [wheel.read(name) for name in MODELS]
    except (zipfile.BadZipFile, KeyError) as error:
        raise DatasetError(f"{wheels[-1]}: found {error}, expected a wheel from: {COMMAND}") from None
    for content, (name, digest) in zip(contents, MODELS.items(), strict=True):
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise DatasetError(f"{wheels[-1]}: {name}: found SHA-256 {found}, expected {digest}")
    return contents
