"""The public names: each package says which they are, and each is documented with shapes, errors and an example."""

import doctest
import importlib
import inspect
import pkgutil
import sys

import pytest

from tests.helpers.docstrings import faults
from tests.helpers.imports import modules
from tests.helpers.paths import ROOT

METHODS = ("geolift.geometry", "geolift.losses", "geolift.metrics", "geolift.objectives.")  # these name their source
PACKAGES = sorted(
    name
    for name, path in modules(ROOT / "geolift").items()
    if path.name == "__init__.py" and "__all__" in path.read_text()
)
INTERNAL = {"geolift.arguments", "geolift.safe_io"}  # packages without public names


def public():
    """Every public function and class, by package and name."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name, None)
            if inspect.isclass(thing) or inspect.isroutine(inspect.unwrap(thing)):
                yield f"{package}.{name}", thing


PUBLIC = dict(public())


def test_every_package_says_which_names_are_public():
    below = {f"geolift.{path.parent.name}" for path in (ROOT / "geolift").glob("*/__init__.py")}
    assert below - INTERNAL <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_and_which_names_are_public(package):
    module = importlib.import_module(package)
    assert "." in module.__doc__
    names = module.__all__
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []
    submodules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    assert submodules.isdisjoint(names), "a name hides a module, or the module the name"


def test_lazy_names_are_listed_and_others_are_an_attribute_error():
    for package in PACKAGES:
        module = importlib.import_module(package)
        assert set(module.__all__) <= set(dir(module)), package
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = module.no_such_name


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_documented(name):
    thing = PUBLIC[name]
    function = not inspect.isclass(thing)
    source = function and inspect.unwrap(thing).__module__.startswith(METHODS)
    assert list(faults(thing, source=source)) == [], f"{name}: its docstring lacks these"


@pytest.mark.parametrize("name", PUBLIC)
def test_its_example_is_run(name):
    """pytest runs the examples with --doctest-modules (Makefile); here only that each is found."""
    thing = inspect.unwrap(PUBLIC[name])
    if ">>>" in (thing.__doc__ or ""):
        found = doctest.DocTestFinder(recurse=True).find(sys.modules[thing.__module__])
        assert f"{thing.__module__}.{thing.__qualname__}" in [test.name for test in found if test.examples]
