"""The `geolift` command: lift, inspect, view, convert, export."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.compile_cache import keep_programs
from geolift.data.dataset import save_dataset
from geolift.errors import ConfigError, DatasetError, printable
from geolift.safe_io.json_file import read_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0, or 1 with one line on stderr that names the fault)."""
    parser = argparse.ArgumentParser(prog="geolift", description="2D keypoints in, 3D poses out; learnt without 3D.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_command in (_add_lift, _add_inspect, _add_view, _add_convert, _add_export):
        add_command(commands)
    options = parser.parse_args(arguments)
    keep_programs()
    try:
        options.run(options)
    except (ConfigError, DatasetError, OSError) as error:
        print(f"geolift: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print(f"geolift: {getattr(options, 'input', '')}: too large for this machine's memory", file=sys.stderr)
        return 1
    return 0


def _add_lift(commands: argparse._SubParsersAction) -> None:
    from geolift.output.view.formats import VIEWERS
    from geolift.output.write import WRITERS

    lift = commands.add_parser(
        "lift", help="keypoint file, image or video to 3D poses", argument_default=argparse.SUPPRESS
    )
    lift.add_argument("input", metavar="INPUT", help="keypoint file or folder of any known format, an image or a video")
    lift.add_argument(
        "-o", "--output", metavar="OUT", required=True, action="append",
        help=f"file to write: {', '.join(WRITERS)}; or to view: {', '.join(VIEWERS)}; can be repeated",
    )  # fmt: skip
    lift.add_argument("--model", help="name of a model, a .safetensors file, or the folder of a run (default cmu)")
    _add_reading(lift)
    _add_joints(lift)
    lift.add_argument("--people", help="all, largest, or names separated by commas (default all)")
    lift.add_argument(
        "--gap", type=float, metavar="S", help="fill in joints that are missing for at most S seconds (default 0.5)"
    )
    lift.add_argument(
        "--no-refine", dest="refine", action="store_false",
        help="do not refine a video: by default bone lengths are made constant and depth smooth",
    )  # fmt: skip
    lift.add_argument("--smoothing", type=float, metavar="S", help="smooth over windows of S seconds (default 0: off)")
    lift.add_argument("--height", type=float, metavar="M", help="stature of the people in metres (default 1.7)")
    lift.add_argument(
        "--focal", type=float, metavar="PX", help="focal length in pixels (default 1.2 x the larger side of the image)"
    )
    lift.set_defaults(run=_lift)


def _add_inspect(commands: argparse._SubParsersAction) -> None:
    inspect = commands.add_parser("inspect", help="format, joints and content of a file, and warnings about it")
    inspect.add_argument("input", metavar="FILE")
    _add_reading(inspect)
    inspect.set_defaults(run=_inspect)


def _add_view(commands: argparse._SubParsersAction) -> None:
    from geolift.output.view.formats import VIEWERS

    view = commands.add_parser("view", help="show a result: an interactive page, a picture or a movie")
    view.add_argument("input", metavar="RESULT", help=".npz or .json file written by `geolift lift`")
    view.add_argument("-o", "--output", metavar="OUT", required=True, help=f"file to write: {', '.join(VIEWERS)}")
    view.set_defaults(run=_view)


def _add_convert(commands: argparse._SubParsersAction) -> None:
    from geolift.convert.keypoint_files import SPLITS
    from geolift.convert.registry import CONVERTERS

    kinds = "\n".join(f"  {name:24} {converter.what}" for name, converter in CONVERTERS.items())
    convert = commands.add_parser(
        "convert",
        help="convert other data to a geolift data set",
        description=f"KIND is the kind of data in IN:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,  # defaults are those of the converters
    )
    convert.add_argument("kind", metavar="KIND", choices=CONVERTERS)
    convert.add_argument("input", metavar="IN", help="file or folder to read")
    convert.add_argument("output", metavar="OUT", help="geolift data set to write (.npz)")
    convert.add_argument("--seed", type=_seed, help="seed of the virtual cameras, for motion capture (default 0)")
    _add_reading(convert)
    _add_joints(convert)
    convert.add_argument("--split-by", choices=SPLITS, help="every fifth of these becomes test data (default none)")
    convert.set_defaults(run=_convert)


def _add_export(commands: argparse._SubParsersAction) -> None:
    from geolift.pretrained.export import FORMATS

    export = commands.add_parser("export", help="write a trained lifter for other programs")
    export.add_argument("model", metavar="MODEL", help="name of a model, a .safetensors file, or the folder of a run")
    export.add_argument("output", metavar="OUT", help="file to write")
    export.add_argument("--format", required=True, choices=FORMATS)
    export.add_argument("--card", metavar="JSON", help="file with entries of the model card, for safetensors")
    export.set_defaults(run=_export)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """Options that give what a file does not state."""
    from geolift.skeletons.joint_sets import JOINT_SETS

    parser.add_argument("--from", dest="format", metavar="FORMAT", help="format of the input (default: recognized)")
    parser.add_argument("--joints", choices=JOINT_SETS, help="joint set, if the file does not state it")
    parser.add_argument("--fps", type=float, help="frames per second, if the file does not state it")
    parser.add_argument(
        "--image-size", type=_size, metavar="WxH", help="size of all images in pixels, if the file does not state it"
    )


def _add_joints(parser: argparse.ArgumentParser) -> None:
    """Options about the joints of a file: their meaning, and when they are missing."""
    from geolift.skeletons.mapping import HEAD_CHOICES

    parser.add_argument("--skeleton", metavar="FILE", help="TOML or JSON file that defines your joints")
    parser.add_argument(
        "--min-confidence", type=float, metavar="C", help="joints with less confidence are missing (default 0.1)"
    )
    parser.add_argument(
        "--head", choices=HEAD_CHOICES,
        help="a head top that the format lacks: missing, or extrapolated from ears and shoulders (default mask)",
    )  # fmt: skip


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 on")
    return int(text)


def _size(text: str) -> tuple[float, float]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected width and height in pixels, like 1920x1080")
    return float(width), float(height)


def _lift(options: argparse.Namespace) -> None:
    from geolift.lifting.lift import lift
    from geolift.output.view.formats import VIEWERS, write_view
    from geolift.output.write import WRITERS, write_result

    _expect_writable(options.output, (*WRITERS, *VIEWERS))
    started = time.perf_counter()
    given = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output")}
    if given.get("people", "all") not in ("all", "largest"):
        given["people"] = given["people"].split(",")
    result = lift(options.input, **given)
    print(printable(result.source))
    lifted = int(np.isfinite(result.points).any(axis=(1, 2)).sum())
    print(
        f"{lifted} poses of {len(result.people)} people in {len(result.frames)} frames, lifted by {result.model}; "
        f"{time.perf_counter() - started:.1f} s in all; units {result.units} ({result.scale})"
    )
    print(*(f"  {printable(note)}" for note in result.notes), sep="\n")
    for output in options.output:
        if Path(output).suffix.lower() in VIEWERS:
            write_view(result, output)
            print(output)
        else:
            written = write_result(result, output)
            print(*written.paths, *(f"  {note}" for note in written.notes), sep="\n")


def _expect_writable(outputs: Sequence[str], suffixes: Sequence[str]) -> None:
    """Refuse outputs that cannot be written before anything is computed."""
    for output in map(Path, outputs):
        if output.suffix.lower() not in suffixes:
            found = output.suffix or "no suffix"
            raise DatasetError(f"{output}: found {found}, expected one of {', '.join(suffixes)}")
        if not output.parent.is_dir():
            raise DatasetError(f"{output}: found no folder {output.parent}, expected one to write to")


def _inspect(options: argparse.Namespace) -> None:
    from geolift.keypoints.options import Options
    from geolift.lifting.inspection import describe_inspection, inspect_file

    reading = Options(options.joints, options.fps, options.image_size)
    print(describe_inspection(inspect_file(options.input, format=options.format, options=reading)))


def _view(options: argparse.Namespace) -> None:
    from geolift.output.view.formats import write_view
    from geolift.output.write import load_result

    write_view(load_result(options.input), options.output)
    print(options.output)


def _convert(options: argparse.Namespace) -> None:
    from geolift.convert.registry import CONVERTERS

    if not options.output.endswith(".npz"):
        raise DatasetError(f"{options.output}: a geolift data set ends in .npz")
    converter = CONVERTERS[options.kind]
    given = {name: value for name, value in vars(options).items() if name not in ("run", "kind", "input", "output")}
    unknown = sorted(set(given) - set(converter.options))
    if unknown:
        raise DatasetError(f"{options.kind}: takes no option {', '.join(unknown)}, only {list(converter.options)}")
    data = converter.convert(options.input, **given)
    save_dataset(data, options.output)
    print(f"{options.output}: {data.frames} frames, {len(data.start)} clips, {len(data.skeleton.names)} joints")
    for split in np.unique(data.split):
        part = data.select(str(split))
        print(f"  {split}: {part.frames} frames, {len(set(part.subject))} subjects, {len(set(part.action))} actions")
    unseen = {joint: n for joint, n in zip(data.skeleton.names, (~data.seen).sum(axis=0).tolist(), strict=True) if n}
    if unseen:
        print("  not seen, in frames: " + ", ".join(f"{joint} {n}" for joint, n in unseen.items()))
    print(printable(data.source))


def _export(options: argparse.Namespace) -> None:
    from geolift.pretrained.export import export_model
    from geolift.pretrained.models import load, load_card

    card = load_card(options.model)
    if options.card:
        card |= read_json(Path(options.card))
    export_model(load(options.model), options.output, options.format, card=card)
    print(options.output)


if __name__ == "__main__":
    sys.exit(main())
