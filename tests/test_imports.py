"""The direction of imports: a package imports from lower rows alone, no file imports itself through others, and
packages that a user may lack are imported only where they are used."""

import os
import re
import runpy
import subprocess
import sys
import types

import pytest

from tests.helpers.imports import cycles, defining, imports, modules
from tests.helpers.paths import ROOT

# Low to high. Packages of one row do not import each other.
FLOORS = (
    {"errors"},
    {"safe_io", "batching", "compile_cache", "gauss_newton", "geometry", "plurals", "rotations"},
    {"skeletons", "losses", "metrics"},
    {"networks", "data"},
    {"model", "objectives", "keypoints", "world", "rig"},
    {"biomechanics"},
    {"output", "training"},
    {"pretrained", "convert"},
    {"lifting"},
    {"evaluation", "live"},
    {"new_lifter", "demo"},
    {"__init__", "commands"},
    {"arguments"},
    {"supervised"},  # the one that trains on 3D: nothing but the command line may import it
    {"cli"},
)
# Third-party code that every file may import, and code that only the named files or folders may.
ANYWHERE = {"numpy", "jax", "flax", "optax", "scipy"}
CONFINED = {
    "orbax": {"geolift/training/checkpoint.py"},
    "ml_collections": {"geolift/training/config.py"},
    "absl": {"launch", "benchmarks"},
    "filelock": {"geolift/training/lock.py"},
    "safetensors": {"geolift/pretrained"},
    "tqdm": {"geolift/keypoints", "geolift/output/view/movie.py"},
    "opensim": {"benchmarks/opensim_ik.py"},
    "mediapipe": {"benchmarks/peer_rows/mediapipe_process.py"},
    "liftpose": {"benchmarks/peer_rows/liftpose3d.py"},
    "common": {"benchmarks/peer_rows/videopose3d.py"},  # of VideoPose3D
    "yaml": {"geolift/safe_io/yaml_file.py"},
}
# Modules of the extras in setup.py that a user may not have.
OPTIONAL = {
    "h5py": {"geolift/safe_io/hdf5.py", "benchmarks/mutations.py"},
    "cdflib": {"geolift/safe_io/cdf.py"},
    "ezc3d": {"geolift/output/mocap/c3d.py"},
    "pygltflib": {"geolift/output/mocap/gltf.py"},
    "matplotlib": {"geolift/output/view", "benchmarks/animal_rows/pictures.py"},
    "PIL": {"geolift/output/view/movie.py", "geolift/output/view/canvas.py"},
    "imageio_ffmpeg": {"geolift/output/view/movie.py"},
    "cv2": {
        "geolift/keypoints/detector",
        "geolift/output/view/canvas.py",
        "geolift/output/view/movie.py",
        "benchmarks/animal_rows/real.py",
        "benchmarks/peer_rows/mediapipe_process.py",
        "benchmarks/people_rows",
        "benchmarks/triangulated_video.py",
    },
    "ai_edge_litert": {"geolift/keypoints/detector/networks.py"},
    "onnx": {"geolift/pretrained/onnx_graph.py"},
    "flatbuffers": set(),  # jax.export serialises with it
    "tensorboardX": {"geolift/training/tensorboard.py"},
    "torch": {
        "benchmarks/torch_step.py",
        "benchmarks/peer_rows/liftpose3d.py",
        "benchmarks/peer_rows/videopose3d.py",
    },
    "pandas": {"geolift/output/result.py"},
    "xarray": {"geolift/output/result.py"},
}
MODULE_OF = {
    "pillow": "PIL", "imageio-ffmpeg": "imageio_ffmpeg", "opencv-python-headless": "cv2",
    "ai-edge-litert": "ai_edge_litert",
}  # where the package on PyPI has another name than its module  # fmt: skip
# Modules that are about one optional package and import it at their top; others import them inside functions.
ABOUT = {"geolift.output.view.figures": "matplotlib", "geolift.pretrained.onnx_graph": "onnx"}
UNIX = ("fcntl", "resource", "pwd", "grp", "termios")  # modules of Python that Windows lacks


def floor_faults(package, floors):
    """Imports of a package that do not go down, and imports of names through a package's `__init__`."""
    known, faults = modules(package), []
    row = {name: i for i, names in enumerate(floors) for name in names}
    for module, path in known.items():
        part = [*module.split("."), "__init__"][1]
        if part not in row:
            faults.append(f"{module}: found the package {part!r}, expected it in a row of FLOORS")
            continue
        for found in imports(module, path):
            target = defining(found.target, known)
            if target is None:
                continue
            other = [*target.split("."), "__init__"][1]
            where = f"{path.relative_to(package.parent)}:{found.line}: imports {found.target}"
            if other != part and row.get(other, len(floors)) >= row[part]:
                faults.append(f"{where}, which is not below {part}")
            elif known[target].name == "__init__.py" and target != found.target:
                faults.append(f"{where} through {target}, expected the module that defines it")
    return faults


def import_cycles(package):
    """Cycles between the files of a package. A package's `__init__` counts as what it re-exports, and no more."""
    known = modules(package)
    graph = {module: set() for module in known}
    for module, path in known.items():
        for found in imports(module, path):
            target = defining(found.target, known)
            if target not in (None, module):
                graph[module].add(target)
    return cycles(graph)


def third_party_faults(root, folders, confined, anywhere, own):
    """Imports of other people's code outside the files that may have it."""
    faults = []
    for folder in folders:
        for module, path in modules(root / folder).items():
            for found in imports(module, path):
                name, place = found.target.split(".")[0], path.relative_to(root).as_posix()
                if name in sys.stdlib_module_names or name in anywhere or name in own:
                    continue
                allowed = confined.get(name, set())
                if not any(place == one or place.startswith(f"{one}/") for one in allowed):
                    only = sorted(allowed) or "nowhere"
                    faults.append(f"{place}:{found.line}: imports {name}, expected it only in {only}")
    return faults


def tree(folder, files):
    """A package in `folder` from the text of its files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_package_imports_only_from_rows_below():
    assert floor_faults(ROOT / "geolift", FLOORS) == []


def test_only_the_command_line_imports_the_training_with_3d():
    """All other training is blind to 3D."""
    known = modules(ROOT / "geolift")
    users = {module for module, path in known.items() if not module.startswith("geolift.supervised")
             for found in imports(module, path) if found.target.startswith("geolift.supervised")}  # fmt: skip
    assert users == {"geolift.cli"}


def test_there_is_no_import_cycle_between_files():
    assert import_cycles(ROOT / "geolift") == []


def test_the_pages_list_the_packages_of_each_floor():
    table = re.findall(r"^\| (\d+) \| (`.*) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    listed = [{name.split("/")[-1].removesuffix(".py") for name in re.findall("`([^`]+)`", row)} for _, row in table]
    assert [number for number, _ in table] == [str(i + 1) for i in range(len(FLOORS) + 1)]
    assert tuple(listed) == (*FLOORS, {"launch", "benchmarks"})
    linked = re.findall(r"\]\(\.\./geolift/(\w+?)(?:\.py)?\)", (ROOT / "docs/code.md").read_text())
    assert set.union(*FLOORS) - {"__init__"} <= set(linked)


def test_foreign_code_is_imported_only_where_it_belongs():
    own = {"geolift", "launch", "configs", "benchmarks"}
    folders = ("geolift", "launch", "configs", "benchmarks")
    assert third_party_faults(ROOT, folders, CONFINED | OPTIONAL, ANYWHERE, own) == []


def test_programs_and_configs_keep_their_places():
    """geolift imports none of the folders beside it; configs import, of geolift, the schema alone."""
    beside = {"launch", "configs", "benchmarks", "tests"}
    for module, path in modules(ROOT / "geolift").items():
        assert not [f for f in imports(module, path) if f.target.split(".")[0] in beside], path
    for module, path in modules(ROOT / "configs").items():
        for found in imports(module, path):
            schema = found.target.startswith(("geolift.training.config", "geolift.training.schema"))
            assert schema or not found.target.startswith(("geolift", "launch")), f"{path}:{found.line}: {found.target}"


def test_every_extra_of_setup_py_is_listed(monkeypatch):
    given = {}
    setuptools = types.SimpleNamespace(setup=lambda **arguments: given.update(arguments), find_packages=lambda **_: [])
    monkeypatch.setitem(sys.modules, "setuptools", setuptools)
    runpy.run_path(str(ROOT / "setup.py"))
    users = [
        given["extras_require"][name] for name in ("files", "detect", "viz", "export", "tables", "bench", "tensorboard")
    ]
    names = {requirement.split(">")[0].split("<")[0] for extra in users for requirement in extra}
    assert {MODULE_OF.get(name, name) for name in names} == set(OPTIONAL)


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"low.py": "from house.high import x"}, "house/low.py:1: imports house.high.x, which is not below low"),
        ({"low.py": "def f():\n    import house.high"}, "house/low.py:2: imports house.high, which is not below low"),
        ({"low.py": "from . import high"}, "house/low.py:1: imports house.high, which is not below low"),
        ({"low.py": "from house import name"}, "house/low.py:1: imports house.name, which is not below low"),
        ({"beside.py": "import house.low"}, "house/beside.py:1: imports house.low, which is not below beside"),
        (
            {"high.py": "from house.deep import x", "deep/__init__.py": "x = 1"},
            "house/high.py:1: imports house.deep.x through house.deep, expected the module that defines it",
        ),
        ({"attic.py": ""}, "house.attic: found the package 'attic', expected it in a row of FLOORS"),
    ],
)
def test_a_wrong_import_is_found_and_named(tmp_path, files, fault):
    floors = ({"deep"}, {"low", "beside"}, {"high"}, {"__init__"})
    right = {"__init__.py": "from house.high import x", "low.py": "import numpy", "high.py": "from house.low import x"}
    assert floor_faults(tree(tmp_path / "right" / "house", right), floors) == []
    assert floor_faults(tree(tmp_path / "house", right | files), floors) == [fault]


@pytest.mark.parametrize(
    ("files", "cycle"),
    [
        ({"a.py": "from house.b import x", "b.py": "def f():\n    from house import a"}, ["house.a", "house.b"]),
        ({"a.py": "import house.b", "b.py": "import house.c", "c.py": "from .a import x"}, list("abc")),
        (
            {"__init__.py": "from house.a import x", "a.py": "from house.b import y", "b.py": "from house import x"},
            ["house", "house.a", "house.b"],
        ),
    ],
)
def test_a_cycle_is_found_and_named(tmp_path, files, cycle):
    right = {"__init__.py": "", "a.py": "from house.b import x", "b.py": "import house.c", "c.py": ""}
    assert import_cycles(tree(tmp_path / "right" / "house", right)) == []
    expected = [name if name.startswith("house") else f"house.{name}" for name in cycle]
    assert import_cycles(tree(tmp_path / "house", {"__init__.py": ""} | files)) == [expected]


def test_foreign_code_in_a_wrong_place_is_found_and_named(tmp_path):
    tree(
        tmp_path / "house", {"__init__.py": "", "a.py": "import big", "b/c.py": "def f():\n    from big.part import x"}
    )
    found = third_party_faults(tmp_path, ["house"], {"big": {"house/a.py"}}, set(), {"house"})
    assert found == ["house/b/c.py:2: imports big, expected it only in ['house/a.py']"]
    assert third_party_faults(tmp_path, ["house"], {"big": {"house/a.py", "house/b"}}, set(), {"house"}) == []


WITHOUT = """
import importlib, sys

class Absent:
    "Finds no module of these names, as if they were not installed."

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Absent())
for name in [name for name in sys.modules if name.split(".")[0] in absent]:
    del sys.modules[name]
"""
IMPORT_ALL = """
for argument in sys.argv[2:]:
    name, _, needed = argument.partition(":")
    try:
        importlib.import_module(name)
        missing = ""
    except ModuleNotFoundError as error:
        missing = error.name.split(".")[0]
    assert missing == needed, f"{name}: {missing} is missing, expected {needed or 'nothing'}"
"""
LIFT = """
import numpy as np
import geolift
from geolift.skeletons.joint_sets import JOINT_SETS

names = JOINT_SETS["coco17"].source
keypoints = np.random.default_rng(0).normal(300.0, 60.0, (2, len(names), 2))
recording = geolift.record(keypoints, np.ones(keypoints.shape[:2]), joints=names, fps=25.0)
result = geolift.lift(recording)
assert np.isfinite(result.points).any() and result.points.shape[0] == 2, result.points
print("lifted")
"""


def without(absent, script, *arguments):
    """Run a script in a program that lacks some modules and any GPU; what it prints."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + script, ",".join(absent), *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_module_is_imported_without_optional_packages_or_unix():
    """What a command needs and is not installed is asked for when it is used, not when geolift is imported."""
    names = [f"{name}:{ABOUT[name]}" if name in ABOUT else name for name in modules(ROOT / "geolift")]
    without([*UNIX, *OPTIONAL], IMPORT_ALL, *names)


def test_a_pose_is_lifted_without_optional_packages_or_unix():
    assert without([*UNIX, *OPTIONAL], LIFT) == "lifted\n"


def test_what_is_absent_is_absent():
    assert without(["fcntl"], "try:\n    import fcntl\nexcept ModuleNotFoundError as error:\n    print(error)\n") == (
        "No module named 'fcntl'\n"
    )
