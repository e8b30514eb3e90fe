"""Packaging of geolift."""

from setuptools import find_packages, setup

H5PY = "h5py>=3.11,<4"
JAX = "jax>=0.10,<0.13"  # tested on 0.10 (Python 3.11) and 0.12 (Python 3.13); pmap's arguments differ before 0.10

setup(
    name="geolift",
    version="0.1.0",
    description="3D human poses from 2D keypoints, learnt without 3D",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["geolift", "geolift.*"]),
    install_requires=[
        JAX,
        "flax>=0.12,<0.13",  # linen and TrainState; linen's future beyond 0.12 is open
        "optax>=0.2.5,<0.3",  # optax.partition, incremental_update
        "orbax-checkpoint>=0.11.30,<0.13",  # the CheckpointManager (v0) interface
        "ml-collections>=1.0,<2",
        "absl-py>=2.1,<3",
        "numpy>=2.0,<3",
    ],
    extras_require={
        "cuda12": [JAX.replace("jax", "jax[cuda12]", 1)],
        "cuda13": [JAX.replace("jax", "jax[cuda13]", 1)],
        "tpu": [JAX.replace("jax", "jax[tpu]", 1)],
        "viz": ["matplotlib>=3.9,<4"],
        "tensorboard": ["tensorboardX>=2.6,<3"],
        "mpi-inf-3dhp": [H5PY],
        "test": ["pytest>=8,<10", "pytest-xdist>=3.6,<4", "matplotlib>=3.9,<4", H5PY],
        "dev": ["ruff>=0.17,<0.18"],  # one minor version, so that lint finds the same everywhere
    },
    entry_points={"console_scripts": ["geolift=geolift.cli:main"]},
)
