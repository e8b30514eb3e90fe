"""The training poses on the devices: all at once, or in shards, one after the other, where they do not fit.

While training samples one shard, another thread builds the next one on the host and copies it to the devices.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from geolift.data.sampling import Pools, shard_pools
from geolift.training.config import Config


def stream(config: Config, pools: Pools, place: Callable[[Pools], Pools], *, last: int) -> Callable[[int], Pools]:
    """A function from the first step of a dispatch (counted from 0) to the pools on the devices that it samples.

    Args:
        config: its `data.shard` is the number of poses in a shard; 0 places all poses once, for the whole run.
        pools: all training poses, on the host.
        place: puts pools on the devices.
        last: the run's number of steps.
    """
    size = config.data.shard
    if not any(pool and size and len(pool.poses.joints) > size for pool in pools):
        placed = place(pools)
        return lambda step: placed
    # So long that each of its poses is lifted once, on average.
    return Shards(lambda number: place(shard_pools(pools, size, number)), steps=size // config.batch_size, last=last).at


class Shards:
    """Shards by number, each used for `steps` steps; at a change of shards up to three are on the devices.

    Args:
        load: makes a shard from its number and places it on the devices.
        steps: number of steps that sample one shard.
        last: the run's number of steps; no shard is loaded for later ones.
    """

    def __init__(self, load: Callable[[int], Pools], *, steps: int, last: int) -> None:
        self._load, self._steps, self._last = load, steps, last
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._shards: dict[int, Future[Pools]] = {}

    def at(self, step: int) -> Pools:
        """The shard of a step, while the next one is loaded; waits only if the shard is not loaded yet."""
        number = step // self._steps
        wanted = [number] + [number + 1] * ((number + 1) * self._steps < self._last)
        self._shards = {n: self._shards.get(n) or self._worker.submit(self._load, n) for n in wanted}
        return self._shards[number].result()
