"""Written results: other programs' readers find the same points, left stays left, missing joints stay missing."""

import csv
import json
import re

import numpy as np
import pytest

from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.output.result import AXES, check_result
from geolift.output.view.formats import write_view
from geolift.output.write import WRITERS, Written, load_result, write_result
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_readers import (
    NEAR,
    READERS,
    equal,
    filmed,
    library,
    points_of,
    read_c3d,
    read_csv,
    real_motion,
    without_rows,
    world_points,
)
from tests.helpers.results import in_world, make_result, with_gaps

JOINT = H36M17.names.index
MILLIMETRE = 1e-3
LOSSLESS, ALONE, TIMED = (".npz", ".json"), (".bvh", ".mot"), (".bvh", ".c3d", ".trc")
ANGLES = (".mot", ".angles.csv")  # files of angles, not of joints
ODD_NAMES = ("a/b", 'say "hi", she said', "=1+1\nline", "日本 é", "../..", "\udce9")


def upwards(result):
    """Directions up and their spread, unknown in the first frame."""
    rng, frames = np.random.default_rng(4), len(result.frames)
    up = rng.normal(size=(frames, 3))
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    up[0] = np.nan
    spread = rng.uniform(0, 20, frames)
    spread[:2] = np.nan
    return {"up": up.astype(np.float32), "up_spread": spread.astype(np.float32)}


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
        "up": lambda r: upwards(r)["up"],
        "up_spread": lambda r: upwards(r)["up_spread"],
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


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("up", lambda r: 2 * r.up),
        ("up", lambda r: np.where(np.arange(3) == 1, np.nan, r.up).astype(np.float32)),
        ("up", lambda r: np.full_like(r.up, np.inf)),
        ("up", lambda r: r.up[:-1]),
        ("up", lambda r: np.full_like(r.up, np.nan)),
        ("up_spread", lambda r: -r.up_spread),
        ("up_spread", lambda r: np.full_like(r.up_spread, 200)),
        ("up_spread", lambda r: r.up_spread.astype(np.float64)),
    ],
)
def test_a_wrong_direction_up_is_refused(two, field, change):
    right = two._replace(**upwards(two))
    assert check_result(right, "here") is right
    with pytest.raises(DatasetError, match=rf"^here: .*{field}"):
        check_result(right._replace(**{field: change(right)}), "here")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("world_points", lambda r: {"world_points": None}),
        ("world_points", lambda r: {"to_world": None}),
        ("world_points", lambda r: {"units": "normalised"}),
        ("world_points", lambda r: {"world_points": np.full_like(r.world_points, np.inf)}),
        ("world_points", lambda r: {"world_points": r.world_points[1:]}),
        ("world_points", lambda r: {"world_points": r.world_points + np.float32([0, 0, 0.1])}),
        ("to_world", lambda r: {"to_world": 2 * r.to_world}),
        ("to_world", lambda r: {"to_world": r.to_world * np.float32([[1], [1], [-1]])}),  # a mirror
        ("to_world", lambda r: {"to_world": np.where(np.eye(3, 4), np.nan, r.to_world).astype(np.float32)}),
        ("floor", lambda r: {"floor": np.full_like(r.floor, np.inf)}),
        ("contact", lambda r: {"contact": r.contact.astype(np.float32)}),
        ("focal", lambda r: {"focal": -r.focal}),
        ("focal", lambda r: {"focal": r.focal[::-1].copy()}),
        ("uncertainty", lambda r: {"uncertainty": None}),
        ("uncertainty", lambda r: {"uncertainty": -r.uncertainty}),
        ("uncertainty", lambda r: {"uncertainty": np.full_like(r.uncertainty, 1)}),  # also of missing joints
        ("depth_uncertainty", lambda r: {"depth_uncertainty": 2 * r.uncertainty}),
    ],
)
def test_a_wrong_world_is_refused(two, field, change):
    right = in_world(with_gaps(two))
    assert check_result(right, "here") is right
    with pytest.raises(DatasetError, match=rf"^here: .*{field}"):
        check_result(right._replace(**change(right)), "here")


def test_the_true_world_is_that_of_the_camera(two):
    """Both ways: world points are those of the camera, turned and moved; the floor is where it is said to be."""
    result = in_world(two)
    points, world = (result.points + result.position[:, None]).astype(np.float64), result.world_points
    rotation, shift = result.to_world[result.frame, :, :3], result.to_world[result.frame, :, 3]
    np.testing.assert_allclose(np.einsum("nij,nkj->nki", rotation, points) + shift[:, None], world, atol=1e-5)
    height = np.einsum("nj,nkj->nk", result.up[result.frame], points) - result.floor[result.frame, None]
    np.testing.assert_allclose(height, world[..., 2], atol=1e-5)


def test_rows_of_a_result_keep_their_fields(two):
    result = in_world(two)
    part = result.select_rows(result.person == 1)
    for key in ("world_points", "contact", "uncertainty", "depth_uncertainty"):
        np.testing.assert_array_equal(getattr(part, key), getattr(result, key)[result.person == 1])
    assert two.select_rows(two.person == 1).contact is None


def test_a_result_is_printed_in_three_lines(two):
    first, fields, notes = repr(two._replace(notes=("a", "b"), up=None)).split("\n")
    assert first.startswith(f"Result: {len(two.points)} poses of 2 tracks in ")
    assert two.model in first and fields.startswith("points, position") and "up" not in fields.split(", ")
    assert notes.startswith("2 notes: ")


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
    result = with_gaps(two)
    if "skeleton" in changes:
        result = in_world(result)._replace(focal=np.float32([900, np.nan, np.nan]))
        result.to_world[3], result.floor[3] = np.nan, np.nan
    result = result._replace(**changes)
    if "notes" in changes:
        result = result._replace(**upwards(result))
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
    assert np.abs(points - world_points(one)).max() < NEAR.get(suffix, 0.1 * MILLIMETRE)


@pytest.mark.parametrize("suffix", [".c3d", ".trc"])
def test_others_read_real_motion(suffix, cmu_file, tmp_path):
    result = filmed(real_motion(cmu_file))
    (path,) = write_result(result, tmp_path / f"out{suffix}").paths
    assert np.abs(points_of(READERS[suffix](path)) - world_points(result)).max() < 0.1 * MILLIMETRE


@pytest.mark.parametrize("suffix", TIMED)
def test_left_stays_left(suffix, one, tmp_path):
    """As written, without undoing the axes: the volume that three bones span keeps its sign."""
    (path,) = write_result(one, tmp_path / f"out{suffix}").paths
    back = {".c3d": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]}.get(suffix, [[1, 0, 0], [0, -1, 0], [0, 0, -1]])
    raw = points_of(READERS[suffix](path)) @ np.linalg.inv(back).T
    bones = [JOINT("left_shoulder"), JOINT("thorax"), JOINT("left_wrist")]
    volume = [np.linalg.det(points[:, bones] - points[:, [JOINT("pelvis")]]) for points in (raw, one.points)]
    np.testing.assert_allclose(volume[0], volume[1], atol=2e-3 if suffix == ".bvh" else 1e-5)
    assert (np.sign(volume[0]) == np.sign(volume[1]))[np.abs(volume[1]) > 5e-3].all()
    up = 2 if suffix == ".c3d" else 1
    assert (raw[:, JOINT("head"), up] > raw[:, JOINT("left_ankle"), up] + 0.5).all()


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("frames", [1, 3])
def test_few_frames(suffix, frames, one, tmp_path):
    few = make_result(frames=frames)
    (path,) = write_result(few, tmp_path / f"out{suffix}").paths
    if suffix in READERS:
        assert np.abs(points_of(READERS[suffix](path)) - world_points(few)).max() < NEAR.get(suffix, MILLIMETRE)


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
    assert np.abs(points_of(READERS[suffix](path)) - one.points).max() < NEAR.get(suffix, MILLIMETRE)

    some = np.where((one.frame < 3)[:, None], nowhere, one.position)
    (path,), notes = write_result(one._replace(position=some), tmp_path / f"out{suffix}")
    points = points_of(READERS[suffix](path))
    assert np.abs(points[3:] - world_points(one)[3:]).max() < NEAR.get(suffix, MILLIMETRE)
    assert any("3 of 40 poses have no position: " in note for note in notes)
    if suffix == ".bvh":  # the pose is known
        assert np.abs(points[:3] - one.points[:3] - one.position[3]).max() < NEAR[suffix]
    else:
        assert np.isnan(points[:3]).all()


# World axes

AXES_OF = {  # x, y, z of a file in the world (x ahead, y left, z up)
    ".bvh": np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    ".c3d": np.eye(3),
    ".trc": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
}
CAMERA_OF = {suffix: np.diag([1, -1, -1]) for suffix in (".bvh", ".trc")}
CAMERA_OF[".c3d"] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])


def in_file(suffix, path, names=H36M17.names):
    """`[T, J, 3]` metres as they stand in the file."""
    return points_of(READERS[suffix](path), names) @ CAMERA_OF[suffix].T


@pytest.mark.parametrize("suffix", TIMED)
def test_motion_files_have_world_axes(suffix, tmp_path):
    """Metres, gravity up, the floor at 0, the start at the origin; left stays left."""
    result = in_world(make_result(frames=40))
    (path,), notes = write_result(result, tmp_path / f"out{suffix}")
    points, axes = in_file(suffix, path), AXES_OF[suffix]
    assert np.abs(points @ axes - result.world_points).max() < NEAR.get(suffix, MILLIMETRE)
    assert np.linalg.det(axes) == pytest.approx(1)
    up, ahead = axes[:, 2].argmax(), axes[:, 0].argmax()
    feet = points[:, [JOINT("left_ankle"), JOINT("right_ankle")], up]
    assert 0 < feet.min() < 0.15 and points[:, JOINT("head"), up].min() > 1.2
    np.testing.assert_allclose(np.delete(points[0, JOINT("pelvis")], up), 0, atol=5 * MILLIMETRE)
    faces = np.cross(points[0, JOINT("left_hip")] - points[0, JOINT("right_hip")], np.eye(3)[up])
    assert faces[ahead] > 0.99 * np.linalg.norm(faces)
    assert sum(note.startswith("world axes: ") for note in notes) == 1
    assert any("taken out: the camera looks down by 7 degrees" in note and "spread 5" in note for note in notes)


@pytest.mark.parametrize("suffix", TIMED)
def test_camera_axes_are_kept_on_request_and_without_a_world(suffix, tmp_path):
    result = in_world(make_result(frames=6))
    (path,), notes = write_result(result, tmp_path / f"out{suffix}", camera=True)
    assert any(note.startswith("camera axes: ") and "as asked for" in note for note in notes)
    assert np.abs(in_file(suffix, path) - world_points(result) @ CAMERA_OF[suffix].T).max() < NEAR.get(
        suffix, MILLIMETRE
    )
    asked = path.read_bytes()
    bare = result._replace(world_points=None, to_world=None)
    for less, why in (
        (bare, "the result holds no world points"),
        (bare._replace(up=None, up_spread=None), "no direction up is known"),
        (bare._replace(units="normalised"), "the size is not known"),
    ):
        (path,), notes = write_result(less, tmp_path / f"out{suffix}")
        assert any(note.startswith("camera axes: ") and why in note for note in notes)
        assert path.read_bytes() == asked or less.units != "m"


def test_an_option_that_the_format_does_not_take_is_refused(one, tmp_path):
    for suffix, option, known in (
        (".npz", {"camera": True}, r"\.bvh, .*\.trc"),
        (".csv", {"markers": "pose2sim"}, ""),
        (".bvh", {"markers": "h36m"}, ""),
    ):
        with pytest.raises(
            DatasetError, match=rf"^{next(iter(option))}: found with {suffix} alone, expected .*{known}"
        ):
            write_result(one, tmp_path / f"out{suffix}", **option)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", TIMED)
def test_poses_without_a_position_in_the_world(suffix, tmp_path):
    """Points are missing; the bones of a BVH stand as in the world, and pass evenly to the next position."""
    result = in_world(make_result(frames=20))
    position, world = result.position.copy(), result.world_points.copy()
    position[5:8], world[5:8] = np.nan, np.nan
    (path,), notes = write_result(result._replace(position=position, world_points=world), tmp_path / f"out{suffix}")
    points = in_file(suffix, path) @ AXES_OF[suffix]
    assert any("3 of 20 poses have no position" in note for note in notes)
    if suffix == ".bvh":
        assert np.abs(points[5:8] - result.world_points[5:8]).max() < NEAR[suffix]
    else:
        assert np.isnan(points[5:8]).all()


# Trust


@pytest.mark.parametrize("suffix", WRITERS)
def test_joints_that_are_not_trusted(suffix, tmp_path):
    result = in_world(with_gaps(make_result(frames=20)))
    unsure = (result.uncertainty > 0.1) & (np.arange(17) != H36M17.root)
    assert 0 < unsure.sum() < unsure.size / 2
    (path,), notes = write_result(result, tmp_path / f"out{suffix}", trust=0.1)
    joints = int(np.isfinite(result.points[..., 0]).sum())
    other = "flagged" if suffix == ".csv" else "all are written, with their uncertainty"
    what = "missing" if WRITERS[suffix].axes or suffix in ANGLES else other
    assert f"{unsure.sum()} of {joints} joints are less sure than 100 mm: {what}" in notes
    missing = unsure | np.isnan(result.points[..., 0])
    if suffix in LOSSLESS:
        assert equal(load_result(path), result)
    elif suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        flags = np.array([[row[f"{name}_trusted"] for name in H36M17.names] for row in rows])
        np.testing.assert_array_equal(flags == "0", unsure)
        np.testing.assert_array_equal(np.isnan(points_of(read_csv(path))), np.isnan(result.points))
    elif suffix in (".bvh", ".glb"):
        assert any("missing joints: bones pass evenly" in note for note in notes)
    elif suffix in ANGLES:  # test_motion_angles.py
        return
    else:
        placed = np.isfinite(result.points[:, H36M17.root, 0])  # the root may be missing, and with it the place
        np.testing.assert_array_equal(np.isnan(in_file(suffix, path)[placed][..., 0]), missing[placed])


def test_a_sheet_leaves_out_joints_that_are_not_trusted(tmp_path):
    pytest.importorskip("matplotlib")
    result = in_world(make_result(frames=3))
    sure = np.full(result.points.shape[:2], 0.05, np.float32)
    sure[:, H36M17.names.index("left_wrist")] = 0.3
    result = result._replace(uncertainty=sure, depth_uncertainty=sure / 2)
    sheets = []
    for trust in (0.5, 0.4, 0.1):
        write_view(result, tmp_path / "sheet.png", trust=trust)
        sheets.append((tmp_path / "sheet.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_trust_needs_metres_and_uncertainty(one, tmp_path):
    for wrong, trust, message in (
        (one, 0.1, "no uncertainty"),
        (in_world(one)._replace(units="normalised", world_points=None, to_world=None), 0.1, "units 'normalised'"),
        (in_world(one), 0.0, "found 0.0, expected metres above 0"),
        (in_world(one), float("nan"), "found nan"),
    ):
        with pytest.raises(DatasetError, match=rf"trust: .*{re.escape(message)}"):
            write_result(wrong, tmp_path / "out.csv", trust=trust)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", TIMED)
def test_normalised_lengths_are_written_as_they_are(suffix, one, tmp_path):
    (path,), notes = write_result(one._replace(units="normalised"), tmp_path / f"out{suffix}")
    assert sum("the size is not known" in note for note in notes) == 1
    factor = 100 if suffix == ".bvh" else 1  # the reader takes lengths for centimetres
    assert np.abs(factor * points_of(READERS[suffix](path)) - world_points(one)).max() < NEAR.get(suffix, MILLIMETRE)


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
        read = [points_of(READERS[suffix](path)) for path in paths if suffix in READERS]
        assert any(note.startswith(f"out_person_1{suffix}: absent in 4 of 12 frames: ") for note in notes)
    else:
        assert [path.name for path in paths] == [f"out{suffix}"]
    if suffix == ".c3d":
        labels = read_c3d(paths[0])
        read = [points_of(labels, [f"{person}:{joint}" for joint in H36M17.names]) for person in two.people]
    elif suffix == ".trc":
        labels = [[f"person_{i}:{joint}" for joint in H36M17.names] for i in range(2)]
        read = [points_of(READERS[suffix](paths[0]), names) for names in labels]
    elif suffix == ".csv":
        rows = points_of(read_csv(paths[0]))
        read = [rows[two.person == i] for i in range(2)]
    elif suffix in LOSSLESS:
        assert equal(load_result(paths[0]), two)
        return
    elif suffix == ".glb" or suffix in ANGLES:  # test_glb.py, test_motion_angles.py
        return
    for i in range(2):
        expected = world_points(two)[two.person == i]
        assert np.abs(read[i][-len(expected) :] - expected).max() < NEAR.get(suffix, MILLIMETRE)


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
    paths, notes = write_result(two._replace(people=people), tmp_path / "out.trc", markers="opencap")
    assert [path.name for path in paths] == ["out_0.trc", "out_1.trc"]
    assert [note for note in notes if ".trc is " in note] == [f"out_{i}.trc is {people[i]!r}" for i in range(2)]


def test_a_person_without_lifted_poses_gets_no_file(two, tmp_path):
    points = np.where(two.person[:, None, None] == 0, np.nan, two.points).astype(np.float32)
    paths, notes = write_result(two._replace(points=points), tmp_path / "out.bvh")
    assert [path.name for path in paths] == ["out_person_1.bvh"]
    assert "no file for 'person 0', of whom nothing was lifted" in notes
    with pytest.raises(DatasetError, match="found no lifted point"):
        write_result(two._replace(points=np.full_like(points, np.nan)), tmp_path / "out.bvh")


def test_files_appear_whole_or_not_at_all(one, tmp_path):
    for name in ("out.mp4", "out", "out.npz.txt"):
        with pytest.raises(DatasetError, match=r"expected one of \.npz, \.json, \.csv, \.bvh, \.c3d"):
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
    assert "up_x" not in rows[0]
    tilted = result._replace(**upwards(result))
    (path,) = write_result(tilted, tmp_path / "out.csv").paths
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = np.float32([[row[f"up_{part}"] or "nan" for part in ("x", "y", "z", "spread")] for row in rows])
    np.testing.assert_array_equal(found[:, :3], tilted.up[result.frame])
    np.testing.assert_array_equal(found[:, 3], tilted.up_spread[result.frame])
    assert "left_contact" not in rows[0] and "pelvis_world_x" not in rows[0]
    placed = in_world(result)
    (path,) = write_result(placed, tmp_path / "out.csv").paths
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_array_equal(np.float32([row["floor"] for row in rows]), placed.floor[placed.frame])
    stands = [[row[f"{side}_contact"] == "1" for side in ("left", "right")] for row in rows]
    np.testing.assert_array_equal(stands, placed.contact)
    parts = [f"world_{axis}" for axis in "xyz"] + ["uncertainty", "depth_uncertainty"]
    sigmas = [placed.uncertainty[..., None], placed.depth_uncertainty[..., None]]
    values = np.concatenate([placed.world_points, *sigmas], axis=-1)
    for i, name in enumerate(H36M17.names):
        found = np.float32([[row[f"{name}_{part}"] or "nan" for part in parts] for row in rows])
        np.testing.assert_array_equal(found, values[:, i])
    (path,) = write_result(result._replace(video=False, fps=0.0), tmp_path / "out.csv").paths
    with path.open(newline="", encoding="utf-8") as file:
        assert {row["seconds"] for row in csv.DictReader(file)} == {""}


# BVH
