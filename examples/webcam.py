"""3D beside the picture, live: `python examples/webcam.py`, or with `--video walk.mp4` of a file. Esc or q ends it.

Needs `pip install 'geolift[detect]' opencv-python` (the OpenCV of the extra has no windows; for `--save` it is enough),
and the detector's networks: the program prints the command that downloads them.
"""

import argparse
import itertools
import time
from collections.abc import Iterator

try:
    import cv2
except ModuleNotFoundError:
    raise SystemExit("webcam.py shows pictures by OpenCV: pip install 'geolift[detect]' opencv-python") from None
import numpy as np

import geolift
from geolift.keypoints.detector.blazepose import JOINTS, Pose
from geolift.keypoints.detector.following import FrameDetector

AGAIN = 1.0  # sizes of a person within which one found in the next frame is the same
AWAY = 15  # frames after which a person who was lost counts as another person
REACH = 1.2  # metres to each side of the root that are drawn
TALLEST = 720  # pixels of the picture that is shown
WHITE, GREY, LEFT, RIGHT = (255, 255, 255), (90, 90, 90), (60, 160, 255), (255, 160, 60)  # blue, green, red


class People:
    """Track ids: who is nearest to where somebody was, now or a short time ago, is the same person."""

    def __init__(self, detector):
        self._detector, self._known, self._new = detector, {}, itertools.count()

    def find(self, picture: np.ndarray) -> dict[int, np.ndarray]:
        """`[33, 3]` x, y (pixels) and confidence by track id; `picture` `[H, W, 3]` is RGB."""
        left, now = dict(self._known), {}
        for pose in self._detector.people(picture):
            near = min(left, key=lambda one: _apart(left[one][0], pose), default=None)
            same = near is not None and _apart(left[near][0], pose) < AGAIN
            one = near if same else next(self._new)
            left.pop(one, None)
            now[one] = pose
        away = {one: (pose, frames + 1) for one, (pose, frames) in left.items() if frames < AWAY}
        self._known = away | {one: (pose, 0) for one, pose in now.items()}
        return {one: np.column_stack([pose.landmarks, pose.confidence]) for one, pose in now.items()}


def _apart(a: Pose, b: Pose) -> float:
    hips, size = np.linalg.norm(a.circle[0] - b.circle[0]), np.linalg.norm(a.circle[1] - a.circle[0])
    return float(hips / max(size, 1e-6))


def pictures(source: int | str) -> Iterator[tuple[np.ndarray, float]]:
    """BGR pictures of a camera or a file, and their times in seconds."""
    capture = cv2.VideoCapture(source)
    if not capture.isOpened():
        raise SystemExit(f"{source}: OpenCV opens no camera or video of this name")
    live, fps = isinstance(source, int), capture.get(cv2.CAP_PROP_FPS) or 30.0
    for number in itertools.count():
        there, picture = capture.read()
        if not there:
            return
        yield picture, time.perf_counter() if live else number / fps


def draw(poses: list[geolift.LivePose], skeleton: geolift.Skeleton, side: int) -> np.ndarray:
    """`[side, side, 3]` each person from the front and, smaller, from the person's side; upright where up is known."""
    canvas = np.full((side, side, 3), 255, np.uint8)
    for nth, pose in enumerate(poses):
        width = side // max(1, len(poses))
        turn = pose.to_world if np.isfinite(pose.to_world).all() else np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
        x, y, z = (pose.points @ turn.T).T  # away from the camera, left, up
        for across, middle in ((-y, 0.35), (x, 0.75)):
            _sticks(
                canvas, np.stack([across, z], axis=1), skeleton, (int((nth + middle) * width), side // 2), width / 5
            )
    return canvas


def _sticks(canvas, points, skeleton, middle, scale) -> None:
    at = np.array(middle) + scale / REACH * 2 * points * (1, -1)
    for parent, child in skeleton.bones:
        if np.isfinite(at[[parent, child]]).all():
            colour = LEFT if child in skeleton.left else RIGHT if child in skeleton.right else GREY
            cv2.line(canvas, *(tuple(map(int, at[joint])) for joint in (parent, child)), colour, 3, cv2.LINE_AA)


def run(source: int | str, detector, *, ahead: int, mirrored: bool, save: str | None) -> int:
    """Show or save a camera or a video with its poses; how many frames there were."""
    live, film, people, slow, begin = None, None, People(detector), [], time.perf_counter()
    count, poses, said = 0, [], 0
    for count, (picture, at) in enumerate(pictures(source), 1):
        height, width = picture.shape[:2]
        if live is None:
            live = geolift.Live(JOINTS, image_size=(width, height), ahead=ahead, mirrored=mirrored)
            begin = time.perf_counter()
        found = people.find(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        before = time.perf_counter()
        poses = live.push(found, time=at)
        slow.append(time.perf_counter() - before)
        for note in live.notes[said:]:  # what is assumed, and later what is found wrong
            print(note)
        said = len(live.notes)
        for keypoints in found.values():
            for x, y, sure in keypoints:
                if sure > 0.5:
                    cv2.circle(picture, (int(x), int(y)), 4, LEFT, -1, cv2.LINE_AA)
        rate = count / (time.perf_counter() - begin)
        late = f", {1000 * poses[0].latency:.0f} ms late" if poses else ""
        text = f"{rate:.0f} frames/s, 3D in {1000 * np.median(slow[-50:]):.0f} ms{late}"
        small = min(1.0, TALLEST / height)
        picture = cv2.resize(picture, (round(small * width), round(small * height)))
        both = np.hstack([picture, draw(poses, live.skeleton, len(picture))])
        for colour, thick in ((WHITE, 5), (GREY, 2)):
            cv2.putText(both, text, (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, thick, cv2.LINE_AA)
        if save:
            film = film or cv2.VideoWriter(save, cv2.VideoWriter_fourcc(*"mp4v"), 30.0, both.shape[1::-1])
            film.write(both)
        elif not _shown(both):
            break
    if film is not None:
        film.release()
    if count:
        print(f"{count} frames: {text}")
    return count


def _shown(picture: np.ndarray) -> bool:
    """Show a picture; False: the user ends it."""
    try:
        cv2.imshow("geolift", picture)
    except cv2.error:
        raise SystemExit("this OpenCV has no windows: pip install opencv-python instead, or --save FILE.mp4") from None
    return cv2.waitKey(1) not in (27, ord("q"))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--camera", type=int, default=0, help="number of the camera (default 0)")
    parser.add_argument("--video", help="a video file instead of a camera")
    parser.add_argument(
        "--ahead", type=int, default=3, help="frames that are waited for, for smoother poses (default 3)"
    )
    parser.add_argument("--mirrored", action="store_true", help="the camera's picture is mirrored")
    parser.add_argument("--save", metavar="FILE.mp4", help="write a film instead of showing a window")
    given = parser.parse_args()
    try:
        run(given.video or given.camera, FrameDetector(), ahead=given.ahead, mirrored=given.mirrored, save=given.save)
    except geolift.DatasetError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
