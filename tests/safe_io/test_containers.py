"""Packed files are unpacked inside a temporary folder alone; bombs, links and damage are errors in one line."""

import contextlib
import gzip
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.safe_io import containers

FILES = {"walk/a.json": b"[1]", "walk/deep/b.json": b"[2]"}


def packed(path, files, how):
    if how == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz" if how == "tar.gz" else "w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return path


def content_of(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def unpacked(path):
    with containers.unpacked(path, containers.kind_of(path)) as inside:
        return content_of(inside) if inside.is_dir() else inside.read_bytes()


def refused(path, message):
    with pytest.raises(DatasetError, match=message) as error:
        unpacked(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("how", ["zip", "tar", "tar.gz"])
def test_folders_are_unpacked_under_any_name_without_system_files(how, tmp_path):
    system = {"__MACOSX/walk/._a.json": b"\0", "walk/.DS_Store": b"\0", "walk/Thumbs.db": b"\0", "walk/._a.json": b"\0"}
    for name in ("walk.packed", "walk"):
        path = packed(tmp_path / name, FILES | system, how)
        before = set(Path(tempfile.gettempdir()).glob("geolift-*"))
        assert unpacked(path) == FILES
        assert set(Path(tempfile.gettempdir()).glob("geolift-*")) <= before


def test_one_packed_file_keeps_its_name(tmp_path):
    path = tmp_path / "walk.json.gz"
    path.write_bytes(gzip.compress(b"[1]"))
    with containers.unpacked(path, containers.kind_of(path)) as inside:
        assert inside.name == "walk.json" and inside.read_bytes() == b"[1]"


def test_arrays_and_plain_files_are_not_packed(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.zeros(3))
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "empty").touch()
    assert {containers.kind_of(file) for file in tmp_path.iterdir()} == {None}


@pytest.mark.parametrize("name", ["../out.json", "/out.json", "a/../../out.json", "..\\out.json", "c:/out.json"])
@pytest.mark.parametrize("how", ["zip", "tar"])
def test_no_name_leads_out_of_the_folder(name, how, tmp_path):
    refused(packed(tmp_path / "bad", {"good.json": b"[]", name: b"[]"}, how), "expected names inside the container")


def test_links_are_not_followed(tmp_path):
    path, secret = tmp_path / "links.tar", tmp_path / "secret.json"
    secret.write_text("[]")
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("link.json")
            member.type, member.linkname = kind, str(secret)
            archive.addfile(member)
    assert unpacked(path) == {}


@pytest.mark.parametrize("how", ["zip", "tar.gz"])
def test_bombs_stop_at_a_size(how, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "SMALL", 2**20)
    refused(packed(tmp_path / "bomb", {"a.json": bytes(2**22), "b.json": bytes(2**22)}, how), "a bomb. found more than")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "MOST_FILES", 3)
    refused(packed(tmp_path / "many", {f"{i}.json": b"[]" for i in range(4)}, "zip"), "more than 3 files")


def test_damage_is_one_line(tmp_path, rng):
    for how in ("zip", "tar.gz", "tar"):
        good = packed(tmp_path / "good", FILES, how).read_bytes()
        for _ in range(60):
            data = bytearray(good)
            for at in rng.integers(len(data), size=4):
                data[at] = rng.integers(256)
            bad = tmp_path / "bad"
            bad.write_bytes(bytes(data[: rng.integers(40, len(data) + 1)]))
            if (kind := containers.kind_of(bad)) is None:
                continue
            message = f"{bad}: "
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(containers.unpacked(bad, kind))
                except DatasetError as error:
                    message = str(error)
            assert message.startswith(f"{bad}: ") and "\n" not in message


def test_office_documents_and_encrypted_files_say_what_to_do(tmp_path):
    refused(packed(tmp_path / "a.xlsx", {"[Content_Types].xml": b"", "xl/a.xml": b""}, "zip"), "save the table as CSV")
    path = packed(tmp_path / "locked.zip", {"a.json": b"[]"}, "zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    refused(path, "encrypted")
