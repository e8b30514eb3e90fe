"""The `geolift` command as people use it, with the weights that come along: files in, files out, or one line."""

import json

import numpy as np
import pytest

import geolift
from geolift import cli
from geolift.geometry import gravity_of
from geolift.keypoints.recognition import FORMATS
from geolift.output.world_text import up_lines, world_lines
from geolift.output.write import load_result, write_result
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17
from tests.helpers.figure import standing
from tests.helpers.keypoint_writers import COCO, coco_results, mmpose, openpose, scene
from tests.helpers.paths import ROOT
from tests.helpers.results import in_world, make_result


@pytest.fixture
def folder(tmp_path, rng):
    """OpenPose's folder of two people in six frames."""
    joints = JOINT_SETS["body25"].source
    return openpose(tmp_path / "openpose", scene(joints, "body25", rng, frames=6))


def test_a_direction_up_may_begin_with_a_minus(tmp_path, capsys):
    """Half of all cameras are rolled so that it does; argparse would take it for an option."""
    command = ["lift", str(ROOT / "examples" / "walk.csv"), "-o", str(tmp_path / "r.npz")]
    assert cli.main([*command, "--up", "-0.1,-1,0"]) == 0
    assert "(as given)" in capsys.readouterr().out
    assert cli.main([*command, "--force", "--up=-0.1,-1,0"]) == 0
    with pytest.raises(SystemExit):
        cli.main([*command, "--force", "--up", "-o"])


def test_a_folder_becomes_everything_that_is_asked_for(folder, tmp_path, capsys):
    outputs = [tmp_path / f"out{suffix}" for suffix in (".npz", ".json", ".csv", ".bvh", ".trc", ".html", ".png")]
    assert cli.main(["lift", str(folder), "--fps", "25", *(x for path in outputs for x in ("-o", str(path)))]) == 0
    printed = capsys.readouterr().out
    for text in (
        "recognized as openpose",
        "12 poses of 2 people in 6 frames",
        "1.7 m (assumed",
        "no pose has head",
        "human-",
    ):
        assert text in printed
    for path in outputs:
        if path.suffix == ".bvh":  # one person a file
            assert sorted(p.name for p in tmp_path.glob(f"out_*{path.suffix}")) == [
                f"out_{i}{path.suffix}" for i in "01"
            ]
        else:
            assert path.stat().st_size > 0 and str(path) in printed
    result = load_result(outputs[0])
    np.testing.assert_array_equal(result.points, load_result(outputs[1]).points)
    np.testing.assert_array_equal(result.points, geolift.lift(folder, fps=25).points)
    assert cli.main(["view", str(outputs[0]), "-o", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_bytes() == outputs[5].read_bytes()


def test_the_tilt_of_the_camera_is_printed_in_one_line():
    def line(up, spread, **changes):
        up = np.float32(np.atleast_2d(up))
        frames = tuple(map(str, range(len(up))))
        return up_lines(make_result()._replace(up=up, up_spread=np.float32(spread), frames=frames, **changes))

    down = -np.asarray(gravity_of(np.radians(18.0), np.radians(4.0)))
    expected = "up: the camera looks down by 18 degrees, rolled counterclockwise by 4 (spread 6 degrees)"
    assert line([down] * 3, [6.0] * 3) == [expected]
    looks_up = -np.asarray(gravity_of(np.radians(-10.0), np.radians(-3.0)))
    expected = "up: the camera looks up by 10 degrees, rolled clockwise by 3 (from one pose)"
    assert line([looks_up], [np.nan], video=False) == [expected]
    images = line([looks_up, down, [np.nan] * 3], [np.nan, 2.0, np.nan], video=False)
    expected = "look down by -10 to 18 degrees (below 0: up), rolled counterclockwise by -3 to 4"
    assert images == [f"up: the cameras of 2 images {expected}"]
    assert line([down, down, looks_up], [6.0] * 3) == [f"up: the cameras of 2 shots {expected}"]
    assert line([[np.nan] * 3], [np.nan]) == up_lines(make_result()) == []


def test_what_is_known_of_the_world_is_printed_in_a_line_each():
    result = in_world(make_result(frames=20))
    sigma = np.full_like(result.uncertainty, 0.04)
    sigma[:4] = 0.09
    lines = world_lines(result._replace(uncertainty=sigma, depth_uncertainty=0.5 * sigma))
    assert lines == [
        "up: the camera looks down by 7 degrees, rolled clockwise by 0 (spread 5 degrees)",
        "floor: 1.50 m below the camera",
        "focal length: 1145 px (1030 to 1374 with 68 % probability), 1.14 times the larger side of the image",
        "uncertainty: half of the joints are within 40 mm, nine of ten within 90 mm, with 68 % probability",
    ]
    assert world_lines(make_result()) == []
    unsure = result._replace(focal=np.float32([900, np.nan, np.nan]), image_size=None, floor=0 * result.floor - 2)
    assert world_lines(unsure)[1:3] == ["floor: 2.00 m below the camera", "focal length: 900 px"]


def test_every_output_is_written_from_a_kept_result(tmp_path, capsys):
    kept = tmp_path / "kept.npz"
    write_result(in_world(make_result(frames=6)), kept)
    outputs = [tmp_path / f"out{suffix}" for suffix in (".json", ".csv", ".bvh", ".trc", ".html", ".png")]
    given = [x for path in outputs for x in ("-o", str(path))]
    assert cli.main(["write", str(kept), *given, "--trust", "60"]) == 0
    printed = capsys.readouterr().out
    assert all(str(path) in printed and path.stat().st_size for path in outputs)
    assert printed.count("world axes: ") == 2 and printed.count("less sure than 60 mm: missing") == 2
    assert "less sure than 60 mm: flagged" in printed and "taken out: the camera looks down by 7 degrees" in printed
    before = outputs[3].read_bytes()
    assert cli.main(["write", str(kept), "-o", str(outputs[3]), "--camera"]) == 0
    assert "camera axes: x right, y up, z towards the camera; as asked for" in capsys.readouterr().out
    assert outputs[3].read_bytes() != before
    assert cli.main(["view", str(kept), "-o", str(tmp_path / "a.bvh")]) == 1
    assert "use geolift write" in capsys.readouterr().err
    assert cli.main(["lift", str(kept), "-o", str(tmp_path / "a.bvh")]) == 1
    assert "found lifted poses, expected keypoints; use geolift write" in capsys.readouterr().err
    write_result(make_result(frames=6), kept)
    assert cli.main(["write", str(kept), "-o", str(outputs[3]), "--trust", "60"]) == 1
    assert "trust: found a result with no uncertainty" in capsys.readouterr().err
    for wrong in ("0", "-3", "much", "nan"):
        with pytest.raises(SystemExit) as end:
            cli.main(["write", str(kept), "-o", str(outputs[3]), f"--trust={wrong}"])
        assert end.value.code == 2 and f"found {wrong!r}" in capsys.readouterr().err


def test_some_people_and_frames_are_written_and_shown(tmp_path, capsys):
    kept, part, page = tmp_path / "kept.npz", tmp_path / "part.json", tmp_path / "part.html"
    write_result(in_world(make_result(people=2, frames=9)), kept)
    chosen = ["--people", "person 1", "--frames", "2:5"]
    assert cli.main(["write", str(kept), "-o", str(part), *chosen]) == 0
    printed = capsys.readouterr().out
    assert "people: 'person 1' of 2 were kept" in printed and "frames: 2 to 4 of 0 to 8 were kept" in printed
    assert (load_result(part).people, len(load_result(part).frames)) == (("person 1",), 3)
    assert cli.main(["view", str(kept), "-o", str(page), *chosen, "--trust", "60"]) == 0
    assert "person 1" in page.read_text() and "person 0" not in page.read_text()
    for wrong in ("7", "a:b", ":", "-3:"):
        with pytest.raises(SystemExit) as end:
            cli.main(["write", str(kept), "-o", str(part), f"--frames={wrong}"])
        assert end.value.code == 2 and f"found {wrong!r}" in capsys.readouterr().err


def test_what_cannot_be_is_refused_before_it_is_lifted_or_written(tmp_path, capsys, rng, monkeypatch):
    """Single images for a format with a time line, options without effect, alternatives of a video."""
    stills = coco_results(tmp_path / "results.json", scene(COCO, "coco17", rng))
    monkeypatch.setattr("geolift.lifting.lift.prepare", None)  # what is not called cannot fail
    good, walk = str(tmp_path / "a.npz"), str(ROOT / "examples" / "walk.csv")
    for arguments, message in (
        ([str(stills), "-o", good, "-o", str(tmp_path / "a.bvh")], "a.bvh: found single images"),
        ([walk, "-o", good, "--camera"], "camera: found with .npz alone"),
        ([walk, "-o", good, "--alternatives", "3"], "alternatives: found a video"),
        ([walk, "-o", good, "--alternatives", "99"], "alternatives: found 99"),
    ):
        assert cli.main(["lift", *arguments]) == 1
        assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("a.*"))


def test_outputs_beside_one_that_fails_are_written_and_named(tmp_path, capsys):
    kept, fine = tmp_path / "kept.npz", [tmp_path / "out.json", tmp_path / "out.csv"]
    nobody = make_result(frames=4)
    write_result(nobody._replace(points=np.full_like(nobody.points, np.nan)), kept)
    outputs = [fine[0], tmp_path / "out.png", fine[1]]
    assert cli.main(["write", str(kept), *(x for path in outputs for x in ("-o", str(path)))]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"geolift: {outputs[1]}: found no bone") and error.count("\n") == 1
    assert f"(written: {fine[0]}, {fine[1]})" in error and all(path.exists() for path in fine)


def test_options_reach_the_lifting(folder, tmp_path):
    out = tmp_path / "out.npz"
    given = "--fps 25 --people largest --height 1.5 --head extrapolate --min-confidence 0 --image-size 640x480"
    assert cli.main(["lift", str(folder), "-o", str(out), *given.split()]) == 0
    result = load_result(out)
    assert len(result.people) == 1 and "1.5 m (as given)" in result.scale
    assert result.filled[:, H36M17.head].any() and np.isfinite(result.position).all()


def test_one_is_singular(tmp_path, rng, capsys):
    table = tmp_path / "walk.csv"
    columns = ",".join(f"{name}_{axis}" for name in H36M17.names for axis in "xy")
    row = ",".join(f"{value:.1f}" for value in (500 + 20 * standing(H36M17.names, "h36m17")).ravel())
    table.write_text(f"frame,{columns}\n0,{row}\n")
    assert cli.main(["lift", str(table), "-o", str(tmp_path / "out.npz")]) == 0
    assert "1 pose of 1 person in 1 frame, lifted by" in capsys.readouterr().out
    assert cli.main(["convert", "keypoints", str(table), str(tmp_path / "data.npz")]) == 0
    printed = capsys.readouterr().out
    assert "1 frame, 1 clip, 17 joints" in printed and "train: 1 frame, 1 subject, 1 action" in printed


def test_help_lists_the_formats_and_an_unknown_one_is_a_wrong_argument(folder, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["inspect", "--help"])
    printed = "".join(capsys.readouterr().out.split())  # lines are broken at hyphens, too
    assert end.value.code == 0 and all(known.name in printed for known in FORMATS)
    with pytest.raises(SystemExit) as end:
        cli.main(["inspect", str(folder), "--from", "kinect"])
    assert end.value.code == 2 and "'kinect'" in capsys.readouterr().err


def test_inspect_says_what_a_file_is(folder, capsys):
    assert cli.main(["inspect", str(folder)]) == 0
    printed = capsys.readouterr().out
    for text in ("openpose", "body25", "left_knee", "warning"):
        assert text in printed


def test_a_lifter_is_exported(tmp_path):
    pytest.importorskip("onnx")
    for name in ("lifter.onnx", "lifter.stablehlo", "copy.safetensors"):
        kind = {"onnx": "onnx", "stablehlo": "stablehlo"}.get(name.rpartition(".")[2], "safetensors")
        assert cli.main(["export", "cmu", str(tmp_path / name), "--format", kind]) == 0
    again = geolift.load(tmp_path / "copy.safetensors")
    assert again.id.rpartition("-")[2] == geolift.load("cmu").id.rpartition("-")[2]  # the same weights


def test_what_is_wrong_is_one_line_that_names_it(folder, tmp_path, capsys, rng):
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps({"boxes": [1, 2]}))
    results = coco_results(tmp_path / "results.json", scene(COCO, "coco17", rng))
    noise = [[person._replace(keypoints=rng.uniform(0, 99, (17, 2))) for person in scene(COCO, "coco17", rng)[0]]]
    unclear = mmpose(tmp_path / "unclear.json", noise)
    cases = [
        (["lift", "nowhere", "-o", "a.npz"], "nowhere: no such file"),
        (["lift", str(folder), "-o", "a.fbx"], "found .fbx, expected one of"),
        (["lift", str(folder), "-o", str(tmp_path / "none" / "b.npz")], "found no folder"),
        (["lift", str(boxes), "-o", "a.npz"], "not recognized"),
        (["lift", str(results), "-o", "a.npz", "--from", "openpose"], "expected an object with 'people'"),
        (["lift", str(folder), "-o", "a.npz", "--model", "best"], "best"),
        (["lift", str(folder), "-o", "a.npz", "--people", "ann"], "found ['ann']"),
        (["lift", str(results), "-o", "a.bvh"], "time line"),
        (["lift", str(unclear), "-o", "a.npz"], "--joints"),
        (["view", str(results), "-o", "a.html"], str(results)),
        (["convert", "mpii", str(results), "a.npz", "--fps", "3"], "mpii: found --fps, expected no options"),
        (["convert", "cmu", str(results), "a.npz", "--from", "coco", "--split-by", "clip"],
         "cmu: found --from, --split-by, expected --seed"),
        (["export", "cmu", str(tmp_path / "none" / "b.onnx"), "--format", "safetensors"], "b.onnx: found no folder"),
        (["export", str(results), "a.onnx", "--format", "onnx"], str(results)),
    ]  # fmt: skip
    for arguments, message in cases:
        assert cli.main([x.replace("a.", str(tmp_path / "a.")) if x.startswith("a.") else x for x in arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("geolift: ") and error.count("\n") == 1 and message in error, (arguments, error)
    assert not list(tmp_path.glob("a.*"))


def test_heights_are_given_for_all_or_by_name(folder, tmp_path, capsys):
    out = tmp_path / "out.npz"
    assert cli.main(["lift", str(folder), "-o", str(out), "--height", "0=1.2,1=1.8"]) == 0
    assert "0 1.2 m, 1 1.8 m (as given)" in load_result(out).scale
    assert cli.main(["lift", str(folder), "-o", str(out), "--force", "--height", "2=1.2"]) == 1
    assert "height: found ['2'], expected names of ['0', '1']" in capsys.readouterr().err
    for wrong in ("tall", "0=1.2,0=1.3", "0=1.2,1.8", "0=", "0=1.2,"):
        with pytest.raises(SystemExit) as end:
            cli.main(["lift", str(folder), "-o", str(out), "--height", wrong])
        assert end.value.code == 2 and f"found {wrong!r}" in capsys.readouterr().err
