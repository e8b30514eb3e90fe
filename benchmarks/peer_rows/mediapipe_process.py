"""Run MediaPipe's pose on a video, in an environment of its own: `PYTHON mediapipe_process.py VIDEO OUT.json 1`.

A file that imports nothing of geolift: MediaPipe 0.10.21 asks for a version of numpy that geolift does not take. The
last argument is the model: 0 lite, 1 full, 2 heavy. Writes what MediaPipe returns for each frame, x and y of the 2D in
pixels, and the seconds that `process` took.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any


def results(video: str, complexity: int) -> Iterator[tuple[Any, float]]:
    """MediaPipe's result of each frame of a video, and the seconds that `process` took."""
    import cv2
    import mediapipe

    capture = cv2.VideoCapture(video)
    with mediapipe.solutions.pose.Pose(model_complexity=complexity) as pose:
        while (read := capture.read())[0]:
            image, began = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), time.perf_counter()
            yield pose.process(image), time.perf_counter() - began


def landmarks(found, width: int, height: int) -> list[dict[str, float]]:
    """The landmarks of one result, x and y times the size (1, 1: as they are)."""
    if found is None:
        return []
    return [
        {"x": mark.x * width, "y": mark.y * height, "z": mark.z, "visibility": mark.visibility}
        for mark in found.landmark
    ]


def main(video: str, out: str, complexity: int) -> None:
    import cv2
    import mediapipe

    capture, frames, seconds = cv2.VideoCapture(video), [], 0.0
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    for result, took in results(video, complexity):
        seconds += took
        frames.append(
            {
                "frame": len(frames),
                "pose_landmarks": landmarks(result.pose_landmarks, width, height),
                "pose_world_landmarks": landmarks(result.pose_world_landmarks, 1, 1),
            }
        )
    about = {"width": width, "height": height, "fps": capture.get(cv2.CAP_PROP_FPS), "seconds": seconds}
    with open(out, "w") as file:
        json.dump({**about, "version": mediapipe.__version__, "frames": frames}, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
