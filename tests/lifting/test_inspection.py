"""Inspections of keypoints, data sets and lifted poses: what a file holds and what looks wrong in it."""

import json
import re
import shlex
import tempfile
from pathlib import Path

import numpy as np
import pytest

from geolift import cli
from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.lifting.inspection import inspect_file
from geolift.lifting.inspection_text import LINES, WIDTH, describe_inspection
from geolift.lifting.lift import lift
from geolift.output import npz_json
from geolift.output.write import load_result
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers import corpus
from tests.helpers.cases import case
from tests.helpers.results import make_result

JOINTS = JOINT_SETS["coco17"].source
BESIDE = {"nose": "neck", "left_eye": "neck", "right_eye": "neck", "left_ear": "head", "right_ear": "head"}


@pytest.fixture(scope="module")
def coco(people):
    """Keypoints `[P, T, 17, 3]` with confidences of procedural people beside each other, in COCO's joints."""
    clips = [slice(people.start[i], people.stop[i]) for i in np.flatnonzero(people.camera == "camera0")[:3]]
    order = [H36M17.names.index(BESIDE.get(name, name)) for name in JOINTS]
    points = np.stack([people.keypoints[clip][:, order] + [900 * i, 0] for i, clip in enumerate(clips)])
    points[..., 0] += 2 * np.array([name.startswith("left") - name.startswith("right") for name in JOINTS])  # no copies
    return np.concatenate([points, np.full_like(points[..., :1], 0.9)], axis=-1)


def write(path, people, absent=()):
    """Write AlphaPose's JSON; people in `absent`, (person, frame), are left out."""
    results = [
        {"image_id": f"{t}.jpg", "category_id": 1, "keypoints": pose.ravel().tolist(), "score": 2.5, "box": [0]}
        for person, poses in enumerate(people)
        for t, pose in enumerate(poses)
        if (person, t) not in absent
    ]  # fmt: skip
    path.write_text(json.dumps(results))
    return path


def test_a_good_file(coco, tmp_path):
    coco = coco.copy()
    coco[:, :, JOINTS.index("left_ear")] = 0
    coco[0, :5, JOINTS.index("right_wrist")] = 0
    path = write(tmp_path / "alphapose-results.json", coco, absent=[(1, 4), (2, 5)])
    found = inspect_file(path, options=Options(fps=10.0, image_size=(3000.0, 1000.0)))
    frames = coco.shape[1]
    assert (found.format, found.joint_set, found.joints) == ("alphapose", "coco17", JOINTS)
    assert (found.frames, found.people, found.detections) == (frames, 3, 3 * frames - 2)
    assert found.video and not found.tracked and found.fps == 10 and found.image_sizes == ((3000.0, 1000.0),)
    np.testing.assert_allclose(found.missing[JOINTS.index("left_ear")], 1)
    np.testing.assert_allclose(found.missing[JOINTS.index("right_wrist")], 5 / found.detections)
    assert found.warnings == ()  # a joint that a file lacks is no fault; it is listed
    said = describe_inspection(found)
    for part in (
        "alphapose-results.json: alphapose", "coco17, 17: nose, left_eye", "10 frames, 10 frames per second",
        "3 people (followed by geolift", "28 detections", "3000 x 1000", "left_ear 100%, right_wrist 18%",
        "no warnings",
    ):  # fmt: skip
        assert part in " ".join(said.split())
    assert inspect_file(path, format="alphapose").joint_set == "coco17"


def test_the_joint_set_is_that_of_the_anatomy_or_as_asked(coco, people, tmp_path):
    rows = slice(people.start[0], people.stop[0])
    human36m = np.concatenate([people.keypoints[rows], people.confidence[rows][..., None]], axis=-1)
    found = inspect_file(write(tmp_path / "poses.json", human36m[None]), options=Options(joints="coco17"))
    assert any("they look like h36m17, not like coco17" in sentence for sentence in found.warnings)
    right = inspect_file(write(tmp_path / "poses.json", human36m[None]))
    assert right.warnings == () and right.joint_set == "h36m17" and "no warnings" in describe_inspection(right)


def test_a_data_set(people, people_file, tmp_path):
    found = inspect_file(people_file)
    assert found.joint_set == "h36m17" and found.detections == found.frames == people.frames
    assert found.people == len(people.start) and found.tracked and found.warnings == () and not found.missing.any()
    said = describe_inspection(found)
    assert "3D points" in said and "train" in said and "intrinsics" in said
    plain = tmp_path / "plain.npz"
    save_dataset(people.without_3d()._replace(intrinsics=None, source=""), plain)
    holds = inspect_file(plain).holds
    assert any("no 3D points, no intrinsics" in line for line in holds) and "source: not given" in holds


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_lifted_poses(suffix, tmp_path):
    result = make_result(people=2)
    path = tmp_path / f"poses.{suffix}"
    {"npz": npz_json.write_npz, "json": npz_json.write_json}[suffix](result, path)
    found = inspect_file(path)
    assert found.format == npz_json.FORMAT and found.joint_set == "h36m17" and found.notes == result.notes
    assert (found.people, found.frames, found.detections) == (2, len(result.frames), len(result.frame))
    assert (
        found.warnings == ()
        and "3D points of 17 joints in m" in describe_inspection(found)
        and result.model in describe_inspection(found)
    )


def screen(found):
    """The text of an inspection, which fits on a screen."""
    said = describe_inspection(found).splitlines()
    assert len(said) <= LINES and all(len(line) <= WIDTH for line in said if not line.startswith("  run: "))
    return "\n".join(said)


def run(found, folder, monkeypatch, capsys):
    """Run the command of an inspection in a folder, as a shell would."""
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(found.command)
    assert program == "geolift" and cli.main(arguments) == 0, (found.command, capsys.readouterr().err)
    return arguments


def test_the_command_of_every_format_lifts_it(tmp_path, monkeypatch, capsys):
    corpus.write(tmp_path / "my files")
    work = tmp_path / "work"
    work.mkdir()
    lifted, refused = 0, {}
    for path in sorted((tmp_path / "my files").iterdir()):
        if path.name.startswith("archive_"):  # for converters
            continue
        try:
            found = inspect_file(path)
        except DatasetError as error:
            refused[path.name] = str(error)
            continue
        screen(found)
        if found.refused:
            refused[path.name] = found.refused
            with pytest.raises(DatasetError, match=re.escape(found.refused)):
                lift(path)
            continue
        arguments = run(found, work, monkeypatch, capsys)
        if arguments[0] == "view":
            continue
        lifted += 1
        result = load_result(work / arguments[arguments.index("-o") + 1])
        if lifted % 5 == 0:
            np.testing.assert_array_equal(result.points, lift(path).points)
    assert lifted > 20 and all("--" in error for error in refused.values()), refused


def test_what_was_asked_for_is_in_the_command(coco, tmp_path, monkeypatch, capsys):
    path = write(tmp_path / "it's; poses.json", coco)
    options = Options(fps=12.5, image_size=(3000.0, 1000.0), min_score=0.5)
    how = {"people": ["1", "2"], "min_confidence": 0.2, "head": "extrapolate", "model": "cmu"}
    found = inspect_file(path, format="alphapose", options=options, **how)
    assert found.people == 2
    arguments = run(found, tmp_path, monkeypatch, capsys)
    assert arguments[:2] == ["lift", str(path)] and "--image-size 3000x1000" in found.command
    result = load_result("it_s_poses_3d.npz")
    again = lift(path, format="alphapose", fps=12.5, image_size=(3000.0, 1000.0), min_score=0.5, **how)
    np.testing.assert_array_equal(result.points, again.points)
    assert result.model.startswith("cmu") and result.people == ("1", "2")


def test_the_command_replaces_earlier_results_only(coco, tmp_path, monkeypatch, capsys):
    path = write(tmp_path / "walk.json", coco)
    run(inspect_file(path), tmp_path, monkeypatch, capsys)
    assert "-o walk_3d.npz -o walk_3d.html" in inspect_file(path).command
    (tmp_path / "walk_3d.html").write_text("mine")
    assert "-o walk_3d_2.npz -o walk_3d_2.html" in inspect_file(path).command
    run(inspect_file(path), tmp_path, monkeypatch, capsys)
    (tmp_path / "-v.json").write_bytes(path.read_bytes())
    run(inspect_file("-v.json"), tmp_path, monkeypatch, capsys)


def test_a_screen_is_enough_whatever_is_in_the_file(coco):
    found = inspect_file_of(coco)
    long = found._replace(
        path="a/" * 300 + "\x1b[31m", why="why " * 200, joints=("joint",) * 500, missing=np.ones(500),
        warnings=tuple(f"{i} " + "warned " * 60 for i in range(9)), notes=tuple(f"note {i}" for i in range(99)),
        refused="not " * 300,
    )  # fmt: skip
    said = screen(long)
    assert "\x1b" not in said and "0 warned" in said and "more lines, which geolift lift prints" in said
    assert "more line" not in screen(found._replace(notes=("note",) * 3))


def inspect_file_of(coco):
    with tempfile.TemporaryDirectory() as folder:
        return inspect_file(write(Path(folder) / "walk.json", coco))


def test_the_notes_are_those_of_the_lift(coco, tmp_path):
    turned = coco.copy()
    turned[..., 0], turned[..., 1] = 1000 - coco[..., 1], coco[..., 0]
    turned[0, :, 16, 2] = 0.01
    path = write(tmp_path / "turned.json", turned)
    found, result = inspect_file(path, options=Options(fps=10.0)), lift(path, fps=10.0, refine=False)
    *others, turned = found.notes
    assert set(others) <= set(result.notes) and "lie across the image or head down" in turned
    assert any("the results turned back" in note for note in result.notes)
    assert {f"warning: {sentence}" for sentence in found.warnings} == {
        note for note in result.notes if note.startswith("warning: ")
    }


def test_joints_that_jump_and_sides_that_are_exchanged_are_noted_with_their_frames(tmp_path):
    clean = case("single-joint-spikes/clean.csv")
    assert not [note for note in inspect_file(clean).notes if "jump" in note or "exchanged" in note]
    header, *rows = [line.split(",") for line in clean.read_text().splitlines()]
    wrist = header.index("left_wrist_x")
    legs = [i for i, name in enumerate(header) if any(part in name for part in ("hip", "knee", "ankle"))]
    for row in rows[20:22]:
        row[wrist] = str(float(row[wrist]) + 200)
    for row in rows[50:55]:
        given = dict(zip(header, row, strict=True))
        for i in legs:
            side, rest = header[i].split("_", 1)
            row[i] = given[f"{'right' if side == 'left' else 'left'}_{rest}"]
    wrong = tmp_path / "walk.csv"
    wrong.write_text("\n".join(",".join(row) for row in (header, *rows)))
    notes = inspect_file(wrong).notes
    assert "2 joints jump away and back: counted as missing: left_wrist (frames 20 to 21)" in notes
    assert "left and right were exchanged and are changed back: legs in frames 50 to 54" in notes


def test_what_lift_refuses_is_refused_with_its_words(coco, tmp_path, capsys):
    (tmp_path / "dog.csv").write_text("frame,tail_x,tail_y,nose_x,nose_y\n0,1,2,3,4\n1,2,3,4,5\n")
    assert cli.main(["inspect", str(tmp_path / "dog.csv")]) == 1
    said = capsys.readouterr()
    assert "2: tail, nose" in said.out and "run:" not in said.out and "--skeleton" in said.err
    assert cli.main(["lift", str(tmp_path / "dog.csv"), "-o", str(tmp_path / "a.npz")]) == 1
    assert capsys.readouterr().err == said.err


def test_a_data_set_of_another_body_is_trained_on(people, tmp_path):
    skeleton = Skeleton(("tail", "nose"), (-1, 0), (), (), 1)
    data = people.without_3d()._replace(
        skeleton=skeleton, keypoints=people.keypoints[:, :2], confidence=people.confidence[:, :2], gravity=None
    )
    save_dataset(data, tmp_path / "dog.npz")
    found = inspect_file(tmp_path / "dog.npz")
    assert "launch.train" in found.command and "dog.npz" in found.command and not found.refused
    screen(found)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        inspect_file(tmp_path / "nothing.json")
