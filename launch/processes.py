"""Flags by which a training that runs in several processes finds itself; engines need none (geolift/hosts.py)."""

from absl import flags

from geolift import hosts

ADDRESS = flags.DEFINE_string("coordinator_address", None, "HOST:PORT of process 0. Default: as the engine says.")
PROCESSES = flags.DEFINE_integer("num_processes", None, "How many processes; 1 to train alone. Default: likewise.")
PROCESS = flags.DEFINE_integer("process_id", None, "Number of this process, from 0. Default: likewise.")


def join() -> None:
    """Join the other processes, if there are any."""
    hosts.start(ADDRESS.value, PROCESSES.value, PROCESS.value)
