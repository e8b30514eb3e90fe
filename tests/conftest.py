"""Eight CPU devices, loud rank promotion, and small data sets that all tests share."""

import atexit
import os
import shutil
import subprocess
import tempfile

import jax
import numpy as np
import pytest

jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_rank_promotion", "raise")
if jax.default_backend() != "cpu":  # tests compare formulas; TF32, a GPU's default, is not exact enough for that
    jax.config.update("jax_default_matmul_precision", "highest")

from geolift.compile_cache import SHORTEST  # noqa: E402
from geolift.data.cameras import film  # noqa: E402
from geolift.data.dataset import save_dataset  # noqa: E402
from geolift.data.synthetic.motions import procedural_clips  # noqa: E402
from geolift.skeletons.skeleton import H36M17  # noqa: E402
from tests.helpers.paths import DATA  # noqa: E402

CACHE, LEAST = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
if CACHE not in os.environ:  # what many tests train is compiled once, for the test processes and what they start
    os.environ[CACHE] = tempfile.mkdtemp(prefix="geolift-tests-")
    atexit.register(shutil.rmtree, os.environ[CACHE], ignore_errors=True)
os.environ.setdefault(LEAST, str(SHORTEST))
jax.config.update("jax_compilation_cache_dir", os.environ[CACHE])
jax.config.update("jax_persistent_cache_min_compile_time_secs", float(os.environ[LEAST]))

CMU, CMU_1, MPII, COCO = "mocap_h36m17.npz", "cmu_mocap_h36m17.npz", "mpii_2d.npz", "coco_val_2d.npz"


@pytest.fixture(scope="module", autouse=True)
def forget():
    """Compiled programs of a test file do not stay in memory until the last one."""
    yield
    jax.clear_caches()


@pytest.fixture(scope="session")
def people():
    """A filmed data set of three procedural people, one for each split."""
    return film(procedural_clips(seed=1, people=3, seconds=1.0, fps=10.0), H36M17, seed=1)


@pytest.fixture(scope="session")
def people_file(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "people.npz"
    save_dataset(people, path)
    return path


@pytest.fixture(scope="session")
def poses(people):
    """`[N, J, 2]` float32 normalised poses of the procedural people."""
    from geolift.data.normalization import fit_normalization, normalize

    return normalize(people, fit_normalization(people))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def time(monkeypatch):
    """A time that passes only as the test sets it."""

    class Time:
        now = 1000.0

    monkeypatch.setattr("time.perf_counter", lambda: Time.now)
    return Time


@pytest.fixture
def small_disk(tmp_path):
    """Makes a disk of its own, of a size as mount takes it: "64k"."""
    disk = tmp_path / "disk"

    def make(size):
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("needs the right to mount a tmpfs")
        return disk

    yield make
    if disk.is_mount():
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture(scope="session")
def cmu_file():
    """Real motion of CMU and others (CMU protocol 2)."""
    return real(CMU)


@pytest.fixture(scope="session")
def cmu_1_file():
    """Real motion of CMU as the first CMU protocol had it, with short forearms."""
    return real(CMU_1)


@pytest.fixture(scope="session")
def mpii_file():
    """The real 2D poses of MPII."""
    return real(MPII)


@pytest.fixture(scope="session")
def coco_file():
    """The real 2D poses of COCO."""
    return real(COCO)


def real(name):
    """A file of real data, in $GEOLIFT_DATA or in shared/data beside the checkout; without it the test is skipped."""
    if not (DATA / name).exists():
        pytest.skip(f"needs {name}: not in {DATA} (set GEOLIFT_DATA to the folder that holds it)")
    return DATA / name
