"""Dividing a data set into frames for training and for testing."""

import numpy as np

from geolift.data.dataset import Dataset


def split_by_time(data: Dataset, *, share: float, gap: float) -> Dataset:
    """Cut every clip in two: the beginning for training, the last `share` for testing, and nothing of what is between.

    Views of one moment by cameras that start together stay in one split, which a split by clips does not ensure; with
    `moment` those of all synchronised cameras do, wherever their clips begin: the last `share` of the time that any of
    them films without a break is for testing.

    Args:
        data: C clips. Those that are too short to be cut are for training, whole.
        share: of the frames of each clip, in 0..1.
        gap: seconds between both parts that are left out; without a frame rate none are.

    Source:
        Ours.

    Example:
        >>> from geolift.data import open_dataset
        >>> people = split_by_time(open_dataset("procedural").select("train"), share=0.2, gap=0.5)
        >>> sorted(set(people.split.tolist()))
        ['test', 'train']
    """
    begin, close = (data.start, data.stop) if data.moment is None else _filmed_without_break(data)
    first = close - np.floor(share * (close - begin)).astype(int)
    end = first - np.rint(gap * data.fps).astype(int)
    cut = (end > begin) & (first < close)
    start = np.stack([data.start, np.clip(first, data.start, data.stop)], axis=1)
    stop = np.stack([np.where(cut, np.clip(end, data.start, data.stop), data.stop), data.stop], axis=1)
    kept = (stop > start) & np.stack([np.ones_like(cut), cut], axis=1)
    clip = np.repeat(np.arange(len(cut)), 2)[kept.ravel()]
    split = np.broadcast_to(np.array(["train", "test"]), kept.shape)[kept]
    return _cut(data, start[kept], stop[kept], clip)._replace(split=split)


def _filmed_without_break(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """`[C]` int, twice: from where to where any synchronised camera films the clip's subject without a break.

    As frames of the data set, if the clip went on as long.
    """
    begin, close = data.moment.copy(), data.moment + data.stop - data.start
    for subject in np.unique(data.subject):
        rows = np.flatnonzero(data.subject == subject)
        rows = rows[np.argsort(data.moment[rows], kind="stable")]
        latest = np.maximum.accumulate(close[rows])
        stretch = np.cumsum(np.append(True, begin[rows][1:] > latest[:-1])) - 1
        for one in range(stretch[-1] + 1):
            mine = rows[stretch == one]
            begin[mine], close[mine] = begin[mine].min(), close[mine].max()
    return begin - data.moment + data.start, close - data.moment + data.start


def _cut(data: Dataset, start: np.ndarray, stop: np.ndarray, clip: np.ndarray) -> Dataset:
    """The pieces `start..stop` `[D]` of a data set, each of one of its clips `[D]`."""
    frames = np.concatenate([np.arange(a, b) for a, b in zip(start, stop, strict=True)])
    moment = None if data.moment is None else data.moment[clip] + start - data.start[clip]
    return data.rows(frames, clip, np.cumsum(stop - start))._replace(moment=moment)
