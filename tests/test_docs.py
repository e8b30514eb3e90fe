"""The documents: links and names in them exist."""

import importlib
import re

import pytest

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


def test_every_page_is_in_the_navigation_of_the_site():
    listed = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_names_exist(page):
    text = page.read_text()
    for name in set(re.findall(r"\bgeolift(?:\.\w+)+", text)):
        assert exists(name), name
    for name in set(re.findall(r"\bconfig\.([a-z]\w*(?:\.\w+)*)", text)) - {"py", "md", "json", "yaml"}:
        assert name in ENTRIES or name in BLOCKS, name
    for program in set(re.findall(r"python -m ((?:launch|benchmarks|tests|geolift)[\w.]*\w)", text)):
        assert (ROOT / f"{program.replace('.', '/')}.py").exists(), program
    for recipe in set(re.findall(r"--config=(configs/\w+\.py)", text)):
        assert (ROOT / recipe).exists(), recipe
