"""Programs that take turns: each once a round, in their order; a worker that ends is an error and no wait."""

import sys

import numpy as np
import pytest

from benchmarks.turns import Worker, spread, take_turns

DOUBLE = "import sys\nfor line in sys.stdin:\n    print(2 * int(line), flush=True)\n"


def test_each_runs_once_a_round_in_order():
    called = []

    def run(name):
        called.append(name)
        return len(called)

    found = take_turns({"a": lambda: run("a"), "b": lambda: run("b")}, 3)
    assert called == ["a", "b"] * 3 and found == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_a_worker_answers_each_request():
    worker = Worker([sys.executable, "-c", DOUBLE])
    assert [worker.ask("3"), worker.ask("4")] == [6, 8]
    worker.close()
    assert worker.process.returncode == 0


def test_a_worker_that_ended_is_named():
    worker = Worker([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(SystemExit, match=r"raise SystemExit.* ended with 3; its error stands above"):
        worker.answer()


def test_a_spread_is_the_median_and_the_quartiles():
    assert spread(np.array([9.0, 1.0, 2.0, 3.0, 4.0])) == "3.00 (2.00 to 4.00)"
