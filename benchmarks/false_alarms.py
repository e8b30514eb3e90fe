"""How often each sanity check fires on right recordings and on broken copies: `python -m benchmarks.false_alarms`.

Prints two tables. Right: people of COCO and MPII in draws of 20 images, with and without legs; motion that virtual
cameras film from the front, from the side and from behind, as a detector gives it that is sure of faces on the backs
of heads, with legs below the image, at 6 frames per second; MediaPipe's detections of a man between four webcams; the
small files of the cases that are right. Broken: copies of these with one fault each (`faults`).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import app, flags

from benchmarks.faults import FAULTS, VIDEO_ONLY, below_image, thinned, without_legs
from geolift.convert.registry import CONVERTERS
from geolift.errors import DatasetError
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording, record, without_unsure_joints
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import track
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from geolift.skeletons.skeleton import H36M17

DATA = flags.DEFINE_string("data", "shared/data", "Folder of the data.")
CASES = flags.DEFINE_string("cases", "", "Folder of the cases; empty: left out.")
SEED = flags.DEFINE_integer("seed", 0, "Of the draws and of the noise.")
DRAWS, IMAGES = 100, 20
FPS = 30.0
SIZE = (1000.0, 1000.0)
SHORTEST = 60  # frames of a clip
VIEWS = {"front": 45.0, "side": 135.0, "behind": 181.0}  # degrees from the camera's axis, up to which a person faces it
PIXEL = 1.0  # standard deviation of a detector's errors
RIGHT_CASES = (
    "rotated-90", "minus-one-missing", "single-joint-spikes/clean.csv", "upper-body-only", "csv-locale-NaN-unicode",
    "mediapipe-dict", "timestamps-as-names", "other-containers/labelme.json", "other-containers/posetrack.json",
)  # fmt: skip
JOINT = H36M17.names.index


def images(name: str, data: Path, rng: np.random.Generator) -> Iterator[Recording]:
    """Draws of annotated people, single images."""
    with np.load(data / f"{name}.npz") as arrays:
        joints = arrays["joints"]
        if name.startswith("coco"):
            joint_set, confidence, size = "coco17", np.array([0, 0.5, 1])[arrays["visibility"]], arrays["image_size"]
        else:
            joint_set, confidence, size = "mpii16", np.where(arrays["visible"] > 0, 1, 0.5), None
    for _ in range(DRAWS):
        rows = rng.choice(len(joints), IMAGES, replace=False)
        about = {"joints": JOINT_SETS[joint_set].source, "joint_set": joint_set, "video": False}
        yield record(joints[rows], confidence[rows], image_size=None if size is None else size[rows], **about)


def filmed(data: Path, split: str, rng: np.random.Generator) -> Iterator[tuple[str, str, Recording]]:
    """View, action and recording of each clip of a split, in the joints of COCO, with a detector's errors."""
    film = CONVERTERS["cmu"].convert(str(data / "mocap_h36m17.npz")).select(split)
    for start, stop, action in zip(film.start, film.stop, film.action, strict=True):
        if stop - start < SHORTEST:
            continue
        points = film.points_3d[start:stop].astype(np.float64)
        face, facing = _face(points)
        joints = np.concatenate([points, face], axis=1)
        scale = _pixels_per_unit(points, film.keypoints[start:stop])
        pixels = scale[0] * joints[..., :2] / joints[..., 2:] + scale[1]
        names = (*H36M17.names, "nose", "left_eye", "right_eye", "left_ear", "right_ear")
        keypoints = pixels[:, [names.index(name) for name in COCO17.source]]
        keypoints = keypoints + rng.normal(0, PIXEL, keypoints.shape)
        rows = ((keypoints >= 0) & (keypoints <= SIZE)).all(axis=-1).mean(axis=1) > 0.5  # others are not detected
        if rows.sum() < SHORTEST:
            continue
        found = record(
            keypoints[rows],
            rng.uniform(0.8, 1, (rows.sum(), len(COCO17.source))),
            joints=COCO17.source,
            frame=np.flatnonzero(rows),
            frames=tuple(map(str, range(len(rows)))),
            person=np.zeros(rows.sum(), int),
            people=("0",),
            fps=FPS,
            image_size=SIZE,
        )
        yield next(view for view, most in VIEWS.items() if facing <= most), str(action), found


def _face(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Nose, eyes and ears `[T, 5, 3]`, and by how many degrees the person is turned away, the median."""
    left = points[:, JOINT("left_shoulder")] - points[:, JOINT("right_shoulder")]
    left /= np.linalg.norm(left, axis=-1, keepdims=True)
    neck, top = points[:, JOINT("neck")], points[:, JOINT("head")]
    up = (top - neck) / np.linalg.norm(top - neck, axis=-1, keepdims=True)
    ahead = np.cross(left, up)  # x right, y down, z forward: facing the camera, left is x and up is -y
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    places = ((0.12, 0.0, 0.02), (0.09, 0.03, 0.05), (0.09, -0.03, 0.05), (0.0, 0.075, 0.03), (0.0, -0.075, 0.03))
    face = [neck + a * ahead + b * left + c * up for a, b, c in places]
    return np.stack(face, axis=1), float(np.degrees(np.arccos(np.clip(np.median(-ahead[:, 2]), -1, 1))))


def _pixels_per_unit(points: np.ndarray, keypoints: np.ndarray) -> tuple[float, np.ndarray]:
    """Focal length and centre in pixels, by which the points were filmed."""
    flat = (points[..., :2] / points[..., 2:]).reshape(-1, 2)
    pixels = keypoints.reshape(-1, 2).astype(np.float64)
    focal = float(np.median(np.std(pixels, axis=0) / np.std(flat, axis=0)))
    return focal, np.median(pixels - focal * flat, axis=0)


def webcams(data: Path) -> Iterator[Recording]:
    """MediaPipe's detections by four cameras around a man."""
    with np.load(data / "caliscope" / "points.npz") as arrays:
        for keypoints in arrays["keypoints_2d"]:
            seen = np.isfinite(keypoints).all(axis=-1)
            rows = np.flatnonzero(seen.any(axis=1))
            yield record(
                keypoints[rows],
                seen[rows].astype(float),
                joints=JOINT_SETS["mediapipe33"].source,
                frame=np.arange(len(rows)),
                person=np.zeros(len(rows), int),
                people=("0",),
                fps=FPS,
                image_size=(1280.0, 720.0),
            )


def cases(folder: Path) -> Iterator[Recording]:
    """The files of cases that are right."""
    for name in RIGHT_CASES:
        path = folder / name
        files = (
            [path] if path.is_file() else sorted(file for file in path.iterdir() if file.suffix in (".csv", ".json"))
        )
        for file in files:
            try:
                yield track(without_unsure_joints(read_keypoints(file).recording, 0.1))
            except DatasetError:
                continue


def kind_of(sentence: str) -> str:
    """The check that a warning is from, by its first words."""
    return " ".join(sentence.split(":")[0].split(" between ")[0].split()[:5]) if sentence[0].isalpha() else "outside"


def rates(recordings: list[Recording]) -> tuple[float, Counter[str]]:
    """The share of recordings with any warning, and how many have each."""
    found = [check_recording(recording) for recording in recordings]
    return float(np.mean([bool(each) for each in found])), Counter(kind_of(one) for each in found for one in each)


def right_recordings(data: Path, folder: str, rng: np.random.Generator) -> dict[str, list[Recording]]:
    """Recordings without a fault, by what they are of."""
    found = {f"{name}, draws of {IMAGES}": list(images(name, data, rng)) for name in ("coco_val_2d", "mpii_2d")}
    coco = found[f"coco_val_2d, draws of {IMAGES}"]
    found["coco_val_2d without legs"] = [without_legs(one, rng) for one in coco]
    for split in ("test", "lab"):
        clips = list(filmed(data, split, rng))
        for view in VIEWS:
            found[f"{split}, from the {view}"] = [clip for seen, _, clip in clips if seen == view]
        every = [clip for _, _, clip in clips]
        found[f"{split}, without legs"] = [without_legs(clip, rng) for clip in every]
        found[f"{split}, legs below the image"] = [below_image(clip, rng) for clip in every]
        found[f"{split}, 6 frames per second"] = [thinned(clip, rng) for clip in every]
    clips = [clip for _, action, clip in filmed(data, "train", rng) if action in ("run", "cartwheel", "jump kick")]
    found["train, runners and cartwheels"] = clips
    found["webcams, MediaPipe"] = list(webcams(data))
    if folder:
        found["cases"] = list(cases(Path(folder)))
    return found


def main(_: list[str]) -> None:
    rng = np.random.default_rng(SEED.value)
    right = right_recordings(Path(DATA.value), CASES.value, rng)
    print("| right recordings | how many | with a warning | which |\n| --- | --- | --- | --- |")
    for name, recordings in right.items():
        share, which = rates(recordings)
        print(f"| {name} | {len(recordings)} | {share:.1%} | {', '.join(f'{k} {n}' for k, n in which.items())} |")
    videos = [one for name in ("front", "side", "behind") for one in right[f"test, from the {name}"]]
    print("\n| fault | COCO, draws of 20 | test, COCO's joints |\n| --- | --- | --- |")
    for name, make in FAULTS.items():
        cells = []
        for recordings in (right[f"coco_val_2d, draws of {IMAGES}"], videos):
            still = not recordings[0].video and name in VIDEO_ONLY
            cells.append("-" if still else f"{rates([make(one, rng) for one in recordings])[0]:.0%}")
        print(f"| {name} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    app.run(main)
