"""The `geolift` command."""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from geolift import dataset
from geolift.errors import DatasetError
from geolift.sources import CONVERTERS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0, or 1 with one line on stderr that says what was wrong)."""
    parser = argparse.ArgumentParser(prog="geolift", description="Lift 2D human keypoints to 3D, learnt without 3D.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    convert = commands.add_parser("convert", help="turn foreign data into a geolift data set")
    convert.add_argument("kind", choices=sorted(CONVERTERS), help="what IN is")
    convert.add_argument("input", metavar="IN", help="file to read")
    convert.add_argument("output", metavar="OUT", help="geolift data set to write (.npz)")
    convert.add_argument("--seed", type=_seed, default=0, help="seed of the virtual cameras (default 0)")
    convert.set_defaults(run=_convert)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (DatasetError, OSError) as error:
        print(f"geolift: {error}", file=sys.stderr)
        return 1
    return 0


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 on")
    return int(text)


def _convert(options: argparse.Namespace) -> None:
    if not options.output.endswith(".npz"):
        raise DatasetError(f"{options.output}: a geolift data set ends in .npz")
    made = CONVERTERS[options.kind](options.input, seed=options.seed)
    dataset.save(made, options.output)
    print(f"{options.output}: {made.frames} frames, {len(made.start)} clips, {len(made.skeleton.names)} joints")
    for split in np.unique(made.split):
        part = made.select(str(split))
        print(f"  {split}: {part.frames} frames, {len(set(part.subject))} subjects, {len(set(part.action))} actions")
    unseen = {joint: n for joint, n in zip(made.skeleton.names, (~made.seen).sum(axis=0).tolist(), strict=True) if n}
    if unseen:
        print("  not seen, in frames: " + ", ".join(f"{joint} {n}" for joint, n in unseen.items()))
    print(made.source)


if __name__ == "__main__":
    sys.exit(main())
