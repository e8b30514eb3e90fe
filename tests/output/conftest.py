"""Results that are written, and the libraries that writers need."""

import pytest

from tests.helpers import browser as chromium
from tests.helpers.motion_readers import library
from tests.helpers.results import make_result

LIBRARIES = {".c3d": "ezc3d", ".glb": "pygltflib"}


@pytest.fixture(autouse=True)
def writer(request):
    """C3D and glTF are written by libraries, too."""
    suffix = request.node.callspec.params.get("suffix") if "callspec" in vars(request.node) else None
    if suffix in LIBRARIES:
        library(LIBRARIES[suffix])


@pytest.fixture(scope="module")
def one():
    return make_result(frames=40)


@pytest.fixture(scope="module")
def two():
    return make_result(people=2, frames=12)


@pytest.fixture(scope="session")
def driver():
    """Headless Chromium; without it, or without selenium, the test is skipped."""
    driver = chromium.start()
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver):
    """The same, left with an empty page: one that plays on would take half a core from all other tests."""
    yield driver
    driver.get("about:blank")


@pytest.fixture
def shown(browser, tmp_path):
    """`(result, ending=".html") -> Shown`; no page may have written to the console in the end."""
    pages = []

    def open_page(result, ending=".html"):
        pages.append(chromium.Shown(browser, result, tmp_path / f"page{len(pages)}{ending}"))
        return pages[-1]

    yield open_page
    assert pages[-1].errors() == []
