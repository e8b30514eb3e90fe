"""Signs in the metrics that training fails, reported in plain words.

A sign is a metric that is beyond a bound for many steps. The bounds lie between the values of good and of failed runs,
which are listed in docs/reliability.md.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import NamedTuple

import numpy as np

PERSISTENCE = 500  # steps that a sign must last; before that, metrics still change quickly

# Medians over PERSISTENCE steps: in good runs | in runs that show the sign.
FLAT = 0.08  # depth spread, in head-root lengths: 0.16 to 0.35 | 0.06 to 0.07
WILD = 1.0  # depth spread: as above | 1.4 to 5.8
SEPARATED = 0.95  # the lower share of right verdicts: 0.90 after 12 000 steps, rising by 0.01 in 1000 | 0.95 to 0.98
CHANCE = 0.52  # right verdicts in all: from 0.55 | 0.04 to 0.50
FLIPPED = 50.0  # flip rate, %: 6 and less | 50 to 100
AT_BOUND = 0.5  # share of learnt pitches at a bound of their range: up to 0.1 | 0.9 to 1
REVERSED = 0.5  # share of learnt pitches of another sign than the first: up to 0.3 | 0.9 to 1
MIRRORED = 75.0  # flip rate, %; above it all poses are mirrored, 88 to 100, below it depth is chance, 50 to 65


class Sign(NamedTuple):
    """One sign of a failure.

    Attributes:
        measure: the value, from the metrics of a step; KeyError or not finite where they lack it.
        wrong: whether such a value is beyond the bound.
        fewest: number of values that are needed.
        text: the message, from the median.
    """

    measure: Callable[[Mapping[str, float]], float]
    wrong: Callable[[float], bool]
    fewest: int
    text: Callable[[float], str]


class Watch:
    """Watches the metrics of a run for signs of failure; each is reported once until it has cleared.

    A sign is reported when both the newest value and the median of the last `PERSISTENCE` steps are wrong. It has
    cleared when none of these values is wrong. Values that are missing or not finite are ignored.
    """

    def __init__(self):
        self._records = [_Record(sign) for sign in _signs()]

    def check(self, step: int, metrics: Mapping[str, float]) -> list[str]:
        """Take the metrics of the steps up to `step`; returns the new messages, one for each sign."""
        return [message for record in self._records if (message := record.check(step, metrics))]


class _Record:
    """The state of one sign: `(step, value)` of the last steps, and whether it was reported."""

    def __init__(self, sign: Sign):
        self._sign, self._values, self._reported = sign, [], False

    def check(self, step: int, metrics: Mapping[str, float]) -> str | None:
        try:
            value = float(self._sign.measure(metrics))
        except KeyError:
            return None
        if not math.isfinite(value):
            return None
        # Values of this and later steps are from before a restart: those steps are done again.
        self._values = [(s, v) for s, v in self._values if s < step] + [(step, value)]
        while len(self._values) > self._sign.fewest and step - self._values[1][0] >= PERSISTENCE:
            self._values.pop(0)
        first, values = self._values[0][0], [v for _, v in self._values]
        if len(values) < self._sign.fewest or step - first < PERSISTENCE:
            return None
        if self._reported:
            self._reported = any(map(self._sign.wrong, values))
            return None
        middle = median(values)
        self._reported = self._sign.wrong(middle) and self._sign.wrong(value)
        return f"steps {first} to {step}: {self._sign.text(middle)}" if self._reported else None


def _signs() -> Iterator[Sign]:
    """All signs."""
    yield Sign(
        lambda metrics: metrics["health/depth_spread"],
        lambda value: value < FLAT,
        3,
        lambda value: (
            f"the lifter has become flat: depths spread by {value:.3f} of the head-root length, a person's by 0.2. It "
            "cannot infer depth from the pose: check that keypoints are not mostly noise and lifter.width is not tiny, "
            "or raise loss.weights.adversarial"
        ),
    )
    yield Sign(
        lambda metrics: metrics["health/depth_spread"],
        lambda value: value > WILD,
        3,
        lambda value: (
            f"the lifter's depths are unbounded: they spread by {value:.1f} head-root lengths, a person's by 0.2. "
            "Check that the discriminator learns (optimizer.discriminator), that its loss has weight "
            "(loss.weights.adversarial), and that keypoints are not mostly noise"
        ),
    )
    yield from _discriminator_signs("discriminator", "adversarial", "")
    yield from _discriminator_signs("motion_discriminator", "temporal", "_motion")
    yield from _tilt_signs()
    yield Sign(_flip_rate, lambda value: value > FLIPPED, 2, _flipped)


def _discriminator_signs(name: str, weight: str, what: str) -> Iterator[Sign]:
    """The signs of one discriminator. The domain discriminator has none: it is nearly always right in good runs."""

    def verdicts(metrics: Mapping[str, float]) -> tuple[float, float]:
        return metrics[f"health/real{what}_judged_real"], metrics[f"health/fake{what}_judged_fake"]

    yield Sign(
        lambda metrics: np.minimum(*verdicts(metrics)),
        lambda value: value > SEPARATED,
        3,
        lambda value: (
            f"the {name} separates lifted from real poses nearly always (right on at least {value:.0%} of either): "
            f"the lifter does not follow it. Raise loss.weights.{weight}, and check that optimizer.lifter is neither "
            "near 0 nor far too high"
        ),
    )
    yield Sign(
        lambda metrics: np.mean(verdicts(metrics)),
        lambda value: value < CHANCE,
        3,
        lambda value: (
            f"the {name} separates lifted from real poses no better than chance ({value:.0%} right): the lifter learns "
            f"nothing from it. Check that optimizer.{name} is neither near 0 nor far too high, and that view.azimuth "
            "covers all directions"
        ),
    )


def _tilt_signs() -> Iterator[Sign]:
    """The signs of a learnt tilt; without one the metrics lack them."""
    yield Sign(
        lambda metrics: metrics["health/pitch_at_bound"],
        lambda value: value > AT_BOUND,
        3,
        lambda value: (
            f"the learnt pitch is at a bound of its range for {value:.0%} of the poses. Widen view.pitch_low and "
            "view.pitch_high if cameras may be tilted farther"
        ),
    )
    yield Sign(
        lambda metrics: metrics["health/pitch_reversed"],
        lambda value: value > REVERSED,
        3,
        lambda value: (
            f"the learnt pitch has another sign than view.pitch_start for {value:.0%} of the poses: the lifter may "
            "have become its twin, mirrored in depth. Check the sign of view.pitch_start, or set view.pitch_low and "
            "view.pitch_high so that they exclude the other sign"
        ),
    )


def _flip_rate(metrics: Mapping[str, float]) -> float:
    """The flip rate, %, once the lifter trains: while the adapter trains alone, half of all poses are flipped."""
    return metrics["validation/flip_rate"] if "loss/lifter" in metrics else math.nan


def _flipped(rate: float) -> str:
    if rate > MIRRORED:
        return (
            f"the lifter's poses are mirrored in depth, {rate:.0f}% of the validation poses; few runs recover from "
            "that. Set view.pitch to how far the cameras look down, in radians, or view.tilt to 'mean' if "
            "they look down; where either is set, check that its sign is right and loss.weights.adversarial not too "
            "small, or start again with another seed"
        )
    return (
        f"the lifter confuses near and far in {rate:.0f}% of the validation poses, as chance does: it has not learnt "
        "depth. Check that view.azimuth covers all directions, or raise optimizer.lifter or loss.weights.adversarial"
    )
