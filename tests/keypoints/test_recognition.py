"""The format of a file is found by its content, under any name; no format or several are an error."""

import functools
import shutil
import sys
import tracemalloc

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import recognition
from geolift.keypoints.formats.base import KINDS
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import FORMATS, open_content, read_keypoints
from geolift.safe_io.npz import Archive
from geolift.skeletons.joint_sets import JOINT_SETS
from tests.helpers import annotation_writers, keypoint_writers, program_writers
from tests.helpers import table_writers as writers

COCO, MEDIAPIPE = JOINT_SETS["coco17"].source, JOINT_SETS["mediapipe33"].source
TABLE = "frame,person,head_x,head_y,tail_x,tail_y\n0,rex,1,2,3,4\n1,rex,2,3,4,5\n"


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path, message, **options):
    with pytest.raises(DatasetError, match=message) as error:
        read_keypoints(path, **options)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


JSON = {
    "label-studio": (annotation_writers.label_studio, "coco17"),
    "aic": (keypoint_writers.aic, "aic14"),
    "labelme": (lambda path, scene: keypoint_writers.write(path, annotation_writers.labelme_image(scene[0])), "coco17"),
    "via": (annotation_writers.via, "coco17"),
    "openpose": (keypoint_writers.openpose, "body25"),
    "coco": (keypoint_writers.coco_annotations, "coco17"),
    "coco-results": (keypoint_writers.coco_results, "coco17"),
    "alphapose": (keypoint_writers.alphapose, "halpe26"),
    "openpifpaf": (keypoint_writers.openpifpaf, "coco17"),
    "mmpose": (keypoint_writers.mmpose, "coco17"),
    "mpii": (keypoint_writers.mpii, "mpii16"),
    "ultralytics": (keypoint_writers.ultralytics, "coco17"),
    "pyskl": (lambda path, scene: program_writers.pyskl(path, [scene]), "coco17"),
    "opencap": (program_writers.opencap, "body25"),
    "pose-format": (lambda path, scene: program_writers.pose_format(path, scene, MEDIAPIPE), "mediapipe33"),
    "sleap-labels": (lambda path, scene: program_writers.sleap_labels(path, scene, COCO), "coco17"),
    "mediapipe": (functools.partial(keypoint_writers.mediapipe, header=True), "mediapipe33"),
}


def made(name, path, rng):
    """A file of a format, as its program writes it."""
    if name in JSON:
        writer, joint_set = JSON[name]
        writer(path, keypoint_writers.scene(JOINT_SETS[joint_set].source, joint_set, rng))
    elif name == "kinetics-skeleton":
        keypoints = keypoint_writers.scene(JOINT_SETS["coco18"].source, "coco18", rng)
        program_writers.kinetics_skeleton(path, keypoints)
    elif name == "array":
        scene = keypoint_writers.scene(COCO, "coco17", rng, people=1)
        np.save(path.with_suffix(".npy"), program_writers.by_person(scene)[0][0])
        path.with_suffix(".npy").rename(path)
    elif name == "detectron":
        writers.detectron(path.with_suffix(".npz"), writers.people(rng, COCO))
        path.with_suffix(".npz").rename(path)
    elif name == "videopose3d":
        takes, metadata = (
            {"a": {"custom": [np.arange(68.0).reshape(2, 17, 2)]}},
            {"layout_name": "coco", "num_joints": 17},
        )
        writers.videopose3d(path.with_suffix(".npz"), takes, metadata)
        path.with_suffix(".npz").rename(path)
    elif name == "deeplabcut":
        write(path, "scorer,DLC,DLC,DLC\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1,2,0.9\n1,1,2,0.9\n")
    elif name == "sleap":
        pytest.importorskip("h5py")
        writers.sleap(path, writers.people(rng, ("nose", "tail", "paw")))
    elif name == "table":
        write(path, TABLE)
    elif name == "joint-table":
        writers.joint_table(path, writers.people(rng, MEDIAPIPE, names=("0",)))
    elif name == "bare-table":
        writers.wide_table(path, writers.people(rng, MEDIAPIPE), lambda *_: "", parts=("x", "y", "z", "confidence"))
    elif name == "trc":
        writers.trc(path, writers.people(rng, COCO))
    return path


@pytest.mark.parametrize("ending", [".json", ".npz", ".csv", ""])
@pytest.mark.parametrize("name", sorted({known.name for known in FORMATS}))
def test_every_format_is_recognized_under_any_name(name, ending, rng, tmp_path, people_file):
    path = tmp_path / f"keypoints{ending}"
    if name == "geolift":
        shutil.copy(people_file, path)
    else:
        made(name, path, rng)
    options = Options(image_size=(640, 480)) if name == "kinetics-skeleton" else NO_OPTIONS
    found = read_keypoints(path, options=options)
    assert found.format == name and found.why.startswith(f"recognized as {name} (") and len(found.recording.frame)
    asked = read_keypoints(path, format=name, options=options)
    assert "as asked" in asked.why and asked.recording.joints == found.recording.joints


def test_formats_differ_in_name_or_kind():
    assert len({(known.name, known.kind) for known in FORMATS}) == len(FORMATS)
    assert {known.kind for known in FORMATS} == set(KINDS)
    assert all(known.what and "\n" not in known.what for known in FORMATS)


def test_contents(tmp_path, people_file):
    (tmp_path / "folder").mkdir()
    for name in ("b", "a"):
        (tmp_path / "folder" / name).touch()
    assert open_content(tmp_path / "folder") == ("folder", [tmp_path / "folder" / "a", tmp_path / "folder" / "b"])
    text = '\ufeff {"a": [1, -Infinity], "b": "\u00e4"}\n'
    assert open_content(write(tmp_path / "x", text)) == ("json", {"a": [1, -np.inf], "b": "\u00e4"})
    lines = '{"a": 1}\r\n\r\n[2, "\u2028"]\r\n'
    assert open_content(write(tmp_path / "x", lines)) == ("json", [{"a": 1}, [2, "\u2028"]])
    assert open_content(write(tmp_path / "x", "a,b\r\n1,2\r\n\r\n")) == ("csv", ["a,b", "1,2"])
    kind, archive = open_content(people_file)
    assert kind == "npz" and isinstance(archive, Archive) and "keypoints" in archive.names
    signature = b"\x89HDF\r\n\x1a\n"
    for block in (0, 512):
        assert open_content(write(tmp_path / "x", b"\1" * block + signature)) == ("hdf5", tmp_path / "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x80\x04\x95\x00\x00", "the pickle is damaged or cut off"),
        (b"\x81\x04\x95\x00\x00", r"begins with b'.x81.*neither UTF-8 text .*, \.npz nor HDF5"),
        (b"frame,\xff\n", "neither UTF-8 text"),
        (b"frame\0,head_x\n", "zero bytes"),
        (b"\xff\xfe" + "frame".encode("utf-16-le") + b"\0", "neither UTF-16"),
        ("[1, 2", "damaged JSON: line 1, column"),
        ('{"people": [}', "damaged JSON: line 1, column 13: Expecting value"),
        ("[" * 100_000, "damaged JSON: nested too deeply"),
        ('{"a":' * 100_000, "damaged JSON: nested too deeply"),
        ("[" + "9" * 10_000 + "]", "damaged JSON: Exceeds the limit"),
        ('{"a": 1}\n{"a": 2}\n', r"not recognized: found JSON, a list of 2 with \['a'\]"),
        ('{"a": 1}\n\n{"a": \n', "damaged JSON lines: line 3, column 7: Expecting value"),
        ('{"a": 1} 2\n{"a": 2}\n', "damaged JSON: line 1, column 10: Extra data"),
        (b"PK\x03\x04" + b"\0" * 100, "truncated"),
        ("{}", r"not recognized: found JSON, an object\. Formats looked for: .*alphapose"),
        ("[]", "not recognized: found JSON, a list of 0"),
        ("[[[1, 2, 0.5]]]", "found JSON, a list of 1"),
        ('[{"joints": 1}]', r"found JSON, a list of 1 with \['joints'\]"),
        ("time,x,y\n0,1,2\n", "not recognized: found text, which begins with 'time,x,y'"),
        ("\n", "found text, which begins with ''"),
        ('frame,"a_x,a_y\n0,1,2\n', "found text, which begins with 'frame,"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    refused(write(tmp_path / "file", content), message)


def test_other_archives_and_folders(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    refused(
        tmp_path / "other.npz",
        r"found an archive of arrays \(\.npz\), with the arrays \['weights'\]\. Formats.*geolift",
    )
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "found a folder, empty")
    (tmp_path / "folder" / "notes.md").touch()
    refused(tmp_path / "folder", r"of 1 files: notes\.md\. Formats looked for: openpose")
    (tmp_path / "folder" / "photo.jpg").touch()
    refused(tmp_path / "folder", "photo.jpg: found 0 bytes|geolift\\[detect|pip download")
    with pytest.raises(FileNotFoundError, match="none: no such file"):
        read_keypoints(tmp_path / "none")
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = 1
    refused(tmp_path / "other.h5", "found HDF5, whose tables are of another program. Formats looked for: deeplabcut")
    refused(write(tmp_path / "bad.h5", b"\x89HDF\r\n\x1a\nnothing"), "HDF5 file cannot be read")


def test_the_format_given_by_the_user(tmp_path, rng):
    path = made("coco-results", tmp_path / "r.json", rng)
    refused(path, r"found JSON, expected text or HDF5 for deeplabcut", format="deeplabcut")
    with pytest.raises(DatasetError, match="--from: found 'cocoa', expected one of"):
        read_keypoints(path, format="cocoa")
    with pytest.raises(DatasetError):
        read_keypoints(path, format="mpii")


@pytest.mark.parametrize(("name", "array"), [("detectron", "metadata"), ("videopose3d", "positions_2d")])
def test_a_format_given_by_the_user_needs_its_arrays(name, array, tmp_path, rng):
    path = made(name, tmp_path / "good.npz", rng)
    with np.load(path, allow_pickle=True) as arrays:
        np.savez(tmp_path / "bad.npz", **{key: arrays[key] for key in arrays.files if key != array})
    refused(tmp_path / "bad.npz", rf"\['{array}'\] missing, found \[", format=name)


def test_several_formats_are_named(tmp_path, monkeypatch, rng):
    path = made("table", tmp_path / "t.csv", rng)
    table = next(known for known in FORMATS if known.name == "table")
    twin = table._replace(name="twin", recognize=lambda content: "it has two")
    monkeypatch.setattr(recognition, "FORMATS", (table, twin))
    refused(path, r"several formats, say which with --from: table \(the header .*\); twin \(it has two\)")
    assert read_keypoints(path, format="twin").format == "twin"


def test_large_files_are_not_read(tmp_path):
    for name, begin in (("t.csv", b"frame,"), ("t.json", b"[1,")):
        with (tmp_path / name).open("wb") as file:
            file.write(begin)
            file.truncate(2**33)  # sparse: takes no space
        tracemalloc.start()
        refused(tmp_path / name, "found 8589934592 bytes of text, expected up to 1073741824")
        assert tracemalloc.get_traced_memory()[1] < 2**22
        tracemalloc.stop()


def test_hdf5_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = write(tmp_path / "x.h5", b"\x89HDF\r\n\x1a\n")
    refused(path, r"HDF5 files need h5py: pip install 'geolift\[files\]'")
