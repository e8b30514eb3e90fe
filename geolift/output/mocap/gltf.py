"""glTF 2.0 as one binary file: skinned figures and their animations, put together by pygltflib."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.lofts import Mesh, rest_points

SRGB = {  # colours of materials as a screen shows them, 0 to 1; left and right as in the views, muted
    "left": (0.42, 0.53, 0.65), "right": (0.78, 0.60, 0.44), "skin": (0.80, 0.76, 0.71), "eyes": (0.17, 0.18, 0.20),
}  # fmt: skip
BODIES = ((0.62, 0.62, 0.60), (0.52, 0.61, 0.50), (0.63, 0.53, 0.62), (0.66, 0.60, 0.46), (0.47, 0.60, 0.62))
EVERYONE = "all people"
ALIGNED = 4  # bytes
ROUGH = 0.8  # of all materials, which are not metallic


class Figure(NamedTuple):
    """A skinned figure that moves. B bones, K keys of its animation.

    Attributes:
        name: of the person.
        bones: `[B]` names.
        parents: `[B]` index of a bone's parent, lower than its own; -1 for the first.
        offset: `[B, 3]` metres from the parent at rest; of the first bone: where it is at rest.
        mesh: around the bones at rest.
        seconds: `[K]` when the keys are.
        rotation: `[K, B, 3, 3]` of a bone relative to its parent; at rest none.
        root: `[K, 3]` metres, where the first bone is.
        shown: seconds at which the figure appears (True) or vanishes (False), in order; none: it is always there.
    """

    name: str
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    offset: np.ndarray
    mesh: Mesh
    seconds: np.ndarray
    rotation: np.ndarray
    root: np.ndarray
    shown: dict[float, bool]


def glb_bytes(figures: Sequence[Figure], extras: dict[str, str | list[str]]) -> bytes:
    """The file: a tree of nodes, a skin and an animation for each figure; of several, first an animation of all.

    Figures that are absent are scaled to 0, as the format advises for what is not to be seen.

    Args:
        figures: one or more.
        extras: what the file says about itself.

    Raises:
        DatasetError: if pygltflib is missing.

    Source:
        glTF 2.0 Specification (Khronos Group), 3.5.2 on scales of 0.
    """
    try:
        import pygltflib
    except ImportError as error:
        raise DatasetError(".glb needs pygltflib: pip install 'geolift[files]'") from error
    scene = _Scene(pygltflib, extras)
    animations = [scene.add_figure(figure) for figure in figures]
    if len(figures) > 1:  # viewers play the first one
        animations.insert(0, scene.together(animations))
    scene.file.animations = animations
    scene.file.set_binary_blob(bytes(scene.blob))
    scene.file.buffers = [pygltflib.Buffer(byteLength=len(scene.blob))]
    return b"".join(scene.file.save_to_bytes())


class _Scene:
    """A file that grows figure by figure."""

    def __init__(self, library, extras: dict[str, str | list[str]]):
        self.library, self.blob, self.materials = library, bytearray(), {}
        self.file = library.GLTF2(
            asset=library.Asset(generator="geolift", version="2.0", extras=_plain_extras(extras)),
            scene=0,
            scenes=[library.Scene(name="motion", nodes=[])],
        )

    def add_figure(self, figure: Figure):
        """Nodes, skin and mesh of a figure; its animation, which the file does not have yet."""
        library, file, name = self.library, self.file, _plain(figure.name)
        top = len(file.nodes)
        first = top + 2  # of the bones
        children = [[] for _ in figure.parents]
        for bone, parent in enumerate(figure.parents):
            if parent >= 0:
                children[parent].append(first + bone)
        file.scenes[0].nodes += [top, top + 1]
        file.nodes += [
            library.Node(name=name, children=[first]),
            library.Node(name=f"{name} mesh", mesh=len(file.meshes), skin=len(file.skins)),
            *(
                library.Node(name=_plain(bone), translation=offset, children=below)
                for bone, offset, below in zip(figure.bones, figure.offset.tolist(), children, strict=True)
            ),
        ]
        inverse = np.tile(np.eye(4, dtype=np.float32), (len(figure.parents), 1, 1))
        inverse[:, 3, :3] = -rest_points(figure.parents, figure.offset)  # columns stand one after the other
        joints = list(range(first, first + len(figure.parents)))
        skin = library.Skin(name=name, joints=joints, skeleton=first, inverseBindMatrices=self._store(inverse, "MAT4"))
        file.skins.append(skin)
        file.meshes.append(self._mesh(figure.mesh, name, len(file.meshes)))
        return self._animation(figure, name, top)

    def together(self, animations: list):
        """An animation of all figures, which uses the samplers' data of their own ones."""
        library, whole = self.library, self.library.Animation(name=EVERYONE)
        for animation in animations:
            before = len(whole.samplers)
            whole.samplers += animation.samplers
            whole.channels += [
                library.AnimationChannel(sampler=before + channel.sampler, target=channel.target)
                for channel in animation.channels
            ]
        return whole

    def _mesh(self, mesh: Mesh, name: str, number: int):
        library = self.library
        vertices = library.ARRAY_BUFFER
        attributes = library.Attributes(
            POSITION=self._store(mesh.points, "VEC3", vertices, bounds=True),
            NORMAL=self._store(mesh.normals, "VEC3", vertices),
            JOINTS_0=self._store(_smallest(mesh.bones, (np.uint8, np.uint16)), "VEC4", vertices),
            WEIGHTS_0=self._store(mesh.weights, "VEC4", vertices),
        )
        primitives = [
            library.Primitive(
                attributes=attributes,
                indices=self._store(
                    _smallest(triangles.reshape(-1), (np.uint16, np.uint32)), "SCALAR", library.ELEMENT_ARRAY_BUFFER
                ),
                material=self._material(colour, number),
            )
            for colour, triangles in mesh.triangles.items()
        ]
        return library.Mesh(name=name, primitives=primitives)

    def _material(self, colour: str, number: int) -> int:
        """The material of a colour; the bodies of several people differ."""
        library = self.library
        srgb = np.array(SRGB.get(colour, BODIES[number % len(BODIES)]))
        key = tuple(srgb)
        if key not in self.materials:
            linear = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
            surface = library.PbrMetallicRoughness(
                baseColorFactor=[*linear.round(4).tolist(), 1.0], metallicFactor=0.0, roughnessFactor=ROUGH
            )
            name = colour if colour in SRGB or number == 0 else f"{colour} {number % len(BODIES) + 1}"
            self.materials[key] = len(self.file.materials)
            self.file.materials.append(library.Material(name=name, pbrMetallicRoughness=surface))
        return self.materials[key]

    def _animation(self, figure: Figure, name: str, top: int):
        library, animation = self.library, self.library.Animation(name=name)
        keys = self._store(figure.seconds.astype(np.float32), "SCALAR", bounds=True)
        turns = quaternions(figure.rotation).swapaxes(0, 1)
        tracks = [
            (keys, self._store(figure.root.astype(np.float32), "VEC3"), top + 2, "translation", "LINEAR"),
            *((keys, self._store(turn, "VEC4"), top + 2 + i, "rotation", "LINEAR") for i, turn in enumerate(turns)),
        ]
        if figure.shown:
            times = self._store(np.array(list(figure.shown), np.float32), "SCALAR", bounds=True)
            scale = np.repeat(np.array(list(figure.shown.values()), np.float32)[:, None], 3, axis=1)
            tracks.append((times, self._store(scale, "VEC3"), top, "scale", "STEP"))
        for sampler, (times, values, node, path, interpolation) in enumerate(tracks):
            animation.samplers.append(library.AnimationSampler(input=times, output=values, interpolation=interpolation))
            target = library.AnimationChannelTarget(node=node, path=path)
            animation.channels.append(library.AnimationChannel(sampler=sampler, target=target))
        return animation

    def _store(self, values: np.ndarray, kind: str, target: int | None = None, *, bounds: bool = False) -> int:
        """An accessor of an array, with its least and largest values where the format asks for them."""
        library, file = self.library, self.file
        data = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
        component = {
            "f4": library.FLOAT, "u1": library.UNSIGNED_BYTE, "u2": library.UNSIGNED_SHORT, "u4": library.UNSIGNED_INT
        }[values.dtype.str[1:]]  # fmt: skip
        file.bufferViews.append(
            library.BufferView(buffer=0, byteOffset=len(self.blob), byteLength=len(data), target=target)
        )
        self.blob += data + b"\0" * (-len(data) % ALIGNED)
        rows = values.reshape(len(values), -1)
        ends = {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()} if bounds else {}
        file.accessors.append(
            library.Accessor(
                bufferView=len(file.bufferViews) - 1, componentType=component, count=len(values), type=kind, **ends
            )
        )
        return len(file.accessors) - 1


def quaternions(rotation: np.ndarray) -> np.ndarray:
    """Unit quaternions `[K, B, 4]` float32 x, y, z, w of `[K, B, 3, 3]`, without changes of sign from key to key."""
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_matrix(rotation.reshape(-1, 3, 3)).as_quat(canonical=True).reshape(*rotation.shape[:2], 4)
    same = np.sum(turns[1:] * turns[:-1], axis=-1, keepdims=True) >= 0
    turns[1:] *= np.cumprod(np.where(same, 1.0, -1.0), axis=0)
    return turns.astype(np.float32)


def _smallest(values: np.ndarray, kinds: tuple[type, ...]) -> np.ndarray:
    """Whole numbers in the first of some types that holds them; the largest number of a type is not used."""
    return values.astype(next(kind for kind in kinds if values.max(initial=0) < np.iinfo(kind).max))


def _plain(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode(errors="backslashreplace").decode()


def _plain_extras(extras: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    return {
        key: _plain(value) if isinstance(value, str) else [_plain(line) for line in value]
        for key, value in extras.items()
    }
