"""Written results: other programs' readers find the same points, left stays left, missing joints stay missing."""

import csv
import importlib
import json
import re
import sys
import warnings

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.data.cameras import look_at
from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.output.mocap.rigid_bones import euler
from geolift.output.result import AXES, Result, check_result
from geolift.output.write import WRITERS, Written, load_result, write_result
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.results import make_result, with_gaps

JOINT = H36M17.names.index
MILLIMETRE = 1e-3
LOSSLESS, ALONE, TIMED = (".npz", ".json"), (".bvh", ".trc"), (".bvh", ".c3d", ".trc")
ODD_NAMES = ("a/b", 'say "hi", she said', "=1+1\nline", "日本 é", "../..", "\udce9")


def library(name):
    """An independent reader; some warn on import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            pytest.skip(f"needs {name} (pip install 'geolift[test]')")


def read_c3d(path):
    """`{label: [T, 3]}` in metres and camera axes, NaN where the residual is negative; by py-c3d."""
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # that there is no analog data
        reader = library("c3d").Reader(file)
        scale = {"mm": 1e-3, "m": 1.0}[reader.get("POINT:UNITS").string_value.strip()]
        screen = [reader.get(f"POINT:{axis}_SCREEN").string_value.strip() for axis in "XY"]
        frames = np.array([points for _, points, _ in reader.read_frames()], np.float64)
        labels = [label.strip() for label in reader.point_labels]
    assert screen == ["+X", "+Z"]
    frames[frames[..., 3] < 0] = np.nan
    x, y, z = scale * np.moveaxis(frames[..., :3], -1, 0)
    return dict(zip(labels, np.stack([x, -z, y], axis=-1).swapaxes(0, 1), strict=True))


def trc_cells(path):
    """Header values by name, marker names, and rows of cells: all that the tabs separate."""
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0].split("\t") == ["PathFileType", "4", "(X/Y/Z)", path.name]
    assert lines[5] == lines[-1] == ""
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    names = lines[3].split("\t")
    assert names[:2] == ["Frame#", "Time"]
    assert lines[4].split("\t")[:5] == ["", "", "X1", "Y1", "Z1"]
    assert all(line.endswith("\t") and line.count("\t") == lines[4].count("\t") for line in lines[6:-1])
    return header, names[2:-1:3], [line.split("\t")[:-1] for line in lines[6:-1]]


def read_trc(path):
    """`{name: [T, 3]}` in metres and camera axes, NaN for blanks."""
    header, names, rows = trc_cells(path)
    assert header["Units"] == "m"
    assert int(header["NumFrames"]) == len(rows)
    assert int(header["NumMarkers"]) == len(names)
    cells = np.array([[float(cell or "nan") for cell in row[2:]] for row in rows]).reshape(len(rows), -1, 3)
    return dict(zip(names, cells.swapaxes(0, 1) * (1, -1, -1), strict=True))


def read_bvh(path):
    """`{name: [T, 3]}` in metres and camera axes; forward kinematics by pybvh."""
    motion = library("pybvh").read_bvh_file(path)
    return dict(zip(motion.joint_names, motion.joint_positions().swapaxes(0, 1) * (0.01, -0.01, -0.01), strict=True))


def read_csv(path):
    """`{name: [N, 3]}` in metres and camera axes, NaN for empty cells."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["units"], row["axes"]) for row in rows} == {("m", AXES)}

    def column(name):
        return np.array([[float(row[f"{name}_{axis}"] or "nan") for axis in "xyz"] for row in rows])

    return {name: column(name) + np.nan_to_num(column("root")) for name in H36M17.names}


READERS = {".c3d": read_c3d, ".trc": read_trc, ".bvh": read_bvh, ".csv": read_csv}


def points_of(read, names=H36M17.names):
    """`[T, J, 3]` of joints by name."""
    return np.stack([read[name] for name in names], axis=1)


def world_points(result):
    return result.points.astype(np.float64) + result.position[:, None]


def filmed(world):
    """A result of one person's `[T, 17, 3]` world points, z up, seen from a camera that looks down at them."""
    camera = look_at(world[0, 0] + [3.0, 4.0, 1.5], world[0, 0])
    seen = (world - camera.centre) @ camera.camera_from_world.T
    root = seen[:, [H36M17.root]]
    return make_result(
        frames=len(world), points=(seen - root).astype(np.float32), position=root[:, 0].astype(np.float32)
    )


def equal(a, b):
    """Whether two results are the same, bit by bit, types included."""
    for key in Result._fields:
        one, two = getattr(a, key), getattr(b, key)
        assert type(one) is type(two), key
        if isinstance(one, np.ndarray):
            assert one.dtype == two.dtype, key
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f"), key
            assert one.dtype.kind != "f" or np.array_equal(np.signbit(one), np.signbit(two)), key
        else:
            assert one == two, key
    return True


def without_rows(result, gone):
    """`result` without the rows of `[N]` bool `gone`: there the person is absent."""
    return result.select_rows(~gone)


@pytest.fixture(autouse=True)
def writer(request):
    """C3D is written by a library, too."""
    if "callspec" in vars(request.node) and request.node.callspec.params.get("suffix") == ".c3d":
        library("ezc3d")


@pytest.fixture(scope="module")
def one():
    return make_result(frames=40)


@pytest.fixture(scope="module")
def two():
    return make_result(people=2, frames=12)


# The contract


@pytest.mark.parametrize(
    ("field", "change"),
    {
        "points": lambda r: r.points.astype(np.float64),
        "position": lambda r: r.position[:-1],
        "keypoints": lambda r: np.where(np.arange(2) == 0, np.nan, r.keypoints).astype(np.float32),
        "confidence": lambda r: r.confidence + 1,
        "filled": lambda r: ~r.filled,
        "frame": lambda r: r.frame[::-1].copy(),
        "person": lambda r: 1 - r.person,
        "people": lambda r: ("same", "same"),
        "frames": lambda r: list(r.frames),
        "fps": lambda r: float("nan"),
        "image_size": lambda r: 0 * r.image_size,
        "units": lambda r: "mm",
        "scale": lambda r: None,
        "skeleton": lambda r: r.skeleton._replace(parents=(-1,) * 17),
    }.items(),
)
def test_a_wrong_result_is_refused(two, field, change, tmp_path):
    assert check_result(two, "here") is two
    with pytest.raises(DatasetError, match=rf"^here: .*{'confidence' if field == 'filled' else field}") as error:
        check_result(two._replace(**{field: change(two)}), "here")
    assert "\n" not in str(error.value)
    with pytest.raises(DatasetError):
        write_result(two._replace(**{field: change(two)}), tmp_path / "out.npz")
    assert not list(tmp_path.iterdir())


def test_infinite_points_and_roots_elsewhere_are_refused(one):
    with pytest.raises(DatasetError, match=r"^here: points: .*finite"):
        check_result(one._replace(points=np.full_like(one.points, np.inf)), "here")
    with pytest.raises(DatasetError, match=r"^here: points: found a root 1 off"):
        check_result(one._replace(points=one.points + np.float32([1, 0, 0])), "here")


# npz and JSON


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"image_size": None, "notes": (), "units": "normalised", "fps": 30000 / 1001},
        {"video": False, "fps": 0.0, "people": ODD_NAMES[:2], "source": "\\ \t'\"", "scale": "5 ± 1 °"},
        {"position": np.full((24, 3), np.nan, np.float32), "skeleton": H36M17._replace(left=(), right=())},
    ],
)
def test_nothing_is_lost(suffix, changes, two, tmp_path):
    result = with_gaps(two)._replace(**changes)
    written = write_result(result, tmp_path / f"out{suffix}")
    assert written == Written((tmp_path / f"out{suffix}",), ())
    assert equal(load_result(written.paths[0]), result)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_every_float32_comes_back(suffix, one, rng, tmp_path):
    bits = rng.integers(0, 2**32, one.points.shape, dtype=np.uint64).astype(np.uint32).view(np.float32)
    points = np.where(np.isfinite(bits), bits, np.float32(-0.0))
    points[:, H36M17.root] = 0
    result = one._replace(points=points)
    write_result(result, tmp_path / f"out{suffix}")
    assert equal(load_result(tmp_path / f"out{suffix}"), result)


def test_json_is_strict_and_npz_holds_no_objects(two, tmp_path):
    result = with_gaps(two)
    for suffix in LOSSLESS:
        write_result(result, tmp_path / f"out{suffix}")

    def refuse(constant):
        raise AssertionError(constant)

    entries = json.loads((tmp_path / "out.json").read_text(encoding="ascii"), parse_constant=refuse)
    assert entries["version"] == 1
    assert entries["axes"] == AXES
    assert entries["points"][0][H36M17.root] == [0.0, 0.0, 0.0]
    with np.load(tmp_path / "out.npz", allow_pickle=False) as arrays:
        assert set(arrays) == set(entries)
        np.testing.assert_array_equal(arrays["points"], result.points)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: [e], "without names"),
        (lambda e: e | {"version": 2}, "version: found 2, expected 1"),
        (lambda e: e | {"axes": "z up"}, "axes: found 'z up'"),
        (lambda e: {k: v for k, v in e.items() if k != "points"}, r"\['points'\] missing"),
        (lambda e: e | {"pionts": e["points"]}, r"found \['pionts'\]"),
        (lambda e: e | {"points": e["points"][1:]}, "points: found float32"),
        (lambda e: e | {"points": [*e["points"][1:], [[1]]]}, "points: "),
        (lambda e: e | {"points": e["points"][0]}, "points: found float32 .* with 3 axes"),
        (lambda e: e | {"position": [[float("nan")] * 3] * 40}, "NaN is not a number in JSON"),
        (lambda e: e | {"frame": [i + 0.5 for i in e["frame"]]}, "frame: found float64"),
        (lambda e: e | {"frame": [2**70] * 40}, "frame: found object"),
        (lambda e: e | {"video": 1}, "video: found int64"),
        (lambda e: e | {"people": 7}, "people: found int64"),
        (lambda e: e | {"parents": [0] * 17}, "skeleton: "),
    ],
)
def test_damaged_json_is_refused(change, message, one, tmp_path):
    path = tmp_path / "out.json"
    write_result(one, path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(DatasetError, match=rf"^{re.escape(str(path))}: .*{message}") as error:
        load_result(path)
    assert "\n" not in str(error.value)


def test_other_files_are_refused(one, people, tmp_path):
    path = tmp_path / "out.json"
    write_result(one, path)
    for content in (path.read_bytes()[:-1000], b"", b"\xff\xfe", b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="found no JSON"):
            load_result(path)
    path = tmp_path / "out.npz"
    save_dataset(people, path)
    with pytest.raises(DatasetError, match="no poses written by geolift"):
        load_result(path)
    np.savez(path, points=np.array([{}], object))
    with pytest.raises(DatasetError, match="pickled objects"):
        load_result(path)
    for load in (tmp_path / "no.npz", tmp_path / "no.json"):
        with pytest.raises(FileNotFoundError, match="no such file"):
            load_result(load)
    with pytest.raises(DatasetError, match=r"'\.csv', expected one of \.npz, \.json"):
        load_result(tmp_path / "out.csv")


# Every format


@pytest.mark.parametrize("suffix", READERS)
def test_others_read_the_same_points(suffix, one, tmp_path):
    (path,) = write_result(one, tmp_path / f"out{suffix}").paths
    points = points_of(READERS[suffix](path))
    assert np.abs(points - world_points(one)).max() < 0.1 * MILLIMETRE


@pytest.mark.parametrize("suffix", [".c3d", ".trc"])
def test_others_read_real_motion(suffix, cmu_file, tmp_path):
    result = filmed(real_motion(cmu_file))
    (path,) = write_result(result, tmp_path / f"out{suffix}").paths
    assert np.abs(points_of(READERS[suffix](path)) - world_points(result)).max() < 0.1 * MILLIMETRE


def real_motion(cmu_file):
    """5 s of a cartwheel."""
    with np.load(cmu_file) as data:
        clip = int(np.flatnonzero(data["action"] == "cartwheel")[0])
        return data["positions"][data["start"][clip] : data["stop"][clip]][:150].astype(np.float64)


@pytest.mark.parametrize("suffix", TIMED)
def test_left_stays_left(suffix, one, tmp_path):
    """As written, without undoing the axes: the volume that three bones span keeps its sign."""
    (path,) = write_result(one, tmp_path / f"out{suffix}").paths
    back = {".c3d": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]}.get(suffix, [[1, 0, 0], [0, -1, 0], [0, 0, -1]])
    raw = points_of(READERS[suffix](path)) @ np.linalg.inv(back).T
    bones = [JOINT("left_shoulder"), JOINT("thorax"), JOINT("left_wrist")]
    volume = [np.linalg.det(points[:, bones] - points[:, [JOINT("pelvis")]]) for points in (raw, one.points)]
    np.testing.assert_allclose(volume[0], volume[1], atol=1e-5)
    up = 2 if suffix == ".c3d" else 1
    assert (raw[:, JOINT("head"), up] > raw[:, JOINT("left_ankle"), up] + 0.5).all()


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("frames", [1, 3])
def test_few_frames(suffix, frames, one, tmp_path):
    few = make_result(frames=frames)
    (path,) = write_result(few, tmp_path / f"out{suffix}").paths
    if suffix in READERS:
        assert np.abs(points_of(READERS[suffix](path)) - world_points(few)).max() < MILLIMETRE


@pytest.mark.parametrize("suffix", [".c3d", ".trc", ".csv"])
def test_missing_joints_are_blank(suffix, one, tmp_path):
    result = with_gaps(one)
    missing = np.isnan(result.points)
    absent = np.isin(result.frame, (0, 1, 7, 39))
    (path,), notes = write_result(without_rows(result, absent), tmp_path / f"out{suffix}")
    if suffix == ".csv":  # a row for each pose, none for absence
        missing = missing[~absent]
        assert not notes
    else:
        missing[absent] = True
        assert any("absent in 4 of 40 frames" in note for note in notes)
    np.testing.assert_array_equal(np.isnan(points_of(READERS[suffix](path))), missing)


@pytest.mark.parametrize("suffix", TIMED)
def test_unknown_positions(suffix, one, tmp_path):
    nowhere = np.full_like(one.position, np.nan)
    (path,), notes = write_result(one._replace(position=nowhere), tmp_path / f"out{suffix}")
    assert any("no position is known" in note for note in notes)
    assert np.abs(points_of(READERS[suffix](path)) - one.points).max() < MILLIMETRE

    some = np.where((one.frame < 3)[:, None], nowhere, one.position)
    (path,), notes = write_result(one._replace(position=some), tmp_path / f"out{suffix}")
    points = points_of(READERS[suffix](path))
    assert np.abs(points[3:] - world_points(one)[3:]).max() < MILLIMETRE
    assert any("3 of 40 poses have no position: " in note for note in notes)
    if suffix == ".bvh":  # the pose is known
        assert np.abs(points[:3] - one.points[:3] - one.position[3]).max() < MILLIMETRE
    else:
        assert np.isnan(points[:3]).all()


@pytest.mark.parametrize("suffix", TIMED)
def test_normalised_lengths_are_written_as_they_are(suffix, one, tmp_path):
    (path,), notes = write_result(one._replace(units="normalised"), tmp_path / f"out{suffix}")
    assert sum("the size is not known" in note for note in notes) == 1
    factor = 100 if suffix == ".bvh" else 1  # the reader takes lengths for centimetres
    assert np.abs(factor * points_of(READERS[suffix](path)) - world_points(one)).max() < MILLIMETRE


@pytest.mark.parametrize("suffix", TIMED)
def test_a_time_line_needs_a_video_and_a_rate(suffix, one, tmp_path):
    path = tmp_path / f"out{suffix}"
    with pytest.raises(DatasetError, match=rf"out{suffix}: found single images.*use \.npz or \.json or \.csv"):
        write_result(one._replace(video=False, fps=0.0), path)
    assert not list(tmp_path.iterdir())
    _, notes = write_result(one._replace(fps=0.0), path)
    assert "the frame rate is unknown: 30 frames per second were written" in notes
    assert (path.read_bytes() == write_result(one, path).paths[0].read_bytes()) and one.fps == 30


@pytest.mark.parametrize("suffix", WRITERS)
def test_several_people(suffix, two, tmp_path):
    two = without_rows(two, (two.person == 1) & (two.frame < 4))
    paths, notes = write_result(two, tmp_path / f"out{suffix}")
    if suffix in ALONE:
        assert [path.name for path in paths] == [f"out_person_0{suffix}", f"out_person_1{suffix}"]
        read = [points_of(READERS[suffix](path)) for path in paths]
        assert any(note.startswith(f"out_person_1{suffix}: absent in 4 of 12 frames: ") for note in notes)
    else:
        assert [path.name for path in paths] == [f"out{suffix}"]
    if suffix == ".c3d":
        labels = read_c3d(paths[0])
        read = [points_of(labels, [f"{person}:{joint}" for joint in H36M17.names]) for person in two.people]
    elif suffix == ".csv":
        rows = points_of(read_csv(paths[0]))
        read = [rows[two.person == i] for i in range(2)]
    elif suffix in LOSSLESS:
        assert equal(load_result(paths[0]), two)
        return
    for i in range(2):
        expected = world_points(two)[two.person == i]
        assert np.abs(read[i][-len(expected) :] - expected).max() < MILLIMETRE


def test_a_bvh_keeps_the_pose_of_an_absent_person(two, tmp_path):
    two = without_rows(two, (two.person == 1) & ((two.frame < 4) | (two.frame == 8)))
    paths, _ = write_result(two, tmp_path / "out.bvh")
    points = points_of(read_bvh(paths[1]))
    for frame, shown in {0: 4, 3: 4, 8: 7}.items():
        np.testing.assert_allclose(points[frame], points[shown], atol=1e-9)


@pytest.mark.parametrize("suffix", WRITERS)
def test_odd_names(suffix, tmp_path):
    result = make_result(people=6, frames=2)._replace(people=ODD_NAMES, frames=("a,b", 'c"d\n'))
    paths, notes = write_result(result, tmp_path / f"out{suffix}")
    assert all(path.parent == tmp_path and path.exists() for path in paths)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    assert len(paths) == (6 if suffix in ALONE else 1)
    if suffix in ALONE:
        assert paths[0].name == f"out_a_b{suffix}"
        assert f"out_a_b{suffix} is 'a/b'" in notes
    if suffix == ".csv":
        with paths[0].open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["person"] for row in rows[::2]] == [*ODD_NAMES[:-1], r"\udce9"]
        assert [row["frame_name"] for row in rows[:2]] == list(result.frames)
    if suffix == ".c3d":
        ezc3d = library("ezc3d")
        labels = ezc3d.c3d(str(paths[0]))["parameters"]["POINT"]["LABELS"]["value"]
        assert labels[:-17] == [f"{person}:{joint}" for person in ODD_NAMES[:-1] for joint in H36M17.names]


@pytest.mark.parametrize("people", [("a/b", "a_b"), ("Ann", "ann"), ("x" * 300, "y")])
def test_names_that_no_two_files_can_have_become_numbers(people, two, tmp_path):
    paths, notes = write_result(two._replace(people=people), tmp_path / "out.trc")
    assert [path.name for path in paths] == ["out_0.trc", "out_1.trc"]
    assert [note for note in notes if " is " in note] == [f"out_{i}.trc is {people[i]!r}" for i in range(2)]


def test_a_person_without_lifted_poses_gets_no_file(two, tmp_path):
    points = np.where(two.person[:, None, None] == 0, np.nan, two.points).astype(np.float32)
    paths, notes = write_result(two._replace(points=points), tmp_path / "out.bvh")
    assert [path.name for path in paths] == ["out_person_1.bvh"]
    assert "no file for 'person 0', of whom nothing was lifted" in notes
    with pytest.raises(DatasetError, match="found no lifted point"):
        write_result(two._replace(points=np.full_like(points, np.nan)), tmp_path / "out.bvh")


def test_files_appear_whole_or_not_at_all(one, tmp_path):
    for name in ("out.mp4", "out", "out.npz.txt"):
        with pytest.raises(DatasetError, match=r"expected one of \.npz, \.json, \.csv, \.bvh, \.c3d, \.trc"):
            write_result(one, tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        write_result(one, tmp_path / "no" / "out.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(DatasetError, match="found a folder"):
        write_result(one, tmp_path / "folder.npz")
    (tmp_path / "folder.npz").rmdir()
    library("ezc3d")
    path = tmp_path / "out.C3D"
    write_result(one, path)
    before = path.read_bytes()
    long = one.skeleton._replace(names=("x" * 256, *one.skeleton.names[1:]))
    with pytest.raises(DatasetError, match=rf"^{re.escape(str(path))}: found .*names of at most 255 bytes"):
        write_result(one._replace(skeleton=long), path)
    assert [found.name for found in tmp_path.iterdir()] == ["out.C3D"]
    assert path.read_bytes() == before


# C3D, CSV and TRC


def test_c3d_without_ezc3d(one, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(DatasetError, match=r"out\.c3d: \.c3d needs .*pip install 'geolift\[files\]'"):
        write_result(one, tmp_path / "out.c3d")
    assert not list(tmp_path.iterdir())


def test_more_than_c3d_can_count_is_refused(one, tmp_path):
    library("ezc3d")
    with pytest.raises(DatasetError, match="found 17 points in 65536 frames, expected at most 65535"):
        write_result(one._replace(frames=("",) * 65536, image_size=None), tmp_path / "out.c3d")


def test_c3d_rate_and_many_labels(tmp_path):
    ezc3d = library("ezc3d")
    result = make_result(people=20, frames=2, fps=59.94)
    (path,) = write_result(result, tmp_path / "out.c3d").paths
    file = ezc3d.c3d(str(path))
    assert file["header"]["points"]["frame_rate"] == pytest.approx(59.94)
    point = file["parameters"]["POINT"]
    assert len(point["LABELS"]["value"] + point["LABELS2"]["value"]) == file["data"]["points"].shape[1] == 340


def test_csv_keeps_every_number(two, tmp_path):
    result = with_gaps(two)
    (path,) = write_result(result, tmp_path / "out.csv").paths
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == result.frame.tolist()
    assert [float(row["seconds"]) for row in rows] == pytest.approx(result.frame / 30, abs=1e-6)
    parts = {"xyz": result.points, "uv": result.keypoints}
    for i, name in enumerate(H36M17.names):
        for axes, values in parts.items():
            found = np.float32([[row[f"{name}_{axis}"] or "nan" for axis in axes] for row in rows])
            np.testing.assert_array_equal(found, values[:, i])
        np.testing.assert_array_equal(np.float32([row[f"{name}_confidence"] for row in rows]), result.confidence[:, i])
        assert [row[f"{name}_filled"] == "1" for row in rows] == result.filled[:, i].tolist()
    (path,) = write_result(result._replace(video=False, fps=0.0), tmp_path / "out.csv").paths
    with path.open(newline="", encoding="utf-8") as file:
        assert {row["seconds"] for row in csv.DictReader(file)} == {""}


def test_trc_as_its_reader_has_it(tmp_path):
    result = make_result(frames=10, fps=29.97)
    (path,) = write_result(result, tmp_path / "out.trc").paths
    data = library("trc").TRCData()
    data.load(path)
    assert data["Markers"] == list(H36M17.names)
    assert data["DataRate"] == 29.97
    assert data["Frame#"] == list(range(1, 11))
    np.testing.assert_allclose(data["Time"], np.arange(10) / 29.97, atol=1e-6)
    points = np.stack([data[name] for name in H36M17.names], axis=1) * (1, -1, -1)
    assert np.abs(points - world_points(result)).max() < 0.1 * MILLIMETRE


# BVH


def lengths(points, skeleton=H36M17):
    """`[T, J - 1]`."""
    parents, children = np.array(skeleton.bones).T
    return np.linalg.norm(points[:, children] - points[:, parents], axis=-1)


def allowance(points, skeleton=H36M17):
    """`[T, J]`: how far off rigid bones leave each joint at most: what the bones above it differ from their medians."""
    known = lengths(points, skeleton)
    off = dict(zip([child for _, child in skeleton.bones], np.abs(known - np.median(known, axis=0)).T, strict=True))
    sums = np.zeros(points.shape[:2])
    for joint in range(len(skeleton.names)):
        above = joint
        while skeleton.parents[above] >= 0:
            sums[:, joint] += off[above]
            above = skeleton.parents[above]
    return sums


def test_two_libraries_agree_on_a_bvh(one, tmp_path):
    few = make_result(frames=5)
    (path,) = write_result(few, tmp_path / "out.bvh").paths
    root = library("bvhio").readAsHierarchy(str(path))
    points = np.zeros((5, 17, 3))
    for frame in range(5):
        root.loadPose(frame)
        places = {joint.Name: list(joint.PositionWorld) for joint, _, _ in root.layout()}
        points[frame] = [places[name] for name in H36M17.names]
    assert np.abs(0.01 * points * (1, -1, -1) - world_points(few)).max() < 0.1 * MILLIMETRE


def test_bvh_of_real_motion_differs_by_bone_lengths_only(cmu_file, tmp_path):
    result = filmed(real_motion(cmu_file))
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    points, expected = points_of(read_bvh(path)), world_points(result)
    away = np.linalg.norm(points - expected, axis=-1)
    assert (away <= allowance(expected) + 0.1 * MILLIMETRE).all()
    legs = [JOINT(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    assert away[:, legs].max() < MILLIMETRE  # CMU's legs are rigid, its spine is not
    assert f"mean distance from the lifted joints {1000 * away.mean():.1f} mm" in notes[-1]


def test_bvh_bones_are_rigid_and_point_where_they_were_lifted(one, rng, tmp_path):
    """Whatever their lengths: as a network lifts them."""
    stretched = one.points * rng.uniform(0.8, 1.2, (len(one.points), 1, 1)).astype(np.float32)
    stretched += rng.normal(scale=0.03, size=stretched.shape).astype(np.float32)
    stretched -= stretched[:, [H36M17.root]]
    result = one._replace(points=stretched)
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    points = points_of(read_bvh(path))
    assert np.ptp(lengths(points), axis=0).max() < 1e-6
    np.testing.assert_allclose(lengths(points)[0], np.median(lengths(stretched), axis=0), atol=1e-6)
    parents, children = np.array(H36M17.bones).T
    bones = [p[:, children] - p[:, parents] for p in (points, stretched.astype(np.float64))]
    cosines = np.sum(bones[0] * bones[1], axis=-1) / np.prod([np.linalg.norm(b, axis=-1) for b in bones], axis=0)
    assert cosines.min() > 1 - 1e-8
    away = np.linalg.norm(points - world_points(result), axis=-1).mean()
    assert f"mean distance from the lifted joints {1000 * away:.1f} mm" in notes[-1]


def test_bvh_rests_in_a_t_pose(one, tmp_path):
    """Upright, towards +z, the person's left at +x; and as long as the person is."""
    (path,) = write_result(one, tmp_path / "out.bvh").paths
    motion = library("pybvh").read_bvh_file(path)
    rest = dict(zip([node.name for node in motion.nodes], motion.rest_pose_positions(), strict=True))
    assert motion.euler_orders == ["ZXY"] * len(motion.joint_names)
    assert motion.fps == pytest.approx(30)
    for side, sign in {"left": 1, "right": -1}.items():
        shoulder, wrist = rest[f"{side}_shoulder"], rest[f"{side}_wrist"]
        np.testing.assert_allclose((wrist - shoulder)[1:], 0, atol=1e-6)
        assert sign * (wrist - shoulder)[0] > 30
        assert sign * rest[f"{side}_hip"][0] > 5
    assert rest["head"][1] > 40 and rest["left_ankle"][1] < -60


def test_bvh_angles_do_not_jump(tmp_path):
    """Of a person who turns over twice: between frames no angle moves as far as half a turn."""
    result = make_result(frames=90)
    turn = Rotation.from_euler("x", np.linspace(0, 720, 90)[:, None], degrees=True).as_matrix()
    spun = np.einsum("fij,fkj->fki", turn, result.points).astype(np.float32)
    (path,) = write_result(result._replace(points=spun), tmp_path / "out.bvh").paths
    angles = library("pybvh").read_bvh_file(path).joint_angles
    assert np.abs(np.diff(angles, axis=0)).max() < np.pi
    assert np.ptp(angles[:, 0], axis=0).max() > np.pi


def test_angles_give_the_rotation(rng):
    rotation = Rotation.random(300, random_state=1).as_matrix().reshape(100, 3, 3, 3)
    rotation[0, 0] = Rotation.from_euler("ZXY", [30, 90, 0], degrees=True).as_matrix()
    rotation[0, 1] = Rotation.from_euler("ZXY", [30, -90, 10], degrees=True).as_matrix()
    angles = euler(rotation)
    again = Rotation.from_euler("ZXY", angles.reshape(-1, 3), degrees=True).as_matrix().reshape(rotation.shape)
    np.testing.assert_allclose(again, rotation, atol=1e-9)
    through = Rotation.from_euler("ZXY", [[10, x, -20] for x in range(0, 721, 7)], degrees=True).as_matrix()
    np.testing.assert_allclose(np.diff(euler(through), axis=0), np.tile([0, 7, 0], (102, 1)), atol=1e-6)


SKELETONS = {
    "star": Skeleton(("hub", "a", "b", "c", "d"), (-1, 0, 0, 0, 0), (1, 3), (2, 4), 1),
    "chain, tail first": Skeleton(("tip", "third", "second", "first", "base"), (1, 2, 3, 4, -1), (), (), 0),
    "animal": Skeleton(
        ("tail base", "nose{}", "left_hip", "right_hip", "left\tpaw", "right\tpaw", "tail"),
        (-1, 0, 0, 0, 2, 3, 0), (2, 4), (3, 5), 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SKELETONS)
def test_bvh_of_any_skeleton(name, rng, tmp_path):
    """Bones of fixed lengths that turn about at random come back exactly."""
    skeleton, frames = SKELETONS[name], 25
    bones = rng.normal(size=(frames, len(skeleton.names), 3))
    bones[1:3] = -bones[0]  # folded back, opposite to the pose at rest
    bones *= np.linspace(0.1, 0.5, len(skeleton.names))[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
    points = np.zeros_like(bones)
    for joint in range(len(skeleton.names)):
        above = joint
        while skeleton.parents[above] >= 0:
            points[:, joint] += bones[:, above]
            above = skeleton.parents[above]
    size = {"keypoints": (2,), "confidence": (), "filled": ()}
    result = make_result(frames=frames)
    result = result._replace(
        skeleton=skeleton,
        points=points.astype(np.float32),
        **{key: getattr(result, key)[:, : len(skeleton.names)] for key in size},
    )
    (path,) = write_result(result, tmp_path / "out.bvh").paths
    names = [re.sub(r"[\s{}]", "_", joint) for joint in skeleton.names]
    read = points_of(read_bvh(path), names)
    assert np.abs(read - world_points(result)).max() < 0.1 * MILLIMETRE


def test_bvh_turns_without_twist(tmp_path):
    """An arm that swings in a plane turns about one axis, by the angle between its bones."""
    skeleton = Skeleton(("base", "elbow", "wrist"), (-1, 0, 1), (), (), 2)
    bend = np.radians(np.arange(0, 200, 7))
    points = np.zeros((len(bend), 3, 3), np.float32)
    points[:, 1] = [0.3, 0, 0]
    points[:, 2] = points[:, 1] + 0.25 * np.stack([np.cos(bend), np.sin(bend), 0 * bend], axis=-1)
    result = make_result(frames=len(bend))
    few = {key: getattr(result, key)[:, :3] for key in ("keypoints", "confidence", "filled")}
    (path,) = write_result(result._replace(skeleton=skeleton, points=points, **few), tmp_path / "out.bvh").paths
    motion = library("pybvh").read_bvh_file(path)
    angles = np.degrees(motion.joint_angles[:, motion.joint_names.index("elbow")])
    np.testing.assert_allclose(angles[:, 0], -np.degrees(bend), atol=1e-3)  # as y is up in the file
    np.testing.assert_allclose(angles[:, 1:], 0, atol=1e-3)


def test_bvh_without_joints_that_no_frame_shows(one, tmp_path):
    gone = [JOINT("spine"), JOINT("head")]
    points = one.points.copy()
    points[:, gone] = np.nan
    few = one._replace(
        points=points,
        keypoints=np.where(np.isnan(points[..., :2]), np.nan, one.keypoints).astype(np.float32),
        confidence=np.where(np.isnan(points[..., 0]), 0, one.confidence).astype(np.float32),
    )
    (path,), notes = write_result(few, tmp_path / "out.bvh")
    assert "left out, as no frame shows them: spine, head" in notes
    read = read_bvh(path)
    assert not {"spine", "head"} & set(read)
    legs = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    legs = ["pelvis", *legs]
    assert np.abs(points_of(read, legs) - world_points(one)[:, [JOINT(n) for n in legs]]).max() < MILLIMETRE
    points[:, H36M17.root] = np.nan
    with pytest.raises(DatasetError, match=rf"^{re.escape(str(path))}: pelvis: found it in no frame"):
        write_result(few, tmp_path / "out.bvh")


def test_bvh_keeps_the_rotation_of_missing_joints(one, tmp_path):
    """A hidden forearm stays bent as it was; all else is as without the gap."""
    hidden = one.points.copy()
    hidden[10:20, JOINT("left_wrist")] = np.nan
    (path,), notes = write_result(one._replace(points=hidden), tmp_path / "out.bvh")
    assert "10 missing joints: the last rotation is kept" in notes
    read, whole = read_bvh(path), world_points(one)
    others = [name for name in H36M17.names if name != "left_wrist"]
    assert np.abs(points_of(read, others) - whole[:, [JOINT(n) for n in others]]).max() < MILLIMETRE
    arm = [read["left_wrist"] - read["left_elbow"], read["left_shoulder"] - read["left_elbow"]]
    bend = np.sum(arm[0] * arm[1], axis=-1)
    np.testing.assert_allclose(bend[10:20], bend[9], atol=1e-6)
