"""Makes the files of `geolift demo`, geolift/examples: keypoints of a walk, a dance, somebody sitting, and an animal.

    python -m benchmarks.examples mocap_h36m17.npz

Walk and dance are motion of CMU, sitting person and animal are procedural. All are filmed by a virtual camera; to the
2D projections, errors like a detector's are added. 3D is not kept. The animal's lifter comes from `--training FOLDER`,
which writes DeepLabCut's files of other animals:

    python -m benchmarks.examples mocap_h36m17.npz --training tracks
    geolift train tracks/*.csv --image-size 1000x1000 --fps 30 --minutes 5 -o animal.safetensors
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from geolift.data.orbit import RANGES, place_in_range
from geolift.data.pinhole import Camera, look_at
from geolift.data.synthetic import QUADRUPED, procedural_clips, quadruped_clips
from geolift.data.world import WorldClip
from geolift.skeletons.joint_sets import COCO17
from geolift.skeletons.skeleton import H36M17

OUT = Path(__file__).parents[1] / "geolift" / "examples"
CREDIT = (
    "Walk and dance: the data used in this project was obtained from mocap.cs.cmu.edu. The database was created with "
    "funding from NSF EIA-0196217."
)
FPS = 30
NOISE = 1.5  # pixels, of all keypoints: about that of detectors on clear images
J = {name: joint for joint, name in enumerate(H36M17.names)}
COCO = COCO17.source
BODY25 = (
    "nose", "thorax", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # and six points of the feet, which the motion does not have  # fmt: skip
FACE = {"nose": (0.11, 0.0, -0.01), "eye": (0.09, 0.032, 0.02), "ear": (0.0, 0.075, 0.0)}  # ahead, aside, up; metres
SITS = 120  # frames
UPPER_BODY = COCO[: COCO.index("left_hip")]


def joints_of(points: np.ndarray) -> dict[str, np.ndarray]:
    """Joints `[T, 3]` by name from those of Human3.6M `[T, 17, 3]`, with nose, eyes and ears, which it lacks."""
    made = {name: points[:, joint] for name, joint in J.items()}
    left, up = made["left_shoulder"] - made["right_shoulder"], made["head"] - made["thorax"]
    left, up = (way / np.linalg.norm(way, axis=-1, keepdims=True) for way in (left, up))
    ahead = np.cross(left, up)
    skull = 0.5 * (made["thorax"] + 0.17 * up) + 0.5 * made["head"]  # halfway from the neck's upper end to the top
    for name, (forward, aside, rise) in FACE.items():
        for side, sign in (("left_", 1), ("right_", -1)) if aside else (("", 0),):
            made[side + name] = skull + forward * ahead + sign * aside * left + rise * up
    return made


def see(camera: Camera, joints: dict[str, np.ndarray], names, rng: np.random.Generator, noise: float = NOISE):
    """Pixels `[T, K, 2]` and confidences `[T, K]` of the named joints, as a detector gives them."""
    seen = camera.see(np.stack([joints[name] for name in names], axis=1))
    pixels = camera.focal * seen[..., :2] / seen[..., 2:] + 500
    trust = rng.uniform(0.75, 0.95, pixels.shape[:2])
    return pixels + rng.normal(0, noise, pixels.shape), trust.round(3)


def motion_of(path: Path, clip: str) -> np.ndarray:
    """World metres `[T, 17, 3]` of one clip of CMU, its first root above the origin, walking along x."""
    with np.load(path) as data:
        i = data["clip"].tolist().index(clip)
        points = data["positions"][data["start"][i] : data["stop"][i]].astype(float)
    way = points[-1, 0, :2] - points[0, 0, :2]
    turn = np.array([[way[0], way[1]], [-way[1], way[0]]]) / np.linalg.norm(way)
    points[..., :2] = (points[..., :2] - points[0, 0, :2]) @ turn.T
    return points


def write_walk(path: Path, rng: np.random.Generator) -> None:
    """OpenPose's folder, a file for each frame."""
    points = motion_of(path, "12_01")[:105]
    middle = points[:, 0].mean(axis=0)
    camera = look_at(np.array([middle[0] + 3.2, middle[1] - 4.2, 1.5]), np.array([middle[0], middle[1], 0.85]))
    pixels, trust = see(camera, joints_of(points), BODY25, rng)
    folder = OUT / "walk"
    folder.mkdir(exist_ok=True)
    for frame in range(len(points)):
        body = np.zeros((25, 3))
        body[: len(BODY25)] = np.concatenate([pixels[frame].round(1), trust[frame][:, None]], axis=-1)
        person = {"person_id": [-1], "pose_keypoints_2d": body.ravel().tolist()}
        text = json.dumps({"version": 1.3, "people": [person]})
        (folder / f"walk_{frame:012d}_keypoints.json").write_text(text + "\n")


def write_dance(path: Path, rng: np.random.Generator) -> None:
    """COCO's annotations of two people in every image."""
    clips = [motion_of(path, "93_c1"), motion_of(path, "93_c2")]
    frames = min(map(len, clips))
    camera = look_at(np.array([6.0, -1.5, 1.6]), np.array([0.3, 0.0, 0.9]))
    people = []
    for points, aside in zip(clips, (-0.85, 0.85), strict=True):
        placed = points[:frames] - points[:frames, :1].mean(axis=0) * [1, 1, 0] + [0, aside, 0]
        people.append(see(camera, joints_of(placed), COCO, rng))
    images = [
        {"id": frame, "file_name": f"dance_{frame:04d}.jpg", "width": 1000, "height": 1000} for frame in range(frames)
    ]
    annotations = []
    for frame in range(frames):
        for pixels, _ in people:
            low, high = pixels[frame].min(axis=0), pixels[frame].max(axis=0)
            flat = [n for x, y in pixels[frame].round(1).tolist() for n in (x, y, 2)]
            annotations.append(
                {
                    "id": len(annotations), "image_id": frame, "category_id": 1, "iscrowd": 0, "num_keypoints": 17,
                    "keypoints": flat, "bbox": [*low.round(1).tolist(), *(high - low).round(1).tolist()],
                }
            )  # fmt: skip
    category = {"id": 1, "name": "person", "keypoints": COCO}
    content = {"info": {"description": CREDIT}, "images": images, "annotations": annotations, "categories": [category]}
    (OUT / "dance.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def write_sitting(rng: np.random.Generator) -> None:
    """A table of the upper body, as seen by a webcam: a line for each frame."""
    clip = next(clip for clip in procedural_clips(3, people=3, seconds=14.0, fps=FPS) if clip.action == "sit")
    height = np.convolve(clip.points[:, J["pelvis"], 2], np.ones(SITS), "valid")
    start = int(height.argmin())  # the lowest stretch: seated in all of it
    points = clip.points[start : start + SITS].astype(float)
    joints = joints_of(points)
    left = (joints["left_shoulder"] - joints["right_shoulder"]).mean(axis=0)
    ahead = np.array([left[1], -left[0], 0.0]) / np.linalg.norm(left[:2])
    face = joints["nose"].mean(axis=0)
    camera = look_at(face + 1.1 * ahead, face - np.array([0, 0, 0.25]))._replace(focal=900.0)
    pixels, trust = see(camera, joints, UPPER_BODY, rng)
    with (OUT / "sitting.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["frame", *(f"{name}_{value}" for name in UPPER_BODY for value in ("x", "y", "confidence"))])
        for frame in range(len(points)):
            cells = np.concatenate([pixels[frame].round(1), trust[frame][:, None]], axis=-1).ravel().tolist()
            rows.writerow([frame, *cells])


def write_deeplabcut(path: Path, clip: WorldClip, camera: Camera, rng: np.random.Generator) -> None:
    """DeepLabCut's table of one animal before one camera."""
    joints = {name: clip.points[:, joint].astype(float) for joint, name in enumerate(QUADRUPED.names)}
    pixels, trust = see(camera, joints, QUADRUPED.names, rng, noise=1.0)
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        columns = [(name, value) for name in QUADRUPED.names for value in ("x", "y", "likelihood")]
        rows.writerow(["scorer", *(["procedural"] * len(columns))])
        rows.writerow(["bodyparts", *(name for name, _ in columns)])
        rows.writerow(["coords", *(value for _, value in columns)])
        for frame in range(len(pixels)):
            cells = np.concatenate([pixels[frame].round(1), trust[frame][:, None]], axis=-1).ravel().tolist()
            rows.writerow([frame, *cells])


def animal_of_the_demo() -> tuple[WorldClip, Camera]:
    """An animal that no lifter was trained on, and the camera before it."""
    clips = quadruped_clips(7, animals=3, seconds=4.0, fps=FPS)
    clip = next(clip for clip in clips if clip.action == "walk" and clip.split == "test")
    middle = clip.points[:, QUADRUPED.root].mean(axis=0)
    camera = look_at(middle + np.array([1.6, -1.8, 1.1]), middle - np.array([0, 0, 0.15]))
    return clip, camera


def write_training(folder: Path, rng: np.random.Generator) -> None:
    """DeepLabCut's tables of other animals, each clip before one of the virtual cameras that look down."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, clip in enumerate(quadruped_clips(0, animals=24, seconds=6.0, fps=FPS)):
        camera = place_in_range(clip.points, QUADRUPED.root, i % 4, rng, kind=RANGES["drone"], views=4)
        write_deeplabcut(folder / f"{clip.name}.csv", clip, camera, rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("motion", type=Path, help="mocap_h36m17.npz (docs/cmu-protocol.md)")
    parser.add_argument("--training", type=Path, metavar="FOLDER", help="write the animal's training tables there")
    options = parser.parse_args()
    write_walk(options.motion, np.random.default_rng(1))
    write_dance(options.motion, np.random.default_rng(2))
    write_sitting(np.random.default_rng(3))
    write_deeplabcut(OUT / "animal.csv", *animal_of_the_demo(), np.random.default_rng(4))
    if options.training:
        write_training(options.training, np.random.default_rng(5))


if __name__ == "__main__":
    main()
