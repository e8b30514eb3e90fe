"""The search for garbage goes on after a pause, also after an error, unless it was off before."""

import gc

import pytest

from geolift.safe_io.collection import collection_paused


@pytest.mark.parametrize("before", [True, False])
def test_a_pause_ends_as_it_began(before):
    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(KeyError):
            _fail_in_a_pause()
        assert gc.isenabled() == before
    finally:
        gc.enable()


def _fail_in_a_pause():
    with collection_paused():
        assert not gc.isenabled()
        raise KeyError
