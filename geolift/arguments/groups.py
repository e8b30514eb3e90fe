"""Groups of arguments that several commands take."""

import argparse

from geolift.arguments import values
from geolift.data.cameras import PROTOCOLS
from geolift.keypoints.coordinates import COORDINATES, UNITS, UP
from geolift.keypoints.recognition import FORMATS as KEYPOINT_FORMATS
from geolift.output.mocap.marker_names import CHOICES as MARKER_CHOICES
from geolift.output.view.formats import VIEWERS
from geolift.output.write import WRITERS
from geolift.pretrained.models import model_names
from geolift.rig.names import PRESETS
from geolift.skeletons.joint_sets import LARGER_SETS, SOURCES
from geolift.skeletons.mapping import HEAD_CHOICES


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """The files of poses, or to look at, that are written."""
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, action="append",
        help=f"file to write: {', '.join(WRITERS)}; or to view: {', '.join(VIEWERS)}; can be repeated",
    )  # fmt: skip
    add_force(parser)


def add_force(parser: argparse.ArgumentParser) -> None:
    """Whether other files may be replaced."""
    parser.add_argument(
        "--force", action="store_true", default=False,
        help="replace the input, or a file that this command did not write",
    )  # fmt: skip


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Which part of a kept result is written."""
    parser.add_argument("--people", help="all, largest, or names separated by commas (default all)")
    parser.add_argument(
        "--frames", type=values.frames, metavar="A:B",
        help="frames A to B - 1, counted from 0 as in .csv; 10: from frame 10 on, :200 to frame 199 (default all)",
    )  # fmt: skip


def add_writing(parser: argparse.ArgumentParser) -> None:
    """Options of the files that are written."""
    add_axes(parser)
    parser.add_argument(
        "--names", choices=tuple(PRESETS),
        help="names of a person's bones in .bvh and .glb, for the program that reads it (default: Hips, LeftArm, ...)",
    )  # fmt: skip
    parser.add_argument(
        "--markers", choices=MARKER_CHOICES,
        help="names of the markers in .trc and .c3d: of Human3.6M's joints (default), or of the marker sets of "
        "Pose2Sim or OpenCap, by which OpenSim scales and solves a model",
    )  # fmt: skip


def add_axes(parser: argparse.ArgumentParser) -> None:
    """Options of motion files and of views."""
    parser.add_argument(
        "--camera", action="store_true", default=argparse.SUPPRESS,
        help="keep camera axes in .bvh, .c3d, .glb, .trc, .mot, .angles.csv, pictures and the page (default: world "
        "axes, gravity up, the floor at 0, where they are known)",
    )  # fmt: skip
    parser.add_argument(
        "--trust", type=values.millimetres, metavar="MM",
        help="joints with more uncertainty than MM millimetres are missing in .bvh, .c3d, .glb, .trc, .mot, "
        ".angles.csv, flagged in .csv, hollow in views (default: all are kept)",
    )  # fmt: skip


def add_filming(parser: argparse.ArgumentParser) -> None:
    """Options of the virtual cameras that film motion capture."""
    parser.add_argument("--seed", type=values.seed, help="seed of the virtual cameras, for motion capture (default 0)")
    parser.add_argument(
        "--cameras", choices=PROTOCOLS,
        help="virtual cameras: the CMU protocol's, or by their kind some that follow the person (default cmu)",
    )  # fmt: skip
    parser.add_argument("--views", type=int, metavar="N", help="virtual cameras of a clip (default 4; not for cmu)")
    parser.add_argument(
        "--bodies", type=float, metavar="S",
        help="give each subject another body before each camera but the first: bones changed by this share (default 0)",
    )  # fmt: skip


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Options that give what a file does not state."""
    names = sorted({known.name for known in KEYPOINT_FORMATS})
    parser.add_argument(
        "--from", dest="format", metavar="FORMAT", choices=names,
        help=f"format of the input (default: recognized): {', '.join(names)}",
    )  # fmt: skip
    parser.add_argument("--joints", choices=[*SOURCES, *LARGER_SETS], help="joint set, if the file does not state it")
    parser.add_argument("--fps", type=float, help="frames per second, if the file does not state it")
    parser.add_argument(
        "--image-size", type=values.size, metavar="WxH",
        help="size of all images in pixels, if the file does not state it",
    )  # fmt: skip
    parser.add_argument(
        "--min-score", type=float, metavar="S",
        help="leave out people whom the program detected with a lower score (default: what is beyond doubt no person)",
    )  # fmt: skip
    parser.add_argument(
        "--coordinates", choices=COORDINATES, metavar="UNIT",
        help=f"what the coordinates are (default: recognized): {', '.join(UNITS)}; with {UP} where y points up",
    )  # fmt: skip
    parser.add_argument("--clip", metavar="NAME", help="of several clips in the input, the one whose name begins so")


def add_joints(parser: argparse.ArgumentParser) -> None:
    """Options about the joints of a file: their meaning, and when they are missing."""
    add_skeleton(parser)
    parser.add_argument(
        "--head", choices=HEAD_CHOICES,
        help="a head top that the format lacks: missing, or extrapolated from ears and shoulders "
        "(default: missing in lift; extrapolated in convert, and for models that take whole poses only)",
    )  # fmt: skip


def add_skeleton(parser: argparse.ArgumentParser) -> None:
    """Options about the joints of any body."""
    parser.add_argument("--skeleton", metavar="FILE", help="TOML or JSON file that defines your joints")
    parser.add_argument(
        "--min-confidence", type=float, metavar="C", help="joints with less confidence are missing (default 0.1)"
    )


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Options on what lifts whom."""
    parser.add_argument(
        "--model",
        help=f"one of {', '.join(model_names())}, a .safetensors file, or the folder of a run (default human)",
    )
    parser.add_argument(
        "--people", help="all, largest, one (all detections are one person), or names separated by commas (default all)"
    )
