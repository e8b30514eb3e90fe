"""An independent reader of binary glTF, by its specification: what is wrong with a file, and where it puts things.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

import json
import struct

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
SIZES = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A file: its JSON as `file`, and its arrays."""

    def __init__(self, content):
        magic, version, length, size, kind = struct.unpack_from("<4sIII4s", content)
        assert (magic, version, length, kind) == (b"glTF", 2, len(content), b"JSON")
        self.file = json.loads(content[20 : 20 + size].decode("utf-8"))
        more, kind = struct.unpack_from("<I4s", content, 20 + size)
        assert kind == b"BIN\0" and size % 4 == more % 4 == 0 and 28 + size + more == len(content)
        self.binary = content[28 + size :]
        assert 0 <= more - self.file["buffers"][0]["byteLength"] <= 3
        self.nodes = self.file["nodes"]
        self.parents = {child: i for i, node in enumerate(self.nodes) for child in node.get("children", [])}

    def array(self, number):
        """The values of an accessor `[count, ...]`."""
        accessor = self.file["accessors"][number]
        view = self.file["bufferViews"][accessor["bufferView"]]
        kind, size = np.dtype(TYPES[accessor["componentType"]]), SIZES[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        assert start % kind.itemsize == 0 and "byteStride" not in view
        assert accessor["count"] * size * kind.itemsize <= view["byteLength"] - accessor.get("byteOffset", 0)
        assert view["byteOffset"] + view["byteLength"] <= len(self.binary)
        values = np.frombuffer(self.binary, kind, accessor["count"] * size, start)
        return values if size == 1 else values.reshape(-1, size)

    def animation(self, name):
        return next(animation for animation in self.file["animations"] if animation["name"] == name)

    def tracks(self, animation):
        """`{(node, path): (times, values, interpolation)}`."""
        found = {}
        for channel in animation["channels"]:
            sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
            key = target["node"], target["path"]
            assert key not in found
            found[key] = self.array(sampler["input"]), self.array(sampler["output"]), sampler["interpolation"]
        return found

    def transforms(self, tracks, seconds):
        """`[S, N, 4, 4]` where nodes are in the world at some times."""
        local = np.tile(np.eye(4), (len(seconds), len(self.nodes), 1, 1))
        for i, node in enumerate(self.nodes):
            local[:, i, :3, 3] = self.at(tracks, i, "translation", seconds, node.get("translation", [0, 0, 0]))
            turn = self.at(tracks, i, "rotation", seconds, node.get("rotation", [0, 0, 0, 1]))
            scale = self.at(tracks, i, "scale", seconds, node.get("scale", [1, 1, 1]))
            local[:, i, :3, :3] = Rotation.from_quat(turn).as_matrix() * scale[:, None]
        world = {}

        def place(i):
            if i not in world:
                world[i] = place(self.parents[i]) @ local[:, i] if i in self.parents else local[:, i]
            return world[i]

        return np.stack([place(i) for i in range(len(self.nodes))], axis=1)

    def at(self, tracks, node, path, seconds, otherwise):
        """`[S, 3 or 4]` a value of a node at some times."""
        if (node, path) not in tracks:
            return np.tile(np.array(otherwise, np.float64), (len(seconds), 1))
        times, values, interpolation = tracks[node, path]
        seconds = np.clip(np.float32(seconds), times[0], times[-1])
        if interpolation == "STEP" or len(times) == 1:
            return values[np.searchsorted(times, seconds, side="right") - 1].astype(np.float64)
        if path == "rotation":
            return Slerp(times, Rotation.from_quat(values))(seconds).as_quat()
        return np.stack([np.interp(seconds, times, axis) for axis in values.T], axis=-1)

    def node(self, name, person):
        """The number of a node of a person, by its name."""
        top = next(i for i in self.file["scenes"][0]["nodes"] if self.nodes[i]["name"] == person)
        under = [top]
        for i in under:
            under += self.nodes[i].get("children", [])
        return next(i for i in under[1:] if self.nodes[i]["name"] == name)

    def surface(self, person):
        """`{name: array}` of the vertices of a person, and `triangles` `{material: [T, 3]}`."""
        mesh = next(mesh for mesh in self.file["meshes"] if mesh["name"] == person)
        (attributes,) = {json.dumps(part["attributes"]) for part in mesh["primitives"]}
        found = {name: self.array(number) for name, number in json.loads(attributes).items()}
        found["triangles"] = {
            self.file["materials"][part["material"]]["name"]: self.array(part["indices"]).reshape(-1, 3).astype(int)
            for part in mesh["primitives"]
        }
        return found

    def skinned(self, person, transforms):
        """`[S, V, 3]` the vertices of a person, moved by the joints."""
        skin = next(skin for skin in self.file["skins"] if skin["name"] == person)
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        surface = self.surface(person)
        moves = transforms[:, skin["joints"]] @ inverse
        points = np.pad(surface["POSITION"], ((0, 0), (0, 1)), constant_values=1)
        moved = np.einsum("svbij,vj->svbi", moves[:, surface["JOINTS_0"]], points)
        return np.einsum("svbi,vb->svi", moved, surface["WEIGHTS_0"])[..., :3]


def expect_sound(glb):
    """What the specification asks of files like ours."""
    file = glb.file
    assert file["asset"]["version"] == "2.0" and file["asset"]["generator"] == "geolift"
    children = [child for node in glb.nodes for child in node.get("children", [])]
    roots = file["scenes"][file["scene"]]["nodes"]
    assert sorted(children + roots) == list(range(len(glb.nodes)))  # trees, none of them left out
    for accessor in range(len(file["accessors"])):
        values, given = glb.array(accessor), file["accessors"][accessor]
        assert np.isfinite(values).all()
        for name, least in (("min", np.min), ("max", np.max)):
            if name in given:
                np.testing.assert_array_equal(np.float32(given[name]), np.atleast_1d(least(values, axis=0)))
    for i, node in enumerate(glb.nodes):
        assert "mesh" not in node or i in roots  # what is above a skinned mesh does not move it
    for mesh in file["meshes"]:
        _expect_sound_mesh(glb, mesh["name"])
    rest = glb.transforms({}, [0.0])[0]
    for skin in file["skins"]:
        inverse = glb.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        np.testing.assert_allclose(inverse @ rest[skin["joints"]], np.tile(np.eye(4), (len(inverse), 1, 1)), atol=1e-6)
    for animation in file["animations"]:
        for (_, path), (times, values, _) in glb.tracks(animation).items():
            assert len(times) == len(values) and times[0] >= 0 and (np.diff(times) > 0).all()
            if path == "rotation":
                np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, atol=1e-6)
                assert (np.sum(values[1:] * values[:-1], axis=1) >= 0).all()  # no change of sign


def _expect_sound_mesh(glb, person):
    surface = glb.surface(person)
    count = len(surface["POSITION"])
    joints = len(next(skin for skin in glb.file["skins"] if skin["name"] == person)["joints"])
    accessor = glb.file["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    assert {"min", "max"} <= glb.file["accessors"][accessor].keys()
    np.testing.assert_allclose(np.linalg.norm(surface["NORMAL"], axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(surface["WEIGHTS_0"].sum(axis=1, dtype=np.float64), 1, atol=1e-7)
    assert (surface["WEIGHTS_0"] >= 0).all() and surface["JOINTS_0"].max() < joints
    assert (surface["JOINTS_0"][surface["WEIGHTS_0"] == 0] == 0).all()
    triangles = np.concatenate(list(surface["triangles"].values()))
    assert set(triangles.ravel().tolist()) == set(range(count))
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)  # closed, and all triangles face the same way: outwards
    assert {tuple(edge) for edge in edges.tolist()} == {tuple(edge) for edge in edges[:, ::-1].tolist()}
    a, b, c = surface["POSITION"][triangles].astype(np.float64).swapaxes(0, 1)
    assert np.sum(np.cross(a, b) * c) > 0
    facing = np.sum(np.cross(b - a, c - a) * surface["NORMAL"][triangles].mean(axis=1), axis=1)
    assert (facing > 0).mean() > 0.99
