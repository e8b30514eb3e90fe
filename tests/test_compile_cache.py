"""The cache of compiled programs: only the user can write to it, and a second start finds the programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEEP = "from geolift.compile_cache import keep_programs; folder = keep_programs(); print(folder)"
RUN = """
import jax, jax.numpy as jnp
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name) if name.endswith("cache_hits") else None)
jax.jit(lambda x: jax.lax.fori_loop(0, 3, lambda i, y: jnp.sin(y @ y).sort(), x))(jnp.ones((64, 64)))
print(len(hits))
"""

ALL = f"import geolift.compile_cache as c; c.SHORTEST = 0.0; {KEEP}{RUN}"  # however fast compiled


def start(code, home, *, quiet=True, **env):
    """What a fresh program prints, with a separate home folder."""
    base = {k: v for k, v in os.environ.items() if k not in ("JAX_COMPILATION_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=base | {"HOME": str(home)} | env, capture_output=True, text=True, check=True
    )
    assert not (quiet and done.stderr)
    return done.stdout.split()


def test_a_second_start_finds_what_the_first_compiled(tmp_path):
    first, second = (start(ALL, tmp_path) for _ in range(2))
    folder = Path(first[0])
    assert folder.parent == tmp_path / ".cache/geolift/programs" and folder.stat().st_mode & 0o777 == 0o700
    assert int(first[1]) == 0 < int(second[1])


def test_a_program_whose_writing_was_cut_off_is_compiled_again(tmp_path):
    folder = Path(start(ALL, tmp_path)[0])
    kept = [path for path in folder.iterdir() if path.name.endswith("-cache")]
    assert kept
    for path in kept:
        path.write_bytes(path.read_bytes()[:-100])
    assert start(ALL, tmp_path, quiet=False) == [str(folder), "0"]


def test_a_place_that_jax_is_configured_with_is_left_alone(tmp_path):
    for place in (str(tmp_path / "mine"), ""):
        assert start(KEEP, tmp_path, JAX_COMPILATION_CACHE_DIR=place) == ["None"]
    assert start(KEEP, tmp_path, XDG_CACHE_HOME=str(tmp_path / "x"))[0].startswith(str(tmp_path / "x/geolift"))
    assert not (tmp_path / ".cache").exists()


def test_without_owners_of_files_nothing_is_kept(tmp_path):
    assert start(f"import os; del os.getuid; {KEEP}", tmp_path) == ["None"]  # as on Windows
    assert not (tmp_path / ".cache").exists()


def test_a_folder_that_others_write_is_not_used(tmp_path):
    folder = Path(start(KEEP, tmp_path)[0])
    for part in (folder, folder.parent, folder.parent.parent):
        part.chmod(0o777)
        assert start(KEEP, tmp_path) == ["None"]
        part.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
        assert start(KEEP, tmp_path) == ["None"]


@pytest.mark.parametrize("home", ["file", "gone/below"])
def test_a_home_that_takes_nothing_is_no_error(tmp_path, home):
    (tmp_path / "file").touch()
    (tmp_path / "gone").touch()
    assert start(KEEP, tmp_path / home) == ["None"]
