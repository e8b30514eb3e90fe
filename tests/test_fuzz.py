"""Damaged files are read or refused in one line, within limits on time and memory; other results are found."""

import json
from collections import Counter

import numpy as np
import pytest

from benchmarks import mutations
from geolift.errors import DatasetError
from tests.helpers import corpus

MUTATIONS = 400


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    corpus.write(folder)
    return mutations.find_cases(folder)


def test_damaged_files_are_read_or_refused(cases, tmp_path):
    outcomes = list(mutations.run(cases, range(MUTATIONS), 0, tmp_path))
    assert [outcome.number for outcome in outcomes] == list(range(MUTATIONS))
    failures = [outcome for outcome in outcomes if outcome.result not in ("read", "refused")]
    assert not failures, "\n".join(f"{failure.case}, {failure.reader}: {failure.message}" for failure in failures)
    results = Counter(outcome.result for outcome in outcomes)
    assert min(results["read"], results["refused"]) > MUTATIONS / 10  # neither too little damage nor too much
    assert not list(tmp_path.iterdir())


def test_the_same_seed_makes_the_same_damage(cases, tmp_path):
    for i, case in enumerate(cases):
        before = content(case.path)
        made = [tmp_path / f"{i}{name}{case.path.suffix}" for name in "ab"]
        for path in made:
            mutations.mutate(case.path, path, np.random.default_rng(i))
        if case.path.suffix != ".h5":  # HDF5 keeps the time
            assert content(made[0]) == content(made[1])
        assert content(case.path) == before


def content(path):
    return {file.relative_to(path): file.read_bytes() for file in (path, *path.rglob("*")) if file.is_file()}


def test_errors_in_a_reader_are_found(cases, tmp_path, monkeypatch):
    (path,) = (case.path for case in cases if case.path.name == "mpii.json")
    assert mutations.read(path, "auto") == "read"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"people": 3}))
    assert mutations.read(broken, "auto") == "refused"
    for error in (
        KeyError("x"),
        DatasetError("no path"),
        FileNotFoundError(f"{path}: two\nlines"),
        ValueError(f"{path}: x"),
    ):

        def fail(*_, error=error, **__):
            raise error

        monkeypatch.setattr(mutations, "inspect_file", fail)
        with pytest.raises((KeyError, AssertionError, ValueError)) as caught:
            mutations.read(path, "auto")
        assert not isinstance(caught.value, DatasetError)


def test_bad_files_in_the_corpus_are_refused(tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"bad\.json: no reader takes this undamaged file: .*not recognized"):
        mutations.find_cases(tmp_path)
