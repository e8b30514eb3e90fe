"""What a run draws from, on its devices: all of its poses, or shard after shard where they do not fit.

While one shard is drawn from, the next is put together on the host and sent to the devices by another thread.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ml_collections import ConfigDict

from geolift.data.sampling import Pools, shard_pools


def stream(config: ConfigDict, pools: Pools, place: Callable[[Pools], Pools], *, last: int) -> Callable[[int], Pools]:
    """The pools on the devices, for each step (counted from 0) that a program begins with.

    Args:
        config: whose `data.shard` says how many poses a shard has; 0: everything is placed at once, for good.
        pools: all that there is, on the host.
        place: puts pools on the devices.
        last: the run's number of steps.
    """
    size = config.data.shard
    if not any(pool and size and len(pool.poses.joints) > size for pool in pools):
        placed = place(pools)
        return lambda step: placed
    # Until each of its poses was lifted once, on average.
    return Shards(lambda number: place(shard_pools(pools, size, number)), steps=size // config.batch_size, last=last).at


class Shards:
    """Shards by number, each for so many steps; at the change from one to the next up to three are on the devices.

    Args:
        load: a shard from its number.
        steps: for how many steps each is.
        last: the number of steps; nothing is loaded for later ones.
    """

    def __init__(self, load: Callable[[int], Pools], *, steps: int, last: int) -> None:
        self._load, self._steps, self._last = load, steps, last
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._shards: dict[int, Future[Pools]] = {}

    def at(self, step: int) -> Pools:
        """The shard of a step, and the next one on its way; waits only if the shard is not there yet."""
        number = step // self._steps
        wanted = [number] + [number + 1] * ((number + 1) * self._steps < self._last)
        self._shards = {n: self._shards.get(n) or self._worker.submit(self._load, n) for n in wanted}
        return self._shards[number].result()
