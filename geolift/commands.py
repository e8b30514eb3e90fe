"""The commands of `geolift`: what each does with its arguments, and what it prints."""

import argparse
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geolift.convert.registry import CONVERTERS
from geolift.data.dataset import save_dataset
from geolift.data.learnable import doubts, measure_content
from geolift.errors import DatasetError, printable
from geolift.keypoints.options import Options
from geolift.lifting.inspection import inspect_file
from geolift.lifting.inspection_text import describe_inspection
from geolift.lifting.lift import lift
from geolift.output.overwriting import expect_replaceable, is_dataset, is_lifted, is_result
from geolift.output.result import Result
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.world_text import world_lines
from geolift.output.write import WRITERS, files_of, load_result, write_result
from geolift.plurals import counted
from geolift.pretrained.export import export_model, is_export
from geolift.pretrained.export import files_of as files_of_export
from geolift.pretrained.models import load, load_card
from geolift.safe_io.json_file import read_json


def run_lift(options: argparse.Namespace) -> None:
    """`geolift lift`: lift, print what was found, write the outputs."""
    _expect_writable(options.output, (*WRITERS, *VIEWERS))
    if is_result(Path(options.input)):
        raise DatasetError(f"{options.input}: found lifted poses, expected keypoints; use geolift write")
    keep = {"inputs": [options.input, *map(vars(options).get, ("skeleton", "model"))], "force": options.force}
    expect_replaceable(options.output, is_lifted, **keep)
    started = time.perf_counter()
    asked = {name: value for name, value in vars(options).items() if name in ("camera", "trust")}
    others = {"run", "input", "output", "force", *asked}
    given = {name: value for name, value in vars(options).items() if name not in others}
    result = lift(options.input, **_with_people(given))
    expect_replaceable([file for output in options.output for file in files_of(result, output)], is_lifted, **keep)
    print(printable(result.source))
    lifted = int(np.isfinite(result.points).any(axis=(1, 2)).sum())
    people, frames = counted(len(result.people), "person", "people"), counted(len(result.frames), "frame", "frames")
    print(
        f"{counted(lifted, 'pose', 'poses')} of {people} in {frames}, lifted by {result.model}; "
        f"{time.perf_counter() - started:.1f} s in all; units {result.units} ({result.scale})"
    )
    print(*(f"  {printable(note)}" for note in (*world_lines(result), *result.notes)), sep="\n")
    _write_outputs(result, options.output, **asked)


def _write_outputs(result: Result, outputs: Sequence[str], **asked: Any) -> None:
    """Write each output and print its name and notes; `asked` as in `write_result`."""
    for output in outputs:
        if Path(output).suffix.lower() in VIEWERS:
            write_view(result, output, **asked)
            print(output)
        else:
            written = write_result(result, output, **asked)
            print(*written.paths, *(f"  {printable(note)}" for note in written.notes), sep="\n")


def run_write(options: argparse.Namespace) -> None:
    """`geolift write`: every output from a kept result."""
    _expect_writable(options.output, (*WRITERS, *VIEWERS))
    keep = {"inputs": [options.input], "force": options.force}
    expect_replaceable(options.output, is_lifted, **keep)
    result = load_result(options.input)
    expect_replaceable([file for output in options.output for file in files_of(result, output)], is_lifted, **keep)
    _write_outputs(result, options.output, camera=options.camera, trust=options.trust)


def _with_people(given: dict[str, Any]) -> dict[str, Any]:
    """Options with the names of people as a list."""
    if given.get("people", "all") in ("all", "largest", "one"):
        return given
    return given | {"people": given["people"].split(",")}


def _expect_writable(outputs: Sequence[str], suffixes: Sequence[str]) -> None:
    """Refuse outputs that cannot be written before anything is computed."""
    for output in map(Path, outputs):
        if output.suffix.lower() not in suffixes:
            found = output.suffix or "no suffix"
            raise DatasetError(f"{output}: found {found}, expected one of {', '.join(suffixes)}")
        _expect_folder(output)


def _expect_folder(output: Path) -> None:
    if not output.parent.is_dir():
        raise DatasetError(f"{output}: found no folder {output.parent}, expected one to write to")


def run_inspect(options: argparse.Namespace) -> None:
    """`geolift inspect`: print what a file is; where it would not be lifted, the error is that of `lift`."""
    given = {name: value for name, value in vars(options).items() if name not in ("run", "input")}
    reading = Options(**{name: given.pop(name) for name in Options._fields if name in given})
    found = inspect_file(options.input, options=reading, **_with_people(given))
    print(describe_inspection(found._replace(refused="")))
    if found.refused:
        raise DatasetError(found.refused)


def run_view(options: argparse.Namespace) -> None:
    """`geolift view`."""
    if Path(options.output).suffix.lower() in WRITERS:
        raise DatasetError(f"{options.output}: found a file of poses, expected one to look at; use geolift write")
    _expect_writable([options.output], tuple(VIEWERS))
    expect_replaceable([options.output], is_lifted, inputs=[options.input], force=options.force)
    write_view(load_result(options.input), options.output)
    print(options.output)


def run_convert(options: argparse.Namespace, flags: Mapping[str, str]) -> None:
    """`geolift convert`; `flags` are what users type for each option."""
    _expect_writable([options.output], (".npz",))
    inputs = [options.input, vars(options).get("skeleton")]
    expect_replaceable([options.output], is_dataset, inputs=inputs, force=options.force)
    converter = CONVERTERS[options.kind]
    given = {
        name: value for name, value in vars(options).items() if name not in ("run", "kind", "input", "output", "force")
    }
    unknown = [flags[name] for name in given if name not in converter.options]
    if unknown:
        known = ", ".join(flags[name] for name in converter.options)
        raise DatasetError(f"{options.kind}: found {', '.join(unknown)}, expected {known or 'no options'}")
    data = converter.convert(options.input, **given)
    save_dataset(data, options.output)
    clips, joints = counted(len(data.start), "clip", "clips"), counted(len(data.skeleton.names), "joint", "joints")
    print(f"{options.output}: {counted(data.frames, 'frame', 'frames')}, {clips}, {joints}")
    for split in np.unique(data.split):
        part = data.select(str(split))
        subjects = counted(len(set(part.subject)), "subject", "subjects")
        actions = counted(len(set(part.action)), "action", "actions")
        print(f"  {split}: {counted(part.frames, 'frame', 'frames')}, {subjects}, {actions}")
    unseen = {joint: n for joint, n in zip(data.skeleton.names, (~data.seen).sum(axis=0).tolist(), strict=True) if n}
    if unseen:
        print("  not seen, in frames: " + ", ".join(f"{joint} {n}" for joint, n in unseen.items()))
    for sentence in doubts(measure_content(data)):
        print(f"  for training: {sentence}")
    print(printable(data.source))


def run_export(options: argparse.Namespace) -> None:
    """`geolift export`."""
    _expect_folder(Path(options.output))
    files, inputs = files_of_export(options.output, options.format), (options.model, options.card)
    expect_replaceable(files, partial(is_export, format=options.format), inputs=inputs, force=options.force)
    card = load_card(options.model)
    if options.card:
        card |= read_json(Path(options.card))
    export_model(load(options.model), options.output, options.format, card=card)
    print(options.output)
