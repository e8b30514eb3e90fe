"""A result as one web page that needs nothing else: the 3D skeletons to turn, the 2D input beside them, time to play.

The page is page.html with page.css, page.js and the data in it. The data is a JSON header and base64 blocks of typed
arrays, coordinates as 16-bit integers. Its content security policy forbids the network and every script but its own;
whatever comes from the result reaches the page as text alone.
"""

import base64
import hashlib
import html
import json
import os
import re
from importlib.resources import files
from pathlib import Path

import numpy as np

from geolift.output.result import ASSUMED_FPS, Result

MISSING = -32768  # the 16-bit integer of a joint that is not there
FILLED = -1  # the confidence of a joint that was filled in
SLIDES = 2.0  # single images shown per second
NOTEBOOK_POSES = 3000
NOTEBOOK_HEIGHT = 860  # pixels


def write_page(result: Result, path: str | os.PathLike) -> int:
    """Write the page of `result` to `path` and return its size in bytes."""
    return Path(path).write_bytes(page(result).encode())


def page(result: Result) -> str:
    """The page of `result` as text."""
    style, script = (_template(name) for name in ("page.css", "page.js"))
    header, arrays = pack(result)
    blocks = [f'<script type="application/json" id="header">{_json(header)}</script>']
    for name, array in arrays.items():
        text = base64.b64encode(array.tobytes()).decode("ascii")
        blocks.append(f'<script type="text/plain" id="{name}">{text}</script>')
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"policy": policy, "style": style, "script": script, "data": "\n".join(blocks)}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _template("page.html"))


def notebook(result: Result) -> str:
    """HTML of the page in a frame, for a notebook; of a long result the frames up to about `NOTEBOOK_POSES` poses."""
    poses = np.cumsum(np.bincount(result.frame, minlength=len(result.frames)))
    shown = max(1, int(np.searchsorted(poses, max(NOTEBOOK_POSES, poses[0]), "right")))
    said = ""
    if shown < len(result.frames):
        said = f"The first {shown} of {len(result.frames)} frames. "
        said += "geolift.output.view.view(result, 'page.html') shows all."
        kept = result.frame < shown
        rows = {key: getattr(result, key)[kept] for key in ROWS}
        sizes = None if result.image_size is None else result.image_size[:shown]
        result = result._replace(**rows, frames=result.frames[:shown], image_size=sizes, notes=(said, *result.notes))
    frame = (
        f'<iframe sandbox="allow-scripts" title="geolift" width="100%" height="{NOTEBOOK_HEIGHT}" '
        f'style="border:0" srcdoc="{html.escape(page(result))}"></iframe>'
    )
    return frame + (f"<p>{said}</p>" if said else "")


ROWS = ("points", "position", "keypoints", "confidence", "filled", "frame", "person")


def pack(result: Result) -> tuple[dict, dict[str, np.ndarray]]:
    """The header and the arrays that the page holds; rows in the order of frames, then of persons.

    `points` and `keypoints` are int16 with a float32 origin and step for each row: `origin + step * integer`, and
    `MISSING` where there is none. `confidence` is int8 percent, `FILLED` where a joint was filled in.
    """
    order = np.lexsort((result.person, result.frame))
    rows = {key: getattr(result, key)[order] for key in ROWS}
    arrays = {
        "frame": rows["frame"].astype("<i4"),
        "person": rows["person"].astype("<i4"),
        "position": rows["position"].astype("<f4"),
        "confidence": np.where(rows["filled"], FILLED, np.rint(100 * rows["confidence"])).astype("i1"),
        "planes": planes(result).astype("<f4"),
        "beside": beside(result)[order].astype("<f4"),
        "scenes_beside": scenes(result, side_by_side(result)).astype("<f4"),
    }
    if np.isfinite(result.position).any():
        arrays["scenes_placed"] = scenes(result, result.points + result.position[:, None]).astype("<f4")
    for name in ("points", "keypoints"):
        arrays[name], arrays[f"{name}_origin"], arrays[f"{name}_step"] = quantise(rows[name])
    skeleton = result.skeleton
    sides = [(joint in skeleton.left) - (joint in skeleton.right) for joint in range(len(skeleton.names))]
    header = {
        "types": {name: array.dtype.name for name, array in arrays.items()},
        "joints": skeleton.names,
        "parents": skeleton.parents,
        "sides": sides,
        "root": skeleton.root,
        "head": skeleton.head,
        "frames": result.frames,
        "people": result.people,
        "video": bool(result.video),
        "fps": float(result.fps),
        "rate": rate(result),
        "known_size": result.image_size is not None,
        "units": result.units,
        "scale": result.scale,
        "model": result.model,
        "source": result.source,
        "notes": result.notes,
    }
    return header, arrays


def quantise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows `[N, J, D]` as int16 `[N, J, D]`, `MISSING` where not all of D are finite, origin `[N, D]`, step `[N]`."""
    there = np.isfinite(values).all(axis=-1, keepdims=True)
    some = there.any(axis=1)
    high = np.where(some, np.where(there, values, -np.inf).max(axis=1), 0)
    low = np.where(some, np.where(there, values, np.inf).min(axis=1), 0)
    origin = ((low + high) / 2).astype("<f4")
    step = ((high - low).max(axis=1) / 2 / (-MISSING - 2)).astype("<f4")
    steps = np.where(step > 0, step, 1).astype(np.float64)[:, None, None]
    whole = np.rint((np.where(there, values, 0) - origin[:, None]) / steps)
    return np.where(there, whole, MISSING).astype("<i2"), origin, step


def planes(result: Result) -> np.ndarray:
    """`[1 or F, 4]` left, top, right, bottom in pixels of what the 2D panel shows: the image where its size is known.

    Else it is what the keypoints span: of a video once for all frames, all but the outermost half per cent.
    """
    if result.image_size is not None:
        return np.concatenate([np.zeros_like(result.image_size), result.image_size], axis=1)
    if result.video:
        return _around(result.keypoints, 0.5)[None]
    return np.stack([_around(result.keypoints[result.frame == i], 0) for i in range(len(result.frames))])


def rate(result: Result) -> float:
    """Frames that are shown per second at normal speed."""
    if not result.video:
        return SLIDES
    return float(result.fps) if result.fps > 0 else ASSUMED_FPS


def scenes(result: Result, points: np.ndarray) -> np.ndarray:
    """`[1 or F, 7]` centre and half extents of what is shown, and the y of the ground: of single images one for each.

    Of a video it is one for all frames with somebody in them: the extent leaves out the outermost 5 % of these frames
    on each side, the ground the lowest 10 %, so that people who are seen briefly do not move it.

    Args:
        result: whose `frame` the rows of `points` have.
        points: `[N, J, 3]` where the joints stand.
    """
    low, high = np.full((len(result.frames), 3), np.inf), np.full((len(result.frames), 3), -np.inf)
    there = np.isfinite(points).all(axis=-1, keepdims=True)
    np.minimum.at(low, result.frame, np.where(there, points, np.inf).min(axis=1))
    np.maximum.at(high, result.frame, np.where(there, points, -np.inf).max(axis=1))
    somebody = np.isfinite(low).all(axis=1)
    low[~somebody], high[~somebody] = -1, 1
    ground = high[:, 1]
    if result.video:
        kept = somebody | ~somebody.any()
        ground = np.percentile(ground[kept], [90])
        low, high = (np.percentile(ends[kept], [q], axis=0) for ends, q in ((low, 5), (high, 95)))
    half = (high - low) / 2
    half = np.maximum(half, 1e-3 + 0.1 * half.max(axis=1, keepdims=True))
    return np.concatenate([(low + high) / 2, half, ground[:, None]], axis=1)


def beside(result: Result) -> np.ndarray:
    """`[N]` how far to the right of the origin each root stands where people stand side by side, in their order.

    Nobody changes place in a video; the place of a person who is not there in the same frames may be taken. A place is
    as wide as the joints on it reach, turned about the vertical.
    """
    radius = np.hypot(result.points[..., 0], result.points[..., 2])
    radius = np.where(np.isfinite(radius), radius, 0).max(axis=1)
    place = _places(result)
    shared = np.zeros_like(result.frame) if result.video else result.frame
    reach = np.zeros((shared.max() + 1, place.max() + 1))
    np.maximum.at(reach, (shared, place), radius)
    steps = 1.1 * (reach[:, :-1] + reach[:, 1:])
    return np.insert(np.cumsum(steps, axis=1), 0, 0, axis=1)[shared, place]


def side_by_side(result: Result) -> np.ndarray:
    """Points `[N, J, 3]` of people who stand `beside` each other."""
    return result.points + beside(result)[:, None, None] * np.array([1, 0, 0])


def _places(result: Result) -> np.ndarray:
    """`[N]` a person's number among those of their frames: the lowest that nobody before has in one of them."""
    place = np.zeros(len(result.person), int)
    taken: list[np.ndarray] = []
    for rows in np.split(np.arange(len(place)), np.flatnonzero(np.diff(result.person)) + 1):
        frames = result.frame[rows]
        free = next((k for k, frames_taken in enumerate(taken) if not frames_taken[frames].any()), len(taken))
        if free == len(taken):
            taken.append(np.zeros(len(result.frames), bool))
        taken[free][frames] = True
        place[rows] = free
    return place


def _around(keypoints: np.ndarray, percent: float) -> np.ndarray:
    there = keypoints[np.isfinite(keypoints).all(axis=-1)]
    if not len(there):
        return np.array([0.0, 0.0, 1.0, 1.0])
    low, high = np.percentile(there, [percent, 100 - percent], axis=0)
    margin = 0.08 * max(*(high - low), 1.0)
    return np.concatenate([low - margin, high + margin])


def _template(name: str) -> str:
    return files("geolift.output.view").joinpath(name).read_text(encoding="utf-8")


def _json(value: dict) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
