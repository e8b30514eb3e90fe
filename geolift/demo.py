"""Examples that come with geolift: keypoints of a walk, a dance, somebody who sits, and an animal, for `geolift demo`.

Their files, with sources and terms, are in geolift/examples; `python -m benchmarks.examples` makes them.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from geolift.errors import DatasetError

EXAMPLES = Path(__file__).parent / "examples"
TERMS = "README.md"  # sources and terms of the files


class Example(NamedTuple):
    """One example.

    Attributes:
        what: it shows, and in which format.
        files: names of its files and folders; the first is what is lifted.
        options: of `geolift lift`, what the files do not state.
    """

    what: str
    files: tuple[str, ...]
    options: dict[str, object]

    def command(self, folder: Path, outputs: tuple[Path, ...]) -> str:
        """What to type to lift it."""
        flags = {"fps": "--fps 30", "image_size": "--image-size 1000x1000"}
        given = [flags[name] for name in self.options if name in flags]
        if "model" in self.options:
            given.append(f"--model {folder / str(self.options['model'])}")
        return " ".join(["geolift lift", str(folder / self.files[0]), *given, *(f"-o {output}" for output in outputs)])


FILMED = {"fps": 30.0, "image_size": (1000.0, 1000.0)}
DEMOS = {
    "walk": Example("a person who walks: OpenPose, a folder of JSON files", ("walk",), FILMED),
    "dance": Example("two people who dance: COCO, a JSON file", ("dance.json",), {"fps": 30.0}),
    "sitting": Example("a person before a webcam, legs unseen: a table, CSV", ("sitting.csv",), FILMED),
    "animal": Example(
        "an animal that walks, with a lifter for it: DeepLabCut, CSV",
        ("animal.csv", "animal.safetensors"),
        FILMED | {"model": "animal.safetensors"},
    ),
}


def write_example(name: str, folder: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Copy the files of an example, and the text with their sources and terms.

    Args:
        name: one of `DEMOS`.
        folder: where to; it is made if it is not there.
        force: replace other files of the same names.

    Returns:
        The paths of `DEMOS[name].files`.

    Raises:
        DatasetError: naming a file that is there with another content, unless `force`.
    """
    sources = {}
    for part in (*DEMOS[name].files, TERMS):
        found = EXAMPLES / part
        sources |= {
            file.relative_to(EXAMPLES): file for file in (sorted(found.iterdir()) if found.is_dir() else [found])
        }
    for place, source in sources.items():
        target = folder / place
        if not force and target.exists() and (target.is_dir() or target.read_bytes() != source.read_bytes()):
            raise DatasetError(f"{target}: found another file, expected none or the demo's (--force replaces it)")
    for place, source in sources.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / place)
    return tuple(folder / part for part in DEMOS[name].files)
