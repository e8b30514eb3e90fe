"""From a keypoint file to people who are followed, and to 3D, frame by frame."""

import numpy as np

import geolift
from benchmarks.people_rows import Files, Stage, inputs
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import read_keypoints
from geolift.lifting.lift import prepare, read_source
from geolift.skeletons.skeleton import H36M17

VIDEO = {
    "CSV": "video.csv",
    "OpenPose folder": "video_openpose",
    "COCO": "video_coco.json",
    "DeepLabCut CSV": "video_dlc.csv",
}
STILLS = {"CSV": "stills.csv", "OpenPose folder": "stills_openpose", "COCO": "stills_coco.json"}


def make(files: Files) -> None:
    """The files of `VIDEO` and `STILLS`."""
    made = inputs.poses(files)
    video, stills = made[inputs.VIDEO], made[inputs.STILLS]
    numbered = inputs.image_names(inputs.VIDEO, files.frames)
    named = inputs.image_names(inputs.STILLS, files.stills)
    inputs.write_table(video, files.folder / VIDEO["CSV"], range(files.frames))
    inputs.write_openpose(video, files.folder / VIDEO["OpenPose folder"], numbered)
    inputs.write_coco(video, files.folder / VIDEO["COCO"], numbered)
    inputs.write_deeplabcut(video, files.folder / VIDEO["DeepLabCut CSV"])
    inputs.write_table(stills, files.folder / STILLS["CSV"], [f"{name}.jpg" for name in named])
    inputs.write_openpose(stills, files.folder / STILLS["OpenPose folder"], named)
    inputs.write_coco(stills, files.folder / STILLS["COCO"], named)


def stages(files: Files) -> dict[str, Stage]:
    """Reading, following and lifting of each file, and the network alone."""
    model, found = geolift.load("human"), {}
    options = Options(fps=inputs.FPS)
    for format, name in VIDEO.items():
        path = files.folder / name
        read = read_source(path, None, options)
        found |= {
            f"video, {format}: read": Stage(lambda path=path: read_keypoints(path, options=options), files.frames),
            f"video, {format}: follow": Stage(lambda read=read: prepare(read, H36M17, options=options), files.frames),
        }
    for format, name in STILLS.items():
        path = files.folder / name
        found |= {
            f"stills, {format}: read": Stage(lambda path=path: read_keypoints(path, options=NO_OPTIONS), files.stills),
            f"stills, {format}: lift": Stage(
                lambda path=path: geolift.lift(path, model=model, refine=False), files.stills
            ),
        }
    poses = 0.1 * np.random.default_rng(0).normal(size=(files.stills, len(H36M17.names), 2)).astype(np.float32)
    seen = np.ones(poses.shape[:2], bool) if model.lifter.masks else None
    return found | {"the network alone": Stage(lambda: geolift.lift_poses(model, poses, seen), files.stills)}
