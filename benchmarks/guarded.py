"""Calls in a separate process, one after the other, each with a limit on time and on the memory of the process."""

import contextlib
import faulthandler
import multiprocessing
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SECONDS = 10.0  # a call that takes longer has failed
MEMORY = 1 << 30  # bytes of address space beyond what the process holds after its imports


class Outcome(NamedTuple):
    """The outcome of a call.

    Attributes:
        value: what it returned, or None.
        failure: "" if it returned, "raised", "slow" (beyond the time), or "died" (with the process).
        message: after a failure the traceback, or how the process ended.
        seconds: how long it took.
        peak: bytes that the process held at most during the call, beyond what it held before; 0 where it died.
    """

    value: Any
    failure: str = ""
    message: str = ""
    seconds: float = 0.0
    peak: int = 0


def run(calls: Sequence[Callable[[], Any]], *, seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[Outcome]:
    """Make the calls, which must be picklable, and yield their outcomes in their order; warnings are errors.

    Where a call kills the process the next one is made in a new one. Linux only.
    """
    context, calls = multiprocessing.get_context("spawn"), list(calls)
    while calls:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, calls, seconds, memory))
        process.start()
        theirs.close()
        done = 0
        with contextlib.suppress(EOFError):
            while done < len(calls):
                yield ours.recv()
                done += 1
        process.join()
        if done < len(calls):
            yield Outcome(None, "died", f"exit code {process.exitcode}")
            done += 1
        calls = calls[done:]


def _serve(pipe, calls: Sequence[Callable[[], Any]], seconds: float, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_held("VmSize") + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, _too_slow)
    warnings.simplefilter("error")
    for call in calls:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held now
        before, began = _held("VmHWM"), time.perf_counter()
        faulthandler.dump_traceback_later(3 * seconds, exit=True)  # where no Python runs that an alarm could stop
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            outcome = Outcome(call())
        except BaseException as error:
            message = "".join(traceback.format_exception(error))
            outcome = Outcome(None, "slow" if isinstance(error, _Slow) else "raised", message)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
        peak = max(0, _held("VmHWM") - before)
        pipe.send(outcome._replace(seconds=time.perf_counter() - began, peak=peak))


class _Slow(BaseException):
    """Raised by the alarm; no reader catches it."""


def _too_slow(signum, frame) -> None:
    raise _Slow("the time is up")


def _held(what: str) -> int:
    """Bytes by an entry of this process's status."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[what].split()[0]) * 1024
