"""What every command that trains a lifter checks of its output, where its run is kept, what its card states."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.training.config import Config
from geolift.training.environment import machine


def expect_output(output: Path, minutes: float | None) -> None:
    """Refuse a file that is no weights file, and a time that ends before it begins.

    Raises:
        DatasetError: naming the file or `minutes`.
    """
    if output.suffix.lower() != ".safetensors":
        raise DatasetError(f"{output}: found the suffix {output.suffix!r}, expected .safetensors")
    if minutes is not None and not 0 < minutes < 1e5:
        raise DatasetError(f"minutes: found {minutes}, expected a number above 0")


def folder_of(output: Path, config: Config, data: Dataset) -> Path:
    """The folder of a training, NAME_run/..., that no other one has: by its settings, joints, keypoints and 3D."""
    digest = hashlib.sha256(json.dumps([config.to_dict(), data.skeleton], sort_keys=True).encode())
    for array in (data.keypoints, data.confidence, data.points_3d):
        digest.update(b"" if array is None else array.tobytes())
    return output.with_name(f"{output.stem}_run") / digest.hexdigest()[:12]


def made_by(command: str) -> dict[str, Any]:
    """The entries of a card that follow from the command alone."""
    return {
        "command": command,
        "commit": f"geolift {version('geolift')}",
        "hardware": machine(),
        "metrics": None,
        "use": "Lifting 2D keypoints of the same joints, of bodies and cameras like those of the training.",
    }
