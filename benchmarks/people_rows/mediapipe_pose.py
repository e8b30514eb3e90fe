"""MediaPipe's pose solution on the videos of the row `video`; runs in another Python, without geolift."""

import os
import sys
from pathlib import Path

import numpy as np

from benchmarks.peer_rows import mediapipe_process
from benchmarks.people_rows import Files, Stage, video

COMPLEXITY = 1  # pose_landmark_full, as ours


def stages(files: Files) -> dict[str, Stage]:
    """The stages of the row."""
    os.environ["GLOG_minloglevel"] = "2"  # noqa: SIM112 (spelt so by Google): no lines about its threads
    return video.all_stages(files, poses, "benchmarks.people_rows.mediapipe_pose", ".mediapipe.npz")


def poses(path: Path) -> np.ndarray:
    """`[P, 33, 5]` x, y as fractions of the image, and x, y, z in metres, of all frames in which somebody is found."""
    found = []
    for result, _ in mediapipe_process.results(str(path), COMPLEXITY):
        if result.pose_landmarks:
            pairs = zip(result.pose_landmarks.landmark, result.pose_world_landmarks.landmark, strict=True)
            found.append([[image.x, image.y, world.x, world.y, world.z] for image, world in pairs])
    return np.array(found)


if __name__ == "__main__":
    np.savez(sys.argv[-1], points=poses(Path(sys.argv[2])))
