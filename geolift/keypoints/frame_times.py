"""Numbers or times of frames as places on a grid of constant steps.

Whole numbers that mostly rise by 1 are numbers of frames. Such that rise by a constant n are those of every n-th frame.
Others are stamps, if they rise at a rate that cameras have: in seconds, or in the unit in which the rate is plausible.
Stamps jitter (33, 67, 100 ms); each is moved to the nearest place of the grid with their mean rate.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError

ASSUMED_FPS = 30.0  # frames per second of a video whose rate is unknown
SPARSEST = 50  # frames per label up to which labels count as a video
FARTHEST = 2**62  # numbers of frames
MOST_FRAMES = 3 * 10**6  # of a video: a day at 30 frames per second
CHANCE = 1000  # one in so many: numbers that are all multiples of n by chance
UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
ABSOLUTE = ((10**18, "ns"), (10**15, "us"), (10**12, "ms"), (10**9, "s"))  # since 1970: from 2001 to 2096
SLOWEST, FASTEST = 0.5, 1000.0  # frames per second that stamps may have
NO_VIDEO = f"in no unit {SLOWEST:g} to {FASTEST:g} frames per second"
FINEST = 8  # steps of numbers from here on may be ms; smaller ones count frames
OFF = 0.4  # of a step: stamps that are off the grid by more are irregular
TIGHT = 0.1  # the same of stamps that cannot be anything else
MOSTLY = 0.6  # share of numbers that must follow the one before by one step to be times
REGULAR = 0.9  # share of steps that must be near a multiple of the usual one
PAUSE = 10.0  # seconds between times after which another take begins
VARIABLE = 0.6  # spread of steps, as a share of their mean, of cameras with a changing rate; of random numbers 1
LATE = 3.0  # steps by which irregular stamps may be off the grid
ROOM = 0.8  # the step of a grid for irregular stamps, as a share of theirs: each finds a place of its own nearby
FEWEST = 5  # stamps that show an irregular rate
USUAL = (1, 2, 3, 4, 5, 6, 7.5, 8, 10, 12, 12.5, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 200, 240)
NTSC = (24000 / 1001, 30000 / 1001, 60000 / 1001)
NEAR, EXACT = 0.01, 2e-4  # share by which a measured rate may differ from a usual one; from one of NTSC


class Timing(NamedTuple):
    """Where F' frames are among the F frames of a video.

    Attributes:
        index: `[F']` int.
        count: F.
        step: by how much the numbers of frames go up; 0: they are times.
        fps: frames per second; 0 where unknown.
        notes: what was concluded, a line each.
    """

    index: np.ndarray
    count: int
    step: int
    fps: float
    notes: tuple[str, ...] = ()


def timing(
    values: Sequence[int | float],
    origin: str,
    *,
    unit: float = 0.0,
    stated: float | None = None,
    fps: float | None = None,
    gapless: bool = False,
) -> Timing | str:
    """The places of frames on the grid of a video, or the reason why they are none.

    Args:
        values: F' numbers or times, in any order.
        origin: the file, named in errors.
        unit: seconds that 1 stands for; 0: it is found.
        stated: of values that the file calls times, seconds that 1 stands for, 0 if it does not say; None: it calls
            them nothing, or numbers of frames.
        fps: the user's frame rate; None: unknown.
        gapless: whether all frames that were processed are there, also those without people.

    Raises:
        DatasetError: if the frames span more than `MOST_FRAMES`, or the user's rate contradicts the stamps.
    """
    low = min(values)
    places = np.array([value - low for value in values], np.float64)
    steps = np.diff(np.sort(places))
    if len(steps) and not steps.min() > 0:
        return "two names have the same number"
    whole = all(isinstance(value, int) for value in values)
    if not len(steps):
        return Timing(np.zeros(1, int), 1, 1, fps or 0.0)
    if unit:
        return _stamps(places, steps, unit, origin, fps, sure=True, clock=True)
    if stated:
        return _stamps(places, steps, stated, origin, fps, sure=True)
    for least, name in ABSOLUTE if whole else ():
        if least <= low < 4 * least and _plausible(np.median(steps) * UNITS[name]):
            return _stamps(places, steps, UNITS[name], origin, fps, sure=True)
    if not whole or (stated is not None and np.median(steps) >= FINEST):
        found = _unit_of(float(np.median(steps)), UNITS)
        if not found:
            return f"{'times' if whole else 'numbers with fractions'}, {_range(steps, 1.0)} apart: {NO_VIDEO}"
        return _stamps(places, steps, UNITS[found], origin, fps, sure=True)
    if max(values) - low > FARTHEST:
        return "numbers of frames lie far apart"
    return _whole(np.array([value - low for value in values], np.int64), low, steps, origin, fps, gapless)


def takes(values: Sequence[int | float], unit: float = 0.0) -> list[np.ndarray]:
    """Times cut where a camera paused: for each take, which of the values it has, in their order.

    Args:
        values: N numbers or times.
        unit: seconds that 1 stands for; 0: it is not known, and only numbers that are times since 1970 are cut.
    """
    order = np.array(sorted(range(len(values)), key=values.__getitem__), int)
    low = values[order[0]]
    since_1970 = [UNITS[name] for least, name in ABSOLUTE if isinstance(low, int) and least <= low < 4 * least]
    unit = unit or (since_1970[0] if since_1970 else 0.0)
    steps = np.diff(np.array([values[i] - low for i in order], np.float64)) * unit
    usual = float(np.median(steps)) if len(steps) else 0.0
    if not _plausible(usual):
        return [order]
    return np.split(order, np.flatnonzero(steps > max(PAUSE, SPARSEST * usual)) + 1)


def _whole(
    places: np.ndarray, low: int, steps: np.ndarray, origin: str, fps: float | None, gapless: bool
) -> Timing | str:
    """Whole numbers: of frames, of every n-th frame, or stamps in ms, us or ns."""
    common = math.gcd(*places.tolist())
    usual = float(np.median(steps))
    surely = gapless or (len(steps) > 2 and common ** min(len(steps), 64) >= CHANCE)
    unit = _unit_of(usual, {name: UNITS[name] for name in ("ms", "us", "ns")}) if usual >= FINEST else None
    stated = fps is not None and unit is not None and abs(usual * UNITS[unit] * fps - 1) < 0.05 and usual >= 2 * FINEST
    if common > 1 and surely:
        if unit and (unit != "ms" or stated):
            return _stamps(places.astype(float), steps, UNITS[unit], origin, fps, sure=unit != "ms")
        if common <= SPARSEST or fps is not None:
            return _numbers(places, low, common, origin, fps)
        how = f"if 1 frame in {common} was processed, say the video's --fps; if they are times in ms, --fps"
        return f"numbers go up in steps of {common} ({how} {1000 / common:.4g})"
    if unit and not (common > 1 and len(steps) < FEWEST):
        found = _stamps(places.astype(float), steps, UNITS[unit], origin, fps, sure=False)
        if isinstance(found, Timing):
            return found
    elif usual > 1 and len(steps) >= FEWEST and steps.max() - steps.min() == 1 and common == 1:
        return _fractional(places, steps, origin, fps)
    return _numbers(places, low, 1, origin, fps)


def _numbers(places: np.ndarray, low: int, step: int, origin: str, fps: float | None) -> Timing | str:
    """Numbers of frames that go up in steps."""
    last = int(places.max())
    count = last // step + 1
    if fps is None and count > SPARSEST * len(places):
        return f"numbers of frames lie far apart ({len(places)} in {count})"
    if count > MOST_FRAMES:
        found = f"frames {low} to {low + last}"
        raise DatasetError(f"{origin}: found {found}, expected at most {MOST_FRAMES} in a video")
    notes = ()
    if step > 1:
        processed = f"numbers of frames go up in steps of {step}: 1 frame in {step} was processed"
        if fps is None and step >= 2 * FINEST:
            processed += f" (if they are times in ms: --fps {1000 / step:.4g})"
        notes = (processed, _slower(step, fps))
    return Timing(places // step, count, step, (fps or (ASSUMED_FPS if step > 1 else 0)) / step, notes)


def _slower(step: float, fps: float | None) -> str:
    """The note on the rate of a video of which 1 frame in `step` was processed."""
    assumed, rate = ("", fps) if fps else (" (assumed: set with --fps)", ASSUMED_FPS)
    return f"{rate:g} frames per second{assumed} in steps of {step:.4g} are {rate / step:.4g}"


def _fractional(places: np.ndarray, steps: np.ndarray, origin: str, fps: float | None) -> Timing | str:
    """Numbers of frames that go up by n or n + 1: a video brought to a lower rate."""
    order = np.argsort(places)
    index = np.empty(len(places), int)
    index[order] = np.arange(len(places))
    step = float(steps.mean())
    note = (
        f"numbers of frames go up in steps of {steps.min():g} or {steps.max():g}: 1 frame in {step:.3g} was processed"
    )
    return Timing(index, len(places), 0, (fps or ASSUMED_FPS) / step, (note, _slower(step, fps)))


def _stamps(
    places: np.ndarray,
    steps: np.ndarray,
    unit: float,
    origin: str,
    fps: float | None,
    *,
    sure: bool,
    clock: bool = False,
) -> Timing | str:
    """Times, moved to the nearest places of a grid.

    `clock`: as times of day. `sure`: they are times; if not, the user's frame rate can say that they are not.
    """
    name = next((name for name, seconds in UNITS.items() if seconds == unit and not clock), "")
    written = {"": "as times of day", "s": "in seconds"}.get(name, f"in {name}")
    if not places.max() < np.sort(steps)[(len(steps) - 1) // 2] * MOST_FRAMES:
        return f"the stamps {written} lie far apart"
    ordered = np.sort(places)
    period, index, off = _grid(ordered, steps)
    regular = off <= OFF
    if not _plausible(period * unit):
        return f"the stamps {written} are {_range(steps, unit)} apart: {NO_VIDEO}"
    single = (np.abs(steps / period - 1) <= OFF).mean()
    if not sure and (len(steps) < FEWEST or (regular and single < MOSTLY)):
        return f"numbers are {_range(steps, 1.0)} apart: neither frames nor times"
    far = np.minimum(steps, 3 * period)
    fewest, spread = (FEWEST, VARIABLE) if sure else (4 * FEWEST, 0.7 * VARIABLE)
    if not regular and (off > LATE or len(steps) < fewest or far.std() > spread * far.mean()):
        return f"the stamps {written} are irregular, {_range(steps, unit)} apart"
    count = int(index[-1]) + 1
    if count > min(SPARSEST * len(places), MOST_FRAMES):
        return f"the stamps {written} lie far apart ({len(places)} in {count} frames)"
    rate = _usual_rate(1 / (period * unit), off / len(places) ** 1.5)
    if fps is not None:
        rate, contradiction = _with_stated(rate, fps)
        if contradiction and not (sure or (off < TIGHT and len(steps) >= 2 * FEWEST)):
            return contradiction
        if contradiction:
            raise DatasetError(f"{origin}: --fps: found {fps:g}, expected {rate:.4g} as the stamps say, or none")
    places_of = np.empty(len(places), int)
    places_of[np.argsort(places, kind="stable")] = index
    note = f"{count} frames, stamps {written}, {rate:.4g} frames per second"
    if not regular:
        note += f": they are irregular, {_range(steps, unit)} apart, and were moved to the nearest of these frames"
    return Timing(places_of, count, 0, rate, (note,))


def _grid(ordered: np.ndarray, steps: np.ndarray) -> tuple[float, np.ndarray, float]:
    """The period of a grid, the places of stamps on it, which rise, and by how many periods the worst step is off."""
    usual = float(np.sort(steps)[(len(steps) - 1) // 2])  # one that exists: between 1 and 2 periods there is none
    counts = np.maximum(np.round(steps / usual), 1)
    period = float(steps.sum() / counts.sum())
    counts = np.maximum(np.round(steps / period), 1)
    index = np.concatenate([[0], np.cumsum(counts)])
    if len(index) > 2:
        slope = np.polyfit(index, ordered, 1)[0]
        period = float(slope) if slope > 0 else period
    off = np.abs(steps / period - counts)
    if (off <= OFF).mean() >= REGULAR:
        return period, index.astype(int), float(np.quantile(off, REGULAR))
    period = ROOM * float(steps[steps <= 3 * usual].mean())
    place = np.round(ordered / period).astype(int)
    rising = np.maximum.accumulate(place - np.arange(len(place))) + np.arange(len(place))
    return period, rising, float(max(np.abs(rising - ordered / period).max(), 2 * OFF))


def _usual_rate(rate: float, unsure: float) -> float:
    """A rate as cameras have it, if it is near one; `unsure`: the share by which it may be off."""
    for film in NTSC:
        if abs(rate / film - 1) < EXACT and unsure < EXACT:
            return film
    nearest = min(USUAL, key=lambda usual: abs(math.log(rate / usual)))
    return float(nearest) if abs(rate / nearest - 1) < NEAR else rate


def _with_stated(rate: float, fps: float) -> tuple[float, str]:
    """The rate of stamps together with the user's, and how they contradict each other."""
    ratio = fps / rate
    if abs(ratio - 1) < 0.05:
        return fps, ""
    if ratio > 1.5 and abs(ratio / round(ratio) - 1) < 0.05:  # every n-th frame was processed
        return fps / round(ratio), ""
    return rate, "stamps of another rate than --fps"


def _plausible(period: float) -> bool:
    return period > 0 and SLOWEST <= 1 / period <= FASTEST


def _unit_of(step: float, units: dict[str, float]) -> str | None:
    """The unit in which steps are those of a camera, the nearest to 30 frames per second; None: none."""
    fitting = [name for name, seconds in units.items() if _plausible(step * seconds)]
    return min(fitting, key=lambda name: abs(math.log(step * units[name] * ASSUMED_FPS)), default=None)


def _range(steps: np.ndarray, unit: float) -> str:
    seconds = steps * unit
    if unit == 1.0 or seconds.max() >= 10:
        return f"{seconds.min():.4g} to {seconds.max():.4g}" + (" s" if unit != 1.0 else "")
    return f"{seconds.min() * 1e3:.4g} to {seconds.max() * 1e3:.4g} ms"
