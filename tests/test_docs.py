"""The documents: links and names in them exist, and the example of the README can be lifted."""

import importlib
import re

import pytest

from geolift.cli import main
from geolift.output import load_result
from geolift.training.schema import ENTRIES
from tests.helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = {name.rsplit(".", depth)[0] for name in ENTRIES for depth in (1, 2) if name.count(".") >= depth}


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def exists(name):
    """Whether a dotted name is a module of geolift, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        return found is not None
    return False


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!http)([^)\s]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_names_exist(page):
    text = page.read_text()
    for name in set(re.findall(r"\bgeolift(?:\.\w+)+", text)):
        assert exists(name), name
    for name in set(re.findall(r"\bconfig\.([a-z]\w*(?:\.\w+)*)", text)) - {"py", "md", "json"}:
        assert name in ENTRIES or name in BLOCKS, name
    for program in set(re.findall(r"python -m ((?:launch|benchmarks|tests|geolift)[\w.]*\w)", text)):
        assert (ROOT / f"{program.replace('.', '/')}.py").exists(), program
    for recipe in set(re.findall(r"--config=(configs/\w+\.py)", text)):
        assert (ROOT / recipe).exists(), recipe


def test_the_example_is_lifted(tmp_path):
    outputs = [tmp_path / "poses.npz", tmp_path / "page.html"]
    assert main(["lift", str(ROOT / "examples" / "walk.csv"), *(f"-o{path}" for path in outputs)]) == 0
    result = load_result(outputs[0])
    assert result.points.shape == (90, 17, 3) and result.video and result.units == "m"
