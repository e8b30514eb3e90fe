"""A run's time: each moment counted once, for the innermost kind of work."""

import threading

import pytest

from geolift.training.clock import Clock


def test_no_time_is_everything_other(time):
    assert Clock().shares() == {"other": 1.0}


def test_nested_work_counts_for_the_inner_kind_alone(time):
    clock = Clock()
    time.now += 1
    with clock("step"):
        time.now += 2
        with clock("checkpoint"):
            time.now += 3
            with clock("step"):
                time.now += 4
        time.now += 5
    time.now += 6
    assert clock.seconds() == {"other": 7, "step": 11, "checkpoint": 3}
    assert clock.shares() == pytest.approx({"other": 7 / 21, "step": 11 / 21, "checkpoint": 3 / 21})


def test_work_going_on_is_counted_up_to_now_and_asking_changes_nothing(time):
    clock = Clock()
    with clock("validation"):
        for _ in range(3):
            time.now += 2
            clock.shares()
        assert clock.seconds() == {"other": 0, "validation": 6}
    time.now += 2
    assert clock.shares() == {"other": 0.25, "validation": 0.75}


def test_work_that_fails_is_counted_and_ends(time):
    clock = Clock()

    def save():
        with clock("checkpoint"):
            time.now += 3
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        save()
    time.now += 1
    assert clock.shares() == {"other": 0.25, "checkpoint": 0.75}


def test_another_thread_takes_no_time_of_the_run(time):
    clock, inside, leave = Clock(), threading.Event(), threading.Event()

    def save():
        with clock("checkpoint"):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=save)
    with clock("step"):
        thread.start()
        inside.wait()
        time.now += 3
    time.now += 1
    leave.set()
    thread.join()
    time.now += 4
    assert clock.seconds() == {"other": 5, "step": 3}


def test_shares_sum_to_one_on_the_real_clock():
    clock = Clock()
    for i in range(1000):
        with clock(f"kind {i % 7}"), clock(f"kind {i % 5}"):
            pass
    shares = clock.shares()
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12) and min(shares.values()) >= 0
