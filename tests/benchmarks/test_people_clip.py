"""The rows on one clip, its outputs and short commands do what they say."""

import csv
import subprocess
import sys

import pytest

from benchmarks.people_rows import Files, clip, outputs, startup
from geolift.cli import main
from geolift.output.view.formats import VIEWERS
from geolift.output.write import WRITERS, load_result

FRAMES = 7


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    files = Files(tmp_path_factory.mktemp("people"), frames=FRAMES, stills=1, data="procedural")
    for row in (clip, outputs, startup):
        row.make(files)
    return files


@pytest.fixture
def in_process(monkeypatch):
    """Commands that rows start run here, without another start of Python; the exit code of each."""
    codes = []

    def run(command):
        program = [sys.executable, "-m", "geolift.cli"]
        command = command[3:] if command[:3] == program else command
        try:
            codes.append(main(command))
        except SystemExit as end:  # of --help
            codes.append(end.code)

    for row in (clip, startup):
        monkeypatch.setattr(row, "_run", run)
    return codes


def test_the_clip_is_lifted_with_and_without_refinement(files, in_process):
    notes = {}
    for name, stage in clip.stages(files).items():
        assert stage.count == FRAMES
        stage.run()
        result = load_result(files.folder / "clip.npz")
        assert result.video
        assert result.frame.tolist() == list(range(FRAMES))
        notes[name] = " ".join(result.notes)
    assert in_process == [0, 0]
    assert ["keep their lengths" in of for of in notes.values()] == [True, False], notes


def test_a_short_command_that_fails_ends_the_row():
    with pytest.raises(subprocess.CalledProcessError):
        startup._run(["no-such-command"])


def test_short_commands_end_without_an_error(files, in_process):
    for stage in startup.stages(files).values():
        stage.run()
    assert in_process == [0, 0, 0]
    assert len(load_result(files.folder / "one.npz").frame) == 1


def test_every_ending_is_a_stage_that_writes_its_file(files):
    stages = outputs.stages(files)
    assert set(stages) == {*WRITERS, *VIEWERS}
    assert {stage.count for stage in stages.values()} == {FRAMES}
    for ending in (".csv", ".angles.csv"):
        stages[ending].run()
        with (files.folder / f"clip{ending}").open(newline="") as table:
            assert len(list(csv.DictReader(table))) == FRAMES
    stages["report.html"].run()
    assert len(list(files.folder.glob("*report.html"))) == 1
