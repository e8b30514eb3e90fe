"""Arrays come back as they were saved; a file that is damaged, hostile or something else gives one clear error."""

import contextlib
import copy
import functools
import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.safe_io import npz

ARRAYS = {
    "floats": np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "text": np.array(["pelvis", "head", "ü"]),
    "number": np.array(3),
    "empty": np.zeros((5, 0, 2), np.float32),
    "flags": np.array([True, False]),
}
OBJECTS = {
    "plain": np.array({"S1": {"Walking 1": [np.ones((3, 17, 2), np.float32)]}}),
    "ragged": np.array([[[], np.zeros((n, 4, 17))] if n else [[], []] for n in (2, 0, 1)], dtype=object),
    "nothing": np.array([None, None]),
}


def member(shape, dtype="<f4", data=b"", version=b"\x01\x00"):
    """An .npy file whose header may state anything."""
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode().ljust(118) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + data


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, **ARRAYS)
    return path


def refused(path, message):
    with pytest.raises(DatasetError, match=message) as error:
        npz.read_arrays(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_round_trip(save, tmp_path):
    save(tmp_path / "arrays.npz", **ARRAYS)
    again = npz.read_arrays(tmp_path / "arrays.npz")
    assert list(again) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert again[name].dtype == array.dtype and again[name].shape == array.shape
        np.testing.assert_array_equal(again[name], array)


def test_objects_come_through_the_restricted_unpickler(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, **OBJECTS, numbers=np.arange(3))
    again = npz.read_object_arrays(path, ["numbers", *OBJECTS])
    np.testing.assert_array_equal(again["numbers"], np.arange(3))
    np.testing.assert_array_equal(again["plain"].item()["S1"]["Walking 1"][0], np.ones((3, 17, 2)))
    assert again["ragged"].shape == (3, 2) and again["ragged"][0, 1].shape == (2, 4, 17) and again["ragged"][1, 1] == []
    with pytest.raises(DatasetError, match=r"\['boxes'\] missing, found \['nothing', 'numbers', 'plain', 'ragged'\]"):
        npz.read_object_arrays(path, ["boxes", "plain"])


def test_names_are_known_before_anything_is_read(saved):
    assert npz.Archive(saved).names == tuple(ARRAYS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"1.0 2.0 3.0\n4.0 5.0 6.0\n", "not a .npz"),
        (b"PK\x03\x04" + b"\0" * 200, "truncated"),
        (pickle.dumps({"keypoints": [1, 2]}), "not a .npz"),
    ],
)
def test_files_that_are_no_archive(tmp_path, content, message):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    refused(path, message)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npz"):
        npz.read_arrays(tmp_path / "none.npz")
    refused(tmp_path, "folder")


def test_truncated_file(saved):
    whole = saved.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        saved.write_bytes(whole[: int(share * len(whole))])
        refused(saved, "truncated")


def test_damaged_file(saved):
    whole = bytearray(saved.read_bytes())
    whole[whole.index(b"floats.npy") + 60] ^= 0xFF
    saved.write_bytes(whole)
    refused(saved, "cannot be read")


def test_pickled_objects_are_refused_and_never_run(tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "bad.npz"
    np.savez(path, keypoints=np.array([Payload()], dtype=object))
    refused(path, r"'keypoints'.*pickled")
    with pytest.raises(DatasetError, match=r"array 'keypoints': the pickle asks for (_?io|builtins)\.open"):
        npz.read_object_arrays(path, ["keypoints"])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (member((2**40,)), r"found 0 bytes, expected 4398046511104 for float32"),
        (member((4,), data=b"\0" * 8), "found 8 bytes, expected 16"),
        (member((1,), data=b"\0" * 8), "found 8 bytes, expected 4"),
        (member((-1,), data=b""), r"found 0 bytes, expected -4"),
        (member((-2, -2), data=b"\0" * 16), r"of shape \[-2, -2\]"),
        (member((2**40, 0)), "without any bytes"),
        (member((2**40,), "<U0"), "without any bytes"),
        (member((1,), [("a", "|O")], data=b"\0" * 8), "pickled"),
        (member((1,), version=b"\x07\x00"), "version"),
        (b"<html>", "cannot be read"),
    ],
)
def test_headers_that_lie_allocate_nothing(content, message, tmp_path):
    path = archive(tmp_path / "bad.npz", keypoints=content)
    tracemalloc.start()
    refused(path, message)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22
    with pytest.raises(DatasetError, match="'keypoints'"):
        npz.read_object_arrays(path, ["keypoints"])


def test_zip_bombs_are_refused_by_the_directory_alone(saved, monkeypatch):
    whole = bytearray(saved.read_bytes())
    entry = whole.index(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", 2**31)  # the unpacked size of the first member
    saved.write_bytes(whole)
    refused(saved, r"zip bomb\? found 2147\d+ bytes of arrays in \d+ bytes, expected up to 1073741824")
    monkeypatch.setattr(npz, "SMALL", 100)
    monkeypatch.setattr(npz, "LARGEST", 10)
    np.savez_compressed(saved, zeros=np.zeros(10_000))
    refused(saved, f"expected up to {saved.stat().st_size}")


def test_an_array_twice(tmp_path):
    path = tmp_path / "twice.npz"
    array = io.BytesIO()
    np.save(array, np.arange(3))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", array.getvalue())
        file.writestr("a", array.getvalue())
    refused(path, r"array twice in \['a', 'a'\]")


def test_any_damage_gives_geolift_s_own_error(tmp_path, rng):
    np.savez_compressed(tmp_path / "whole.npz", **ARRAYS, **OBJECTS)
    whole = (tmp_path / "whole.npz").read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] ^= 1 << rng.integers(8)
        (tmp_path / "damaged.npz").write_bytes(damaged)
        with contextlib.suppress(DatasetError):  # nothing else; bits in unused fields of the archive may even pass
            npz.read_object_arrays(tmp_path / "damaged.npz", [*ARRAYS, *OBJECTS])


LARGE = ARRAYS | {"wide": np.arange(20_000, dtype=np.float32)}


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file whose array "floats" stays in it."""
    monkeypatch.setattr(npz, "MAPPED", 150)
    path = tmp_path / "arrays.npz"
    with path.open("wb") as file:
        npz.write_arrays(file, LARGE, stored=("floats", "fortran", "wide"))
    return path


def test_large_arrays_stay_in_the_file(large):
    for read in (functools.partial(npz.read_arrays, mapped=True), npz.read_arrays, np.load):
        again = dict(read(large))
        for name, array in LARGE.items():
            assert again[name].dtype == array.dtype
            np.testing.assert_array_equal(again[name], array)
    again = npz.read_arrays(large, mapped=True)
    for name in ("floats", "fortran", "wide"):
        assert not again[name].flags.writeable and again[name].ctypes.data % npz.ALIGNED == 0
    assert again["text"].flags.writeable, "it is read"
    assert all(array.flags.writeable for array in npz.read_arrays(large).values())
    large.unlink()
    np.testing.assert_array_equal(again["wide"], LARGE["wide"])


def test_damage_to_an_array_in_the_file_is_found(large):
    whole = large.read_bytes()
    at = whole.index(LARGE["wide"].tobytes()) + 60_000
    large.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(DatasetError, match=r"array 'wide' cannot be read: found the checksum \w{8}, expected \w{8}"):
        npz.read_arrays(large, mapped=True)


def test_members_that_share_bytes_are_a_bomb(large):
    """Two names in the directory for the same bytes: more is promised than the file holds."""
    with zipfile.ZipFile(large, "a") as file:
        for i in range(2):
            twin = copy.copy(file.getinfo("wide.npy"))
            twin.filename = twin.orig_filename = f"twin{i}.npy"
            file.filelist.append(twin)
        file._didModify = True  # the directory is written again
    refused(large, r"a zip bomb\? found \d+ bytes of packed arrays in \d+ bytes")
