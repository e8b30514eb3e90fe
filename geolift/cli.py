"""The `geolift` command: convert, inspect, lift, view, export."""

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
    """Run one command; returns the exit code (0, or 1 with one line on stderr that says what was wrong)."""
    parser = argparse.ArgumentParser(prog="geolift", description="2D keypoints in, 3D poses out; learnt without 3D.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_lift, _add_inspect, _add_view, _add_convert, _add_export):
        add(commands)
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
    lift = commands.add_parser(
        "lift", help="keypoint file, image or video to 3D poses", argument_default=argparse.SUPPRESS
    )
    lift.add_argument("input", metavar="INPUT", help="keypoint file or folder of any known format, an image or a video")
    lift.add_argument(
        "-o", "--output", metavar="OUT", required=True, action="append",
        help=".npz, .json, .csv, .bvh, .c3d or .trc; or to look at: .html, .png, .gif, .mp4; may be given repeatedly",
    )  # fmt: skip
    lift.add_argument("--model", help="a name, a .safetensors file or a run's folder (default cmu)")
    _add_reading(lift)
    _add_joints(lift)
    lift.add_argument("--people", help="all, largest, or names with commas between (default all)")
    lift.add_argument("--gap", type=float, metavar="S", help="fill in joints missed for up to S seconds (default 0.5)")
    lift.add_argument(
        "--no-refine", dest="refine", action="store_false",
        help="leave each frame of a video as it was lifted; else a person's bones keep their lengths",
    )  # fmt: skip
    lift.add_argument("--smoothing", type=float, metavar="S", help="smooth over windows of S seconds (default 0: none)")
    lift.add_argument("--height", type=float, metavar="M", help="stature of the people in metres (default 1.7)")
    lift.add_argument("--focal", type=float, metavar="PX", help="focal length (default 1.2 x the image's larger side)")
    lift.set_defaults(run=_lift)


def _add_inspect(commands: argparse._SubParsersAction) -> None:
    inspect = commands.add_parser("inspect", help="what a file is, what it holds, warnings about it")
    inspect.add_argument("input", metavar="FILE")
    _add_reading(inspect)
    inspect.set_defaults(run=_inspect)


def _add_view(commands: argparse._SubParsersAction) -> None:
    view = commands.add_parser("view", help="a result as a page to turn about, a picture or a film")
    view.add_argument("input", metavar="RESULT", help=".npz or .json that `geolift lift` wrote")
    view.add_argument("-o", "--output", metavar="OUT", required=True, help=".html, .png, .gif or .mp4")
    view.set_defaults(run=_view)


def _add_convert(commands: argparse._SubParsersAction) -> None:
    from geolift.convert.registry import CONVERTERS

    kinds = "\n".join(f"  {name:24} {converter.what}" for name, converter in CONVERTERS.items())
    convert = commands.add_parser(
        "convert",
        help="turn foreign data into a geolift data set",
        description=f"KIND says what IN is:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,  # what is not said is left to the converter
    )
    convert.add_argument("kind", metavar="KIND", choices=CONVERTERS)
    convert.add_argument("input", metavar="IN", help="file or folder to read")
    convert.add_argument("output", metavar="OUT", help="geolift data set to write (.npz)")
    convert.add_argument("--seed", type=_seed, help="of the virtual cameras, for motion capture (default 0)")
    _add_reading(convert)
    _add_joints(convert)
    convert.add_argument(
        "--split-by", choices=("none", "clip", "person"), help="every fifth of these is for testing (default none)"
    )
    convert.set_defaults(run=_convert)


def _add_export(commands: argparse._SubParsersAction) -> None:
    export = commands.add_parser("export", help="a trained lifter for other programs")
    export.add_argument("model", metavar="MODEL", help="a name, a .safetensors file or a run's folder")
    export.add_argument("output", metavar="OUT", help="file to write")
    export.add_argument("--format", required=True, choices=("safetensors", "stablehlo", "onnx"))
    export.add_argument("--card", metavar="JSON", help="for safetensors: entries of the model card")
    export.set_defaults(run=_export)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What a user says about a file where the file itself does not."""
    from geolift.skeletons.joint_sets import JOINT_SETS

    parser.add_argument("--from", dest="format", metavar="FORMAT", help="what INPUT is (default: it is recognised)")
    parser.add_argument("--joints", choices=JOINT_SETS, help="joint set, where the file does not tell")
    parser.add_argument("--fps", type=float, help="frames per second, where the file does not tell")
    parser.add_argument(
        "--image-size", type=_size, metavar="WxH", help="of all images in pixels, where the file does not tell"
    )


def _add_joints(parser: argparse.ArgumentParser) -> None:
    """Which of a file's joints count, and as what."""
    parser.add_argument("--skeleton", metavar="FILE", help="TOML or JSON file that says what your joints are")
    parser.add_argument(
        "--min-confidence", type=float, metavar="C", help="joints less sure count as missing (default 0.1)"
    )
    parser.add_argument(
        "--head", choices=("mask", "extrapolate"),
        help="top of the head where the format has none: missing, or made up from ears and shoulders (default mask)",
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

    for output in options.output:
        if Path(output).suffix.lower() not in (*WRITERS, *VIEWERS):
            expected = ", ".join((*WRITERS, *VIEWERS))
            raise DatasetError(f"{output}: found {Path(output).suffix or 'no suffix'}, expected one of {expected}")
        if not Path(output).parent.is_dir():
            raise DatasetError(f"{output}: found no folder {Path(output).parent}, expected one to write to")
    started = time.perf_counter()
    said = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output")}
    if said.get("people", "all") not in ("all", "largest"):
        said["people"] = said["people"].split(",")
    result = lift(options.input, **said)
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
    said = {name: value for name, value in vars(options).items() if name not in ("run", "kind", "input", "output")}
    unknown = sorted(set(said) - set(converter.options))
    if unknown:
        raise DatasetError(f"{options.kind}: takes no option {', '.join(unknown)}, only {list(converter.options)}")
    made = converter.convert(options.input, **said)
    save_dataset(made, options.output)
    print(f"{options.output}: {made.frames} frames, {len(made.start)} clips, {len(made.skeleton.names)} joints")
    for split in np.unique(made.split):
        part = made.select(str(split))
        print(f"  {split}: {part.frames} frames, {len(set(part.subject))} subjects, {len(set(part.action))} actions")
    unseen = {joint: n for joint, n in zip(made.skeleton.names, (~made.seen).sum(axis=0).tolist(), strict=True) if n}
    if unseen:
        print("  not seen, in frames: " + ", ".join(f"{joint} {n}" for joint, n in unseen.items()))
    print(printable(made.source))


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
