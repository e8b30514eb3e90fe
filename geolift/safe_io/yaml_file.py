"""YAML files of others: plain values alone, of bounded size."""

from pathlib import Path
from typing import Any

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file

LARGEST = 2**20  # bytes, which take about ten seconds; projects list their videos


def read_yaml(path: Path) -> Any:
    """The values of a YAML file: mappings, lists, text, numbers; no tag creates an object.

    Args:
        path: the file.

    Raises:
        DatasetError: naming the file, if it is no YAML, or holds other values.
    """
    import yaml

    text = bounded_file.content(path, LARGEST, "YAML")
    try:
        return yaml.safe_load(text.decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, OverflowError) as error:
        what = " ".join(str(error).split())[:200]
        raise DatasetError(f"{path}: found no YAML of plain values: {what}") from error
