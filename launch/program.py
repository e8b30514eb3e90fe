"""The common start and end of the programs: flags, errors in one line, exit codes."""

import contextlib
import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable

from absl import app, flags, logging

from geolift.errors import ConfigError, DatasetError, one_line
from geolift.training import distributed
from geolift.training.checkpoint import DamagedCheckpoint
from geolift.training.checkpoint_writer import SaveError
from geolift.training.config import unknown
from geolift.training.distributed import FirstProcessFailed
from geolift.training.divergence import Diverged
from geolift.training.signals import Stopped

# Beyond 0 and 1 those of sysexits.h: software error, system error, input/output error, temporary failure.
REFUSED, DIVERGED, CRASHED, NOT_SAVED, STOPPED = 1, 70, 71, 74, 75
CODES = {
    Stopped: STOPPED,
    Diverged: DIVERGED,
    SaveError: NOT_SAVED,
    **dict.fromkeys((DatasetError, ConfigError, DamagedCheckpoint, FileNotFoundError, PermissionError), REFUSED),
}
AGREED = (Stopped, Diverged)  # raised in all processes at once: none waits for another


def run(main: Callable[[], None]) -> None:
    """Run a program: 0 done; 1 refused, a restart does not help; 70 diverged; 71 crashed, a restart may help (a
    device, another process or the network failed); 74 the last state was not saved; 75 stopped by a signal with
    everything saved, to be started again."""
    app.run(lambda argv: sys.exit(_end(main)), flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    """Parse flags; a wrong one is refused in one line, with the nearest right one."""
    try:
        rest = flags.FLAGS(argv)
        if not rest[1:]:
            return rest
        message = f"found the argument {rest[1]!r}, expected flags only, --NAME=VALUE"
    except flags.UnrecognizedFlagError as error:
        message = f"--{error.flagname}: {_unknown_flag(error.flagname)}"
    except flags.Error as error:
        message = _plain(str(error))
    print(f"geolift: {message}", file=sys.stderr, flush=True)
    sys.exit(REFUSED)


def _plain(message: str) -> str:
    """A message of absl in the words of ours."""
    missing = re.findall(r"Flag (--\w+) must have a value", message)
    if missing:
        return f"{', '.join(dict.fromkeys(missing))}: found none, expected a value"
    return one_line(re.sub(r"invalid literal for int.*", "expected a whole number", message).removeprefix("flag "))


def _unknown_flag(name: str) -> str:
    if name.startswith("config."):
        return unknown(name.removeprefix("config."))
    near = difflib.get_close_matches(name, [flag for flag in flags.FLAGS if "config." not in flag], n=1, cutoff=0.5)
    return "found no such flag" + (f"; did you mean --{near[0]}?" if near else ", expected one of --helpfull")


def _end(main: Callable[[], None]) -> int:
    logging.set_verbosity(logging.WARNING)  # jax and orbax log much at INFO
    try:
        main()
    except Exception as error:
        code = _code_of(error)
        with contextlib.suppress(OSError, ValueError):  # stderr may be closed
            print(f"geolift: {error}" if code != CRASHED else traceback.format_exc(), file=sys.stderr, flush=True)
        if distributed.is_distributed() and not isinstance(error, AGREED):
            os._exit(code)  # an ordinary exit would wait minutes for the other processes, which do not know
        return code
    return 0


def _code_of(error: Exception) -> int:
    if isinstance(error, FirstProcessFailed):
        return next((code for kind, code in CODES.items() if kind.__name__ == error.kind), CRASHED)
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), CRASHED)
