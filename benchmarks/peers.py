"""Other programs on the same data (docs/comparison.md): `python -m benchmarks.peers --pose2sim=Demo --videos=TRIAL`.

What is measured follows from the folders that are given; nothing is downloaded, and nothing of the other programs is
part of geolift. These figures are for reports: no setting of a method may be chosen by them.

**One person before Pose2Sim's four cameras**, `--pose2sim`, `--videos`, `--mediapipe`: single views by MediaPipe and by
geolift, against what Pose2Sim made of all four. The folders are `Pose2Sim/Demo` of the wheel pose2sim 0.4.5 and
`S00_P00_T01_BalancingTrial` of 0.7.0 (`pip download pose2sim==0.4.5 --no-deps`, unpacked). `--mediapipe` is the Python
of an environment with mediapipe 0.10.21. Its model "heavy" is measured, too, if the environment has it: the wheel has
not, the npm package @mediapipe/pose@0.5.1675469404 has.

**LiftPose3D**, `--liftpose3d` (the unpacked wheel liftpose 0.22): trained with 3D on `--row` of benchmarks/animals.py,
whose table has geolift without and with 3D on the same frames.

**VideoPose3D**, `--videopose3d` (a clone): its temporal network trained with 3D on `--data`, a geolift data set, for
`--minutes` of processor time. geolift's figures on the same frames are in docs/results.md.
"""

import tempfile
from pathlib import Path

from absl import app, flags

import geolift
from benchmarks import pose_errors
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.rows import ROWS
from benchmarks.peer_rows import liftpose3d, single_view, videopose3d
from benchmarks.peer_rows.pose2sim_demo import OPENPOSE, VIDEO, read_demo
from benchmarks.triangulated_video import Video
from geolift.data.dataset import load_dataset
from geolift.data.length_unit import MILLIMETRES

POSE2SIM = flags.DEFINE_string("pose2sim", "", "Pose2Sim's folder Demo: calibration, OpenPose's 2D, its 3D.")
VIDEOS = flags.DEFINE_string("videos", "", "The trial with the videos of the same frames.")
MEDIAPIPE = flags.DEFINE_string("mediapipe", "", "Python of an environment with MediaPipe; empty: it is not run.")
KEEP = flags.DEFINE_string(
    "keep", "", "Folder for MediaPipe's results, which are used again, and trainings of LiftPose3D, which go on."
)
LIFTPOSE3D = flags.DEFINE_string("liftpose3d", "", "Folder that holds the package liftpose.")
ROW = flags.DEFINE_enum("row", "mouse45", sorted(ROWS), "Animals and cameras.")
EPOCHS = flags.DEFINE_integer("epochs", 30, "Of LiftPose3D; 30 is its default.")
VIDEOPOSE3D = flags.DEFINE_string("videopose3d", "", "A clone of VideoPose3D.")
DATA = flags.DEFINE_string("data", "", "A geolift data set with 3D, of VideoPose3D.")
WIDTHS = flags.DEFINE_list("widths", ["3", "3", "3"], "Of VideoPose3D's convolutions: 3,3,3 sees 27 frames.")
CHANNELS = flags.DEFINE_integer("channels", 1024, "Of VideoPose3D; 1024 is its default.")
MINUTES = flags.DEFINE_float("minutes", 6.0, "Time of the processor that VideoPose3D trains for.")
SEED = flags.DEFINE_integer("seed", 0, "Of trainings.")


def single_views(demo: Video, folder: Path) -> dict[str, list[single_view.Measures]]:
    """The measures of each program, camera by camera; programs of one 2D on the same frames."""
    model, truth, numbers = geolift.load("human"), [camera.truth for camera in demo.cameras], range(len(demo.cameras))
    rows = {"Pose2Sim, four cameras": [single_view.measures(true, true) for true in truth]}
    for name, files in _detections(folder, numbers).items():
        programs = {}
        if name != "OpenPose":
            programs[f"{name}: its own 3D"] = list(map(single_view.own_3d, files, demo.cameras))
        for what, lifter in (("geolift", model), ("flat", pose_errors.flat(model))):
            programs[f"{name}: {what}"] = [
                single_view.lifted(lifter, path, len(truth[0]), fps=demo.fps) for path in files
            ]
        measured = {key: list(map(single_view.measures, points, truth)) for key, points in programs.items()}
        rows |= single_view.on_same_frames(measured)
    return rows


def _detections(folder: Path, cameras: range) -> dict[str, list[Path]]:
    """Files with the 2D of each camera, by detector; MediaPipe is run where `--mediapipe` is given."""
    found = {"OpenPose": [Path(POSE2SIM.value) / OPENPOSE.format(i + 1) for i in cameras]}
    if MEDIAPIPE.value:
        videos = [Path(VIDEOS.value) / VIDEO.format(i + 1) for i in cameras]
        for name in single_view.models_of(MEDIAPIPE.value):
            found[f"MediaPipe {name}"] = single_view.run_mediapipe(MEDIAPIPE.value, videos, folder, model=name)
    return found


def print_single_views() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        demo = read_demo(Path(POSE2SIM.value), Path(scratch) / "truth.npz")
        rows = single_views(demo, Path(KEEP.value or scratch))
    print(single_view.table(rows))
    for column in ("P-MPJPE", "as it comes"):
        print("\n" + single_view.by_camera(rows, column))


def print_liftpose3d() -> None:
    case = ROWS[ROW.value].load()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(KEEP.value or scratch) / f"liftpose3d_{ROW.value}_{SEED.value}"
        points = liftpose3d.lift(LIFTPOSE3D.value, case.data, folder, seed=SEED.value, epochs=EPOCHS.value)
    found = figures(points, case.truth, root=case.data.skeleton.root, length=case.length)
    print(f"LiftPose3D, {ROW.value}, {EPOCHS.value} epochs, seed {SEED.value}, % of body length: {found}")


def print_videopose3d() -> None:
    data, widths = load_dataset(DATA.value), list(map(int, WIDTHS.value))
    about = {"widths": widths, "channels": CHANNELS.value, "seconds": 60 * MINUTES.value, "seed": SEED.value}
    points, seen = videopose3d.lift(VIDEOPOSE3D.value, data, **about)
    truth = data.select("test").points_3d
    found = figures(points, truth, root=data.skeleton.root, length=100 / MILLIMETRES)  # % of 100 mm: millimetres
    print(f"VideoPose3D, {DATA.value}, {about}, {seen} frames trained on, mm: {found}")


def main(_: list[str]) -> None:
    if POSE2SIM.value:
        print_single_views()
    if LIFTPOSE3D.value:
        print_liftpose3d()
    if VIDEOPOSE3D.value:
        print_videopose3d()


if __name__ == "__main__":
    app.run(main)
