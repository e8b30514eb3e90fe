"""A lifter on real video, against triangulated truth: `python -m benchmarks.video --model=cmu --data=points.npz`.

Each camera's 2D by a detector is undistorted and lifted by `geolift.lift`, which knows nothing of the cameras. Prints
how far the 2D is from the projected truth (the median), which shows whether the truth can be trusted, and how far the
image's up and, where a model has one, its estimate of up are from the true one; errors of each camera
(benchmarks/pose_errors.py) beside those of the flat skeleton; and angles by the direction in which people face. --out
writes all as JSON.

--data is a .npz of C cameras, T frames, K joints of one person:

    positions_3d  [T, K, 3]  metres, in the world; NaN where unknown
    layout        text       joint set, as `geolift lift --joints` takes it; hyphens are ignored ("mediapipe-33")
    K             [C, 3, 3]  camera matrices, pixels
    R, t          [C, 3, 3], [C, 3]  x = R X + t, metres: x right, y down, z forward
    dist          [C, 5]     OpenCV's distortion, optional
    up            [3]        a unit vector against gravity, in the world, optional: else from pelvis to thorax, the mean
    fps                      optional
    image_size    [2]        width, height, optional
    keypoints_2d  [C, T, K, 2]  pixels, NaN where not found; not needed with --keypoints

--keypoints names a file or folder for each camera, of any format that `geolift lift` reads, in the pixels that K and
dist are for. Frame i of it is frame i of the truth; of several people the largest is taken. MediaPipe's files may hold
its own 3D (`pose_world_landmarks`), which is then measured, too.

A camera that hangs on its side is turned by quarters until people stand upright, as a user turns a video.

Rows: `refined`, the clip as `geolift lift` gives it; `frames`, frame by frame (refine=False); `levelled`, the same from
2D as a level camera in the same place sees it; `flat`, the flat skeleton; `mediapipe`, MediaPipe's own 3D. Columns:
`limbs`, of frames in which all limb joints were lifted and are known; `joints`, of all frames, over the joints that
were lifted and are known. Joints filled over gaps count as lifted.

These figures are for reports: no setting of a method may be chosen by them.
"""

import json
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks import pose_errors
from benchmarks.triangulated_video import Camera, levelling, read_video, recordings, seen_by, world_landmarks
from benchmarks.up_errors import IMAGE_UP, degrees_between, up_errors
from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording
from geolift.model import Model
from geolift.skeletons.pose_angles import JOINT_ANGLES, limb_joints
from geolift.skeletons.skeleton import H36M17, expect_skeleton

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "Triangulated truth and cameras (.npz).", required=True)
KEYPOINTS = flags.DEFINE_list("keypoints", None, "Files or folders, one for each camera; default: those in --data.")
OUT = flags.DEFINE_string("out", "", "Where to write the tables as JSON; empty: nowhere.")

ABOUT = {
    "pixels_from_truth": "2D off, pixels",
    "up_image": "image's up, degrees",
    "up_frames": "up of frames",
    "up_clip": "up of the clip",
}


def lift(model: Model, recording: Recording, frames: int, *, refine: bool) -> tuple[np.ndarray, np.ndarray]:
    """`[T, J, 3]` of the largest person, and the pixels `[T, J, 2]` that were lifted; NaN where not lifted."""
    result = geolift.lift(recording, model=model, refine=refine, people="largest")
    found, body = np.full((frames, len(H36M17.names), 5), np.nan), slice(len(H36M17.names))  # without toes and heels
    found[result.frame] = np.concatenate([result.points[:, body], result.keypoints[:, body]], axis=-1)
    return found[..., :3], found[..., 3:]


def lift_camera(model: Model, camera: Camera, recording: Recording) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The points of each row of a camera, and the pixels `[T, J, 2]` that were lifted frame by frame.

    Raises:
        DatasetError: if nothing can be lifted.
    """
    frames = len(camera.truth)
    as_is, level = seen_by(camera, recording, np.eye(3)), levelling(camera.up)
    points, keypoints = lift(model, as_is, frames, refine=False)
    rows = {
        "refined": lift(model, as_is, frames, refine=True)[0],
        "frames": points,
        "levelled": lift(model, seen_by(camera, recording, level), frames, refine=False)[0] @ level,
        "flat": lift(pose_errors.flat(model), as_is, frames, refine=False)[0],
    }
    return rows, keypoints


def about_camera(model: Model, camera: Camera, keypoints: np.ndarray) -> dict[str, float]:
    """How far the 2D of limbs is from the projected truth, the median in pixels, and errors of up in degrees."""
    off = np.linalg.norm(keypoints - camera.project(camera.truth), axis=-1)[:, limb_joints(H36M17)]
    found = {"pixels_from_truth": round(float(np.nanmedian(off)), 2)}
    if model.tilt is not None:
        seen, frames = np.isfinite(keypoints).all(axis=-1), len(keypoints)
        up = pose_errors.lift_stills(model, keypoints, seen, "keypoints").up
        errors = up_errors(up, np.broadcast_to(camera.up, (frames, 3)), np.zeros(frames, int))
        found |= {"up_frames": errors.frame, "up_clip": errors.clip}
    return found


def print_tables(about: dict[str, dict], rows: dict[str, dict]) -> None:
    """All tables."""
    mm, errors = pose_errors.millimetres, {}
    cells = {name: [mm(found.get(key)) for key in ABOUT] for name, found in about.items()}
    print(pose_errors.table("cameras", cells, tuple(ABOUT.values())) + "\n")
    for name, row in rows.items():
        of_all = row["all"]
        counts = [str(of_all[key]) for key in ("poses_with_limbs", "poses")]
        flips = "-" if name.endswith("flat") else mm(of_all["flip_rate"])  # it is its mirror image
        errors[name] = [mm(of_all["limbs"]), counts[0], mm(of_all["p_mpjpe"]), counts[1], flips]
    print(pose_errors.table("P-MPJPE, mm", errors, ("limbs", "frames", "joints", "frames", "flips %")))
    for angle in JOINT_ANGLES:
        print("\n" + pose_errors.angle_table(angle, rows))


def main(_: list[str]) -> None:
    model, video = geolift.load(MODEL.value), read_video(DATA.value)
    expect_skeleton(model.skeleton, H36M17)
    rows, about = {}, {}
    for i, (camera, recording) in enumerate(zip(video.cameras, recordings(video, KEYPOINTS.value), strict=True)):
        name = f"camera {i}"
        try:
            points, keypoints = lift_camera(model, camera, recording)
        except DatasetError as error:
            print(f"{name}: left out: {error}")
            continue
        about[name] = {"up_image": round(float(degrees_between(IMAGE_UP, camera.up)), 2)}
        about[name] |= about_camera(model, camera, keypoints)
        own = world_landmarks(KEYPOINTS.value[i]) if KEYPOINTS.value else None
        if own is not None:
            points["mediapipe"] = own @ camera.turn.T
        view = pose_errors.views(camera.truth, H36M17, up=np.broadcast_to(camera.up, (len(camera.truth), 3)))
        for row, found in points.items():
            errors = pose_errors.pose_errors(found, camera.truth, H36M17)
            rows[f"{name}, {row}"] = pose_errors.by_view(errors, view)
    print(f"\n{DATA.value}, {model.id}, {jax.devices()[0].device_kind}")
    print_tables(about, rows)
    if OUT.value:
        content = {"model": model.id, "data": DATA.value, "cameras": about, "rows": rows}
        Path(OUT.value).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
