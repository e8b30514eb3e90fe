"""The files that the benchmark makes are read as what they should be."""

import resource
import subprocess
import sys

import pytest

from benchmarks.people_rows import Files, clip, reading
from benchmarks.people_rows.measure import line
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints

FORMATS = {"CSV": "table", "OpenPose folder": "openpose", "COCO": "coco", "DeepLabCut CSV": "deeplabcut"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    files = Files(tmp_path_factory.mktemp("people"), frames=7, stills=5, data="procedural")
    reading.make(files)
    return files


@pytest.mark.parametrize("format", reading.VIDEO)
def test_videos_are_one_person_in_each_frame(files, format):
    read = read_keypoints(files.folder / reading.VIDEO[format], options=Options(fps=30))
    assert read.format == FORMATS[format]
    assert read.recording.video
    assert read.recording.frame.tolist() == list(range(7))


@pytest.mark.parametrize("format", reading.STILLS)
def test_stills_are_no_video(files, format):
    read = read_keypoints(files.folder / reading.STILLS[format])
    assert read.format == FORMATS[format]
    assert not read.recording.video
    assert len(read.recording.frames) == len(read.recording.frame) == 5


def test_a_line_leaves_the_first_round_out():
    rounds = {
        "before": [{"cpu": 9.0, "wall": 9.0}, {"cpu": 2.0, "wall": 3.0}],
        "now": [{"cpu": 9.0, "wall": 9.0}, {"cpu": 1.0, "wall": 2.0}],
    }
    assert line("reading: CSV", rounds, 1000) == "| reading: CSV | 2.00 -> 1.00 | 3.00 -> 2.00 | 500 -> 1,000 |"
    took = {name: [one | {"memory": 1500.4 * one["cpu"]} for one in of] for name, of in rounds.items()}
    assert clip.line("clip: CSV", took, 1000).endswith("| 500 -> 1,000 | 3,001 -> 1,500 |")


def test_the_memory_of_a_command_is_counted_and_its_failure_ends_the_benchmark():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # that of this program counts, too
    most = clip._run([sys.executable, "-c", f"b'1' * ({before + 50} << 20)"])["memory"]
    assert before + 50 <= most < before + 150
    with pytest.raises(subprocess.CalledProcessError):
        clip._run([sys.executable, "-c", "raise SystemExit(3)"])
