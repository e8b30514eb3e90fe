"""How every program here ends: errors in one message, and what the exit code says."""

import sys
import traceback
from collections.abc import Callable

from absl import app, logging

from geolift.divergence import Diverged
from geolift.errors import DatasetError
from geolift.hosts import FirstGaveUp
from geolift.saver import SaveError
from geolift.stopping import Stopped
from geolift.workdir import ConfigError

# Beyond 0 and 1 those of sysexits.h: software error, system error, input/output error, temporary failure.
REFUSED, DIVERGED, CRASHED, NOT_SAVED, STOPPED = 1, 70, 71, 74, 75
CODES = {
    Stopped: STOPPED,
    Diverged: DIVERGED,
    SaveError: NOT_SAVED,
    **dict.fromkeys((DatasetError, ConfigError, FirstGaveUp, FileNotFoundError, PermissionError), REFUSED),
}


def run(main: Callable[[], None]) -> None:
    """Run a program: 0 done; 1 refused, and would be again; 70 diverged; 71 crashed, and may not the next time (a
    device, another process or the network failed); 74 the last state was not saved; 75 stopped by a signal with
    everything saved, to be started again."""
    app.run(lambda argv: sys.exit(_code(main, argv)))


def _code(main: Callable[[], None], argv: list[str]) -> int:
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    try:
        main()
    except tuple(CODES) as error:
        print(f"geolift: {error}", file=sys.stderr)
        return next(code for kind, code in CODES.items() if isinstance(error, kind))
    except Exception:
        traceback.print_exc()
        return CRASHED
    return 0
