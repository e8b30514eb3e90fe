"""The small files of a run's folder: whole or not at all, refused when they differ, held by one program."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from geolift.errors import ConfigError
from geolift.safe_io.json_file import read_json, write_json
from geolift.training import environment
from geolift.training.lock import Lock
from geolift.training.run_settings import differences, expect


def test_what_is_written_is_read(tmp_path):
    content = {"a": {"b": [1, 2.5, None, "ü"]}, "c": True}
    write_json(tmp_path / "x.json", content)
    assert read_json(tmp_path / "x.json") == content and [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    "junk",
    [
        *(b"", b"{", b'{"a": 1', b"\xff\xfe", b"[1]", b"3", b"null", b"\0" * 100, b'{"a": 1}x', b'{"a": 1, "a": 2}'),
        *(b'{"a": ' + b"9" * 5000 + b"}", b"[" * 200_000, b'{"a":' * 200_000),
    ],
)
def test_junk_is_one_clear_error(tmp_path, junk):
    path = tmp_path / "config.json"
    path.write_bytes(junk)
    with pytest.raises(ConfigError, match=r"config\.json: ") as caught:
        read_json(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_what_is_no_small_file_is_refused_unread(tmp_path):
    with pytest.raises(FileNotFoundError, match="has this folder been trained in"):
        read_json(tmp_path / "config.json")
    with pytest.raises(ConfigError, match="found a folder, expected a small JSON file"):
        read_json(tmp_path)
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="expected a small JSON file of up to"):
        read_json(tmp_path / "huge.json")
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ConfigError, match="expected a small JSON file"):
        read_json(tmp_path / "pipe.json")


def test_other_settings_are_refused_entry_by_entry(tmp_path):
    path = tmp_path / "config.json"
    expect(path, {"seed": 1})  # nothing is there yet
    write_json(path, {"lifter": {"width": 8, "norm": "batch"}, "seed": 0, "run": {"keep": 2}})
    before = path.read_bytes()
    changed = {"lifter": {"width": 4, "norm": "batch"}, "seed": 1, "run": {"keep": 9}, "noise": 0.1}
    with pytest.raises(ConfigError) as caught:
        expect(path, changed, free=("run.",))
    rows = str(caught.value).splitlines()[1:]
    assert [row.strip() for row in rows] == [
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


def test_an_interrupted_write_leaves_what_was_there(tmp_path):
    """Killed while writing over and over: the file is always one of the two."""
    code = f"""
from pathlib import Path
from geolift.safe_io.json_file import write_json
print("ready", flush=True)
while True:
    for letter in "ab":
        write_json(Path({str(tmp_path / "x.json")!r}), {{"text": letter * 100000}})
"""
    for i in range(8):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(0.02 + 0.003 * i)
        process.kill()
        process.communicate()
        text = read_json(tmp_path / "x.json")["text"]
        assert text in ("a" * 100000, "b" * 100000)


HOLD = """
import sys, time
from pathlib import Path
from geolift.training.lock import Lock
with Lock(Path(sys.argv[1])) as lock:
    print(lock.held, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_held_by_one_program_and_free_when_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("geolift.training.lock.PATIENCE", 0.0)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    with (
        pytest.raises(ConfigError, match=rf"another program trains in this folder \(process {holder.pid} on "),
        Lock(tmp_path),
    ):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with Lock(tmp_path) as lock:
        assert lock.held
    with Lock(tmp_path) as lock:
        assert lock.held


def test_a_program_on_its_way_out_is_waited_for(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD.replace("60", "1.5"), str(tmp_path)], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with Lock(tmp_path) as lock:
        assert lock.held
    holder.communicate()


def test_another_environment_is_told(tmp_path):
    assert environment.changes(tmp_path) == [] and environment.changes(tmp_path) == []
    content = json.loads((tmp_path / environment.FILE).read_text())
    content["packages"]["jax"] = "0.0.1"
    (tmp_path / environment.FILE).write_text(json.dumps(content))
    [told] = environment.changes(tmp_path)
    assert "packages.jax: started with '0.0.1', now '" in told and "devices" not in told
    assert environment.changes(tmp_path) == []
    (tmp_path / environment.FILE).write_text("")
    [told] = environment.changes(tmp_path)
    assert "environment.json: not readable" in told and environment.changes(tmp_path) == []
