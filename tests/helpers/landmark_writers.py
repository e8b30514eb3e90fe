"""Writers of the many layouts in which users save landmarks of MediaPipe, TensorFlow.js, ml5.js and ML Kit.

Written from the documentation of those programs: the names are theirs, not those of geolift's joint sets.
"""

import json

import numpy as np

from tests.helpers.keypoint_writers import COCO, cleared, write

# mediapipe.solutions.pose.PoseLandmark, in its order.
MEDIAPIPE = (
    "NOSE", "LEFT_EYE_INNER", "LEFT_EYE", "LEFT_EYE_OUTER", "RIGHT_EYE_INNER", "RIGHT_EYE", "RIGHT_EYE_OUTER",
    "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW",
    "RIGHT_ELBOW", "LEFT_WRIST", "RIGHT_WRIST", "LEFT_PINKY", "RIGHT_PINKY", "LEFT_INDEX", "RIGHT_INDEX", "LEFT_THUMB",
    "RIGHT_THUMB", "LEFT_HIP", "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE", "RIGHT_ANKLE", "LEFT_HEEL",
    "RIGHT_HEEL", "LEFT_FOOT_INDEX", "RIGHT_FOOT_INDEX",
)  # fmt: skip
FRACTIONS = (
    "list", "null", "capitals", "message", "javascript", "names", "words", "enums", "numbers", "arrays", "flat",
    "keyed", "indexed", "named", "lines", "records", "nested", "times", "numbered times",
)  # fmt: skip
PIXELS = ("blazepose", "mlkit")


def camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


def landmarks(person, size):
    """A person as MediaPipe returns it: 33 dicts."""
    keypoints, confidence = cleared(person)
    places = zip((keypoints / size).tolist(), confidence.tolist(), strict=True)
    return [{"x": x, "y": y, "z": -0.1 - x, "visibility": v} for (x, y), v in places]


def _person(person, form, size):
    """One person in the layout of that name."""
    found = landmarks(person, size)
    values = [[mark["x"], mark["y"], mark["z"], mark["visibility"]] for mark in found]
    if form == "capitals":
        return [{key.title(): value for key, value in mark.items()} for mark in found]
    if form in ("names", "enums", "words"):
        spelled = {"names": str, "enums": "PoseLandmark.{}".format, "words": lambda n: n.replace("_", " ").lower()}
        return {spelled[form](name): mark for name, mark in zip(MEDIAPIPE, found, strict=True)}
    if form == "numbers":
        return {str(i): {"x": x, "y": y, "v": v} for i, (x, y, _, v) in enumerate(values)}
    if form == "arrays":
        return values
    if form == "flat":
        return [value for row in values for value in row]
    if form == "indexed":
        return [{"index": i} | mark for i, mark in reversed(list(enumerate(found)))]
    if form == "named":
        return [
            {"name": camel(name), "confidence": mark.pop("visibility")} | mark
            for name, mark in zip(MEDIAPIPE, found, strict=True)
        ]
    if form == "mlkit":
        pairs = (cleared(person)[0].tolist(), cleared(person)[1].tolist())
        return [
            {"type": i, "position": {"x": x, "y": y}, "inFrameLikelihood": v}
            for i, ((x, y), v) in enumerate(zip(*pairs, strict=True))
        ]
    return found


def mediapipe(path, scene, *, form, size=(640, 480)):
    """The first person of each frame in the layout of that name (`FRACTIONS`)."""
    people = [_person(frame[0], form, size) if frame else None for frame in scene]
    if form == "message":  # MessageToDict
        return write(path, [{"landmark": person} if person else {} for person in people])
    if form == "javascript":
        return write(path, [{"poseLandmarks": person, "faceLandmarks": [{"x": 0, "y": 0}]} for person in people])
    if form == "keyed":
        return write(path, {f"frame_{i}": person for i, person in enumerate(people)})
    if form == "lines":
        lines = [json.dumps({"frame": i, "pose_landmarks": person}) for i, person in enumerate(people)]
        path.write_text("\n".join(lines) + "\n")
        return path
    if form == "records":
        rows = [
            {"frame": i, "landmark": j} | mark for i, person in enumerate(people) for j, mark in enumerate(person or ())
        ]
        return write(path, rows)
    if form == "nested":
        frames = [{"frame_idx": i, "pose": {"landmarks": person}, "hands": []} for i, person in enumerate(people)]
        return write(path, {"metadata": {"fps": 30, "width": size[0], "height": size[1]}, "frames": frames})
    if form in ("times", "numbered times"):
        number = [{"frame": i} if form == "numbered times" else {} for i in range(len(people))]
        frames = [{"timestamp_ms": 40 * i, "landmarks": person} | number[i] for i, person in enumerate(people)]
        return write(path, {"video": "a.mp4", "data": frames})
    return write(path, people)


def tensorflow_js(path, scene, *, form, tracked=False):
    """Pixels. Form: movenet and posenet (COCO's 17), blazepose and mlkit (33); a list of poses for each frame."""
    names = MEDIAPIPE if form in PIXELS else COCO
    frames = []
    for people in scene:
        poses = []
        for person in people:
            keypoints, confidence = cleared(person)
            rows = list(zip(names, keypoints.tolist(), confidence.tolist(), strict=True))
            if form == "posenet":
                found = [{"score": v, "part": camel(name), "position": {"x": x, "y": y}} for name, (x, y), v in rows]
            elif form == "mlkit":
                found = _person(person, form, (1, 1))
            else:
                found = [{"x": x, "y": y, "score": v, "name": name.lower()} for name, (x, y), v in rows]
            poses.append({"keypoints": found, "score": 0.9} | ({"id": person.track} if tracked else {}))
        frames.append(poses)
    return write(path, frames)


def visibility_of_the_network(path, scene, size=(640, 480)):
    """Visibility before the logistic function, as the network itself gives it."""
    people = [landmarks(frame[0], size) for frame in scene]
    for mark in (mark for person in people for mark in person):
        mark["visibility"] = float(np.log(mark["visibility"] / (1 - mark["visibility"])))
    return write(path, people)
