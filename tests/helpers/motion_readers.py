"""Independent readers of written results: C3D, TRC, BVH and CSV by other libraries or by hand."""

import csv
import importlib
import warnings

import numpy as np
import pytest

from geolift.data.pinhole import look_at
from geolift.output.result import AXES, Result
from geolift.skeletons.skeleton import H36M17
from tests.helpers.results import make_result


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


def read_mot(path):
    """Header lines, and columns by name."""
    lines = path.read_text().splitlines()
    end = lines.index("endheader")
    rows = np.array([[float(cell) for cell in line.split("\t")] for line in lines[end + 2 :]])
    return lines[:end], dict(zip(lines[end + 1].split("\t"), rows.T, strict=True))


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


BONES = {  # where a joint is, of people
    "pelvis": "Hips", "spine": "Spine1", "thorax": "Neck", "neck": "Head", "head": "EndSiteHead",
    **{
        f"{side.lower()}_{joint}": f"{side}{bone}"
        for side in ("Left", "Right")
        for joint, bone in {
            "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot",
        }.items()
    },
}  # fmt: skip


def read_bvh(path):
    """`{name: [T, 3]}` in metres and camera axes, of bones and of people's joints; forward kinematics by pybvh."""
    motion = library("pybvh").read_bvh_file(path)
    places = motion.node_positions().swapaxes(0, 1) * (0.01, -0.01, -0.01)
    found = dict(zip([node.name for node in motion.nodes], places, strict=True))
    return found | {joint: found[bone] for joint, bone in BONES.items() if bone in found}


def read_csv(path):
    """`{name: [N, 3]}` in metres and camera axes, NaN for empty cells."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["units"], row["axes"]) for row in rows} == {("m", AXES)}

    def column(name):
        return np.array([[float(row[f"{name}_{axis}"] or "nan") for axis in "xyz"] for row in rows])

    return {name: column(name) + np.nan_to_num(column("root")) for name in H36M17.names}


NEAR = {".bvh": 0.03}  # metres; a rig has one length for each bone, and is drawn to rest; others are exact
READERS = {".c3d": read_c3d, ".trc": read_trc, ".bvh": read_bvh, ".csv": read_csv}


def points_of(read, names=H36M17.names):
    """`[T, J, 3]` of joints by name."""
    return np.stack([read[name] for name in names], axis=1)


def world_points(result):
    return result.points.astype(np.float64) + result.position[:, None]


def camera_of(world):
    """The camera of `filmed`."""
    return look_at(world[0, 0] + [3.0, 4.0, 1.5], world[0, 0])


def filmed(world):
    """A result of one person's `[T, 17, 3]` world points, z up, seen from a camera that looks down at them."""
    camera = camera_of(world)
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


def real_motion(cmu_file):
    """5 s of a cartwheel."""
    with np.load(cmu_file) as data:
        clip = int(np.flatnonzero(data["action"] == "cartwheel")[0])
        return data["positions"][data["start"][clip] : data["stop"][clip]][:150].astype(np.float64)
