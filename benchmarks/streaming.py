"""Cost of streaming the training poses in shards: `python -m benchmarks.streaming`.

A data set of the procedural people, many times over, is trained on from the device's memory and, alternately in the
same run, streamed in shards (`data.shard`): the time of a step, and how long the loop waited for a shard. The file is
written and read back as a user's would be, mapped into memory. The host memory that reading, normalizing and grouping
take is measured per pose, which shows how many poses a host can hold.
"""

import json
import multiprocessing
import sys
import tempfile
import threading
import time
from pathlib import Path

import jax
import numpy as np
from absl import app, flags

from benchmarks.step import setting
from geolift.data.dataset import Dataset, load_dataset, save_dataset
from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import PROCEDURAL, open_dataset
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.config import Config
from geolift.training.config_checks import check
from geolift.training.data_stream import stream
from geolift.training.devices import parallel
from geolift.training.environment import machine

POSES = flags.DEFINE_integer("poses", 4_000_000, "Of the data set.")
SHARD = flags.DEFINE_integer("shard", 102_400, "Poses of a shard.")
WIDTH = flags.DEFINE_integer("width", 256, "Of hidden layers.")
BATCH = flags.DEFINE_integer("batch", 1024, "Poses per step.")
BFLOAT16 = flags.DEFINE_bool("bfloat16", True, "Products in bfloat16: shorter steps, less time to load a shard.")
SHARDS = flags.DEFINE_integer("shards", 11, "Shards that are trained on.")
OUT = flags.DEFINE_string("out", "benchmarks/results/streaming.json", "Where the figures are written.")


def many(poses: int) -> Dataset:
    """The procedural people so many times over, each pose moved a little, without 3D."""
    people = open_dataset(PROCEDURAL).select("train").without_3d()
    times = -(-poses // people.frames)
    shift = np.random.default_rng(0).normal(size=(times, 1, 1, 1)).astype(np.float32)
    clips = {
        key: np.tile(getattr(people, key), (times,) + (1,) * (getattr(people, key).ndim - 1))
        for key in ("fps", "subject", "action", "camera", "split", "clip", "image_size", "intrinsics")
    }
    offset = np.repeat(np.arange(times) * people.frames, len(people.start))
    return people._replace(
        keypoints=(people.keypoints + shift).reshape(-1, *people.keypoints.shape[1:]),
        confidence=np.tile(people.confidence, (times, 1)),
        start=np.tile(people.start, times) + offset,
        stop=np.tile(people.stop, times) + offset,
        **clips,
    )


def configured() -> Config:
    return setting(WIDTH.value, BATCH.value, "bfloat16" if BFLOAT16.value else "float32")


def parse(arguments: list[str]) -> None:
    """The flags of this program, in another process of it."""
    flags.FLAGS(arguments)


def prepared(path: Path) -> dict[str, float]:
    """What a program needs to make a file ready for training: seconds, and private memory (without mapped files)."""
    config, held, done = configured(), [], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            found = Path("/proc/self/status").read_text().split("RssAnon:")[1]
            held.append(1024 * int(found.split()[0]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.1)
    began = time.perf_counter()
    data = load_dataset(path).select("train")
    read = time.perf_counter() - began
    pools = build_pools(config, data, fit_normalization(data))
    ready = time.perf_counter() - began
    done.set()
    watcher.join()
    frames = len(pools.target.poses.joints)
    return {"read_seconds": read, "ready_seconds": ready, "bytes_per_pose": (max(held) - held[0]) / frames}


def timed(config: Config, data: Dataset) -> dict[str, list[float]]:
    """Seconds of every dispatch from the device and in shards, and of the latter's waiting."""
    normalization = fit_normalization(data)
    pools = build_pools(config, data, normalization)
    objectives = build_phases(config, data.skeleton, normalization)[-1].objectives
    dispatch = config.run.steps_per_dispatch
    program = parallel(
        jax.local_devices(), batch_size=config.batch_size, steps=dispatch, sample=sample_batch, objectives=objectives
    )
    steps = SHARD.value // config.batch_size
    last = SHARDS.value * steps
    sources = {"whole": stream(config, pools, program.place, last=last)}
    config.data.shard = SHARD.value
    check(config)
    sources["shards"] = stream(config, pools, program.place, last=last)
    states = {name: program.place(build_state(config, data.skeleton, data.frames)) for name in sources}
    for name, source in sources.items():  # compiled for each: a shard has another shape
        states[name], _ = program.run(states[name], source(0))
    jax.block_until_ready(states)
    seconds = {"whole": [], "shards": [], "waited": []}
    for first in range(0, last, steps):  # a shard's steps in one turn: the loader works for these alone
        for name, source in sources.items():
            for step in range(first, first + steps, dispatch):
                began = time.perf_counter()
                pools = source(step)
                there = time.perf_counter()
                states[name], _ = program.run(states[name], pools)
                jax.block_until_ready(states[name])
                seconds[name].append(time.perf_counter() - began)
                if name == "shards":
                    seconds["waited"].append(there - began)
    return seconds


def main(_: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.npz"
        save_dataset(many(POSES.value), path)
        with multiprocessing.get_context("spawn").Pool(1, initializer=parse, initargs=(sys.argv,)) as pool:
            host = pool.apply(prepared, (path,))
        data = load_dataset(path).select("train")
        config = configured()
        seconds = timed(config, data)
    sums = {name: float(np.sum(values)) for name, values in seconds.items()}
    result = {
        "machine": machine(),
        **{flag.name: flag.value for flag in (POSES, SHARD, WIDTH, BATCH, BFLOAT16, SHARDS)},
        "host": host,
        "steps_of_a_shard": SHARD.value // BATCH.value,
        "shards_over_whole": sums["shards"] / sums["whole"],
        "waited_share": sums["waited"] / sums["shards"],
        "seconds_of_dispatches": seconds,
    }
    print(json.dumps({key: value for key, value in result.items() if key != "seconds_of_dispatches"}, indent=1))
    Path(OUT.value).parent.mkdir(parents=True, exist_ok=True)
    Path(OUT.value).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
