"""The notebooks of examples/notebooks run from the first cell to the last, as a newcomer runs them."""

import os
import stat
import sys

import pytest

from tests.helpers.paths import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
SHORTER = ("--minutes 2.5", "--minutes 0.5 --force")  # a training of a test: too short for a lifter to be used


def sources(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """`geolift` is this clone's command, and the kernel is this Python, without the tests' eight devices."""
    program = tmp_path / "bin" / "geolift"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom geolift.cli import main\nraise SystemExit(main())\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # of jupyter's own modules
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, shell):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(*SHORTER)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(shell)}})
    client.execute()
    text = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "geolift: " not in text  # an error of a command in a cell does not stop the notebook
    if path.stem == "your_animal":
        assert (shell / "animal.safetensors").exists() and (shell / "new.bvh").exists()


def test_notebooks_show_no_errors_and_no_paths_of_the_machine_that_ran_them():
    assert [path.stem for path in NOTEBOOKS] == ["jax_project", "keypoints_to_3d", "tables", "your_animal"]
    for path in NOTEBOOKS:
        text = path.read_text()
        assert path.stat().st_size < 300_000 and "Traceback" not in text and "/tmp/" not in text, path.stem
        assert any("matplotlib" in source for source in sources(nbformat.read(path, as_version=4))), path.stem
