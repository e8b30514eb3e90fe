"""Flags for training in several processes (geolift/training/distributed.py); on SLURM, Kubernetes, TPU pods: none."""

from absl import flags

from geolift.training import distributed

ADDRESS = flags.DEFINE_string("coordinator_address", None, "HOST:PORT of process 0. Default: from the cluster.")
PROCESSES = flags.DEFINE_integer("num_processes", None, "Number of processes; 1: train alone. Default: likewise.")
PROCESS = flags.DEFINE_integer("process_id", None, "Number of this process, from 0. Default: likewise.")


def join() -> None:
    """Join the other processes, if there are any."""
    distributed.start(ADDRESS.value, PROCESSES.value, PROCESS.value)
