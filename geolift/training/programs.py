"""The compiled programs of a run's phases; those of later phases are compiled while the first one trains."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from geolift.training import distributed
from geolift.training.devices import Parallel, shapes


class Programs:
    """The program of each phase by step.

    Compiling the lifter's steps takes as long as training the flow before them, and uses one core of several. Processes
    of one run compile one after the other, as they may have to agree about a program.

    Args:
        phases: the last step of each phase, in rising order, and its program.

    Attributes:
        last: the last step of all.
    """

    def __init__(self, phases: Sequence[tuple[int, Parallel]]) -> None:
        self._phases = list(phases)
        self._ahead: dict[int, Future[None]] | None = None  # by number of phase
        self.last = self._phases[-1][0]

    def at(self, step: int, state: Any, source: Any) -> Parallel:
        """The program of a step (counted from 1). Waits until it is compiled, if that has begun; errors of compiling
        are raised where it is used.

        Args:
            step: of the dispatch, its last.
            state, source: what the program is used with; of the first call their shapes are kept.
        """
        phase = next(i for i, (last, _) in enumerate(self._phases) if step <= last)
        if self._ahead is None:
            self._ahead = self._start(phase + 1, shapes((state, source)))
        if phase in self._ahead:
            wait([self._ahead[phase]])
        return self._phases[phase][1]

    def _start(self, first: int, arguments: tuple[Any, Any]) -> dict[int, Future[None]]:
        """Begin to compile the phases from number `first` on."""
        if distributed.is_distributed() or first == len(self._phases):
            return {}
        worker = ThreadPoolExecutor(1, thread_name_prefix="compile")
        later = {i: worker.submit(self._phases[i][1].compile, *arguments) for i in range(first, len(self._phases))}
        worker.shutdown(wait=False)
        return later
