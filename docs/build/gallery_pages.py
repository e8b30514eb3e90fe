"""A hook of MkDocs: the pages of the gallery are the examples of `geolift demo`, lifted while the site is built."""

import tempfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import geolift
from geolift.demo import DEMOS, write_example
from geolift.output import write_view


def lifted_page(name: str, folder: Path) -> str:
    """The page of one example."""
    example = DEMOS[name]
    files = write_example(name, folder)
    model = {"model": folder / str(example.options["model"])} if "model" in example.options else {}
    page = folder / f"{name}.html"
    write_view(geolift.lift(files[0], **(example.options | model)), page)
    return page.read_text(encoding="utf-8")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each example, which docs/gallery.md shows."""
    for name in DEMOS:
        with tempfile.TemporaryDirectory() as folder:
            files.append(File.generated(config, f"gallery/{name}.html", content=lifted_page(name, Path(folder))))
    return files
