"""COCO's keypoint annotations (`person_keypoints_val2017.json`), as COCO and many programs and data sets write them.

An object with `images`, `annotations` and `categories`; the joints' names and order are those of the category, and
flags 0, 1, 2 (not labelled, hidden, visible) become confidences 0, 0.5, 1. Crowds and people without labelled joints
are left out. Exports of CVAT and Roboflow have this layout, and so have PoseTrack, COCO-WholeBody, Halpe, CrowdPose,
Human-Art and JHMDB; `coco_people` knows in what they differ.

The images are single images. They are a video in the order of the numbers in their names if people have track ids, the
file lists videos, or the user gives a frame rate.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.coco_people import Id, name_or_number, read_people
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames, distinct, order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count, joints_by_name
from geolift.keypoints.options import NO_OPTIONS, Options, ResolvedJoints
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.skeletons.stated_bones import StatedBones

MODELS = {17: "coco17", 26: "halpe26"}
VIDEO_KEYS = ("video_id", "vid_id")  # of an image: COCO's video layout, PoseTrack
ROBOFLOW = re.compile(r"_(jpe?g|png|bmp|webp)\.rf\.[0-9a-zA-Z]+(\.\w+)\Z")  # what it adds to a name

Images = dict[Id, tuple[str, tuple[float, float], str]]  # name, size (0, 0 if absent), video ("" if none) by id


def recognize(content: Any) -> str | None:
    """Why a JSON file holds COCO annotations, or None."""
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        return None
    if isinstance(content.get("images"), list):
        return "an object with images and annotations"
    first = content["annotations"][0] if content["annotations"] else None
    found = isinstance(first, dict) and "keypoints" in first and _image_key(content, first)
    return "an object with annotations, which have keypoints, but without images" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    listed = values.listing(values.member(content, "annotations", str(path)), f"{path}: annotations")
    first = listed[0] if listed and isinstance(listed[0], dict) else {}
    images = _images(content["images"], path) if "images" in content else None
    people = read_people(content, path, _image_key(content, first) or "image_id", images)
    if images is None:
        images = {image: (str(image), (0.0, 0.0), "") for image in dict.fromkeys(people.images)}
    if people.names is None:
        joints = joints_by_count(people.rows, str(path), options.joints, MODELS)
        known = (f"the file names no joints: they are known by {'--joints' if options.joints else 'their number'}",)
    else:
        joints, known = joints_by_name(people.names, str(path), options.joints, people.categories), ()
    tracked = any(track is not None for track in people.tracks)
    frames, sizes = _frames(images, path, options, tracked or "videos" in content or "images" not in content)
    place = dict(zip(images, frames.index.tolist(), strict=True))
    frame = np.array([place[image] for image in people.images])
    person, names, tracks = people_by_id(_tracks(people.tracks, people.images, images), frame)
    made = make_recording(
        people.rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=names,
        image_size=sizes,
        score=people.scores,
        notes=(*known, *people.notes, *joints.notes, *frames.notes, *tracks),
    )
    return made if people.stated is None else made._replace(stated=_renamed(people.stated, people.names, joints))


FORMAT = Format("coco", "COCO keypoint annotations", "json", recognize, read)


def _renamed(stated: StatedBones, names: tuple[str, ...], joints: ResolvedJoints) -> StatedBones:
    """The bones by the names that joints have after reading."""
    called = {names[place]: joint for place, joint in zip(joints.order.tolist(), joints.joints, strict=True)}
    bones = [(called.get(a, a), called.get(b, b)) for a, b in stated.bones]
    return stated._replace(bones=tuple(bones))


def _image_key(content: dict[str, Any], first: dict[str, Any]) -> str | None:
    """The key under which annotations name their image or frame."""
    keys = ("image_id",) if "images" in content else ("image_id", "frame_id")
    return next((key for key in keys if key in first), None)


def _images(value: Any, path: Path) -> Images:
    images: Images = {}
    for i, image in enumerate(values.listing(value, f"{path}: images")):
        where = f"{path}: images[{i}]"
        number = name_or_number(values.member(image, "id", where), f"{where}: id")
        if number in images:
            raise DatasetError(f"{where}: id: found {values.describe(number)} again, expected another for each image")
        name = values.text(image.get("file_name", str(number)), f"{where}: file_name")
        sides = [image.get(side) for side in ("width", "height")]
        size = (0.0, 0.0) if None in sides else tuple(values.number(side, f"{where}: width, height") for side in sides)
        if not all(0 <= side <= LARGEST_PIXEL for side in size):
            raise DatasetError(f"{where}: width, height: found {list(size)}, expected pixels")
        video = next((image[key] for key in VIDEO_KEYS if image.get(key) is not None), "")
        images[number] = (ROBOFLOW.sub(r"\2", name), size, str(name_or_number(video, f"{where}: video_id")))
    return images


def _frames(images: Images, path: Path, options: Options, video: bool) -> tuple[Frames, np.ndarray | None]:
    """The images as frames, and `[F, 2]` sizes, None if one is unknown.

    Args:
        images: in any order.
        path: the file, named in errors.
        options: a frame rate makes a video of the images.
        video: whether the file says that the images are frames of a video.
    """
    names = [name for name, _, _ in images.values()]
    sizes = np.array([size for _, size, _ in images.values()], np.float32).reshape(-1, 2)
    different, notes = len(np.unique(sizes, axis=0)), ()
    if options.fps is not None and different > 1:
        raise DatasetError(
            f"{path}: frames per second: found images of {different} sizes, expected one size in a video"
        )
    if video and different > 1:
        video, notes = False, (f"images of {different} sizes: read as single images",)
    if video or options.fps is not None:
        frames = order_frames(names, str(path), options, gapless=True)
        if not _clip_by_clip(frames, [video for *_, video in images.values()]):
            frames = single_images(names, str(path), options)
            notes = ("images of several videos, whose names do not tell them apart: read as single images",)
    else:
        frames = single_images(names, str(path), NO_OPTIONS)
    frames = frames._replace(notes=(*frames.notes, *notes))
    if not len(sizes) or not (sizes >= 1).all():
        return frames, None
    every = np.tile(sizes[0], (len(frames.names), 1))
    every[frames.index] = sizes
    return frames, every


def _clip_by_clip(frames: Frames, videos: list[str]) -> bool:
    """Whether no clip of these frames has images of two videos of the file."""
    starts = np.array([start for start, _ in frames.clips] or [0])
    clip = np.searchsorted(starts, frames.index, side="right")
    pairs = set(zip(clip.tolist(), videos, strict=True))
    return not frames.video or len(pairs) == len(set(clip.tolist()))


def _tracks(tracks: tuple[Id | None, ...], images: tuple[Id, ...], of_image: Images) -> list[Id | None]:
    """Track ids that differ between the videos of a file: equal ids there are different people."""
    videos = [of_image[image][2] for image in images]
    if len(set(videos)) > 1:
        pairs = [None if track is None else (video, track) for video, track in zip(videos, tracks, strict=True)]
        known, which = distinct(pairs)
        return [None if known[i] is None else int(i) for i in which]
    return values.alike(tracks)
