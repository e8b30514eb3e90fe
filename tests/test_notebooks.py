"""The notebooks of examples/notebooks run from the first cell to the last, as a newcomer runs them.

One kernel runs all of them, as its start and its imports take longer than most cells; names are forgotten in between.
"""

import os
import stat
import sys

import pytest

from tests.helpers.paths import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
# The command of this clone. What it trains is small and short: no lifter to be used, but every step of the way to one.
PROGRAM = """#!{python}
import sys
from geolift.cli import main
from geolift.new_lifter import from_keypoints

chosen = from_keypoints.choose_settings
small = {{"steps": 50, "flow.steps": 50, "flow.layers": 2, "flow.width": 16, "lifter.width": 16, "lifter.blocks": 1,
    "discriminator.width": 16, "discriminator.blocks": 1}}

def choose(*arguments, **named):
    settings = chosen(*arguments, **named)
    settings.config.update_from_flattened_dict(small)
    return settings

from_keypoints.choose_settings = choose
raise SystemExit(main([*sys.argv[1:], *(["--force"] if sys.argv[1] == "train" else [])]))
"""


def sources(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A folder where `geolift` is this clone's command, and the kernel is this Python, without the tests' devices."""
    program = tmp_path / "bin" / "geolift"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")  # programs share what they compile
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # of jupyter's own modules
def test_the_notebooks_run(shell):
    every = nbformat.v4.new_notebook(metadata=nbformat.read(NOTEBOOKS[0], as_version=4).metadata)
    for path in NOTEBOOKS:
        every.cells += [*nbformat.read(path, as_version=4).cells, nbformat.v4.new_code_cell("%reset -f")]
    client = nbclient.NotebookClient(every, timeout=300, resources={"metadata": {"path": str(shell)}})
    client.execute()
    text = "".join(output.get("text", "") for cell in every.cells for output in cell.get("outputs", ()))
    assert "geolift: " not in text  # an error of a command in a cell does not stop the notebook
    made = ("demo/walk.html", "walk.bvh", "demo/dance.npz", "animal.safetensors", "new.bvh")
    assert [name for name in made if not (shell / name).exists()] == []


def test_notebooks_show_pictures_no_errors_and_no_paths_of_the_machine_that_ran_them():
    assert [path.stem for path in NOTEBOOKS] == ["jax_project", "keypoints_to_3d", "tables", "your_animal"]
    for path in NOTEBOOKS:
        text, notebook = path.read_text(), nbformat.read(path, as_version=4)
        assert path.stat().st_size < 300_000 and "Traceback" not in text and "/tmp/" not in text, path.stem
        assert any("matplotlib" in source for source in sources(notebook)), path.stem
        shown = [output.get("data", ()) for cell in notebook.cells for output in cell.get("outputs", ())]
        assert any("image/png" in data for data in shown), path.stem  # they are kept with what they show
