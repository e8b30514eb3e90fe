"""The `geolift` command: demo, lift, inspect, write, view, convert, skeleton, train, export.

Exit codes: 0; 1 for input that cannot be used, with one line on stderr that names it; 2 for wrong arguments (argparse).
"""

import argparse
import re
import sys
from collections.abc import Sequence
from functools import partial

import geolift
from geolift.arguments import values
from geolift.arguments.groups import (
    add_axes,
    add_choices,
    add_filming,
    add_force,
    add_joints,
    add_outputs,
    add_parts,
    add_reading,
    add_skeleton,
    add_writing,
)
from geolift.commands import (
    run_convert,
    run_demo,
    run_export,
    run_inspect,
    run_lift,
    run_skeleton,
    run_train,
    run_view,
    run_write,
)
from geolift.compile_cache import keep_programs
from geolift.convert.keypoint_files import SPLITS
from geolift.convert.registry import CONVERTERS
from geolift.demo import DEMOS
from geolift.errors import ConfigError, DatasetError
from geolift.new_lifter.cameras import CAMERAS
from geolift.output.view.formats import VIEWERS
from geolift.pretrained.export import FORMATS as EXPORT_FORMATS
from geolift.supervised.command import add_command as add_train_with_3d
from geolift.training.signals import Stopped

DIRECTION = re.compile(r"-[0-9.][^\s]*,")  # what argparse would take for an option


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: those of the command line; None: the program's.

    Returns:
        The exit code: 0, or 1 with one line on stderr that names the file, what was found and what was expected.

    Raises:
        SystemExit: with 2 if the arguments are wrong, with 0 after --help (argparse).
    """
    parser = argparse.ArgumentParser(prog="geolift", description="2D keypoints in, 3D poses out; learnt without 3D.")
    parser.add_argument("--version", action="version", version=f"geolift {geolift.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        _add_demo, _add_lift, _add_inspect, _add_write, _add_view, _add_convert, _add_skeleton, _add_train,
        add_train_with_3d, _add_export,
    ):  # fmt: skip
        add(commands)
    options = parser.parse_args(_with_directions(sys.argv[1:] if arguments is None else arguments))
    keep_programs()
    try:
        options.run(options)
    except (ConfigError, DatasetError, OSError) as error:
        named = isinstance(error, OSError) and error.filename and error.strerror
        print(f"geolift: {f'{error.filename}: {error.strerror}' if named else error}", file=sys.stderr)
        return 1
    except Stopped as error:
        print(f"geolift: {error}; the same command resumes it", file=sys.stderr)
        return 1
    except MemoryError:
        print(f"geolift: {getattr(options, 'input', '')}: too large for this machine's memory", file=sys.stderr)
        return 1
    return 0


def _with_directions(arguments: Sequence[str]) -> list[str]:
    """The arguments, with `--up -1,0,0` as `--up=-1,0,0`."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--up" and DIRECTION.match(argument):
            joined[-1] = f"--up={argument}"
        else:
            joined.append(argument)
    return joined


def _add_demo(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("demo", help="lift an example that comes with geolift, and write its page")
    parser.add_argument(
        "name", metavar="NAME", nargs="?", choices=DEMOS, default="walk", help=f"{', '.join(DEMOS)} (default walk)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", default="geolift_demo", help="folder to write (default geolift_demo)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    add_force(parser)
    parser.set_defaults(run=run_demo)


def _add_lift(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "lift", help="keypoint file, image or video to 3D poses", argument_default=argparse.SUPPRESS
    )
    parser.add_argument(
        "input", metavar="INPUT", help="keypoint file or folder of any known format, an image or a video"
    )
    add_outputs(parser)
    add_reading(parser)
    add_joints(parser)
    add_choices(parser)
    parser.add_argument(
        "--gap", type=float, metavar="S", help="fill in joints that are missing for at most S seconds (default 0.5)"
    )
    parser.add_argument(
        "--no-refine", dest="refine", action="store_false",
        help="do not refine a video: by default bone lengths are made constant and depth smooth, and proportions that "
        "differ from the training set's are taken out while lifting",
    )  # fmt: skip
    parser.add_argument(
        "--smoothing", type=float, metavar="S", help="smooth over windows of S seconds (default 0: off)"
    )
    parser.add_argument(
        "--height", type=values.height, metavar="M",
        help="stature in metres: of all people, or by name, anna=1.2,ben=1.8 (default: as in the file, else 1.7)",
    )  # fmt: skip
    parser.add_argument(
        "--focal", type=float, metavar="PX",
        help="focal length in pixels: people's distances are used in lifting "
        "(default: they are not, and 0.85 x the larger side of the image is assumed)",
    )  # fmt: skip
    parser.add_argument(
        "--up", type=values.direction, metavar="X,Y,Z",
        help="direction against gravity in camera axes, x right, y down, z forward (default: estimated, or as in the "
        "lifter's training)",
    )  # fmt: skip
    parser.add_argument(
        "--pitch", type=float, metavar="DEG",
        help="how far the camera looks down, instead of --up; a level camera: --pitch 0 --roll 0",
    )  # fmt: skip
    parser.add_argument("--roll", type=float, metavar="DEG", help="how far the camera is turned about its axis")
    parser.add_argument(
        "--alternatives", type=int, metavar="N",
        help="of single images: N bodies for each pose, the best and others that the image allows, too, in .npz and "
        ".json (default 1)",
    )  # fmt: skip
    add_writing(parser)
    parser.set_defaults(run=run_lift)


def _add_inspect(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "inspect",
        help="what a file is, how it will be lifted, what is doubtful, and the command to run",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("input", metavar="FILE")
    add_reading(parser)
    add_joints(parser)
    add_choices(parser)
    parser.set_defaults(run=run_inspect)


def _add_write(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "write", help="write a kept result in other formats", argument_default=argparse.SUPPRESS
    )
    parser.add_argument("input", metavar="RESULT", help=".npz or .json file written by `geolift lift`")
    add_outputs(parser)
    add_parts(parser)
    add_writing(parser)
    parser.set_defaults(run=run_write)


def _add_view(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "view", help="show a result: an interactive page, a picture or a movie", argument_default=argparse.SUPPRESS
    )
    parser.add_argument("input", metavar="RESULT", help=".npz or .json file written by `geolift lift`")
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, action="append",
        help=f"file to write: {', '.join(VIEWERS)}; can be repeated",
    )  # fmt: skip
    add_force(parser)
    add_parts(parser)
    add_axes(parser)
    parser.set_defaults(run=run_view)


def _add_convert(commands: argparse._SubParsersAction) -> None:
    kinds = "\n".join(f"  {name:24} {converter.what}" for name, converter in CONVERTERS.items())
    parser = commands.add_parser(
        "convert",
        help="convert other data to a geolift data set",
        description=f"KIND is the kind of data in IN:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,  # defaults are those of the converters
    )
    parser.add_argument("kind", metavar="KIND", choices=CONVERTERS)
    parser.add_argument("input", metavar="IN", nargs="+", help="file or folder to read; of keypoints also several")
    parser.add_argument("output", metavar="OUT", help="geolift data set to write (.npz)")
    add_force(parser)
    parser.add_argument(
        "--without", type=lambda text: tuple(text.split(",")), metavar="NAMES",
        help="leave out subjects whose name begins with one of these, separated by commas (default none)",
    )  # fmt: skip
    add_filming(parser)
    add_reading(parser)
    add_joints(parser)
    parser.add_argument(
        "--synchronized", action="store_true", help="all files film the same moments, frame by frame, by fixed cameras"
    )
    parser.add_argument("--split-by", choices=SPLITS, help="every fifth of these becomes test data (default none)")
    parser.add_argument("--focal", type=float, metavar="PX", help="focal length in pixels of the cameras of keypoints")
    flags = {action.dest: action.option_strings[-1] for action in parser._actions if action.option_strings}
    parser.set_defaults(run=partial(run_convert, flags=flags))


def _add_skeleton(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "skeleton",
        help="propose a skeleton file for keypoints of animals, to correct and to use as --skeleton",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "input",
        metavar="IN",
        nargs="+",
        help="keypoint files or folders of any known format, or a model, for its own",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, action="append",
        help="file to write: .toml, or .png, which shows it; can be repeated",
    )  # fmt: skip
    add_force(parser)
    add_reading(parser)
    parser.set_defaults(run=run_skeleton)


def _add_train(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "train",
        help="train a lifter of any body, people or animals, on 2D keypoints alone",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "input", metavar="IN", nargs="+", help="keypoint files or folders of any known format, or one data set"
    )
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="weights to write, .safetensors")
    add_force(parser)
    parser.add_argument(
        "--cameras", choices=CAMERAS, help="which way cameras look: level, down from above, up from below; or "
        "anywhere, for bodies without an upright, as fish (default: by which side of the bodies they see, or "
        "from above where that is not known)",
    )  # fmt: skip
    parser.add_argument(
        "--synchronized", action="store_true", help="several fixed cameras film the same moments, frame by frame"
    )
    parser.add_argument("--minutes", type=float, help="end the training after so long (default: when it has settled)")
    parser.add_argument("--seed", type=values.seed, help="seed of the training (default 0)")
    parser.add_argument("--focal", type=float, metavar="PX", help="focal length in pixels of the cameras")
    add_reading(parser)
    add_skeleton(parser)
    parser.set_defaults(run=run_train)


def _add_export(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("export", help="write a trained lifter for other programs")
    parser.add_argument("model", metavar="MODEL", help="name of a model, a .safetensors file, or the folder of a run")
    parser.add_argument("output", metavar="OUT", help="file to write")
    parser.add_argument("--format", required=True, choices=EXPORT_FORMATS)
    add_force(parser)
    parser.add_argument("--card", metavar="JSON", help="file with entries of the model card, for safetensors")
    parser.set_defaults(run=run_export)


if __name__ == "__main__":
    sys.exit(main())
