"""Whether motion whose joints have a person's names is that of a person: animals are often given the same names.

A dog of AI4Animation has Hips, Spine, Neck, LeftUpLeg, LeftArm, LeftForeArm, as people have. Of three signs of an
animal one may also be true of a person, who crawls, or wears a tail; two are not.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from geolift.convert.mocap.trunk import leg, middle
from geolift.errors import DatasetError

WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
TAIL = re.compile("tail(base|root|start|mid|tip|end)?")  # not the tailbone, which people have
WORN = ("pony", "pig", "hair", "coat", "dress", "cloth", "cape", "cock")  # whose tails people have, too
# Of the thighs and shanks together. Of 1871 clips of 66 people (cmu_mocap_h36m17.npz, mocap_h36m17.npz) trunks are 0.42
# to 0.69 and arms 0.52 to 0.73; dogs, cats, horses and monkeys have 1.1 to 1.6 and 0.9 to 1.1.
LONGEST_TRUNK, LONGEST_ARM = 1.0, 0.9
ACROSS, ALONG = 0.5, 0.7  # cosines: legs and arms stand across the trunk, and beside each other
MOSTLY = 0.6  # of the frames; of the people above nobody crawls for more than 0.45 of a clip


def expect_human(joints: Mapping[str, np.ndarray], names: Iterable[str], where: str) -> list[str]:
    """Notes on what of the file is not a person's.

    Args:
        joints: `[T, 3]` of the joints of Human3.6M-17 but the pelvis, by name; NaN where not seen.
        names: of all joints or markers of the file.
        where: the file, for the error.

    Raises:
        DatasetError: naming two signs of an animal: a tail, proportions, legs and arms across the trunk.
    """
    tail = next(filter(_is_tail, names), None)
    signs = [] if tail is None else [f"a tail ({tail})"]
    whole = np.isfinite(np.stack(list(joints.values()))).all(axis=(0, 2))
    if whole.any():
        joints = {name: points[whole] for name, points in joints.items()}
        signs += [*_proportions(joints), *_stance(joints)]
    if len(signs) > 1:
        raise DatasetError(
            f"{where}: found an animal, whose joints have a person's names: {', '.join(signs)}; expected a person, or "
            "--skeleton FILE, which `geolift skeleton` proposes"
        )
    if tail is not None:
        return [f"{tail} is left out, as people have none"]
    return [f"{sign}: animals are read with --skeleton" for sign in signs]


def _is_tail(name: str) -> bool:
    words = [word.lower() for word in WORDS.findall(name)]
    return any(map(TAIL.fullmatch, words)) and not any(worn in name.lower() for worn in WORN)


def _proportions(joints: Mapping[str, np.ndarray]) -> list[str]:
    legs = leg(joints)
    trunk = _length(middle(joints, "hip") - joints["spine"]) + _length(joints["spine"] - joints["thorax"])
    arm = sum(
        _length(joints[f"{side}_{a}"] - joints[f"{side}_{b}"]) / 2
        for side in ("left", "right")
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
    )
    if trunk > LONGEST_TRUNK * legs:
        return [f"a trunk {trunk / legs:.2g} times as long as the legs"]
    return [f"arms {arm / legs:.2g} times as long as the legs"] if arm > LONGEST_ARM * legs else []


def _stance(joints: Mapping[str, np.ndarray]) -> list[str]:
    """Whether the body stands on four legs: both pairs of limbs across the trunk, and beside each other."""
    trunk = _unit(joints["thorax"] - middle(joints, "hip"))
    legs = _unit(middle(joints, "ankle") - middle(joints, "hip"))
    arms = _unit(middle(joints, "wrist") - middle(joints, "shoulder"))
    across = np.maximum(np.abs(np.sum(trunk * legs, axis=-1)), np.abs(np.sum(trunk * arms, axis=-1))) < ACROSS
    share = np.mean(across & (np.sum(legs * arms, axis=-1) > ALONG))
    return [f"legs and arms that stand across the trunk in {share:.0%} of the frames"] if share > MOSTLY else []


def _length(vectors: np.ndarray) -> float:
    return float(np.median(np.linalg.norm(vectors, axis=-1)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
