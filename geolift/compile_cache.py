"""Compiled programs kept from one start to the next, for geolift's own commands; a library leaves that to its user."""

import contextlib
import hashlib
import os
import platform
from pathlib import Path

import jax

SHORTEST = 0.05  # seconds; what is compiled sooner is not kept


def keep_programs() -> Path | None:
    """Keep what JAX compiles in the user's cache folder, unless JAX was told of another place.

    For programs of one process: several would have to share a folder, and wait for each other.
    A compiled program is code that is run without a question. So they are kept where only this user writes, and never
    in a run's folder, which people pass on. Each kind of machine has a folder of its own: a home may be shared by many.

    Returns:
        The folder; None where JAX was told of one (`JAX_COMPILATION_CACHE_DIR`; empty for none), or where there is no
        folder that belongs to this user alone.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return None
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("geolift", "programs", _machine()):
            folder /= name
            folder.mkdir(mode=0o700, exist_ok=True)
            about = folder.stat()
            if about.st_uid != os.getuid() or about.st_mode & 0o022 or not os.access(folder, os.W_OK):
                return None
    except (OSError, RuntimeError):  # the latter: no home
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", SHORTEST)
    return folder


def _machine() -> str:
    """The processor's architecture and a digest of what it can do: programs for one CPU may not run on another."""
    able = platform.processor()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        able = next(line for line in lines if line.startswith(("flags", "Features")))
    return f"{platform.machine()}-{hashlib.sha256(able.encode()).hexdigest()[:8]}"
