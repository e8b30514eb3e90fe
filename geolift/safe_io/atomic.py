"""Atomic writes: after a crash a file holds either what it held before or all of the new content."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; when the block ends without an error, that file replaces `path`.

    Args:
        path: the file to write or replace.

    Yields:
        Where to write; the block closes what it opens there.

    Raises:
        OSError: if the disk does not accept it; it names `path`. After any error `path` is as it was, and nothing lies
            beside it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "notes.txt")
        ...     with replacing(path) as partial:
        ...         _ = partial.write_text("all of it")
        ...     path.read_text()
        'all of it'
    """
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        _flush(partial)
        partial.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise _naming(error, {partial: path}) from error
        raise


@contextlib.contextmanager
def replacing_all(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Paths of the same names in a folder beside to write to; when the block ends without an error, all are replaced.

    Args:
        paths: files of one folder to write or replace.

    Yields:
        Where to write each of them.

    Raises:
        OSError: if the disk does not accept them; it names the file. After an error in the block `paths` are as they
            were.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "notes.txt")
        ...     with replacing_all(path) as (partial,):
        ...         _ = partial.write_text("all of it")
        ...     path.read_text()
        'all of it'
    """
    partials = ()
    try:
        with tempfile.TemporaryDirectory(prefix=f".{paths[0].name[:50]}.", dir=paths[0].parent) as folder:
            partials = tuple(Path(folder) / path.name for path in paths)
            yield partials
            for partial in partials:
                _flush(partial)
            for partial, path in zip(partials, paths, strict=True):
                partial.replace(path)
    except OSError as error:
        raise _naming(error, dict(zip(partials, paths, strict=False)) or {paths[0]: paths[0]}) from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all: after a crash it holds either what it held before or `data`.

    Args:
        path: the file to write or replace.
        data: all of its new content.

    Raises:
        OSError: if the disk does not accept it; the file is as it was then.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     replace_file(Path(folder, "state"), b"whole")
        ...     Path(folder, "state").read_bytes()
        b'whole'
    """
    with replacing(path) as partial:
        partial.write_bytes(data)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error


def _naming(error: OSError, targets: dict[Path, Path]) -> OSError:
    """The same error with the file that was to be written, by where it was written to; the first, if none is named."""
    if error.errno is None:
        return error
    named = str(error.filename)
    target = next((path for partial, path in targets.items() if named in (str(partial), str(path))), None)
    if target is None and error.filename is not None and Path(named).exists():
        return error  # of another file, which the block reads
    return OSError(error.errno, error.strerror, str(target or next(iter(targets.values()))))
