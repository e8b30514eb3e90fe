"""What the page of a report holds of one person: series, events, means over the gait cycle, tables of text."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from geolift.biomechanics.expected_errors import view_names
from geolift.biomechanics.walking import GaitMeasures
from geolift.output.report.cycles import Cycles, average, whole_cycles
from geolift.output.report.gait_errors import trust_text
from geolift.output.report.motion import Motion
from geolift.output.report.series import LEFT, MIDDLE, RIGHT, Packer, Series

SIDES = (LEFT, RIGHT)
SEEN_FROM = {  # by the view; {} is the side that is seen
    "front": "the front", "oblique": "the front {}", "side": "the {} side", "oblique back": "the back {}",
    "back": "the back",
}  # fmt: skip
SELDOM = 0.1  # of the frames; views that are rarer are not named
MINUS, DASH = "\u2212", "\u2013"


class Measure(NamedTuple):
    """One row of the table of gait: name, unit, numbers (NaN unknown, None: there is none), digits after the point."""

    name: str
    unit: str
    left: float | None
    right: float | None
    both: float | None
    digits: int


def person_content(motion: Motion, fps: float, packer: Packer) -> dict:
    """What report.js shows of a person; the numbers of series go to `packer`."""
    times = {side: [fps * getattr(motion.events, f"{side}_{key}") for key in ("strikes", "offs")] for side in SIDES}
    cycles = {side: cycles_of_walk(times[side][0], motion.gait.measures, fps) for side in SIDES}
    return {
        "person": motion.person,
        "view": " ".join(filter(None, (view_text(motion.view), *map(_sentence, motion.cautions), _no_walk(motion)))),
        "series": [packer.add(series) for series in motion.series],
        "events": {side: {"strike": times[side][0].tolist(), "off": times[side][1].tolist()} for side in SIDES},
        "cycle_frames": cycles,
        "cycles": [_cycle(series, mean) for series, mean in cycle_means(motion.series, cycles)],
        "toe_off": {side: _toe_off(times[side][1], cycles[side]) for side in SIDES},
        "measures": _measures(motion),
        "ranges": _ranges(motion.series),
    }


def cycles_of_walk(strikes: np.ndarray, measures: GaitMeasures | None, fps: float) -> list[tuple[float, float]]:
    """Cycles, in frames, between `strikes` (frames) within the walk that was measured; none without a walk."""
    if measures is None:
        return []
    edge = 0.5  # of a frame
    begin, end = fps * measures.start - edge, fps * measures.stop + edge
    return whole_cycles(strikes[(strikes >= begin) & (strikes <= end)])


def cycle_means(
    series: Sequence[Series], cycles: Mapping[str, Sequence[tuple[float, float]]]
) -> list[tuple[Series, Cycles]]:
    """The series that have a mean over the cycle, with it; those of the middle over the left cycle and the right."""
    found = []
    for one in series:
        for side in SIDES if one.side == MIDDLE else (one.side,):
            if mean := average(one.values, cycles[side]):
                found.append((one._replace(side=side), mean))
    return found


def measured(measures: GaitMeasures) -> list[Measure]:
    """The rows of the table of gait."""
    names = ("step_length", "step_time", "stride_time", "stance_share")
    sides = {name: (getattr(measures, name).left, getattr(measures, name).right) for name in names}
    share = tuple(100 * value for value in sides["stance_share"])
    return [
        Measure("steps in a row", "", None, None, measures.steps, 0),
        Measure("cadence", "steps/min", None, None, measures.cadence, 0),
        Measure("speed", "m/s", None, None, measures.speed, 2),
        Measure("step length", "m", *sides["step_length"], None, 2),
        Measure("step time", "s", *sides["step_time"], None, 2),
        Measure("stride time", "s", *sides["stride_time"], None, 2),
        Measure("stance", "% of a stride", *share, None, 0),
    ]


def view_text(view: np.ndarray) -> str:
    """From where a person was filmed, a sentence, by the degrees `[n]` of `Motion.view`."""
    away = view[np.isfinite(view)]
    if not len(away):
        return ""
    named = zip(view_names(away), away, strict=True)
    seen = [SEEN_FROM[name].format(RIGHT if angle > 0 else LEFT) for name, angle in named]
    views, counts = np.unique(seen, return_counts=True)
    shares = sorted(zip((counts / len(seen)).tolist(), views.tolist(), strict=True), reverse=True)
    kept = [(share, view) for share, view in shares if share >= SELDOM]
    if len(kept) == 1:
        return f"Filmed from {kept[0][1]}."
    return f"Filmed from {', '.join(f'{view} ({100 * share:.0f} % of the time)' for share, view in kept)}."


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _no_walk(motion: Motion) -> str:
    return f"No measures of gait: {motion.gait.why_not}." if motion.gait.why_not else ""


def _cycle(series: Series, mean: Cycles) -> dict:
    return {
        "name": series.name, "unit": series.unit, "side": series.side, "count": mean.count,
        "mean": _numbers(mean.mean), "spread": _numbers(mean.spread),
    }  # fmt: skip


def _toe_off(offs: np.ndarray, cycles: Sequence[tuple[float, float]]) -> float | None:
    """The mean per cent of the cycle at which the toes leave the floor; None where it is not known."""
    shares = [
        100 * (off - begin) / (end - begin) for begin, end in cycles for off in offs.tolist() if begin < off < end
    ]
    return float(np.mean(shares)) if shares else None


def _measures(motion: Motion) -> dict:
    columns = ["", "left", "right", "both", "left against right", "trust:"]
    rows = measured(motion.gait.measures) if motion.gait.measures else []
    return {
        "columns": columns,
        "rows": [
            [
                f"{one.name}, {one.unit}" if one.unit else one.name,
                *(text(value, one.digits) for value in (one.left, one.right, one.both)),
                asymmetry(one),
                trust_text(one.name, motion.view),
            ]
            for one in rows
        ],
    }


def asymmetry(measure: Measure) -> str:
    """How much larger the left side is, as a share of the mean of both, with its sign."""
    left, right = measure.left, measure.right
    if left is None or right is None or not left + right > 0:  # NaN, too
        return ""
    return f"{200 * (left - right) / (left + right):+.0f} %".replace("-", MINUS)


def _ranges(series: Sequence[Series]) -> dict:
    names, rows = [one.name for one in series], []
    for one in sorted(series, key=lambda one: names.index(one.name)):  # left and right of an angle below each other
        known = one.values[np.isfinite(one.values)]
        numbers = (known.min(), known.max(), np.ptp(known), known.mean())
        side = "" if one.side == MIDDLE else one.side
        rows.append([one.name, side, *(text(float(number), 1) for number in numbers)])
    return {"columns": ["", "side", "lowest", "highest", "range", "mean"], "rows": rows}


def text(value: float | None, digits: int) -> str:
    """A number for a table; a dash where it is unknown, nothing where there is none."""
    if value is None:
        return ""
    return DASH if not np.isfinite(value) else f"{value:.{digits}f}".replace("-", MINUS)


def _numbers(values: np.ndarray) -> list[float | None]:
    return [round(value, 2) if np.isfinite(value) else None for value in values.tolist()]
