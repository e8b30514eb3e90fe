"""`geolift train-with-3d`."""

import argparse

from geolift.arguments import values
from geolift.arguments.groups import add_force


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to those of `geolift`."""
    parser = commands.add_parser(
        "train-with-3d",
        help="train a lifter on a data set with 3D, or resume: only for those who have it (docs/new-lifter.md)",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("input", metavar="IN", help="geolift data set with points_3d")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="weights to write, .safetensors")
    add_force(parser)
    parser.add_argument("--minutes", type=float, help="end the training after so long (default: after 6000 steps)")
    parser.add_argument("--seed", type=values.seed, help="seed of the training (default 0)")
    parser.set_defaults(run=run_train_with_3d)


def run_train_with_3d(options: argparse.Namespace) -> None:
    """`geolift train-with-3d`."""
    from functools import partial  # what follows takes seconds to import

    from geolift.errors import printable
    from geolift.output.overwriting import expect_replaceable
    from geolift.pretrained.export import is_export
    from geolift.supervised.from_dataset import train_with_3d
    from geolift.training.signals import Signals

    given = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output", "force")}
    ours = partial(is_export, format="safetensors")
    expect_replaceable([options.output], ours, inputs=[options.input], force=options.force)
    with Signals() as stop:
        train_with_3d(
            options.input, options.output, stop=stop, say=lambda line: print(printable(line), flush=True), **given
        )
    print(f"{options.output}\n  lift with: geolift lift NEW --model {options.output} -o poses.npz -o page.html")
