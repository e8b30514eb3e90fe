"""Settings of a run: refused entry by entry where they differ from those it was started with."""

import pytest

from geolift.errors import ConfigError
from geolift.safe_io.json_file import write_json
from geolift.training.run_settings import differences, expect


def test_other_settings_are_refused_entry_by_entry(tmp_path):
    path = tmp_path / "config.json"
    expect(path, {"seed": 1})  # nothing is there yet
    write_json(path, {"lifter": {"width": 8, "norm": "batch"}, "seed": 0, "run": {"keep": 2}})
    before = path.read_bytes()
    changed = {"lifter": {"width": 4, "norm": "batch"}, "seed": 1, "run": {"keep": 9}, "noise": 0.1}
    with pytest.raises(ConfigError) as caught:
        expect(path, changed, free=("run.",))
    head, _, rows = str(caught.value).partition("use another workdir: ")
    assert str(path) in head and "started with other settings" in head
    assert rows.split("; ") == [
        "lifter.width: started with 8, now 4",
        "noise: started with nothing, now 0.1",
        "seed: started with 0, now 1",
    ]
    assert path.read_bytes() == before


@pytest.mark.parametrize("off", [0, 0.0, False, "", None, [], {}])
def test_entries_that_are_new_and_off_do_not_end_a_run(tmp_path, off):
    """A newer geolift has more entries; those that change nothing are no difference, in either direction."""
    path = tmp_path / "config.json"
    write_json(path, {"a": 1})
    expect(path, {"a": 1, "b": {"c": off}})
    write_json(path, {"a": 1, "b": {"c": off}})
    expect(path, {"a": 1})
    assert differences({"a": 0}, {"a": 1}) == ["a: started with 0, now 1"], "an entry that was there is another matter"
