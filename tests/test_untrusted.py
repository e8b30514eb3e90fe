"""Hostile files, by every way in: each is refused in one line that names it, soon, and in bounded memory.

Here is what a table can list. Archives of arrays, pickles and random damage have separate tests (test_npz,
test_pickles, test_fuzz).
"""

import contextlib
import functools
import importlib.util
import itertools
import json
import os
import pickle
import shutil
import struct
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from benchmarks import guarded
from tests.helpers import hostile_files as made
from tests.helpers import ways_in

SECONDS, MEMORY = 20.0, 2 << 30  # of a reader; of address space, libraries that it loads among it
PEAK = 200 << 20  # bytes that refusing a file may take
DEPTH, MANY = 100_000, 100_000


def unreadable(path, good):
    path.write_bytes(good)
    path.chmod(0)


def vast(path, good):
    path.write_bytes(good)
    os.truncate(path, 1 << 36)


ANY = {
    "empty": lambda path, good: path.write_bytes(b""),
    "cut off": lambda path, good: path.write_bytes(good[: len(good) // 2]),
    "zero bytes": lambda path, good: path.write_bytes(bytes(4096)),
    "noise": lambda path, good: path.write_bytes(np.random.default_rng(0).bytes(4096)),
    "UTF-32": lambda path, good: path.write_bytes(good.decode("latin1").encode("utf-32")),
    "folder": lambda path, good: path.mkdir(),
    "pipe": lambda path, good: os.mkfifo(path),
    "device": lambda path, good: path.symlink_to("/dev/zero"),
    "link to itself": lambda path, good: path.symlink_to(path),
    "unreadable": unreadable,
    "64 GiB": vast,
}
# Not damage: these formats state where their content ends, and the folder has other files.
FINE = {
    ("deeplabcut_table.h5", "64 GiB"), ("deeplabcut_fixed.h5", "64 GiB"), ("sleap.h5", "64 GiB"),
    ("archive_elepose.pkl", "64 GiB"), ("archive_motionbert.pkl", "64 GiB"), ("archive_h36m_fetch", "64 GiB"),
    ("3dhp_test", "64 GiB"), ("film.mp4", "cut off"),
}  # fmt: skip


# Refused although whole: no person is in these pictures, and these data sets have other frames, other arrays.
LACKING = {way for way in ways_in.WAYS if way.reader in ("picture", "convert cmu", "convert mpi_inf_3dhp_train")}


def damaged(good, folder, way, damage):
    """A copy of a way's good file or folder, damaged."""
    path = folder / way.file
    folder.mkdir()
    if (good / way.file).is_dir():
        shutil.copytree(good / way.file, path, copy_function=os.link)
    else:
        os.link(good / way.file, path)
    victim = sorted(path.rglob(way.victim))[0] if way.victim else path
    content = victim.read_bytes()
    victim.unlink()
    ANY[damage](victim, content)
    return path


# Files of one format by reader and name: for each class its content, and a part of the message.

CHAIN = {"joint_names": np.arange(MANY).astype("U8"), "parents": np.arange(MANY) - 1}
EMPTY = {key: lambda array: array[:0] for key in ("keypoints", "confidence", "points_3d")}
SIDES = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
dataset, poses = (functools.partial(made.changed, f"{name}.npz") for name in ("dataset", "poses"))
VAST = made.data(shape=(2**20, 17, 2, 2**16), dtype="f8", chunks=(2**10, 1, 1, 2**6))  # nothing of it is in the file


def tracks(what):
    return made.hdf5("sleap.h5", made.put("tracks", what))


def nodes(what):
    return made.hdf5("sleap.h5", made.put("node_names", what))


OWN = {
    ("dataset", "d.npz"): {
        "NaN": (dataset(keypoints=lambda a: a * np.nan), "keypoints: found nan"),
        "infinity": (dataset(fps=lambda a: a + np.inf), "fps: found inf"),
        "T = 0": (dataset(**EMPTY), "0 frames"),
        "J = 0": (dataset(joint_names=np.zeros(0, "U1"), parents=np.zeros(0, int)), "root"),
        "100 000 joints": (dataset(**CHAIN), "found 100000 joints, expected up to 1000"),
        "long name": (dataset(joint_names=lambda a: [*a[1:], "x" * 10**6]), "of 1000 letters"),
        "record": (dataset(version=np.zeros((), "i4,i4")), "version: found"),
        "text for a number": (dataset(version="1"), "version: found 1"),
        "bytes for text": (dataset(source=b"\xff"), "source: found"),
        "huge number": (dataset(parents=np.full(17, 2**62)), "parent -1"),
        "names that leave the folder": (lambda good: made.npz(**{"../../x": np.zeros(1)}), "missing"),
        "zip bomb": (lambda good: made.npz(**{f"a{i}": np.zeros(2**24) for i in range(9)}), "a zip bomb"),
    },
    ("poses", "p.npz"): {
        "100 000 joints": (poses(**CHAIN), "found 100000 joints"),
        "NaN": (poses(fps=np.nan), "fps: found nan"),
    },
    ("poses", "p.json"): {
        "deep JSON": ("[" * DEPTH, "nested too deeply"),
        "deep list": ('{"points":' + "[" * 900 + "]" * 900 + "}", "points: "),
        "huge number": ('{"version":' + "9" * DEPTH + "}", "Exceeds the limit"),
        "huge text": (json.dumps({"frames": ["x" * 10**6] + ["y"] * 10**5}), "found a text of 1000000"),
        "name twice": ('{"a": 1, "a": 2}', "found the entry 'a' twice"),
        "NaN": ('{"fps": NaN}', "NaN is not a number"),
    },
    ("inspect", "a.json"): {
        "deep JSON": ('{"people":' + "[" * DEPTH, "nested too deeply"),
        "deep objects": ('{"a":' * DEPTH, "nested too deeply"),
        "huge number": (made.people_in(["1.jpg"]).replace("1.5", "9" * DEPTH, 1), "Exceeds the limit"),
        "name twice": (made.people_in(["1.jpg"]).replace('"idx"', '"score"'), "'score' twice"),
        "huge text": (made.people_in(["x" * 10**6, "y"]), "frames: expected names"),
        "T = 0": ("[]", "not recognized"),
        "J = 0": ('[{"image_id": "1.jpg", "keypoints": [], "idx": 0}]', "found 0 numbers"),
        "crowd": (made.people_in(["1.jpg"] * 3000 + ["2.jpg"] * 3000), "found 3000 people in a frame"),
    },
    ("convert keypoints", "a.json"): {
        "huge text": (made.people_in(["x" * 10**6, "y"]), "frames: expected names"),
    },
    ("inspect at 30", "a.json"): {
        "frames far apart": (made.people_in(["1.jpg", "999999999.jpg"]), "expected at most 3000000"),
    },
    ("inspect", "a.csv"): {
        "zero byte": (b"frame,a_x,a_y\n0,\0,1\n", "zero bytes"),
        "huge text": ("frame,a_x,a_y\n0," + "1" * 200_000 + ",1\n", "field larger"),
        "T = 0": ("frame,a_x,a_y\n", "found a header only"),
        "NaN": ("frame,a_x,a_y\n0,inf,nan\n", "found no person"),
        "open quote": ('frame,a_x,a_y\n"0,1,1\n', "unexpected end"),
        "20 000 joints": (
            "frame," + ",".join(f"{i}_x,{i}_y" for i in range(20_000)) + "\n0" + ",1" * 40_000,
            "found 20000",
        ),
        "name twice": ("frame,a_x,a_y,a_x\n0,1,1,1\n", "'a_x' twice"),
    },
    ("inspect", "d.npz"): {
        "the same again and again": (made.shared_people, "again and again"),
    },
    ("inspect", "v.npz"): {
        "the same again and again": (made.shared_takes(range(20), 100, layout_name="coco"), "again and again"),
    },
    ("convert videopose3d", "data_2d_h36m_x.npz"): {
        "the same again and again": (
            made.shared_takes(["S1"], 3000, layout_name="h36m", keypoints_symmetry=SIDES),
            "again and again",
        ),
    },
    ("convert cmu", "c.npz"): {
        "text for a number": (made.cmu(fps="x"), "fps: found <U1"),
        "infinity": (made.cmu(fps=np.inf), "fps: found float64"),
        "NaN": (made.cmu(positions=lambda a: a * np.nan), "not finite"),
        "another type": (made.cmu(positions=lambda a: a.astype("c8")), "positions: found complex64"),
        "T = 0": (made.cmu(positions=lambda a: a[:0], stop=[0]), "c.npz"),
        "the same again and again": (made.cmu(**made.REPEATED), "clips that share frames"),
    },
    ("convert coco", "c.npz"): {
        "text for a number": (
            made.changed("archive_coco.npz", image_size=lambda a: a.astype("U9")),
            "image_size: found <U9",
        ),
        "huge number": (
            made.changed("archive_coco.npz", joints=lambda a: a.astype(float) * 1e300),
            "joints: found values beyond",
        ),
    },
    ("convert mpii", "m.npz"): {
        "NaN": (made.changed("archive_mpii.npz", visible=lambda a: a * np.nan), "visible: found"),
    },
    ("convert bvh", "a.bvh"): {
        "huge number": (
            made.replaced("archive_cgspeed.bvh", ("Frames: ", "Frames: " + "9" * 5000)),
            "expected Frames: N",
        ),
        "T = 0": (made.bvh(1, 0), "expected Frames: N"),
        "NaN": (made.replaced("archive_cgspeed.bvh", ("Frame Time: ", "Frame Time: nan ")), "expected finite"),
        "joints that cost nothing": (made.bvh(10_000, 10_000), "found 10001 joints with 3 channels"),
    },
    ("convert elepose", "e.pkl"): {
        "lists that hold each other": (
            made.pickled("archive_elepose.pkl", None, poses_3d=made.laughs()),
            "poses_3d: found list",
        ),
        "rows that hold each other": (
            made.pickled("archive_elepose.pkl", None, subject=made.laughs()),
            "subject: found list",
        ),
        "keys of one hash": (pickle.dumps({i * (2**61 - 1): 0 for i in range(1000)}), "found a key of int"),
        "program": (b"cos\nsystem\n(S'true'\ntR.", "asks for os.system"),
        "NaN": (made.pickled("archive_elepose.pkl", None, poses_3d=lambda a: a * np.nan), "behind the camera"),
    },
    ("convert motionbert", "m.pkl"): {
        "lists that hold each other": (
            made.pickled("archive_motionbert.pkl", "train", joint_2d=made.laughs()),
            "joint_2d: found list",
        ),
        "huge text": (
            made.pickled("archive_motionbert.pkl", "train", source=["x" * 10**6] + ["y"] * MANY),
            "found a name of 1000000",
        ),
    },
    ("skeleton", "s.toml"): {
        "deep lists": ("a=" + "[" * DEPTH, "neither TOML nor JSON"),
        "deep keys": ("a" + ".a" * DEPTH + "=1", "found a line with 100000 dots"),
        "100 000 joints": (
            "head='a'\n[joints]\n" + "".join(f"j{i}=''\n" for i in range(60_000)),
            "found 60000, expected 2 to 1000",
        ),
        "huge text": ("head='a'\n[joints]\na=''\nb='" + "y" * 10**6 + "'", "joints: found 'yyy"),
        "huge number": ("a=" + "9" * DEPTH, "neither TOML nor JSON"),
        "name twice": ("head='a'\nhead='b'\n", "neither TOML nor JSON"),
    },
    ("skeleton", "s.json"): {
        "name twice": ('{"head": "a", "head": "b"}', "found the entry 'head' twice"),
        "deep JSON": ('{"joints":' * DEPTH, "nested too deeply"),
    },
    ("weights", "w.safetensors"): {
        "NaN": (made.weights(lambda t: {k: v * np.float32(np.nan) for k, v in t.items()}), "not finite"),
        "NaN in the card": (made.weights(distance=float("nan")), "NaN is not a number"),
        "text for a number": (made.weights(distance="x"), "distance: found 'x'"),
        "no scale": (made.weights(normalization={"factor": 0}), "factor: found 0"),
        "another plane": (made.weights(normalization={"plane": "x"}), "found the plane 'x'"),
        "bones of another skeleton": (made.weights(normalization={"bones": [1.0]}), "found 1 bones"),
        "deep JSON": (made.weights(raw="[" * DEPTH), "nested too deeply"),
        "name twice": (made.weights(raw='{"version": 1, "version": 1}'), "'version' twice"),
        "absurd depth": (made.weights(lifter={"blocks": 10**6}), "found 1000000 blocks"),
        "absurd width": (made.weights(lifter={"width": 10**12}), "lifter: found"),
        "no width": (made.weights(lifter={"width": 0}), "lifter: found"),
        "huge number": (made.weights(lifter={"gain": 10**400}), "lifter: found"),
        "100 000 joints": (made.weights(skeleton={"names": [str(i) for i in range(MANY)]}), "w.safetensors"),
        "no card": (made.weights(card=None), "w.safetensors"),
        "absurd header": (struct.pack("<Q", 2**62) + b"{}", "not a whole"),
        "absurd shape": (
            made.header('{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}'),
            "not a whole",
        ),
    },
    ("inspect", "sleap.h5"): {
        "absurd shape": (tracks(VAST), "expected up to 1073741824"),
        "T = 0": (tracks(made.data(shape=(2, 2, 17, 0), dtype="f8")), "sleap.h5"),
        "infinity": (tracks(made.data(data=np.full((2, 2, 17, 4), np.inf))), "sleap.h5"),
        "another file's data": (tracks(made.link), "tracks: found ExternalLink"),
        "another file's bytes": (tracks(made.bytes_of_another), "data elsewhere"),
        "virtual data": (tracks(made.virtual), "data elsewhere"),
        "link to a pipe": (tracks(made.link_to_pipe), "tracks: found ExternalLink"),
        "link to itself": (tracks(made.link_to_itself), "tracks: found SoftLink"),
        "very many names": (nodes(made.data(shape=(10**6,), dtype=h5py.string_dtype())), "up to 65536 texts"),
        "huge text": (nodes(made.data(data=["x" * 10**6] * 17)), "text of up to"),
        "lines in names": (nodes(made.data(data=[b"a\nb"] * 17)), "expected names that differ"),
    },
}


def in_hdf5(folder, file, name):
    """Classes of a file of annotations in a folder, of which one data set is changed."""
    change = functools.partial(made.hdf5, f"{folder}/{file}")
    return {
        "absurd shape": (change(made.put(name, VAST)), "expected up to"),
        "another file's data": (change(made.put(name, made.link)), "found ExternalLink"),
        "virtual data": (change(made.put(name, made.virtual)), "data elsewhere"),
        "T = 0": (change(made.put(name, made.data(data=np.zeros((0, 17, 2))))), "found shape"),
        "text for a number": (change(made.put(name, made.data(data=[b"x"] * 5))), "expected numbers"),
    }


# The same for a file in a folder.
FETCH, TEST_SET = ("archive_h36m_fetch", "S1/Walking-1/annot.h5"), ("3dhp_test", "TS1/annot_data.mat")
INSIDE = {
    ("convert mpi_inf_3dhp_train", "3dhp_train", "S1/Seq1/annot.mat"): {
        "cells in cells": (made.nested_cells, "cells of numbers"),
        "absurd shape": (made.mat(made.cells(2**30, name=b"annot2")), "found 1073741824 cells"),
        "zip bomb": (made.unpacking(1100), "a zip bomb"),
    },
    ("convert human36m_cdf", "archive_human36m_cdf", "S1/MyPoseFeatures/D2_Positions/*.cdf"): {
        "very many variables": (made.cdf(((20, 60), 4, 2**31 - 1)), "2147483647 variables"),
        "very many axes": (made.cdf(((20, 20, 340), 4, 2**31 - 1)), "2147483647 axes"),
        "absurd shape": (made.cdf(((20, 20, 344), 4, 2**31 - 1)), "bytes more than"),
        "records in a circle": (made.cdf(((20, 20, 28, 12), 8, lambda data, at: at - 12)), "twice"),
    },
    ("convert h36m_fetch", *FETCH): in_hdf5(*FETCH, "pose/2d"),
    ("convert mpi_inf_3dhp", *TEST_SET): in_hdf5(*TEST_SET, "annot2"),
}
if importlib.util.find_spec("cv2"):
    OWN["picture", "a.png"] = {
        "900 megapixels": (made.image(30_000, 30_000), "an image that OpenCV refuses"),
        "absurd shape": (made.image(2**31 - 1, 1), "a.png"),
    }
    OWN["picture", "a.mp4"] = {
        "list of other files": ("ffconcat version 1.0\nfile b.mp4\n", "found text"),
        "list of addresses": ("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n", "found text"),
    }
CELLS = [(*way, kind) for way, kinds in OWN.items() for kind in kinds]
CELLS_INSIDE = [(*way, kind) for way, kinds in INSIDE.items() for kind in kinds]


@pytest.fixture(scope="module")
def folder():
    """A folder that other users may look into; what pytest makes they may not."""
    with tempfile.TemporaryDirectory(prefix="geolift-untrusted-") as made_here:
        Path(made_here).chmod(0o755)
        yield Path(made_here)


@pytest.fixture(scope="module")
def outcomes(folder):
    """The outcome of every cell, read one after the other in a separate process."""
    good = folder / "good"
    ways_in.write(good)
    calls = {("good", *way): functools.partial(ways_in.read, way.reader, good / way.file) for way in ways_in.WAYS}
    for i, (way, kind) in enumerate(itertools.product(ways_in.WAYS, ANY)):
        path = damaged(good, folder / f"{i}", way, kind)
        calls[way.reader, way.file, way.victim, kind] = functools.partial(
            ways_in.read, way.reader, path, kind == "unreadable"
        )
    for i, (reader, name, kind) in enumerate(CELLS):
        path = folder / f"content {i}" / name
        path.parent.mkdir()
        path.write_bytes(content(OWN[reader, name][kind][0], good))
        calls[reader, name, kind] = functools.partial(ways_in.read, reader, path)
    for i, (reader, name, file, kind) in enumerate(CELLS_INSIDE):
        path = folder / f"inside {i}" / name
        shutil.copytree(good / name, path)
        sorted(path.glob(file))[0].write_bytes(content(INSIDE[reader, name, file][kind][0], good))
        calls["inside", reader, name, file, kind] = functools.partial(ways_in.read, reader, path)
    return dict(zip(calls, guarded.run(calls.values(), seconds=SECONDS, memory=MEMORY), strict=True))


def content(what, good):
    what = what(good) if callable(what) else what
    return what.encode() if isinstance(what, str) else what


def refused(outcome, message):
    assert not outcome.failure, outcome.message
    assert message in outcome.value and outcome.value, outcome.value or "it was read"
    assert outcome.peak < PEAK, f"{outcome.peak >> 20} MiB"


@pytest.mark.parametrize("way", ways_in.WAYS, ids=str)
def test_good_files_are_read(way, outcomes):
    outcome = outcomes["good", *way]
    assert not outcome.failure, outcome.message
    assert not outcome.value or way in LACKING, outcome.value


@pytest.mark.parametrize("kind", ANY)
def test_damaged_files_are_refused_by_every_way_in(kind, outcomes):
    for way in ways_in.WAYS:
        outcome = outcomes[way.reader, way.file, way.victim, kind]
        if (way.file, kind) in FINE:
            assert outcome.failure == "" == outcome.value or way.reader == "picture", outcome
        else:
            refused(outcome, way.file)
            assert kind != "link to itself" or "symbolic links" in outcome.value, outcome.value


@pytest.mark.parametrize(("reader", "name", "kind"), CELLS)
def test_hostile_content_is_refused(reader, name, kind, outcomes):
    refused(outcomes[reader, name, kind], OWN[reader, name][kind][1])


@pytest.mark.parametrize(("reader", "name", "file", "kind"), CELLS_INSIDE)
def test_hostile_files_in_a_folder_are_refused(reader, name, file, kind, outcomes):
    refused(outcomes["inside", reader, name, file, kind], INSIDE[reader, name, file][kind][1])


def slow():
    while True:
        with contextlib.suppress(OSError):  # as a reader does that considers the file damaged
            time.sleep(60)


def large():
    return len(bytearray(MEMORY + (64 << 20)))


def test_the_guard_notices_what_it_guards_against():
    found = list(guarded.run([int, slow, large, os.abort, large, float], seconds=0.5, memory=MEMORY))
    assert [outcome.failure for outcome in found] == ["", "slow", "raised", "died", "raised", ""]
    assert (found[0].value, found[-1].value) == (0, 0.0) and "MemoryError" in found[2].message
