"""Every command in the documents is right: the real parser takes it, and what it names exists. It is run, or stands
below a line `# needs ...` that says which data, time or machine it needs."""

import ast
import importlib
import re
import shlex

import numpy as np
import pytest

import geolift.cli
import geolift.supervised.command
from geolift.output import load_result
from geolift.training.schema import ENTRIES
from tests.helpers.documented_commands import blocks, commands, fenced, flags_of, is_module
from tests.helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = {"for", "done", "source", "sudo", "npm", "cd", "git"}  # words of the shell, and other people's programs


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


@pytest.fixture
def parsed(monkeypatch):
    """The `geolift` command, which parses its arguments and does nothing."""
    for module in (geolift.cli, geolift.supervised.command):
        for name in [name for name in vars(module) if name.startswith("run_")]:
            monkeypatch.setattr(module, name, lambda options, **_: None)
    return geolift.cli.main


def config_faults(words):
    """What is wrong with the flags `--config.NAME=VALUE` of a command."""
    for word in words:
        name, _, value = word.removeprefix("--config.").partition("=")
        if not word.startswith("--config.") or "$" in value:
            continue
        entry = ENTRIES.get(name)
        if entry is None:
            yield f"{word}: no such entry"
        elif type(entry.default) is not bool:
            entry.checked(type(entry.default)(value))  # raises ValueError or ConfigError


def check_python(words):
    """`python -m PROGRAM --flag=...`: the program exists and has the flags."""
    program = words[2]
    assert is_module(program), program
    known = flags_of(program)
    given = {word.lstrip("-").partition("=")[0] for word in words[3:] if word.startswith("--")}
    given = {name for name in given if not name.startswith("config.")}
    if program.split(".")[0] in ("launch", "benchmarks"):
        assert given <= known, f"{program}: {given - known}"
    assert list(config_faults(words)) == []


def check_pip(words):
    """`pip install 'geolift[extra]'`: the extra exists."""
    extras = set(re.findall(r'^        "(\w+)": \[', (ROOT / "setup.py").read_text(), re.MULTILINE))
    extras |= {"files", "viz", "export", "tables"}  # given by name in setup.py
    for word in words[2:]:
        for extra in re.findall(r"(?:geolift|\.)\[([\w,]+)\]", word):
            assert set(extra.split(",")) <= extras, word


def check(words, parsed):
    """Raise if a command cannot be right."""
    program = words[0]
    if program == "geolift":
        assert parsed(["bvh" if word == "KIND" else word for word in words[1:]]) == 0
    elif program == "python" and words[1] == "-m" and words[2] != "pytest":
        check_python(words)
    elif program == "python" and words[1].startswith("examples/"):
        text = (ROOT / words[1]).read_text()
        assert [word for word in words if word.startswith("--") and f'"{word}"' not in text] == [], words
    elif program == "pip":
        check_pip(words)
    elif program == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words
    elif program.startswith("launch/"):
        assert (ROOT / program).is_file(), program
        assert list(config_faults(words)) == []
    else:
        assert program in SHELL or words[:3] == ["python", "-m", "pytest"], words


def test_commands_are_parsed(page, parsed, capsys):
    for words in commands(page):
        try:
            check(words, parsed)
        except SystemExit:
            pytest.fail(f"{shlex.join(words)}: {capsys.readouterr().err.splitlines()[-1]}")


def test_programs_that_are_named_import_what_exists(page):
    for block in fenced(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("geolift"):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    assert hasattr(module, alias.name) or is_module(f"{node.module}.{alias.name}"), alias.name


def test_commands_that_are_not_run_say_what_they_need(page):
    """`geolift` is run below; what installs, and make's targets, by .ci/run and .ci/installed."""
    silent = [shlex.join(words) for block in blocks(page) for words, needs in block if not needs]
    silent = [line for line in silent if not line.startswith(("geolift ", "pip install ", "make ", "source "))]
    assert silent == [], "write `# needs DATA, HARDWARE or TIME` above them in their block"


def test_commands_that_need_nothing_are_run(tmp_path, monkeypatch):
    """Page by page, each block from its top, in a folder that has the clone's examples; none twice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = []
    for page in PAGES:
        ours = [words for block in blocks(page) for words, needs in block if words[0] == "geolift" and not needs]
        for words in ours:
            if words not in done:
                assert geolift.cli.main(words[1:]) == 0, f"{page.name}: {shlex.join(words)}"
                done.append(words)
    assert len(done) > 8
    results = [load_result(path) for path in (tmp_path / "geolift_demo").glob("*.npz")]
    assert len(results) > 1 and all(np.isfinite(result.points).any() and result.units == "m" for result in results)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("geolift lift walk.csv -o walk.npz --hight 1.8", SystemExit),
        ("geolift convert nothing a b", SystemExit),
        ("python -m launch.train --config=configs/paper.py --config.sed=1", AssertionError),
        ("python -m launch.train --config.batch_size=0", ValueError),
        ("python -m benchmarks.video --dat=points.npz", AssertionError),
        ("python -m benchmarks.no_such", AssertionError),
        ("pip install 'geolift[everything]'", AssertionError),
        ("make coffee", AssertionError),
        ("geolft lift walk.csv", AssertionError),
    ],
)
def test_a_wrong_command_is_found(command, fault, parsed):
    with pytest.raises(fault):
        check(shlex.split(command), parsed)
