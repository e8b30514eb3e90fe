"""What pip installs: everything that the package needs, and nothing else, small; from the wheel and from the sdist."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

import geolift
from tests.helpers.paths import ROOT

FILES = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "NOTICE", "CITATION.cff", "CHANGELOG.md")
BUILD = "from setuptools import build_meta as b; print(b.build_sdist('dist') if {sdist} else b.build_wheel('dist'))"
LARGEST = 15e6  # bytes: a download of seconds


def build(folder, *, sdist=False):
    """The file that setuptools makes of a source folder."""
    command = [sys.executable, "-c", BUILD.format(sdist=sdist)]
    environment = {**os.environ, "GITHUB_REPOSITORY": "someone/geolift"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "dist" / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that is built from it alone."""
    if int(importlib.metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("needs setuptools 77, as pyproject.toml states")
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "geolift", source / "geolift", ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    sdist = build(source, sdist=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(source, filter="data")
    return sdist, build(source / sdist.name.removesuffix(".tar.gz"))


def test_the_wheel_holds_every_file_of_the_package(built):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "geolift").rglob("*") if path.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    packed = {name for name in zipfile.ZipFile(built[1]).namelist() if ".dist-info/" not in name}
    assert packed == files


def test_both_are_small(built):
    assert [path.name for path in built if path.stat().st_size > LARGEST] == []


def test_what_the_wheel_says_about_itself(built):
    archive = zipfile.ZipFile(built[1])
    folder = f"geolift-{geolift.__version__}.dist-info"
    text = archive.read(f"{folder}/METADATA").decode()
    assert f"Version: {geolift.__version__}\n" in text and "License-Expression: Apache-2.0\n" in text
    assert "Project-URL: Source, https://github.com/someone/geolift\n" in text
    assert "Classifier: Typing :: Typed\n" in text and "Requires-Python: >=3.11\n" in text
    assert re.findall(r"\]\((?!https?://|#|<)[^)]*\)", text) == []  # PyPI has no files beside the page
    for terms in ("LICENSE", "NOTICE"):
        assert any(name.startswith(folder) and name.endswith(terms) for name in archive.namelist()), terms
    assert f"version: {geolift.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_a_pose_is_lifted_from_the_wheel(built, tmp_path):
    """Unpacked and run where the checkout is not on the path, with the packages of this environment."""
    zipfile.ZipFile(built[1]).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "JAX_PLATFORMS": "cpu"}

    def run(*arguments):
        program = (
            "import geolift, sys; assert 'site' in geolift.__file__; from geolift.cli import main; sys.exit(main())"
        )
        command = [sys.executable, "-P", "-c", program, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    version = run("--version")
    assert version.stdout == f"geolift {geolift.__version__}\n", version.stderr
    lifted = run("lift", str(ROOT / "examples" / "walk.csv"), "-o", "walk.npz", "-o", "walk.html", "-o", "walk.bvh")
    assert lifted.returncode == 0, lifted.stderr
    assert (tmp_path / "walk.html").stat().st_size > 50_000
