"""What programs give of one camera's video, beside the 3D of several cameras: MediaPipe's 3D and geolift's."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import geolift
from benchmarks import pose_errors
from benchmarks.triangulated_video import Camera, world_landmarks
from geolift.data.length_unit import MILLIMETRES
from geolift.model import Model
from geolift.skeletons.pose_angles import JOINT_ANGLES, limb_joints
from geolift.skeletons.skeleton import H36M17

Measures = dict[str, np.ndarray]
MODELS = {"full": 1, "heavy": 2}  # MediaPipe's `model_complexity`
HEAVY = "mediapipe/modules/pose_landmark/pose_landmark_heavy.tflite"  # the wheel does not hold it
ENDS = ("knee", "ankle", "elbow", "wrist")  # of the bones of arms and legs
SCRIPT = Path(__file__).with_name("mediapipe_process.py")
COLUMNS = (
    "frames", "P-MPJPE", "as it comes", "bones vary", "jitter", *(f"{angle} off" for angle in JOINT_ANGLES),
)  # fmt: skip


def models_of(python: str) -> list[str]:
    """The names in `MODELS` that MediaPipe of that environment can run: "heavy" only where its weights are."""
    packages = Path(python).parents[1].glob("lib/python*/site-packages")
    return [name for name in MODELS if name != "heavy" or any((folder / HEAVY).exists() for folder in packages)]


def run_mediapipe(python: str, videos: Sequence[Path], folder: Path, *, model: str) -> list[Path]:
    """MediaPipe's landmarks and its own 3D of each video, in files of `folder` that geolift reads.

    Args:
        python: of an environment that has MediaPipe 0.10.21.
        videos: a file each.
        folder: for the results; a video whose result is there is not run again.
        model: one of `MODELS`.

    Raises:
        subprocess.CalledProcessError: if MediaPipe fails.
    """
    found = []
    for i, video in enumerate(videos):
        out = folder / f"mediapipe_{model}_{i}.json"
        if not out.exists():
            command = [python, str(SCRIPT), str(video), str(out), str(MODELS[model])]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        found.append(out)
    return found


def own_3d(path: Path, camera: Camera) -> np.ndarray:
    """`[T, J, 3]`: MediaPipe's own 3D in a file, metres, axes of the camera's upright image."""
    return world_landmarks(str(path)) @ camera.turn.T


def lifted(model: Model, path: Path, frames: int, *, fps: float) -> np.ndarray:
    """`[T, J, 3]`: geolift's 3D of the largest person, metres, camera axes; NaN in frames without one."""
    result = geolift.lift(str(path), model=model, fps=fps, people="largest")
    points = np.full((frames, len(H36M17.names), 3), np.nan)
    points[result.frame] = result.points[:, : len(H36M17.names)]  # without toes and heels
    return points


def measures(points: np.ndarray, truth: np.ndarray) -> Measures:
    """Of one camera, what `table` averages: each `[T]` or `[T, ...]`, NaN where it cannot be measured.

    Args:
        points: `[T, J, 3]` metres, camera axes, of any place.
        truth: `[T, J, 3]` metres, camera axes.

    Returns:
        `P-MPJPE`: mm, limbs and pelvis, aligned by rotation, place and size. `as it comes`: mm, the same joints when
        only the pelves are brought together: size, lean and heading count. `bones vary`: % of the mean length, the
        standard deviation of each limb bone. `jitter`: mm, the second difference of limbs about the pelvis.
        `... off`: degrees, how far an angle is off.
    """
    errors, limbs = pose_errors.pose_errors(points, truth, H36M17), limb_joints(H36M17)
    about, true = (x - x[:, [H36M17.root]] for x in (points, truth))
    moved = np.linalg.norm(np.diff(about[:, limbs], n=2, axis=0), axis=-1)
    found = {
        "P-MPJPE": errors.limbs,
        "as it comes": MILLIMETRES * np.linalg.norm(about - true, axis=-1)[:, limbs].mean(axis=1),
        "bones vary": 100 * bone_variation(points),
        "jitter": MILLIMETRES * moved.mean(axis=1),  # NaN where a joint is missing
    }
    return found | {f"{name} off": np.abs(error) for name, error in errors.angles.items()}


def bone_variation(points: np.ndarray) -> np.ndarray:
    """`[8]`: of arms and legs, the standard deviation of each bone's length over time, as a share of its mean."""
    names = [(j, parent) for j, parent in enumerate(H36M17.parents) if H36M17.names[j].split("_")[-1] in ENDS]
    lengths = np.stack([np.linalg.norm(points[:, j] - points[:, parent], axis=-1) for j, parent in names], axis=1)
    return np.nanstd(lengths, axis=0) / np.nanmean(lengths, axis=0)


def on_same_frames(programs: Mapping[str, Sequence[Measures]]) -> dict[str, list[Measures]]:
    """The measures of programs that had the same 2D, of the frames in which all of them give all limbs."""
    everywhere = [
        np.isfinite(np.stack([found["P-MPJPE"] for found in cameras])).all(axis=0)
        for cameras in zip(*programs.values(), strict=True)
    ]

    def kept(found: Measures, there: np.ndarray) -> Measures:
        each = {key: value for key, value in found.items() if len(value) == len(there)}
        return found | {key: value[there] for key, value in each.items()}

    return {
        name: [kept(found, there) for found, there in zip(cameras, everywhere, strict=True)]
        for name, cameras in programs.items()
    }


def table(rows: Mapping[str, Sequence[Measures]]) -> str:
    """Lines of text: for each program the means over all cameras, frames and sides."""
    cells = {}
    for name, cameras in rows.items():
        pooled = {key: np.concatenate([np.ravel(found[key]) for found in cameras]) for key in cameras[0]}
        counted = int(np.isfinite(pooled["P-MPJPE"]).sum())
        cells[name] = [str(counted), *(pose_errors.millimetres(float(np.nanmean(pooled[key]))) for key in COLUMNS[1:])]
    return pose_errors.table("all cameras", cells, COLUMNS)


def by_camera(rows: Mapping[str, Sequence[Measures]], column: str) -> str:
    """Lines of text: one column, camera by camera."""
    cells = {
        name: [pose_errors.millimetres(float(np.nanmean(found[column]))) for found in cameras]
        for name, cameras in rows.items()
    }
    count = len(next(iter(cells.values())))
    return pose_errors.table(column, cells, [f"camera {i + 1}" for i in range(count)])
