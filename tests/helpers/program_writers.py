"""Writers of files of programs for action recognition, sign language and animals, independent of geolift's readers.

Scenes are those of `keypoint_writers`: a list of frames, a frame a list of `Person`, whose `track` is their number.
"""

import json
import pickle
import struct

import numpy as np

from tests.helpers.keypoint_writers import cleared, flat, write


def by_person(scene):
    """Keypoints `[M, T, K, 2]` and confidence `[M, T, K]` of people by their track numbers, 0 where absent."""
    people = sorted({person.track for frame in scene for person in frame})
    count = len(next(frame[0] for frame in scene if frame).confidence)
    keypoints, confidence = np.zeros((len(people), len(scene), count, 2)), np.zeros((len(people), len(scene), count))
    for t, frame in enumerate(scene):
        for person in frame:
            at = people.index(person.track)
            keypoints[at, t], confidence[at, t] = cleared(person)
    return keypoints, confidence


def pyskl(path, scenes, *, size=(1000, 800), form="list", kind=np.float16):
    """A clip for each scene; half precision as the program keeps it; form dict: with the split."""
    clips = []
    for i, scene in enumerate(scenes):
        keypoints, confidence = by_person(scene)
        clip = {"frame_dir": f"clip{i}", "label": 3, "img_shape": size[::-1], "original_shape": size[::-1]}
        clip |= {"total_frames": len(scene), "keypoint": keypoints.astype(kind)}
        clips.append(clip | {"keypoint_score": confidence.astype(kind)})
    split = {"train": [clip["frame_dir"] for clip in clips]}
    path.write_bytes(pickle.dumps({"split": split, "annotations": clips} if form == "dict" else clips))
    return path


def opencap(path, scene):
    people = [[{"person_id": [-1], "pose_keypoints_2d": flat(person)} for person in frame] for frame in scene]
    path.write_bytes(pickle.dumps(people))
    return path


def kinetics_skeleton(path, scene, *, size=(1000, 800)):
    """Fractions with three digits, as in the data set; frames from 1."""
    frames = []
    for t, people in enumerate(scene, start=1):
        skeletons = []
        for person in people:
            keypoints, confidence = cleared(person)
            pose = np.round(keypoints / size, 3).ravel().tolist()
            skeletons.append({"pose": pose, "score": np.round(confidence, 3).tolist()})
        frames.append({"frame_index": t, "skeleton": skeletons})
    return write(path, {"data": frames, "label": "walking", "label_index": 4})


def sleap_labels(path, scene, joints, *, predicted=True, tracked=True):
    """A project with one video: predictions, of which a user has corrected the first of each frame by 5 pixels."""
    import h5py

    point = np.dtype([("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")])
    predicted_point = np.dtype([*point.descr, ("score", "f8")])
    instance = np.dtype(
        [("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4"), ("track", "i4"),
         ("from_predicted", "i8"), ("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8"),
         ("tracking_score", "f4")]
    )  # fmt: skip
    frame_type = np.dtype(
        [(name, "u8") for name in ("frame_id", "video", "frame_idx", "instance_id_start", "instance_id_end")]
    )
    points, guesses, instances, frames = [], [], [], []
    for t, people in enumerate(scene):
        first = len(instances)
        for i, person in enumerate(people):
            keypoints, confidence = cleared(person)
            keypoints = np.where(confidence[:, None] > 0, keypoints, np.nan)
            rows = [(*xy, c > 0, False) for xy, c in zip(keypoints, confidence, strict=True)]
            track, base = person.track - 1 if tracked else -1, len(instances)
            if predicted:
                start = len(guesses)
                guesses += [(*row, c) for row, c in zip(rows, confidence, strict=True)]
                instances.append((base, 1, t, 0, track, -1, 0.9, start, len(guesses), 0.0))
            if i == 0 or not predicted:
                start, moved = len(points), 5.0 if predicted else 0.0
                points += [(x + moved, y + moved, seen, done) for x, y, seen, done in rows]
                kept = base if predicted else -1
                instances.append((len(instances), 0, t, 0, track, kept, 0.0, start, len(points), 0.0))
        frames.append((t, 0, 10 + t, first, len(instances)))
    order = list(range(len(joints)))[::-1]  # the list of nodes has another order than the skeleton
    nodes = [{"name": joints[len(joints) - 1 - i], "weight": 1.0} for i in range(len(joints))]
    skeleton = {"nodes": [{"id": i} for i in order], "links": [], "graph": {"name": "Skeleton-0"}}
    with h5py.File(path, "w") as file:
        group = file.create_group("metadata")
        group.attrs["format_id"] = 1.2
        group.attrs["json"] = np.bytes_(json.dumps({"version": "2.0.0", "skeletons": [skeleton], "nodes": nodes}))
        file["points"], file["pred_points"] = np.array(points, point), np.array(guesses, predicted_point)
        file["instances"], file["frames"] = np.array(instances, instance), np.array(frames, frame_type)
        file["tracks_json"] = np.array([json.dumps([0, name]) for name in ("anna", "ben")], "S")
        file["videos_json"] = np.array([json.dumps({"backend": {"filename": "walk.mp4"}})], "S")
    return path


def pose_format(path, scene, names, *, component="POSE_LANDMARKS", version=0.2, size=(1000, 800), fps=25):
    """A component before the body and one after; format XYZC, z 0."""
    keypoints, confidence = by_person(scene)
    people, frames, count = confidence.shape

    def text(value):
        return struct.pack("<H", len(value)) + value.encode()

    def part(name, points):
        begin = text(name) + text("XYZC") + struct.pack("<HHH", len(points), 1, 1)
        return begin + b"".join(map(text, points)) + struct.pack("<HHHHH", 0, 1, 255, 0, 0)

    hand = [f"HAND_{i}" for i in range(3)]
    head = struct.pack("<fHHHH", version, *size, 0, 3) + part("LEFT_HAND", hand) + part(component, names)
    head += part("RIGHT_HAND", hand)
    head += struct.pack("<fIH", fps, frames, people) if version == 0.2 else struct.pack("<HHH", fps, frames, people)
    data, sure = np.zeros((frames, people, count + 6, 3), "<f4"), np.zeros((frames, people, count + 6), "<f4")
    data[:, :, 3 : count + 3, :2] = keypoints.transpose(1, 0, 2, 3)
    sure[:, :, 3 : count + 3] = confidence.transpose(1, 0, 2)
    path.write_bytes(head + data.tobytes() + sure.tobytes())
    return path
