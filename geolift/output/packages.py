"""Packages that outputs need and that `pip install geolift` does not bring, asked for before anything is computed."""

import importlib.util
from pathlib import Path

from geolift.errors import DatasetError
from geolift.output.endings import ending_of

# By the ending of an output: the extra of setup.py, and what its writer imports.
NEEDED = {
    ".c3d": ("files", ("ezc3d",)),
    ".glb": ("files", ("pygltflib",)),
    ".png": ("viz", ("matplotlib",)),
    ".gif": ("viz", ("PIL", "cv2", "matplotlib")),
    ".mp4": ("viz", ("PIL", "cv2", "imageio_ffmpeg", "matplotlib")),
}


def expect_packages(path: Path) -> None:
    """Refuse an output that cannot be written as long as a package is missing.

    Raises:
        DatasetError: naming the output, the packages, and the command that installs them.

    Example:
        >>> expect_packages(Path("poses.npz"))
    """
    extra, names = NEEDED.get(ending_of(path, NEEDED) or "", ("", ()))
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise DatasetError(f"{path}: found no package {', '.join(missing)}: pip install 'geolift[{extra}]'")
