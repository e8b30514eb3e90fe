"""Which side of bodies cameras see in data sets, and what `geolift train` concludes from it (docs/seen-side.md).

    python -m benchmarks.seen_side mouse45.npz fly8.npz people.npz

--clips also counts the clips that show a side, each taken for a camera of its own: for people there should be none.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np

from geolift.data.dataset import Dataset, load_dataset
from geolift.errors import DatasetError
from geolift.new_lifter.cameras import choose_cameras
from geolift.skeletons.seen_side import foreshortening, seen_side


def measure(data: Dataset) -> str:
    """One row: the sine with its spread, the share of backs, the foreshortening, and the conclusion."""
    keypoints, camera = np.where(data.seen[..., None], data.keypoints, np.nan), data.camera[data.clip_of_frame]
    found, (ratio, spread) = (
        seen_side(keypoints, camera, data.skeleton),
        foreshortening(keypoints, camera, data.skeleton),
    )
    try:
        chosen = choose_cameras(data)[1][0]
    except DatasetError as error:
        chosen = f"refused: {error}"
    sines = f"{found.sine:+.2f} +- {found.spread:.2f} | {found.share:.0%} | {ratio:.2f} +- {spread:.2f}"
    return f"{sines} | {found.side or 'neither'} | {chosen}"


def of_clips(data: Dataset) -> Counter[str]:
    """How many clips show a back, a belly, or neither."""
    found = Counter()
    for start, stop in zip(data.start, data.stop, strict=True):
        seen = data.seen[start:stop, :, None]
        keypoints = np.where(seen, data.keypoints[start:stop], np.nan)
        found[seen_side(keypoints, np.zeros(stop - start), data.skeleton).side or "neither"] += 1
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="data sets of geolift; their split train, if there is one")
    parser.add_argument("--clips", action="store_true", help="count clips, too")
    options = parser.parse_args(argv)
    print("data set | sine +- spread | backs | foreshortening | seen | concluded\n--- | --- | --- | --- | --- | ---")
    for path in options.data:
        data = load_dataset(path)
        data = data.select("train") if "train" in data.split else data
        print(f"{path} | {measure(data)}")
        if options.clips:
            print(f"{path}, clips | | | | {dict(of_clips(data))} |")


if __name__ == "__main__":
    main()
