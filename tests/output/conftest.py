"""Results that are written, and the libraries that writers need."""

import pytest

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
