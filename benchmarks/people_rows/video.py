"""Videos to keypoints and to 3D, beside MediaPipe on the same machine, whose Python `--mediapipe` names.

    python -m venv mp && mp/bin/pip install mediapipe==0.10.21
    pip download sports2d==0.8.34 pose2sim==0.10.49 --no-deps --dest=wheels
    python -m benchmarks.people --only=video --wheels=wheels --mediapipe=mp/bin/python --rounds=7

Real videos (BSD-3-Clause), which the wheels hold: one person who walks (Pose2Sim), two people (Sports2D's
demonstration), and twice the one person beside each other, the second later. MediaPipe has its defaults, with the same
networks as ours (model_complexity=1), and finds one person. The programs take turns; ratios are those of a round.
"""

import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.people_rows import Files, Stage
from benchmarks.people_rows.worker import StageWorker
from benchmarks.turns import spread

IN_WHEELS = {
    "one person": ("pose2sim-*.whl", "Pose2Sim/Demo_SinglePerson/videos/cam01.mp4"),
    "two people": ("sports2d-*.whl", "Sports2D/Demo/demo.mp4"),
}
TWICE = "one person twice"
VIDEOS = (*IN_WHEELS, TWICE)
LATER = 20  # frames that the second of the two walks later, so that they are not equal
SMALLER = 0.5  # two of them beside each other have the width of one
DETECTION, COMMAND = "keypoints", "whole command to 3D"

HEAD = (
    "| stage | frames/s | poses/s | CPU ms per frame | times frames/s | times poses/s | times frames per CPU s |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def make(files: Files) -> None:
    """The videos."""
    for name, (wheel, path) in IN_WHEELS.items():
        wheels = sorted(Path(files.wheels).glob(wheel)) if files.wheels else []
        if not wheels:
            raise SystemExit(f"--wheels: found no {wheel} in {files.wheels!r}, expected those of {__doc__}")
        with zipfile.ZipFile(wheels[-1]) as archive:
            _video(files, name).write_bytes(archive.read(path))
    _write_twice(_video(files, "one person"), _video(files, TWICE))


def peers(files: Files) -> dict[str, StageWorker]:
    """MediaPipe, if there is a Python that has it."""
    return {"MediaPipe": StageWorker("mediapipe_pose", files, python=files.mediapipe)} if files.mediapipe else {}


def stages(files: Files) -> dict[str, Stage]:
    """Keypoints of each video, without the start of the program, and the whole command."""
    from geolift.keypoints.detector import detect

    return all_stages(files, lambda path: detect(path).frame, "geolift.cli", ".npz")


def all_stages(files: Files, detect: Callable[[Path], Sequence], module: str, suffix: str) -> dict[str, Stage]:
    """The stages of a program.

    Args:
        files: those of the row.
        detect: gives the poses of a video.
        module: run as a program as `module lift VIDEO -o OUT`, it writes 3D.
        suffix: of OUT.
    """
    found = {}
    for name in VIDEOS:
        path = _video(files, name)
        frames = _count_frames(path)
        command = [sys.executable, "-m", module, "lift", str(path), "-o", str(path.with_suffix(suffix))]
        found[f"{name}, {DETECTION}"] = Stage(lambda path=path: {"poses": len(detect(path))}, frames)
        found[f"{name}, {COMMAND}"] = Stage(lambda command=command: _run(command), frames)
    return found


def line(stage: str, rounds: dict[str, list[dict[str, float]]], count: int) -> str:
    """A line of the table: medians of all programs, and quartiles of our ratios to the first."""
    figures = {name: _figures(took[1:], count) for name, took in rounds.items()}
    first, *_, ours = [*figures.values()] * 2  # of one program, too
    cells = [
        " -> ".join(f"{np.median(of[what]):.1f}" for of in figures.values()) for what in ("frames", "poses", "cpu")
    ]
    for what, sign in (("frames", 1), ("poses", 1), ("cpu", -1)):
        cells.append(spread((ours[what] / first[what]) ** sign))
    return f"| {stage} | {' | '.join(cells)} |"


def _figures(took: list[dict[str, float]], count: int) -> dict[str, np.ndarray]:
    """Frames and poses per second, and milliseconds of the CPU per frame, of each round."""
    wall, cpu, poses = (np.array([one.get(what, np.nan) for one in took]) for what in ("wall", "cpu", "poses"))
    return {"frames": count / wall, "poses": poses / wall, "cpu": 1000 * cpu / count}


def _video(files: Files, name: str) -> Path:
    return files.folder / f"{name.replace(' ', '_')}.mp4"


def _run(command: list[str]) -> dict[str, int]:
    """Run a command that writes a result, and count its poses."""
    subprocess.run(command, check=True, capture_output=True)
    with np.load(command[-1]) as result:
        return {"poses": len(result["points"])}


def _count_frames(path: Path) -> int:
    """Frames of a video, as its header states them."""
    import cv2

    return int(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT))


def _write_twice(path: Path, out: Path) -> None:
    """A video twice, beside itself, the right half `LATER` frames later."""
    import cv2

    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(cv2.resize(read[1], None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_AREA))
    height, width = frames[0].shape[:2]
    written = cv2.VideoWriter(
        str(out), cv2.VideoWriter_fourcc(*"mp4v"), video.get(cv2.CAP_PROP_FPS), (2 * width, height)
    )
    for left, right in zip(frames[LATER:], frames, strict=False):
        written.write(np.hstack([left, right]))
    written.release()
