"""requirements/figures.txt, the exact environment of the published figures, is one that setup.py allows."""

import runpy
import sys
import types

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.paths import ROOT


def test_the_exact_environment_fits_the_bounds(monkeypatch):
    given = {}
    setuptools = types.SimpleNamespace(setup=lambda **arguments: given.update(arguments), find_packages=lambda **_: [])
    monkeypatch.setitem(sys.modules, "setuptools", setuptools)
    runpy.run_path(str(ROOT / "setup.py"))
    lines = (ROOT / "requirements" / "figures.txt").read_text().splitlines()
    exact = dict(line.split("==") for line in lines if not line.startswith("#"))
    extras = [given["extras_require"][name] for name in ("files", "detect", "viz", "export", "test")]
    for text in [*given["install_requires"], *(text for extra in extras for text in extra)]:
        wanted = Requirement(text)
        assert exact[canonicalize_name(wanted.name)] in wanted.specifier, text
    assert exact["jax"] == exact["jaxlib"] == "0.10.2"
