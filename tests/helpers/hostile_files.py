"""Makers of hostile files: each gives the bytes or the text of a file, or a function `(folder of good files) -> it`."""

import functools
import io
import json
import os
import pickle
import shutil
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from geolift.convert.mocap.cmu import JOINTS as CMU_NAMES
from geolift.pretrained import weights_file
from geolift.skeletons.skeleton import H36M17


def npy(array, objects=False):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=objects)
    return file.getvalue()


def npz(**arrays):
    """A .npz of arrays, and of arrays of objects, which are pickled."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", npy(array, array.dtype.hasobject))
    return file.getvalue()


JOINTS = [value for i in range(17) for value in (1.5 + 7 * (i % 5), 2.5 + 11 * i, 0.9)]
DEPTH = 100_000


def changed(name, **changes):
    """A .npz with some arrays of a good one changed: by a function of the good one, or to something else."""

    def content(good):
        with np.load(good / name, allow_pickle=True) as file:
            arrays = dict(file)
        return npz(**arrays | {k: np.asarray(v(arrays[k]) if callable(v) else v) for k, v in changes.items()})

    return content


def people_in(names, **more):
    """AlphaPose's list of a person in each image."""
    return json.dumps([{"image_id": name, "keypoints": JOINTS, "score": 1, "idx": 0, **more} for name in names])


def replaced(name, *pairs):
    def content(good):
        text = (good / name).read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        return text

    return content


def hdf5(name, change):
    """A good HDF5 file, opened and changed by a function that also has the path of another file, with a secret."""

    def content(good):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.h5"
            shutil.copy(good / name, path)
            secret = good / "secret.h5"
            if not secret.exists():
                with h5py.File(secret, "w") as file:
                    file["tracks"] = np.zeros((2, 2, 17, 4))
            with h5py.File(path, "r+") as file:
                change(file, secret)
            return path.read_bytes()

    return content


def put(name, make):
    """Put something else in place of a data set: what `make` does with the file, the name and the secret file."""

    def change(file, secret):
        del file[name]
        make(file, name, secret)

    return change


def data(**options):
    """A data set of other data, or of another shape."""
    return lambda file, name, secret: file.create_dataset(name, **options)


def virtual(file, name, secret):
    layout = h5py.VirtualLayout((2, 2, 17, 4), "f8")
    layout[:] = h5py.VirtualSource(secret, "tracks", (2, 2, 17, 4))
    file.create_virtual_dataset(name, layout)


def link(file, name, secret):
    file[name] = h5py.ExternalLink(str(secret), "/tracks")


def link_to_itself(file, name, secret):
    file[name] = h5py.SoftLink(f"/{name}")


def link_to_pipe(file, name, secret):
    pipe = secret.with_name("pipe")
    if not pipe.exists():
        os.mkfifo(pipe)
    link(file, name, pipe)


def bytes_of_another(file, name, secret):
    file.create_dataset(name, (2, 2, 17, 4), "f8", external=[(str(secret), 0, 10**5)])


def weights(tensors=lambda tensors: tensors, raw=None, **changes):
    """A model with its tensors or its description changed, and the checksum made to fit."""

    def content(good):
        with safe_open(good / "small.safetensors", "np") as file:
            arrays = tensors({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
            card = json.loads(file.metadata()["geolift"])
        del card["sha256"]
        for key, value in changes.items():
            card[key] = card[key] | value if isinstance(value, dict) else value
        try:
            card["sha256"] = weights_file._checksum(card, arrays)
        except ValueError:
            card["sha256"] = "none fits"
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as made:
            save_file(arrays, made.name, metadata={"geolift": raw or json.dumps(card)})
            return Path(made.name).read_bytes()

    return content


def header(text):
    return struct.pack("<Q", len(text)) + text.encode()


def pickled(name, part, **changes):
    """A good pickle with entries changed, in the dict under `part` if there is one."""

    def content(good):
        whole = pickle.loads((good / name).read_bytes())  # our own
        entries = whole[part] if part else whole
        entries |= {key: value(entries[key]) if callable(value) else value for key, value in changes.items()}
        return pickle.dumps(whole)

    return content


def laughs(levels=9, each=20):
    """Lists in lists, few in the file and 20^9 numbers when unfolded."""
    found = [0.0] * each
    for _ in range(levels - 1):
        found = [found] * each
    return found


def shared_people(good):
    frames, people = np.empty(3000, object), [[], [np.ones((4, 17), np.float32)] * 3000]
    frames[:] = [people] * len(frames)
    return npz(boxes=np.zeros(1), keypoints=frames, metadata=np.array({"w": 100, "h": 100}, object))


def shared_takes(subjects, actions, **metadata):
    """Very many sequences that are all the same array."""

    def content(good):
        one = np.full((20_000, 17, 2), 500, np.float32)
        repeated = {subject: {f"Action {i}": [one] * 4 for i in range(actions)} for subject in subjects}
        return npz(positions_2d=np.array(repeated, object), metadata=np.array({"num_joints": 17, **metadata}, object))

    return content


def cmu(**changes):
    """One clip of a standing person as `geolift convert cmu` reads it, changed."""

    def content(good):
        points = np.zeros((50, 17, 3), np.float32)
        points[:, :, 2] = np.linspace(1, 1.8, 17)
        points[:, H36M17.head, 2] = 1.9
        arrays = {
            "positions": points, "start": [0], "stop": [50], "subject": ["1"], "clip": ["1"], "action": ["1"],
            "split": ["train"], "fps": 30.0, "joint_names": list(CMU_NAMES), "parents": list(H36M17.parents),
        }  # fmt: skip
        arrays = {key: np.asarray(value) for key, value in arrays.items()}
        return npz(**arrays | {k: np.asarray(v(arrays[k]) if callable(v) else v) for k, v in changes.items()})

    return content


CLIP = ("start", "stop", "subject", "clip", "action", "split")
REPEATED = {key: functools.partial(np.repeat, repeats=20_000) for key in CLIP}


def element(kind, data):
    """An element of a MATLAB v5 file."""
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def cells(count, inner=b"", name=b""):
    """A MATLAB array of `count` cells."""
    flags, shape = element(6, struct.pack("<II", 1, 0)), element(5, struct.pack("<ii", count, 1))
    return element(14, flags + shape + element(1, name) + inner)


def mat(*elements):
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)


def nested_cells(good):
    begin, size = [], 0
    for i in range(DEPTH):
        inner = cells(1, name=b"annot2" if i == DEPTH - 1 else b"")[8:]
        begin.append(struct.pack("<II", 14, len(inner) + size) + inner)
        size += len(inner) + 8
    return mat(b"".join(reversed(begin)))


def unpacking(megabytes):
    """A compressed MATLAB array of zeros."""
    size = megabytes << 20
    flags, shape = element(6, struct.pack("<II", 6, 0)), element(5, struct.pack("<ii", size // 8, 1))
    begin = flags + shape + element(1, b"annot2") + struct.pack("<II", 9, size)
    packer = zlib.compressobj(9)
    first = packer.compress(struct.pack("<II", 14, len(begin) + size) + begin) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return mat(element(15, first + zeros * megabytes))


def cdf(*changes):
    """The first CDF file with changed numbers: at offsets, or where a number at an offset points to."""

    def content(good):
        data = bytearray(sorted((good / "archive_human36m_cdf").rglob("*.cdf"))[0].read_bytes())
        for path, width, value in changes:
            at = 0
            for step in path[:-1]:
                at = int.from_bytes(data[at + step : at + step + 8], "big")
            at += path[-1]
            data[at : at + width] = (value(data, at) if callable(value) else value).to_bytes(width, "big")
        return bytes(data)

    return content


def image(width, height):
    """A PNG whose header states this many pixels; it holds the first of them, black."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = packer.compress(bytes(1 << 20)) + packer.flush()
    begin = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", begin) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bvh(joints, frames):
    """A chain of joints that do not move, each of which would take memory in every frame."""
    chain = "".join(f"JOINT j{i} {{ OFFSET 0 0 0 CHANNELS 0\n" for i in range(joints))
    root = "HIERARCHY ROOT r { OFFSET 0 0 0 CHANNELS 3 Zrotation Yrotation Xrotation\n"
    return f"{root}{chain}{'} ' * (joints + 1)}\nMOTION\nFrames: {frames}\nFrame Time: 0.01\n" + "0 0 0\n" * frames
