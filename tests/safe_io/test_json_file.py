"""Small JSON files: written whole or not at all, read or refused in one line."""

import os
import subprocess
import sys
import time

import pytest

from geolift.errors import ConfigError
from geolift.safe_io.json_file import read_json, write_json


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
