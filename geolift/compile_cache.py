"""A cache of compiled programs for geolift's commands, kept between starts; the library leaves it to its user."""

import contextlib
import hashlib
import os
import platform
from pathlib import Path

import jax

SHORTEST = 0.05  # seconds; programs that compile faster are not kept


def keep_programs() -> Path | None:
    """Keep the programs that JAX compiles in the user's cache folder, unless JAX is configured to use another place.

    For programs of one process: several would have to share a folder, and wait for each other.
    A compiled program is code that is run without a question. So programs are kept where only this user can write, and
    never in a run's folder, which people pass on. Each kind of machine has a separate folder: they may share a home.

    Returns:
        The folder; None where JAX is configured (`JAX_COMPILATION_CACHE_DIR`; empty for none), where no folder belongs
        to this user alone, or where that cannot be checked (Windows).
    """
    if jax.config.jax_compilation_cache_dir is not None or not hasattr(os, "getuid"):
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
    """The processor's architecture and a digest of its features: programs for one CPU may not run on another."""
    able = platform.processor()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        able = next(line for line in lines if line.startswith(("flags", "Features")))
    return f"{platform.machine()}-{hashlib.sha256(able.encode()).hexdigest()[:8]}"
