"""Results that are written, and the libraries that writers need."""

import pytest

from tests.helpers.motion_readers import library
from tests.helpers.results import make_result


@pytest.fixture(autouse=True)
def writer(request):
    """C3D is written by a library, too."""
    if "callspec" in vars(request.node) and request.node.callspec.params.get("suffix") == ".c3d":
        library("ezc3d")


@pytest.fixture(scope="module")
def one():
    return make_result(frames=40)


@pytest.fixture(scope="module")
def two():
    return make_result(people=2, frames=12)
