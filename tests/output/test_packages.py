"""A package that an output needs is asked for before anything is computed."""

import runpy
import sys
import types

import pytest

from geolift import cli
from geolift.output.packages import NEEDED
from geolift.output.view.formats import VIEWERS
from geolift.output.write import WRITERS
from tests.helpers.paths import ROOT


@pytest.mark.parametrize("ending", NEEDED)
def test_a_missing_package_is_named_before_the_input_is_read(ending, tmp_path, monkeypatch, capsys):
    package = NEEDED[ending][1][0]
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    output = tmp_path / f"out{ending}"
    assert cli.main(["lift", "no_such_file.json", "-o", str(tmp_path / "out.npz"), "-o", str(output)]) == 1
    error = capsys.readouterr().err
    assert error == f"geolift: {output}: found no package {package}: pip install 'geolift[{NEEDED[ending][0]}]'\n"
    assert list(tmp_path.iterdir()) == []


def test_the_extras_bring_them(monkeypatch):
    given = {}
    setuptools = types.SimpleNamespace(setup=lambda **words: given.update(words), find_packages=lambda **_: [])
    monkeypatch.setitem(sys.modules, "setuptools", setuptools)
    runpy.run_path(str(ROOT / "setup.py"))
    assert set(NEEDED) <= {*WRITERS, *VIEWERS}
    projects = {"PIL": "pillow", "cv2": "opencv-python-headless", "imageio_ffmpeg": "imageio-ffmpeg"}
    for extra, packages in NEEDED.values():
        brought = " ".join(given["extras_require"][extra])
        assert [name for name in packages if projects.get(name, name) not in brought] == []
