"""Signs in the log that training goes wrong, in plain words.

A sign is one number of a line of the log beyond a bound, for long. The bounds lie between good runs and failed ones,
which are listed in docs/reliability.md.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import NamedTuple

import numpy as np

PERSISTENCE = 500  # steps that a sign must last; nothing is told before, as everything still moves

# What medians over so many steps were: in good runs | in those that the sign is about.
FLAT = 0.08  # depth spread, in head-root lengths: 0.16 to 0.35 | 0.06 to 0.07
WILD = 1.0  # depth spread: as above | 1.4 to 5.8
TOLD_APART = 0.95  # the lower share of right verdicts: 0.90 after 12 000 steps, rising by 0.01 in 1000 | 0.95 to 0.98
CHANCE = 0.52  # right verdicts in all: from 0.55 | 0.04 to 0.50
MIRRORED = 50.0  # flip rate, %: 6 and less | 50 to 100
ALL_MIRRORED = 75.0  # flip rate, %, above which it is the mirrored twin, 88 to 100, and not chance, 50 to 65


class Sign(NamedTuple):
    """One way to go wrong.

    Attributes:
        measure: the number, from a line's metrics; KeyError or not finite where they lack it.
        wrong: whether such a number is beyond the bound.
        fewest: so many numbers are believed.
        text: what is told, from the median.
    """

    measure: Callable[[Mapping[str, float]], float]
    wrong: Callable[[float], bool]
    fewest: int
    text: Callable[[float], str]


class Watch:
    """Signs in the log that training goes wrong, each told once until it has cleared.

    A sign is told when the newest number is wrong and so is the median of those of the last `PERSISTENCE` steps. It has
    cleared when none of these is. Numbers that are missing or not finite count for nothing.
    """

    def __init__(self):
        self._records = [_Record(sign) for sign in _signs()]

    def look(self, step: int, metrics: Mapping[str, float]) -> list[str]:
        """Take the metrics of the steps up to `step`; what is to be told now, one line for each sign."""
        return [told for record in self._records if (told := record.look(step, metrics))]


class _Record:
    """What was seen of one sign: `(step, number)` of the last steps, and whether it was told."""

    def __init__(self, sign: Sign):
        self._sign, self._seen, self._told = sign, [], False

    def look(self, step: int, metrics: Mapping[str, float]) -> str | None:
        try:
            value = float(self._sign.measure(metrics))
        except KeyError:
            return None
        if not math.isfinite(value):
            return None
        # Steps from this one on that were seen before are done again, from a checkpoint before them.
        self._seen = [(s, v) for s, v in self._seen if s < step] + [(step, value)]
        while len(self._seen) > self._sign.fewest and step - self._seen[1][0] >= PERSISTENCE:
            self._seen.pop(0)
        first, values = self._seen[0][0], [v for _, v in self._seen]
        if len(values) < self._sign.fewest or step - first < PERSISTENCE:
            return None
        if self._told:
            self._told = any(map(self._sign.wrong, values))
            return None
        middle = median(values)
        self._told = self._sign.wrong(middle) and self._sign.wrong(value)
        return f"steps {first} to {step}: {self._sign.text(middle)}" if self._told else None


def _signs() -> Iterator[Sign]:
    """Every sign that is watched for."""
    yield Sign(
        lambda metrics: metrics["health/depth_spread"],
        lambda value: value < FLAT,
        3,
        lambda value: (
            f"the lifter has gone flat: depths spread by {value:.3f} of the head-root length, a person's by 0.2. It "
            "cannot tell depth from the pose: see that keypoints are not mostly noise and lifter.width is not tiny, or "
            "raise loss.weights.adversarial"
        ),
    )
    yield Sign(
        lambda metrics: metrics["health/depth_spread"],
        lambda value: value > WILD,
        3,
        lambda value: (
            f"the lifter's depths run wild: they spread by {value:.1f} head-root lengths, a person's by 0.2. Nothing "
            "holds them: see that the discriminator learns (optimizer.discriminator), that the lifter listens to it "
            "(loss.weights.adversarial), and that keypoints are not mostly noise"
        ),
    )
    yield from _duel("discriminator", "adversarial", "")
    yield from _duel("motion_discriminator", "temporal", "_motion")
    yield Sign(_flips, lambda value: value > MIRRORED, 2, _mirrored)


def _duel(name: str, weight: str, what: str) -> Iterator[Sign]:
    """The signs of one discriminator. The domain discriminator has none: it wins in good runs, too."""

    def verdicts(metrics: Mapping[str, float]) -> tuple[float, float]:
        return metrics[f"health/real{what}_judged_real"], metrics[f"health/fake{what}_judged_fake"]

    yield Sign(
        lambda metrics: np.minimum(*verdicts(metrics)),
        lambda value: value > TOLD_APART,
        3,
        lambda value: (
            f"the {name} tells lifted from real nearly always (right on at least {value:.0%} of either): the lifter "
            f"does not listen, or cannot follow. Raise loss.weights.{weight}, and see that optimizer.lifter is neither "
            "near 0 nor far too high"
        ),
    )
    yield Sign(
        lambda metrics: np.mean(verdicts(metrics)),
        lambda value: value < CHANCE,
        3,
        lambda value: (
            f"the {name} tells lifted from real no better than chance ({value:.0%} right): the lifter learns nothing "
            f"from it. See that optimizer.{name} is neither near 0 nor far too high, and that view.azimuth lets views "
            "turn all round"
        ),
    )


def _flips(metrics: Mapping[str, float]) -> float:
    """The flip rate, %, once the lifter trains: while the adapter trains alone, half of all poses are flipped."""
    return metrics["validation/flip_rate"] if "loss/lifter" in metrics else math.nan


def _mirrored(rate: float) -> str:
    if rate > ALL_MIRRORED:
        return (
            f"the lifter sees people mirrored in depth, {rate:.0f}% of the validation poses; few runs leave that by "
            "themselves. Set view.pitch to how far the cameras look down, in radians, or view.learned_pitch to 'mean' "
            "if they look down; where either is set, see that its sign is right and loss.weights.adversarial not too "
            "small, or start again with another seed"
        )
    return (
        f"the lifter takes near for far in {rate:.0f}% of the validation poses, as chance does: it has not learnt "
        "depth. See that view.azimuth lets views turn all round, or raise optimizer.lifter or loss.weights.adversarial"
    )
