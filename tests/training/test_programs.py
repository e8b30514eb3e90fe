"""The programs of phases: later ones are compiled while the first is used, for what they are used with."""

import threading

import jax
import jax.numpy as jnp
import optax
import pytest

from geolift.objectives.outcome import Outcome
from geolift.training import create_state
from geolift.training.devices import Parallel, parallel, shapes
from geolift.training.programs import Programs

STATE, SOURCE = {"a": jnp.ones((2, 3))}, jnp.ones(8)


def fake(compiled, name, *, until=None, error=None):
    def compile(state, source):
        if until:
            until.wait(10)
        compiled.append((name, state["a"].shape, source.shape, threading.current_thread() is threading.main_thread()))
        if error:
            raise error

    return Parallel(lambda state, source: (state, {}), lambda x: x, compile)


def test_programs_of_later_phases_are_compiled_in_another_thread():
    compiled = []
    phases = [(10, fake(compiled, "flow")), (20, fake(compiled, "adapter")), (30, fake(compiled, "lifter"))]
    programs = Programs(phases)
    assert programs.last == 30 and not compiled
    assert programs.at(10, STATE, SOURCE) is phases[0][1]
    assert programs.at(11, STATE, SOURCE) is programs.at(20, STATE, SOURCE) is phases[1][1]
    assert programs.at(30, STATE, SOURCE) is phases[2][1]
    assert compiled == [("adapter", (2, 3), (8,), False), ("lifter", (2, 3), (8,), False)]


def test_a_program_is_not_used_before_it_is_compiled():
    compiled, goes_on = [], threading.Event()
    programs = Programs([(10, fake(compiled, "flow")), (20, fake(compiled, "lifter", until=goes_on))])
    programs.at(10, STATE, SOURCE)
    assert not compiled  # the first phase does not wait
    threading.Timer(0.2, goes_on.set).start()
    programs.at(20, STATE, SOURCE)
    assert len(compiled) == 1


def test_a_run_that_resumes_in_the_last_phase_compiles_nothing_ahead():
    compiled = []
    programs = Programs([(10, fake(compiled, "flow")), (20, fake(compiled, "lifter"))])
    programs.at(20, STATE, SOURCE)
    assert not compiled


def test_an_error_of_compiling_is_raised_where_the_program_is_used():
    compiled = []
    last = fake(compiled, "lifter", error=ValueError("no memory"))
    programs = Programs([(10, fake(compiled, "flow")), (20, last)])
    programs.at(10, STATE, SOURCE)
    assert programs.at(20, STATE, SOURCE) is last
    with pytest.raises(ValueError, match="no memory"):
        last.compile(STATE, SOURCE)


def test_a_compiled_program_is_not_compiled_again_when_it_runs():
    def objectives(params, batch_stats, batch, *, axis_name):
        loss = ((params["lifter"] - batch.mean()) ** 2).sum()
        return Outcome({"lifter": loss}, {"loss/lifter": loss}, batch_stats)

    state = create_state(
        jax.random.key(0), apply_fn=None, params={"lifter": jnp.zeros(2)}, batch_stats={},
        optimizers={"lifter": optax.sgd(0.25)}, ema_decay=0.9,
    )  # fmt: skip
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )
    program = parallel(
        jax.devices()[:1], batch_size=4, steps=2, objectives=objectives,
        sample=lambda source, key, examples: source[examples],
    )  # fmt: skip
    state, source = program.place(state), program.place(jnp.ones(8))
    program.compile(*shapes((state, source)))
    before = len(compiled)
    assert before > 0, "the listener hears nothing; this test would prove nothing"
    state, _ = program.run(state, source)
    assert int(state.step) == 2 and len(compiled) == before
