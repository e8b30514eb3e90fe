"""The skeleton of a DeepLabCut project: `config.yaml` beside or above its tables of keypoints."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from geolift.errors import DatasetError
from geolift.safe_io import yaml_file
from geolift.skeletons.stated_bones import MOST_BONES, StatedBones

NAME = "config.yaml"
HIGHEST = 3  # folders above the table: PROJECT/labeled-data/VIDEO/CollectedData.csv, PROJECT/videos/VIDEO.csv
MULTIPLE = "MULTI!"  # in place of bodyparts, in projects of several animals
PARTS = ("bodyparts", "multianimalbodyparts", "uniquebodyparts")
PARTNERS = "symmetric_pairs"


def stated_beside(path: Path, joints: tuple[str, ...]) -> StatedBones | None:
    """The bones that the project of a table states; None if it has no project, or one of other body parts.

    Args:
        path: the table.
        joints: its body parts.

    Raises:
        DatasetError: naming the config and what is wrong with it, if it is of these body parts.
    """
    for folder in list(path.absolute().parents)[:HIGHEST]:
        config = folder / NAME
        if config.is_file():
            return _stated(config, joints)
    return None


def _stated(config: Path, joints: tuple[str, ...]) -> StatedBones | None:
    content = yaml_file.read_yaml(config)
    if not isinstance(content, dict) or not any(key in content for key in PARTS):
        return None  # of another program
    parts = [name for key in PARTS if content.get(key) != MULTIPLE for name in _names(content.get(key), config, key)]
    if not set(joints) <= set(parts):
        return None
    bones = _pairs(content.get("skeleton"), [], config, "skeleton")
    partners = _pairs(content.get(PARTNERS), parts, config, PARTNERS)
    return StatedBones(bones, partners, str(config)) if bones or partners else None


def _names(value: Any, config: Path, key: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str | int | float) for name in value):
        raise DatasetError(f"{config}: {key}: found {str(value)[:60]!r}, expected a list of names")
    return [str(name) for name in value]


def _pairs(value: Any, parts: list[str], config: Path, key: str) -> tuple[tuple[str, str], ...]:
    """Pairs of names, or of numbers of `parts`. Lines through several body parts are bones between each two."""
    if value is None:
        return ()
    lists = [value] if isinstance(value, list) and value and not isinstance(value[0], list) else value
    if not isinstance(lists, list) or not all(isinstance(line, list) for line in lists) or len(lists) > MOST_BONES:
        raise DatasetError(f"{config}: {key}: found {str(value)[:60]!r}, expected a list of pairs of body parts")
    lines = [_names(line, config, key) for line in lists]
    numbered = [[parts[int(n)] if n.isdecimal() and int(n) < len(parts) else n for n in line] for line in lines]
    pairs = [(a, b) for line in numbered for a, b in pairwise(line) if a != b]
    return tuple(dict.fromkeys(pairs))
