"""Keypoint files of a video and of single images, as programs write them: input of the rows."""

import csv
import json
from pathlib import Path

import numpy as np

from benchmarks.people_rows import Files
from geolift.data.cameras import film
from geolift.data.dataset import Dataset
from geolift.data.sources import PROCEDURAL, open_dataset
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17

FPS = 30
NOISE = 1.5  # pixels, about that of detectors on clear images
SIZE = 1000  # pixels, of the images
VIDEO, STILLS = "video", "stills"  # names of the files


def poses(files: Files) -> dict[str, np.ndarray]:
    """`[N, 17, 2]` pixels of Human3.6M-17 with a detector's noise: a video of one person, and unrelated poses."""
    rng = np.random.default_rng(0)
    data = _motion(files.data)
    keypoints = np.asarray(data.keypoints, np.float64)
    longest = int(np.argmax(data.stop - data.start))
    clip = keypoints[data.start[longest] : data.stop[longest]]
    there_and_back = np.concatenate([clip, clip[::-1]])
    chosen = {
        VIDEO: np.resize(there_and_back, (files.frames, *clip.shape[1:])),
        STILLS: keypoints[rng.permutation(np.resize(np.arange(len(keypoints)), files.stills))],
    }
    return {name: of + rng.normal(0, NOISE, of.shape) for name, of in chosen.items()}


def _motion(data: str) -> Dataset:
    if data == PROCEDURAL:  # longer clips than those of the data set
        return film(procedural_clips(people=3, seconds=20.0, fps=FPS), H36M17)
    return open_dataset(data)


def image_names(name: str, count: int) -> list[str]:
    """Numbered frames of a video; names in no order for single images."""
    if name == VIDEO:
        return [f"video_{i:012d}" for i in range(count)]
    numbers = np.random.default_rng(1).permutation(count)
    return [f"{'abcdefghjk'[n % 10]}{n * 7919:x}{'lmnpqrstuv'[n // 10 % 10]}" for n in numbers.tolist()]


def in_joint_set(keypoints: np.ndarray, name: str) -> np.ndarray:
    """`[N, K, 3]` x, y, confidence in a joint set; zeros for joints that Human3.6M-17 does not have."""
    mapping = JOINT_SETS[name]
    people = np.zeros((len(keypoints), len(mapping.source), 3))
    for joint, sources in mapping.mean_of.items():
        if len(sources) == 1:
            at = mapping.source.index(sources[0])
            people[:, at, :2], people[:, at, 2] = keypoints[:, H36M17.names.index(joint)], 0.9
    return people


def write_openpose(keypoints: np.ndarray, folder: Path, names: list[str]) -> Path:
    """OpenPose's folder, a file for each frame."""
    folder.mkdir()
    for name, person in zip(names, in_joint_set(keypoints, "body25").round(3).tolist(), strict=True):
        people = [{"person_id": [-1], "pose_keypoints_2d": [value for joint in person for value in joint]}]
        (folder / f"{name}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))
    return folder


def write_table(keypoints: np.ndarray, path: Path, names: list[str] | range) -> Path:
    """A CSV of joints, with frames by number or images by name."""
    header = ["frame", *(f"{name}_{axis}" for name in H36M17.names for axis in ("x", "y", "confidence"))]
    trust = np.random.default_rng(2).uniform(0.75, 0.95, (*keypoints.shape[:2], 1))
    rows = np.concatenate([keypoints, trust], axis=-1).reshape(len(keypoints), -1).round(3).tolist()
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows([name, *row] for name, row in zip(names, rows, strict=True))
    return path


def write_coco(keypoints: np.ndarray, path: Path, names: list[str]) -> Path:
    """COCO's annotations, one person in each image."""
    people = in_joint_set(keypoints, "coco17").round(2)
    people[..., 2] = 2 * (people[..., 2] > 0)
    images = [{"id": i, "file_name": f"{name}.jpg", "width": SIZE, "height": SIZE} for i, name in enumerate(names)]
    entries = [
        {
            "id": i,
            "image_id": i,
            "category_id": 1,
            "keypoints": person.ravel().tolist(),
            "num_keypoints": int((person[:, 2] > 0).sum()),
            "bbox": [*person[person[:, 2] > 0, :2].min(axis=0).tolist(), 100.0, 200.0],
            "area": 20000.0,
            "iscrowd": 0,
        }
        for i, person in enumerate(people)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(JOINT_SETS["coco17"].source), "skeleton": []}
    path.write_text(json.dumps({"images": images, "annotations": entries, "categories": [category]}))
    return path


def write_deeplabcut(keypoints: np.ndarray, path: Path) -> Path:
    """DeepLabCut's CSV of a video."""
    columns = [("scorer", "bodyparts", "coords")]
    columns += [("net", name, part) for name in H36M17.names for part in ("x", "y", "likelihood")]
    likelihood = np.random.default_rng(3).uniform(0.75, 1, (*keypoints.shape[:2], 1))
    rows = np.concatenate([keypoints, likelihood], axis=-1).reshape(len(keypoints), -1).tolist()
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows(zip(*columns, strict=True))
        table.writerows([i, *row] for i, row in enumerate(rows))
    return path
