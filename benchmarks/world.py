"""A clip in the world against its aims: `python -m benchmarks.world --data=mocap.npz --split=test,extra`.

Recorded motion (any .npz that `geolift convert cmu` reads) is filmed by cameras that stand still, level and tilted,
from the front, obliquely, from the side and from the back, as a phone films it: 1920 x 1080 pixels, a focal length of
0.8 to 0.9 times the larger side, which the lifter does not know. Every row is one aim: what is reached now against it,
and the same of the true motion where that is not 0. --data may also be real detections of calibrated cameras with
triangulated truth (the layout of benchmarks/video.py): then up, distance and focal length of each camera are compared.

These figures are for reports: no setting of a method may be chosen by those of `test`, `extra` or `lab`.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

import geolift
from benchmarks.pose_errors import table
from benchmarks.world_rows import real
from benchmarks.world_rows.place import Measured, measure
from benchmarks.world_rows.takes import TILTS, VIEWS, Take, film, read_clips
from geolift.safe_io.npz import Archive

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
DATA = flags.DEFINE_string("data", None, "Motion in the world (.npz), or real detections (.npz).", required=True)
SPLIT = flags.DEFINE_list("split", ["test", "extra"], "Its splits.")
SUBJECTS = flags.DEFINE_list("subjects", None, "Only these people of the splits; default: all.")
EVERY = flags.DEFINE_integer("every", 1, "Take one clip in so many.", lower_bound=1)
NOISE = flags.DEFINE_float("noise", 0.0, "Pixels of white noise on the 2D.", lower_bound=0.0)
SEED = flags.DEFINE_integer("seed", 0, "Of cameras and noise.")
OUT = flags.DEFINE_string("out", "", "Where to write the figures of every clip as JSON; empty: nowhere.")

Found = Sequence[tuple[Take, Measured]]


def mean(found: Found, key: str, **only: str) -> float:
    """The mean of a figure over the takes whose fields are as in `only`."""
    values = [
        getattr(measured, key)
        for take, measured in found
        if all(getattr(take, field) == value for field, value in only.items())
    ]
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def rows(found: Found) -> dict[str, tuple[str, str, str]]:
    """By aim: now, of the truth, the aim."""
    level, tilted = ([m.vertical for take, m in found if take.tilt == tilt] for tilt in TILTS)
    cells = {}
    for name, errors, aim in (("level", level, "4"), ("pitch to 40, roll to 20", tilted, "8")):
        now = f"{np.nanmean(errors):.1f} (p95 {np.nanpercentile(errors, 95):.1f})" if np.isfinite(errors).any() else "-"
        cells[f"vertical, {name}, degrees"] = (now, "0", f"<= {aim}")
    for view in VIEWS:
        now, true = (mean(found, key, view=view) for key in ("acceleration", "true_acceleration"))
        cells[f"root acceleration, {view}, times the truth"] = (f"{now / true:.2f}", f"{true:.1f} m/s2", "<= 1.5")
    for view in VIEWS:
        now, true = (mean(found, key, view=view) for key in ("slide", "true_slide"))
        cells[f"slide per stance, {view}, mm"] = (f"{now:.0f}", f"{true:.0f}", "<= 40")
    level_ground = [(take, m) for take, m in found if "uneven" not in take.action and "climb" not in take.action]
    now, true = (mean(level_ground, key) for key in ("plane", "true_plane"))
    cells["planted ankles off one plane, rms, mm"] = (f"{now:.0f}", f"{true:.0f}", "<= 20")
    off = np.abs([m.distance - 1 for _, m in found])
    cells["distance, mean error, %"] = (f"{100 * off.mean():.1f}", "0", "<= 15")
    cells["distance, within 15 %, % of clips"] = (f"{100 * (off <= 0.15).mean():.0f}", "100", "")
    for key, name in (("contact", "contact is right, %"), ("focal", "focal length within its interval, %")):
        cells[name] = (f"{100 * mean(found, key):.0f}", "100", "68" if key == "focal" else "")
    cells["P-MPJPE, mm"] = (f"{mean(found, 'error'):.1f}", "0", "not worse")
    return cells


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    if "positions" in Archive(DATA.value).names:
        clips = read_clips(DATA.value, SPLIT.value, SUBJECTS.value, EVERY.value)
        takes, name = film(clips, noise=NOISE.value, seed=SEED.value), f"{','.join(SPLIT.value)}, {len(clips)} clips"
    else:
        takes, name = real.film_real(DATA.value), "real detections"
    found = [(take, measure(model, take)) for take in takes]
    print(f"{DATA.value}, {name}, {model.id}, {jax.devices()[0].device_kind}")
    print(table("aim", (real.rows if name == "real detections" else rows)(found), ("now", "truth", "aim")))
    if OUT.value:
        lines = [
            {"clip": take.name, "action": take.action, "view": take.view, "tilt": take.tilt, **measured._asdict()}
            for take, measured in found
        ]
        Path(OUT.value).write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
