"""Programs that take turns, so that a busy machine slows all of them alike: workers, rounds, ratios with quartiles."""

import json
import subprocess
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)
Found = TypeVar("Found")


class Worker:
    """A program that reads requests, a line each, and answers each by a line of JSON.

    Args:
        command: that starts it.
        checkout: the folder in which it is started; None: this one.
        env: its environment; None: this one.
    """

    def __init__(
        self, command: list[str], *, checkout: str | Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.command = command
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes, text=True, cwd=checkout, env=env)

    def answer(self) -> dict[str, Any]:
        """The next line that it writes."""
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"{' '.join(self.command)} ended with {self.process.returncode}; its error stands above")
        return json.loads(line)

    def ask(self, request: str) -> dict[str, Any]:
        """The answer to a request."""
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """End it."""
        self.process.communicate()


def take_turns(runs: Mapping[Name, Callable[[], Found]], rounds: int) -> dict[Name, list[Found]]:
    """What each run returned in each round; in a round each is called once, in their order."""
    found: dict[Name, list[Found]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    return found


def spread(ratios: np.ndarray) -> str:
    """The median of the rounds' ratios, and their quartiles: "1.20 (1.10 to 1.30)"."""
    low, middle, high = np.percentile(ratios, (25, 50, 75))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
