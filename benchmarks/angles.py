"""Joint angles and gait against the truth: `python -m benchmarks.angles --data=mocap.npz --split=test,extra`.

Recorded motion (any .npz that `geolift convert cmu` reads) is filmed by level phones from five sides and goes through
the whole of `geolift.lift`. Frames count for the view that they have in truth: from where the person faces to where the
camera is. Errors are against the true points' angles; `plain` are angles in the image, low-passed at 6 Hz.

These figures are for reports: no setting of a method may be chosen by those of `test`, `extra` or `lab`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from absl import app, flags

import geolift
from benchmarks.angle_errors import HALF, PLAIN, TILTS, VIEWS, Compared, cell, compare, is_walk, matched
from benchmarks.pose_errors import table
from benchmarks.world_rows.takes import film, read_clips
from geolift.data.world import WorldClip

DATA = flags.DEFINE_string("data", None, "Motion in the world (.npz).", required=True)
SPLIT = flags.DEFINE_list("split", ["test", "extra"], "Its splits.")
MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
WALKS = flags.DEFINE_integer("walks", 1, "Take one walk in so many.", lower_bound=1)
OTHERS = flags.DEFINE_integer("others", 6, "Take one clip of other actions in so many; 0: none.", lower_bound=0)
NOISE = flags.DEFINE_list("noise", ["0", "1.5", "3"], "Pixels of white noise on the 2D.")
OUT = flags.DEFINE_string("out", "", "Where to write the errors by angle and view as JSON; empty: nowhere.")

Found = Sequence[Compared]


def lifted(clips: list[tuple[int, WorldClip]], noise: float) -> Iterator[Compared]:
    """Every clip from all sides, lifted and compared."""
    model = geolift.load(MODEL.value)
    for take in film(clips, noise=noise, seed=0, views=VIEWS, tilts=TILTS):
        yield compare(geolift.lift(take.recording, model=model, people="largest"), take)


def errors_of(found: Found, view: str, name: str) -> np.ndarray:
    """Degrees of all frames of a view, of the sides of an angle; each by its leverage."""
    cells = []
    for one in found:
        frames = np.abs(one.facing - VIEWS[view]) <= HALF
        columns = [i for i, other in enumerate(one.names) if other == name]
        cells.append((one.errors[frames][:, columns] / one.leverage[frames][:, columns]).ravel())
    return np.concatenate(cells)


def within(found: Found, view: str) -> str:
    """The share of all angles whose error is no larger than the result says, %."""
    held = []
    for one in found:
        frames = np.abs(one.facing - VIEWS[view]) <= HALF
        errors, expected = np.abs(one.errors[frames]), one.expected[frames]
        known = np.isfinite(errors) & np.isfinite(expected)
        held.append((errors <= expected)[known])
    return f"{100 * np.concatenate(held).mean():.0f}"


def plain_errors(found: Found, view: str, name: str) -> np.ndarray:
    """The same of plain angles in the image."""
    return np.concatenate([one.plain[name][np.abs(one.facing - VIEWS[view]) <= HALF].ravel() for one in found])


def by_view(name: str, errors: Callable[[str], np.ndarray]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(cell(errors(view)) for view in VIEWS)}


def angle_rows(found: Found) -> dict[str, tuple[str, ...]]:
    """Bias / RMSE by angle and view."""
    rows = {}
    for name in dict.fromkeys(found[0].names):
        rows |= by_view(name, lambda view, name=name: errors_of(found, view, name))
    rows["within the error that is said, %"] = tuple(within(found, view) for view in VIEWS)
    for name in PLAIN:
        rows |= by_view(f"{name}, plain", lambda view, name=name: plain_errors(found, view, name))
    return rows


def event_rows(found: Found) -> dict[str, tuple[str, str, str]]:
    """Heel strikes and toe offs: found of true, others, late by milliseconds; measures of walks: relative errors."""
    rows = {}
    for v, view in enumerate(VIEWS):
        takes = found[v :: len(VIEWS)]
        for key in ("strikes", "offs"):
            pairs = [
                [getattr(events, f"{side}_{key}") for events in one.events]
                for one in takes
                for side in ("right", "left")
            ]
            late = 1000 * np.concatenate([matched(*pair) for pair in pairs])
            counts = [sum(len(pair[i]) for pair in pairs) for i in (0, 1)]
            time = f"{late.mean():.0f} +- {late.std():.0f} ms" if len(late) else "-"
            rows[f"{key}, {view}"] = (f"{len(late)} of {counts[1]}", str(counts[0] - len(late)), time)
        gaits = [one.gait for one in takes]
        both = [(a.measures, b.measures) for a, b in gaits if a.measures and b.measures]
        true = sum(1 for _, b in gaits if b.measures)
        errors = [
            np.array([np.nanmean(getattr(a, key)) / np.nanmean(getattr(b, key)) - 1 for a, b in both])
            for key in ("cadence", "speed", "step_length", "stance_share")
        ]
        sizes = ", ".join(f"{100 * np.sqrt(np.nanmean(e**2)):.0f}" for e in errors) if both else "-"
        extra = sum(1 for a, b in gaits if a.measures and not b.measures)
        rows[f"walks, {view}"] = (f"{len(both)} of {true}", str(extra), f"{sizes} %")
    return rows


def main(_: list[str]) -> None:
    clips = read_clips(DATA.value, SPLIT.value, None, 1)
    walks = [numbered for numbered in clips if is_walk(numbered[1])][:: WALKS.value]
    others = [numbered for numbered in clips if not is_walk(numbered[1])][:: OTHERS.value] if OTHERS.value else []
    kept = {}
    for kind, chosen in (("walks", walks), ("others", others)):
        for noise in NOISE.value if chosen else ():
            found = list(lifted(chosen, float(noise)))
            title = f"{kind}, {len(chosen)} clips, {noise} px"
            print(table(f"{title}: degrees", angle_rows(found), tuple(VIEWS)))
            print(table(title, event_rows(found), ("found", "others", "late; cadence, speed, step, stance")))
            kept[f"{kind} {noise}"] = {
                name: [float(np.sqrt(np.nanmean(errors_of(found, view, name) ** 2))) for view in VIEWS]
                for name in dict.fromkeys(found[0].names)
            }
    if OUT.value:
        Path(OUT.value).write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
