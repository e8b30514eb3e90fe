"""Flags by which the processes of one training find each other; engines need none (geolift/training/distributed.py)."""

from absl import flags

from geolift.training import distributed

ADDRESS = flags.DEFINE_string("coordinator_address", None, "HOST:PORT of process 0. Default: as the engine says.")
PROCESSES = flags.DEFINE_integer("num_processes", None, "How many processes; 1 to train alone. Default: likewise.")
PROCESS = flags.DEFINE_integer("process_id", None, "Number of this process, from 0. Default: likewise.")


def join() -> None:
    """Join the other processes, if there are any."""
    distributed.start(ADDRESS.value, PROCESSES.value, PROCESS.value)
