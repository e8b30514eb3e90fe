"""Writers of keypoint files as the programs write them, with their quirks, independent of geolift's readers.

A scene is a list of frames, a frame a list of `Person`. Every writer returns its path.
"""

import json
from typing import NamedTuple

import numpy as np

from tests.helpers.figure import standing

COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
OPENPOSE_COCO = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip


class Person(NamedTuple):
    """Keypoints `[K, 2]` in pixels, confidence `[K]` (0: missing, the keypoint is junk), and a track number."""

    keypoints: np.ndarray
    confidence: np.ndarray
    track: int = 0


def scene(joints, joint_set, rng, *, frames=4, people=2, missing=0.1):
    """Standing people who walk to the right, each with some joints missing; the first has every joint."""
    figure = standing(joints, joint_set)
    made = []
    for t in range(frames):
        made.append([])
        for i in range(people):
            keypoints = 140 + 200 * i + 3 * t + 8 * figure + rng.normal(size=figure.shape)
            confidence = rng.uniform(0.2, 0.95, len(figure))
            confidence[rng.uniform(size=len(figure)) < (missing if i else 0)] = 0
            made[-1].append(Person(keypoints, confidence, i + 1))
    return made


def cleared(person):
    """Keypoints `[K, 2]` and confidence `[K]` of a person, 0 where missing."""
    seen = person.confidence > 0
    return np.where(seen[:, None], person.keypoints, 0), np.where(seen, person.confidence, 0)


def flat(person):
    """x, y, confidence, joint after joint; 0, 0, 0 where missing."""
    keypoints, confidence = cleared(person)
    return np.column_stack([keypoints, confidence]).ravel().tolist()


def box(person):
    low, high = person.keypoints.min(axis=0), person.keypoints.max(axis=0)
    return [*low.tolist(), *(high - low).tolist()]


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def openpose(folder, scene, *, name="walk", numbers=None, key="pose_keypoints_2d", tracked=False, ending="_keypoints"):
    """A file for every frame, twelve digits; people have hands and faces that are empty; person_id -1: not tracked."""
    folder.mkdir(exist_ok=True)
    for number, people in zip(numbers or range(len(scene)), scene, strict=True):
        found = [
            {
                "person_id": [person.track if tracked else -1],
                key: flat(person),
                "face_keypoints_2d": [],
                "hand_left_keypoints_2d": [],
                "hand_right_keypoints_2d": [],
                "pose_keypoints_3d": [],
            }
            for person in people
        ]
        write(folder / f"{name}_{number:012d}{ending}.json", {"version": 1.3, "people": found})
    return folder


def scaled(scene, size, *, signed=False):
    """The scene in fractions of the image, as OpenPose's --keypoint_scale 3 (4 if signed) has it."""
    return [
        [p._replace(keypoints=p.keypoints / size * 2 - 1 if signed else p.keypoints / size) for p in people]
        for people in scene
    ]


def alphapose(path, scene, *, numbers=None, form="list", tracked=False):
    """One entry for each person, images in the order of their names as text: "10.jpg" before "2.jpg"."""
    numbered = dict(zip(numbers or range(len(scene)), scene, strict=True))
    entries, opened = [], {}
    for number in sorted(numbered, key=lambda number: f"{number}.jpg"):
        for person in numbered[number]:
            entry = {
                "image_id": number if form == "eval" else f"{number}.jpg",
                "category_id": 1,
                "keypoints": flat(person),
                "score": 2.9,
                "box": box(person),
                "idx": person.track if tracked else [0.0],
            }
            entries.append(entry)
            frame = opened.setdefault(f"{number}.jpg", {"version": "AlphaPose v0.3", "people": []})
            frame["people"].append({"pose_keypoints_2d": reordered(np.reshape(entry["keypoints"], (-1, 3)))})
    return write(path, opened if form == "open" else entries)


def reordered(row):
    """OpenPose's order of AlphaPose's `[K, 3]`; the joint after COCO's 17 is in the neck's place, whatever it is."""
    row = np.concatenate([row, row[[5, 6]].mean(axis=0, keepdims=True)])
    places = [COCO.index(joint) if joint != "neck" else 17 for joint in OPENPOSE_COCO]
    return row[places].ravel().tolist()


def coco_annotations(
    path, scene, *, names=COCO, size=(640, 480), extras=False, tracks=None, label=False, nested=False, step=1
):
    """Flags 0, 1, 2 for confidence 0, below 1, 1.

    Extras: a crowd, a person without joints, another object. Tracks: "id" (PoseTrack) or "attributes" (CVAT). Label: a
    second one without joints, as CVAT has it. Nested: a list for each joint. Step: of the numbers of images.
    """
    images, annotations = [], []
    for t, people in enumerate(scene):
        number = 1000 - 7 * t  # ids in another order than names
        images.append({"id": number, "file_name": f"{step * t:012d}.jpg", "width": size[0], "height": size[1]})
        for person in people:
            keypoints, confidence = cleared(person)
            flags = np.where(confidence == 0, 0, np.where(confidence < 1, 1, 2))
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": number,
                    "category_id": 1,
                    "iscrowd": 0,
                    "keypoints": [n for (x, y), v in zip(keypoints, flags, strict=True) for n in (x, y, int(v))],
                    "num_keypoints": int((flags > 0).sum()),
                    "bbox": box(person),
                }
            )
            if nested:
                annotations[-1]["keypoints"] = np.reshape(annotations[-1]["keypoints"], (-1, 3)).tolist()
            if tracks == "id":
                annotations[-1]["track_id"] = person.track
            elif tracks == "attributes":
                annotations[-1]["attributes"] = {"occluded": False, "track_id": person.track, "keyframe": True}
    if extras:
        nothing = {"image_id": 1000, "category_id": 1, "iscrowd": 0, "keypoints": [0] * 3 * len(names)}
        crowd = nothing | {"iscrowd": 1, "keypoints": annotations[0]["keypoints"]}
        annotations += [nothing | {"num_keypoints": 0}, crowd, {"image_id": 1000, "category_id": 2, "iscrowd": 0}]
    categories = [{"id": 1, "name": "person", "keypoints": list(names), "skeleton": [[1, 2]]}, {"id": 2, "name": "bat"}]
    if label:
        categories[1] |= {"supercategory": "", "keypoints": [], "skeleton": []}
        annotations.append({"image_id": 1000, "category_id": 2, "keypoints": [], "attributes": {"track_id": 1}})
    return write(path, {"images": images[::-1], "annotations": annotations, "categories": categories})


def coco_results(path, scene, *, numbers=None):
    entries = [
        {"image_id": number, "category_id": 1, "keypoints": flat(person), "score": 0.9}
        for number, people in zip(numbers or range(len(scene)), scene, strict=True)
        for person in people
    ]
    return write(path, entries)


def aic(path, scene):
    """AI Challenger's own layout: flags 1, 2, 3 for confidence 1, below 1, 0; people are human1, human2, ..."""
    images = []
    for t, people in enumerate(scene):
        found = {}
        for i, person in enumerate(people):
            flags = np.where(person.confidence == 0, 3, np.where(person.confidence < 1, 2, 1))
            joints = zip(cleared(person)[0].tolist(), flags.tolist(), strict=True)
            found[f"human{i + 1}"] = [value for (x, y), flag in joints for value in (x, y, flag)]
        boxes = {name: [0, 0, 9, 9] for name in found}
        images.append({"image_id": f"{t:040x}", "keypoint_annotations": found, "human_annotations": boxes, "url": ""})
    return write(path, images)


def openpifpaf(path, scene, *, form="lines", tracked=False):
    """Form lines: JSON lines of a video, numbered from 1; list: the same in a list; image: the first frame's people."""
    frames = []
    for t, people in enumerate(scene, start=1):
        found = []
        for person in people:
            prediction = {"keypoints": flat(person), "bbox": box(person), "score": 0.8, "category_id": 1}
            found.append(prediction | ({"id_": person.track} if tracked else {}))
        frames.append({"frame": t, "predictions": found})
    if form == "lines":
        path.write_text("".join(json.dumps(frame) + "\n" for frame in frames))
        return path
    return write(path, frames if form == "list" else frames[0]["predictions"])


def mmpose(path, scene, *, form="video", names=None):
    """Form image: the people of the first frame. Video counts from 0, demo from 1. The box is in a list of one."""

    def instances(people):
        found = []
        for person in people:
            keypoints, confidence = cleared(person)
            x, y, width, height = box(person)
            found.append(
                {
                    "keypoints": keypoints.tolist(),
                    "keypoint_scores": confidence.tolist(),
                    "bbox": [[x, y, x + width, y + height]],
                    "bbox_score": 0.9,
                }
            )
        return found

    if form == "image":
        return write(path, instances(scene[0]))
    first = 1 if form == "demo" else 0
    frames = [{"frame_id": t, "instances": instances(people)} for t, people in enumerate(scene, start=first)]
    if form == "video":
        return write(path, frames)
    meta = {"dataset_name": "any", "num_keypoints": len(scene[0][0].confidence)}
    if names:
        meta["keypoint_id2name"] = dict(enumerate(names))
    return write(path, {"meta_info": meta, "instance_info": frames})


def ultralytics(path, scene, *, form="video", tracked=False, visible=True):
    """Form result: the list of the first image. Video: a list of lists; text: of their JSON; frames: by name."""

    def results(people):
        found = []
        for person in people:
            keypoints, confidence = cleared(person)
            x, y, width, height = box(person)
            points = {"x": keypoints[:, 0].tolist(), "y": keypoints[:, 1].tolist()}
            found.append(
                {
                    "name": "person",
                    "class": 0,
                    "confidence": 0.9,
                    "box": {"x1": x, "y1": y, "x2": x + width, "y2": y + height},
                    **({"track_id": person.track} if tracked else {}),
                    "keypoints": points | ({"visible": confidence.tolist()} if visible else {}),
                }
            )
        return found

    frames = [results(people) for people in scene]
    if form == "result":
        return write(path, frames[0])
    if form == "text":
        return write(path, [json.dumps(frame) for frame in frames])
    return write(path, {f"frame_{t}": frame for t, frame in enumerate(frames)} if form == "frames" else frames)


def ultralytics_labels(folder, scene, *, size=(640, 480), name="walk", parts=3, score=False, tracked=False, flags=0):
    """A file for each image with people; fractions of the image, %g as the program writes them, frames from 1."""
    folder.mkdir(exist_ok=True)
    for t, people in enumerate(scene, start=1):
        lines = []
        for person in people:
            keypoints, confidence = cleared(person)
            x, y, width, height = box(person)
            centre = ((x + width / 2) / size[0], (y + height / 2) / size[1], width / size[0], height / size[1])
            shown = np.where(confidence == 0, 0, np.where(confidence < 0.6, 1, 2)) if flags else confidence
            joints = np.column_stack([keypoints / size, shown])[:, :parts].ravel().tolist()
            after = [0.9] * score + [person.track] * tracked
            lines.append(" ".join(f"{number:g}" for number in (0, *centre, *joints, *after)))
        if lines:
            (folder / f"{name}_{t}.txt").write_text("\n".join(lines) + "\n")
    return folder


def mpii(path, scene):
    """Pixels count from 1; joints that are not visible are junk."""
    entries = []
    for t, people in enumerate(scene):
        for person in people:
            seen = person.confidence > 0
            joints = np.where(seen[:, None], person.keypoints + 1, -9.2e18)
            entry = {"image": f"{t:09d}.jpg", "joints": joints.tolist(), "joints_vis": seen.astype(int).tolist()}
            entries.append({**entry, "center": person.keypoints.mean(axis=0).tolist(), "scale": 3.1})
    return write(path, entries)


def mediapipe(path, scene, *, size=(640, 480), form="list", header=False):
    """Form list: one person's landmarks or null for each frame; people: several; objects: under pose_landmarks."""

    def landmarks(person):
        keypoints, confidence = cleared(person)
        rows = zip(keypoints / size, confidence, strict=True)
        return [{"x": x, "y": y, "z": -0.1, "visibility": v} for (x, y), v in rows]

    frames = []
    for people in scene:
        found = [landmarks(person) for person in people]
        frames.append(found if form == "people" else found[0] if found else None)
    if form == "objects":
        frames = [{"pose_landmarks": frame, "pose_world_landmarks": frame} for frame in frames]
    return write(path, {"frames": frames, "width": size[0], "height": size[1], "fps": 30} if header else frames)
