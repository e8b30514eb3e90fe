"""How well the uncertainty of lifted animals holds: `python -m benchmarks.animal_uncertainty` (docs/uncertainty.md).

The lifters of animals that come with geolift, before cameras and at a time that they were not trained on. Prints the
shares of joints within one and two intervals of the lifted one, and the rank correlation of interval and error.
"""

import numpy as np

import geolift
from benchmarks.animal_rows.films import film
from benchmarks.animal_rows.lifters import LOST, NOISE, OTHER, RECIPES
from benchmarks.animal_rows.species import SPECIES, missing, read_motion
from benchmarks.uncertainty import measure
from geolift.data.dataset import Dataset
from geolift.keypoints.recording import Recording, record

EVERY = 2  # of the cameras, one in so many


def recording_of(data: Dataset, *, video: bool) -> Recording:
    """Every clip as one animal of a video of an unknown camera; or its frames as single images."""
    clip, every = data.clip_of_frame, np.arange(data.frames)
    about = {"joints": data.skeleton.names}
    if video:
        frame = every - data.start[clip]
        about |= {"frame": frame, "frames": tuple(map(str, range(frame.max() + 1))), "fps": float(data.fps[0])}
        about |= {"person": clip, "people": tuple(map(str, range(len(data.start))))}
    else:
        about |= {"frame": every, "frames": tuple(map(str, every)), "video": False}
    return record(data.keypoints, data.confidence, **about)


def main() -> None:
    print("| | within one: depth, 3D | within two: depth, 3D | rank |\n| --- | --- | --- | --- |")
    for name, recipe in RECIPES.items():
        if lacking := missing(SPECIES[recipe.species].file):
            print(lacking)
            continue
        for noise, lost in ((0.0, 0.0), (NOISE, LOST)):
            filming = recipe.filming._replace(noise=noise, lost=lost)
            data = film(read_motion(recipe.species), filming, seed=OTHER)
            split = np.where(np.arange(len(data.start)) % (2 * EVERY) < 2, data.split, "left")
            data = data._replace(split=split).select("test")
            for video in (True, False):
                found = geolift.lift(recording_of(data, video=video), model=name, min_confidence=0.0)
                row = np.array(found.frames, int)[found.frame]
                row = data.start[found.person] + row if video else row
                held = [
                    measure(
                        found._replace(
                            uncertainty=times * found.uncertainty, depth_uncertainty=times * found.depth_uncertainty
                        ),
                        np.where(data.seen[..., None], data.points_3d, np.nan)[row].astype(np.float64),
                        found.person if video else row,
                    )
                    for times in (1, 2)
                ]
                shares = " | ".join(f"{one.depth:.0f}, {one.total:.0f} %" for one in held)
                what = f"{name}, {'videos' if video else 'images'}, {f'{noise:g} px' if noise else 'exact'}"
                print(f"| {what} | {shares} | {held[0].rank:.2f} |", flush=True)


if __name__ == "__main__":
    main()
