"""A hook of MkDocs: one page for the public names of each package, and an index of all of them."""

import importlib
import inspect
from types import ModuleType

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

# What is first is read first: lifting a file, then what it works with, then the method.
PACKAGES = (
    "geolift.lifting", "geolift.live", "geolift.keypoints", "geolift.output", "geolift.model", "geolift.pretrained",
    "geolift.skeletons", "geolift.world", "geolift.rig", "geolift.biomechanics", "geolift.new_lifter",
    "geolift.convert", "geolift.data", "geolift.geometry", "geolift.losses", "geolift.metrics", "geolift.networks",
    "geolift.objectives", "geolift.training", "geolift.evaluation", "geolift.errors",
)  # fmt: skip


def public_names(module: ModuleType) -> list[str]:
    """The names of `__all__`, or what a module without it defines and does not begin with "_"."""
    defined = [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]
    return list(getattr(module, "__all__", defined))


def page(package: str) -> str:
    """The page of a package: what it is, and each name with its docstring."""
    module = importlib.import_module(package)
    title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
    entries = [f"::: {package}.{name}" for name in public_names(module)]
    return "\n\n".join([f"# {package}", title + rest, *entries]) + "\n"


def home(name: str) -> str:
    """The package whose page documents a name of the top; the top itself if none does."""
    thing = getattr(importlib.import_module("geolift"), name)
    modules = (importlib.import_module(package) for package in PACKAGES)
    pages = (module for module in modules if name in public_names(module) and getattr(module, name) is thing)
    return next((module.__name__ for module in pages), "geolift")


def index() -> str:
    """All names at the top of the package, with their first sentence; whole, those that no other page has."""
    top = importlib.import_module("geolift")
    lines = ["# API", "What is at the top, `import geolift`. All other names are imported from their package.", ""]
    lines += ["| name | what it is |", "| --- | --- |"]
    for name in top.__all__:
        thing = getattr(top, name)
        sentence = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
        lines.append(f"| [`{name}`][{home(name)}.{name}] | {sentence.replace('|', chr(92) + '|')} |")
    whole = [f"\n::: geolift.{name}" for name in top.__all__ if home(name) == "geolift"]
    return "\n".join(lines + whole) + "\n"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the part "API" of the navigation."""
    part = next(part for part in config.nav or () if "API" in part)
    part["API"] = ["api/index.md", *({package: f"api/{package}.md"} for package in PACKAGES)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    files.append(File.generated(config, "api/index.md", content=index()))
    for package in PACKAGES:
        files.append(File.generated(config, f"api/{package}.md", content=page(package)))
    return files
