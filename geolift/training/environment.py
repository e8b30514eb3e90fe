"""The environment of a run: versions, devices, processes. A change is reported: results may then differ in bits."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jax

from geolift.errors import ConfigError
from geolift.safe_io.json_file import read_json, write_json
from geolift.training.run_settings import differences

FILE = "environment.json"
PACKAGES = ("geolift", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def machine() -> str:
    """The devices, in words: "8 x NVIDIA H100 in 2 processes"."""
    devices = jax.devices()
    processes = f" in {jax.process_count()} processes" if jax.process_count() > 1 else ""
    return f"{len(devices)} x {devices[0].device_kind}{processes}"


def changes(workdir: Path) -> list[str]:
    """Write this start's environment to `environment.json`; a message if it differs from the one before, else none."""
    path = workdir / FILE
    now = {"python": platform.python_version(), "devices": machine(), "packages": {p: _version(p) for p in PACKAGES}}
    try:
        rows = differences(read_json(path), now) if path.exists() else []
    except ConfigError as error:
        rows = [str(error)]
    write_json(path, now)
    if not rows:
        return []
    return [
        f"another environment than at the last start: {'; '.join(rows)}. Results agree within rounding, not to the bit"
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
