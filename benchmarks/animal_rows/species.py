"""Motion of animals in 3D that others have published: where it lies, its skeleton, and how long the body is.

The files are not part of geolift (docs/animals.md names the sources); `missing` says which are not there.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.animal_rows.films import Motion
from geolift.data.dataset import load_dataset
from geolift.skeletons.skeleton import Skeleton
from geolift.skeletons.skeleton_file import SkeletonFile, read_skeleton

DATA = Path(os.environ.get("GEOLIFT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "animals"
SKELETONS = Path(__file__).parent / "skeletons"
UPRIGHT = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
Y_DOWN = ((1, 0, 0), (0, 0, 1), (0, -1, 0))  # x, z, -y of the file are x, y, z


class Species(NamedTuple):
    """Motion of a species.

    Attributes:
        file: in the folder of the data.
        points, names: in the file; "" in a geolift data set.
        skeleton: file of the joints' tree.
        body: the joints along which the body is measured.
        fps: 0 where frames do not follow each other.
        source: with its terms.
        upright: from the file's axes to those with z up.
    """

    file: str
    points: str
    names: str
    skeleton: Path
    body: tuple[str, ...]
    fps: float
    source: str
    upright: tuple[tuple[int, ...], ...] = UPRIGHT


def missing(file: str) -> str:
    """Why a file cannot be used; "" if it can."""
    return "" if (DATA / file).exists() else f"{file} is not in {DATA}"


def read_motion(name: str, *, joints: Path | None = None, body: tuple[str, ...] = ()) -> Motion:
    """The motion of a species in body lengths, z up.

    Args:
        name: of the species.
        joints: another skeleton file for its joints, with a mapping.
        body: then, the joints along which the body is measured.
    """
    species = SPECIES[name]
    path, file = DATA / species.file, read_skeleton(joints or species.skeleton)
    if species.points:
        with np.load(path) as content:
            known = [str(one) for one in content[species.names]]
            points = joints_of(content[species.points].astype(np.float64), known, file) @ np.array(species.upright).T
    else:
        points = joints_of(*world_of_level_cameras(path), file)
    length = body_length(points, file.skeleton, body or species.body)
    return Motion(points / length, file.skeleton, species.fps, species.source)


def body_length(points: np.ndarray, skeleton: Skeleton, body: tuple[str, ...]) -> float:
    """The mean length of the line through the joints `body`, in the unit of `points` `[T, J, 3]`; nan is left out."""
    line = points[:, [skeleton.names.index(name) for name in body]].astype(np.float64)
    return float(np.nanmean(np.linalg.norm(np.diff(line, axis=1), axis=-1), axis=0).sum())


def joints_of(points: np.ndarray, names: list[str], file: SkeletonFile) -> np.ndarray:
    """`[T, J, D]` of the joints of a skeleton file, some of which are means of the source's `names`."""
    mapping = file.mapping or {}
    sources = [mapping.get(name, (name,)) for name in file.skeleton.names]
    return np.stack([points[:, [names.index(one) for one in some]].mean(axis=1) for some in sources], axis=1)


def world_of_level_cameras(path: Path) -> tuple[np.ndarray, list[str]]:
    """`[T, J, 3]` with z up, of a data set with the views of three upright cameras, and the names of the joints.

    The cameras' x axes span the horizontal plane.
    """
    data = load_dataset(path)
    views = [np.concatenate([data.points_3d[data.start[i] : data.stop[i]] for i in (k, k + 3)]) for k in range(3)]
    first = views[0].astype(np.float64)
    rights = np.stack([rotation_between(first, view.astype(np.float64))[0] for view in views])
    up = np.linalg.svd(rights)[2][-1]
    up *= np.sign(up @ [0, -1, 0])  # y is down in a camera
    ahead = np.cross(up, [0, 0, 1.0])
    ahead /= np.linalg.norm(ahead)
    axes = np.stack([ahead, np.cross(up, ahead), up])
    return (first - first.mean(axis=(0, 1))) @ axes.T, list(data.skeleton.names)


def rotation_between(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`[3, 3]` that turns `points` onto `target`, both `[T, J, 3]`, which a rigid motion makes equal."""
    a, b = (x.reshape(-1, 3) - x.mean(axis=(0, 1)) for x in (points, target))
    u, _, v = np.linalg.svd(a.T @ b)
    return (u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v).T


STAC = "stac_rat_mouse/points.npz"
SPECIES = {
    "mouse": Species(
        STAC, "mouse", "mouse_names", DATA / "skeletons" / "mouse.toml",
        ("Nose", "Head", "Neck", "Spine", "Trunk", "TTI"), 30.0,  # the file states no rate
        "One mouse, 3D of github.com/talmolab/stac-mjx, BSD-3-Clause, (c) 2023 Talmo Lab.", Y_DOWN,
    ),
    "rat": Species(
        STAC, "rat_mm", "rat_names", SKELETONS / "rat23.toml",
        ("Snout", "SpineF", "SpineM", "SpineL", "TailBase"), 50.0,
        "One rat, 3D of github.com/talmolab/stac-mjx, BSD-3-Clause, (c) 2023 Talmo Lab.",
    ),
    "mouse22": Species(
        "dannce_mouse/points.npz", "machine_positions_mm", "joint_names", SKELETONS / "mouse22.toml",
        ("Snout", "SpineF", "SpineM", "Tail(base)"), 0.0,  # moments far apart
        "One mouse, 3D predicted by DANNCE, github.com/spoonsso/dannce, MIT, (c) 2020 Timothy Dunn.",
    ),
    "fly": Species(
        "fly3.npz", "", "", DATA / "skeletons" / "fly.toml",
        ("L_coxa", "L_femur", "L_tibia", "L_tarsus", "L_claw"), 30.0,  # the file states no rate
        "Front legs and head of one tethered fly, github.com/NeLy-EPFL/sequential-inverse-kinematics, Apache-2.0.",
    ),
    "walk": Species(
        "fly/points.npz", "walking", "walking_names", SKELETONS / "walk.toml",
        ("LF_leg_Coxa", "LF_leg_Femur", "LF_leg_Tibia", "LF_leg_Tarsus", "LF_leg_Claw"), 100.0,
        "Six legs of one tethered, walking fly, github.com/NeLy-EPFL/sequential-inverse-kinematics, Apache-2.0.",
    ),
}  # fmt: skip
