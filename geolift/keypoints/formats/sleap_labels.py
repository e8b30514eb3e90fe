"""SLEAP's project files `.slp`: labelled and predicted instances of animals or people in videos, in HDF5.

The attribute `json` of `metadata` names the nodes of the skeletons. Records in `frames`, `instances`, `points` (of
users) and `pred_points` (of networks) refer to each other by number. What a user corrected replaces the prediction.
Frames are numbered in their video; frames without labels are absent.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import distinct, order_frames
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.safe_io import hdf5, json_file
from geolift.skeletons.stated_bones import StatedBones, stated_by_number

FIELDS = {
    "frames": ("video", "frame_idx", "instance_id_start", "instance_id_end"),
    "instances": ("instance_type", "skeleton", "track", "from_predicted", "score", "point_id_start", "point_id_end"),
    "points": ("x", "y", "visible"),
    "pred_points": ("x", "y", "visible", "score"),
}
PREDICTED = 1  # instance_type
BONE, PARTNERS = 1, 2  # kinds of links: BODY and SYMMETRY
MOST_TRACKS = 10**6  # of a video
MOST_VIDEOS = 10**6
LARGEST_JSON = 2**24  # characters of the metadata

Tables = dict[str, np.ndarray]


class _Instance(NamedTuple):
    """An instance: its number, the video, the frame's number in it, the track or -1, the score."""

    number: int
    video: int
    frame: int
    track: int
    score: float


def recognize(path: Path) -> str | None:
    """Why the file is a project of SLEAP, or None."""
    with hdf5.opened(path) as file:
        return "it holds metadata, frames, instances" if {"metadata", "frames", "instances"} <= set(file) else None


def read(path: Path, _: Path, options: Options) -> Recording:
    """Read all instances.

    Raises:
        DatasetError: naming the table and what is wrong with it.
    """
    with hdf5.opened(path) as file:
        tables = {name: _table(file, name, path) for name in FIELDS}
        metadata = _json(hdf5.attributes(file, "metadata").get("json"), f"{path}: metadata: json")
        tracks = _track_names(file, path)
    found = _instances(tables, path)
    if not found:
        raise DatasetError(f"{path}: found no instance in {len(tables['frames'])} frames, expected at least one")
    skeletons = {int(tables["instances"]["skeleton"][one.number]) for one in found}
    if len(skeletons) > 1:
        raise DatasetError(f"{path}: found instances of {len(skeletons)} skeletons, expected one")
    number = skeletons.pop()
    nodes = _nodes(metadata, number, path)
    stated = _links(metadata, number, nodes, path)
    rows = np.stack([_points(tables, one.number, len(nodes), path) for one in found])
    videos = sorted({one.video for one in found})
    labels = [str(one.frame) if len(videos) == 1 else f"video{one.video}/{one.frame}" for one in found]
    names, which = distinct(labels)
    frames = order_frames(names, str(path), options)
    frame = frames.index[which]
    ids = [None if one.track < 0 else one.video * MOST_TRACKS + one.track for one in found]
    person, people, notes = people_by_id(ids, frame)
    joints = joints_by_name(nodes, str(path), options.joints)
    made = make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=_called(people, tracks) if len(videos) == 1 else people,
        notes=(*joints.notes, *frames.notes, *notes),
    )
    return made._replace(stated=stated)


FORMAT = Format("sleap-labels", "SLEAP's project file (.slp)", "hdf5", recognize, read)


def _table(file: Any, name: str, path: Path) -> np.ndarray:
    """A table of records with the fields that are used; an empty one if it is absent."""
    if not hdf5.holds(file, name):
        return np.zeros(0, [(field, "f8") for field in FIELDS[name]])
    table = hdf5.array(file, name, path)
    if table.ndim != 1 or not table.dtype.names or not set(FIELDS[name]) <= set(table.dtype.names):
        expected = f"records with {', '.join(FIELDS[name])}"
        raise DatasetError(f"{path}: {name}: found {str(table.dtype)[:80]}, expected {expected}")
    wrong = [field for field in FIELDS[name] if table.dtype[field].kind not in "fiub" or table.dtype[field].shape]
    if wrong:
        raise DatasetError(f"{path}: {name}: {wrong[0]}: found {table.dtype[wrong[0]]}, expected numbers")
    return table


def _json(text: Any, where: str) -> dict[str, Any]:
    text = hdf5.text(text) if isinstance(text, bytes | str) else ""
    if not text or len(text) > LARGEST_JSON:
        raise DatasetError(f"{where}: found {len(text)} characters, expected the skeletons as JSON")
    try:
        return values.mapping(json_file.parse_json(text), where)
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from error


def _track_names(file: Any, path: Path) -> list[str]:
    """The names of the tracks; none where the file has none."""
    if not hdf5.holds(file, "tracks_json"):
        return []
    names = []
    for i, text in enumerate(hdf5.array(file, "tracks_json", path).tolist()):
        where = f"{path}: tracks_json[{i}]"
        try:
            track = json_file.parse_json(hdf5.text(text))
        except ValueError as error:
            raise DatasetError(f"{where}: {error}") from error
        names.append(str(track[1])[:100] if isinstance(track, list) and len(track) > 1 else str(i))
    return names


def _called(people: tuple[str, ...], tracks: list[str]) -> tuple[str, ...]:
    """People by the names of their tracks, where these differ."""
    named = tuple(tracks[int(name)] if name.isdecimal() and int(name) < len(tracks) else name for name in people)
    return named if len(set(named)) == len(named) else people


def _instances(tables: Tables, path: Path) -> list[_Instance]:
    """The instances of all frames, without predictions that a user corrected."""
    instances = tables["instances"]
    corrected = {int(number) for number in instances["from_predicted"] if number >= 0}
    found = []
    for i, frame in enumerate(tables["frames"]):
        first, last = frame["instance_id_start"], frame["instance_id_end"]
        video, number = frame["video"], frame["frame_idx"]
        known = 0 <= first <= last <= len(instances) and 0 <= video < MOST_VIDEOS
        if not (known and 0 <= number <= values.LARGEST_WHOLE):
            raise DatasetError(f"{path}: frames[{i}]: found numbers out of range, {str(frame)[:80]}")
        own = range(int(first), int(last))
        labelled = {int(instances["track"][j]) for j in own if instances["instance_type"][j] != PREDICTED}
        for j in own:
            track, predicted = int(instances["track"][j]), instances["instance_type"][j] == PREDICTED
            if track >= MOST_TRACKS:
                raise DatasetError(f"{path}: instances[{j}]: track: found {track}, expected less than {MOST_TRACKS}")
            if not (predicted and (j in corrected or (track >= 0 and track in labelled))):
                found.append(_Instance(j, int(video), int(number), track, float(instances["score"][j])))
    return found


def _points(tables: Tables, number: int, nodes: int, path: Path) -> np.ndarray:
    """`[K, 3]` x, y, confidence of an instance: the network's score, 1 for a user's point, 0 where not visible."""
    instance = tables["instances"][number]
    table = tables["pred_points" if instance["instance_type"] == PREDICTED else "points"]
    first, last = int(instance["point_id_start"]), int(instance["point_id_end"])
    if not 0 <= first <= last <= len(table) or last - first != nodes:
        expected = f"{nodes} of {len(table)} points"
        raise DatasetError(f"{path}: instances[{number}]: found the points {first} to {last}, expected {expected}")
    points = table[first:last]
    x, y = points["x"].astype(np.float64), points["y"].astype(np.float64)
    sure = points["score"].astype(np.float64) if "score" in (points.dtype.names or ()) else np.ones(nodes)
    return np.column_stack([x, y, np.where(points["visible"].astype(bool), sure, 0)])


def _nodes(metadata: dict[str, Any], skeleton: int, path: Path) -> tuple[str, ...]:
    """The names of a skeleton's nodes in the order of its points."""
    where = f"{path}: metadata"
    listed = values.listing(values.member(metadata, "nodes", where), f"{where}: nodes")
    names = [node if isinstance(node, str) else values.member(node, "name", f"{where}: nodes") for node in listed]
    skeletons = values.listing(values.member(metadata, "skeletons", where), f"{where}: skeletons")
    if not 0 <= skeleton < len(skeletons):
        raise DatasetError(f"{where}: skeletons: found {len(skeletons)}, an instance has number {skeleton}")
    return tuple(
        values.text(names[number], f"{where}: nodes") for number in _numbers(metadata, skeleton, len(names), where)
    )


def _graph(metadata: dict[str, Any], skeleton: int, where: str) -> dict[str, Any]:
    """A skeleton as a graph of nodes and links."""
    graph = values.mapping(metadata["skeletons"][skeleton], f"{where}: skeletons")
    return values.mapping(graph.get("nx_graph", graph), f"{where}: skeletons")  # as with a description and a picture


def _numbers(metadata: dict[str, Any], skeleton: int, most: int, where: str) -> list[int]:
    """The number of each of a skeleton's nodes in the file's list of nodes."""
    order: list[int] = []
    graph = _graph(metadata, skeleton, where)
    for node in values.listing(values.member(graph, "nodes", f"{where}: skeletons"), f"{where}: skeletons"):
        number = node.get("id") if isinstance(node, dict) else node
        number = len(order) if isinstance(number, dict) else values.whole(number, f"{where}: skeletons: nodes", least=0)
        if number >= most:
            raise DatasetError(f"{where}: skeletons: nodes: found {number}, expected less than {most}")
        order.append(number)
    return order


def _links(metadata: dict[str, Any], skeleton: int, nodes: tuple[str, ...], path: Path) -> StatedBones | None:
    """The bones and partners of a skeleton: its links, of one of two kinds.

    jsonpickle writes a kind in full where it comes first; later links refer to it by its place among these.
    """
    where, kinds = f"{path}: metadata: skeletons: links", []
    place = {number: i for i, number in enumerate(_numbers(metadata, skeleton, len(metadata["nodes"]), where))}
    pairs: dict[int, list[tuple[int, int]]] = {BONE: [], PARTNERS: []}
    for i, link in enumerate(values.listing(_graph(metadata, skeleton, where).get("links") or [], where)):
        link, here = values.mapping(link, where), f"{where}[{i}]"
        kind = values.mapping(link.get("type") or {}, f"{here}: type")
        if "py/reduce" in kind:
            kinds.append(_kind(kind["py/reduce"], here))
            found = kinds[-1]
        else:
            number = values.whole(kind.get("py/id", BONE), f"{here}: type", least=1)
            found = kinds[number - 1] if number <= len(kinds) else number
        ends = [values.whole(values.member(link, end, here), f"{here}: {end}", least=0) for end in ("source", "target")]
        if found not in pairs or not set(ends) <= set(place):
            raise DatasetError(
                f"{here}: found kind {found} between nodes {ends}, expected 1 or 2 between the skeleton's"
            )
        pairs[found].append((place[ends[0]], place[ends[1]]))
    return stated_by_number(pairs[BONE], pairs[PARTNERS], nodes, f"{path}: skeleton")


def _kind(reduced: Any, where: str) -> int:
    """The number of a kind of link, as jsonpickle writes it: [{"py/type": ...}, {"py/tuple": [1]}]."""
    for part in values.listing(reduced, f"{where}: type"):
        if isinstance(part, dict) and isinstance(part.get("py/tuple"), list) and part["py/tuple"]:
            return values.whole(part["py/tuple"][0], f"{where}: type")
    raise DatasetError(f"{where}: type: found {values.describe(reduced)}, expected the number of a kind")
