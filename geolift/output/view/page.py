"""A result as one web page that needs nothing else: 3D skeletons to rotate, the 2D input beside them, time to play.

The page is page.html with page.css, page.js and the data in it. The data is a JSON header and base64 blocks of typed
arrays, coordinates as 16-bit integers. Its content security policy forbids the network and every script but this one;
all that comes from the result reaches the page as text.
"""

import base64
import hashlib
import json
import os
import re
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.output.result import ROWS, Result
from geolift.output.view.layout import (
    azimuth,
    beside,
    foot_joints,
    level_axes,
    levelled,
    planes,
    scenes,
    shown_fps,
    side_by_side,
)
from geolift.output.world_text import world_lines
from geolift.skeletons.skeleton import body_words, is_human

MISSING = -32768  # the 16-bit integer of a joint that is missing
FILLED = -1  # the confidence of a joint that was filled in


class Addition(NamedTuple):
    """What a page has besides the view of the result.

    Attributes:
        title: of the page, by which files are known; the script replaces it.
        style: after page.css.
        script: after page.js, as one program with it. The document has an event "drawn" after each frame.
        top: elements under the title.
        middle: elements under the view.
        data: JSON, the text of the element "more"; empty: no element.
        arrays: by the ids of their elements; `decode` of page.js reads them.
    """

    title: str
    style: str
    script: str
    top: str
    middle: str
    data: dict
    arrays: dict[str, np.ndarray]


PLAIN = Addition("geolift", "", "", "", "", {}, {})


def write_page(result: Result, path: str | os.PathLike[str]) -> int:
    """Write the page of `result` to `path` and return its size in bytes."""
    return Path(path).write_bytes(page(result).encode())


def page(result: Result, more: Addition = PLAIN) -> str:
    """The page of `result` as text, with `more` in it."""
    style, script = _template("page.css") + more.style, _template("page.js") + more.script
    header, arrays = pack(result)
    arrays |= more.arrays
    header["types"] = {name: array.dtype.name for name, array in arrays.items()}
    blocks = [f'<script type="application/json" id="header">{_json(header)}</script>']
    if more.data:
        blocks.append(f'<script type="application/json" id="more">{_json(more.data)}</script>')
    for name, array in arrays.items():
        text = base64.b64encode(array.tobytes()).decode("ascii")
        blocks.append(f'<script type="text/plain" id="{name}">{text}</script>')
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"policy": policy, "style": style, "script": script, "data": "\n".join(blocks)}
    parts |= {"title": more.title, "top": more.top, "middle": more.middle}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _template("page.html"))


def pack(result: Result) -> tuple[dict, dict[str, np.ndarray]]:
    """The header and the arrays that the page holds; rows in the order of frames, then of people.

    `points` and `keypoints` are int16 with a float32 origin and step for each row: `origin + step * integer`, and
    `MISSING` where a joint is missing. `confidence` is int8 percent, `FILLED` where a joint was filled in.
    `level` and `azimuth` are those of `layout.level_axes`. `contact` has 1 for the left and 2 for the right foot.
    `uncertainty` is int16, thousandths of a unit, -1 where unknown.
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
    arrays |= _world_arrays(result, order)
    for name in ("points", "keypoints"):
        arrays[name], arrays[f"{name}_origin"], arrays[f"{name}_step"] = quantize(rows[name])
    skeleton = result.skeleton
    sides = [(joint in skeleton.left) - (joint in skeleton.right) for joint in range(len(skeleton.names))]
    header = {
        "joints": skeleton.names,
        "parents": skeleton.parents,
        "sides": sides,
        "root": skeleton.root,
        "head": skeleton.head,
        "feet": foot_joints(result),
        "frames": result.frames,
        "people": result.people,
        "body_words": body_words(skeleton),
        "calibrated": is_human(skeleton),
        "video": bool(result.video),
        "fps": float(result.fps),
        "rate": shown_fps(result),
        "known_size": result.image_size is not None,
        "units": result.units,
        "scale": result.scale,
        "model": result.model,
        "source": result.source,
        "world": world_lines(result),
        "notes": result.notes,
    }
    return header, arrays


def _world_arrays(result: Result, order: np.ndarray) -> dict[str, np.ndarray]:
    """What the page needs for world axes, contacts and uncertainty; rows in `order`, entries of what is known alone."""
    arrays = {}
    if (level := level_axes(result)) is not None:
        arrays["level"], arrays["azimuth"] = level.astype("<f4"), azimuth(result).astype("<f4")
        arrays["scenes_beside_level"] = levelled(result, placed=False)[1].astype("<f4")
        if np.isfinite(result.position).any():
            arrays["scenes_placed_level"] = levelled(result, placed=True)[1].astype("<f4")
    if result.contact is not None:
        arrays["contact"] = (result.contact[order] @ np.array([1, 2])).astype("i1")
    if result.uncertainty is not None:
        thousandths = np.clip(np.rint(1000 * result.uncertainty[order]), 0, -MISSING - 1)
        arrays["uncertainty"] = np.where(np.isnan(thousandths), -1, thousandths).astype("<i2")
    return arrays


def quantize(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows `[N, J, D]` as int16 `[N, J, D]`, `MISSING` where not all of D are finite, origin `[N, D]`, step `[N]`."""
    finite = np.isfinite(values).all(axis=-1, keepdims=True)
    some = finite.any(axis=1)
    high = np.where(some, np.where(finite, values, -np.inf).max(axis=1), 0)
    low = np.where(some, np.where(finite, values, np.inf).min(axis=1), 0)
    origin = ((low + high) / 2).astype("<f4")
    step = ((high - low).max(axis=1) / 2 / (-MISSING - 2)).astype("<f4")
    steps = np.where(step > 0, step, 1).astype(np.float64)[:, None, None]
    whole = np.rint((np.where(finite, values, 0) - origin[:, None]) / steps)
    return np.where(finite, whole, MISSING).astype("<i2"), origin, step


def _template(name: str) -> str:
    return files("geolift.output.view").joinpath(name).read_text(encoding="utf-8")


def _json(value: dict) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
