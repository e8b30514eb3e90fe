"""The commands of `geolift`: what each does with its arguments, and what it prints."""

import argparse
import time
import webbrowser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geolift.convert.registry import CONVERTERS
from geolift.convert.skeleton_of_files import propose_for
from geolift.data.dataset import save_dataset
from geolift.data.learnable import doubts, measure_content
from geolift.demo import DEMOS, TERMS, write_example
from geolift.errors import DatasetError, printable
from geolift.keypoints.options import Options
from geolift.lifting.inspection import inspect_file
from geolift.lifting.inspection_text import describe_inspection
from geolift.lifting.lift import lift
from geolift.output.endings import ending_of
from geolift.output.overwriting import PROPOSED, expect_replaceable, is_dataset, is_lifted, is_result, is_skeleton
from geolift.output.packages import expect_packages
from geolift.output.result import Result
from geolift.output.selection import select
from geolift.output.view.formats import VIEW_OPTIONS, VIEWERS, expect_viewable, write_view
from geolift.output.view.skeleton_picture import draw_skeleton
from geolift.output.world_text import world_lines
from geolift.output.write import (
    WRITERS,
    expect_taken,
    expect_time_line,
    files_of,
    load_result,
    takers,
    write_result,
)
from geolift.plurals import counted
from geolift.pretrained.export import export_model, is_export
from geolift.pretrained.export import files_of as files_of_export
from geolift.pretrained.models import is_weights, load, load_card
from geolift.safe_io.atomic import replace_file, replacing
from geolift.safe_io.json_file import read_json
from geolift.skeletons.skeleton import body_words
from geolift.skeletons.skeleton_file import SkeletonFile, read_skeleton, skeleton_text

TAKEN = takers() | dict.fromkeys(VIEWERS, VIEW_OPTIONS)  # options of what is written, by the ending of the output
WRITING = tuple(dict.fromkeys(option for options in TAKEN.values() for option in options))
NOTHING: Mapping[str, Any] = {}


def run_lift(options: argparse.Namespace) -> None:
    """`geolift lift`: lift, print what was found, write the outputs."""
    given = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output", "force")}
    asked = {name: given.pop(name) for name in WRITING if name in given}
    _expect_writable(options.output, (*WRITERS, *VIEWERS), asked)
    if is_result(Path(options.input)):
        raise DatasetError(f"{options.input}: found lifted poses, expected keypoints; use geolift write")
    keep = {"inputs": [options.input, *map(given.get, ("skeleton", "model"))], "force": options.force}
    expect_replaceable(options.output, is_lifted, **keep)
    started = time.perf_counter()
    result = lift(
        options.input, **_with_people(given), check=lambda read: _expect_time_line(read.video, options.output)
    )
    expect_replaceable(
        [file for output in options.output for file in files_of(result, output, asked)], is_lifted, **keep
    )
    print(printable(result.source))
    lifted = int(np.isfinite(result.points).any(axis=(1, 2)).sum())
    people, frames = (
        counted(len(result.people), *body_words(result.skeleton)),
        counted(len(result.frames), "frame", "frames"),
    )
    print(
        f"{counted(lifted, 'pose', 'poses')} of {people} in {frames}, lifted by {result.model}; "
        f"{time.perf_counter() - started:.1f} s in all; units {result.units} ({result.scale})"
    )
    print(*(f"  {printable(note)}" for note in (*world_lines(result), *result.notes)), sep="\n")
    _write_outputs(result, options.output, asked)


def run_write(options: argparse.Namespace) -> None:
    """`geolift write`: every output from a kept result, or from some of its people and frames."""
    asked = {name: value for name, value in vars(options).items() if name in WRITING}
    _expect_writable(options.output, (*WRITERS, *VIEWERS), asked)
    keep = {"inputs": [options.input], "force": options.force}
    expect_replaceable(options.output, is_lifted, **keep)
    whole = load_result(options.input)
    chosen = {name: value for name, value in vars(options).items() if name in ("people", "frames")}
    result = select(whole, **_with_people(chosen))
    _expect_time_line(result.video, options.output)
    expect_replaceable(
        [file for output in options.output for file in files_of(result, output, asked)], is_lifted, **keep
    )
    for note in result.notes[len(whole.notes) :]:
        print(f"  {printable(note)}")
    _write_outputs(result, options.output, asked)


def run_view(options: argparse.Namespace) -> None:
    """`geolift view`: what `geolift write` does, for outputs to look at."""
    for output in map(Path, options.output):
        if ending_of(output, WRITERS):
            raise DatasetError(f"{output}: found a file of poses, expected one to look at; use geolift write")
    _expect_writable(options.output, tuple(VIEWERS))
    run_write(options)


def _write_outputs(result: Result, outputs: Sequence[str], asked: Mapping[str, Any]) -> None:
    """Write each output, with what it takes of `asked`, and print its name and notes; all are tried.

    Raises:
        DatasetError: if one fails; it says which were written.
    """
    written: list[str] = []
    failed: list[str] = []
    for output in outputs:
        ending = ending_of(Path(output), TAKEN)
        options = {name: value for name, value in asked.items() if name in TAKEN[ending]}
        try:
            if ending in VIEWERS:
                write_view(result, output, **options)
                paths, notes = (output,), ()
            else:
                paths, notes = write_result(result, output, **options)
        except (DatasetError, OSError) as error:
            named = isinstance(error, OSError) and error.filename and error.strerror
            failed.append(f"{error.filename}: {error.strerror}" if named else str(error))
            continue
        written += map(str, paths)
        print(*paths, *(f"  {printable(note)}" for note in notes), sep="\n")
    if failed:
        also = f" (written: {', '.join(written)})" if written else ""
        raise DatasetError("; ".join(failed) + also)


def _with_people(given: dict[str, Any]) -> dict[str, Any]:
    """Options with the names of people as a list."""
    if given.get("people", "all") in ("all", "largest", "one"):
        return given
    return given | {"people": given["people"].split(",")}


def _expect_writable(outputs: Sequence[str], endings: Sequence[str], asked: Mapping[str, Any] = NOTHING) -> None:
    """Refuse outputs that cannot be written, and options without effect, before anything is computed."""
    for output in map(Path, outputs):
        if ending_of(output, endings) is None:
            found = output.suffix or "no suffix"
            raise DatasetError(f"{output}: found {found}, expected one of {', '.join(endings)}")
        _expect_folder(output)
        expect_packages(output)
    expect_taken(asked, [Path(output) for output in outputs], TAKEN)


def _expect_time_line(video: bool, outputs: Sequence[str]) -> None:
    """Refuse single images for formats with a time line before any output is written."""
    for output in map(Path, outputs):
        expect_viewable(video, output)
        if ending_of(output, WRITERS):
            expect_time_line(video, output)


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


def run_convert(options: argparse.Namespace, flags: Mapping[str, str]) -> None:
    """`geolift convert`; `flags` are what users type for each option."""
    _expect_writable([options.output], (".npz",))
    inputs = [*options.input, vars(options).get("skeleton")]
    expect_replaceable([options.output], is_dataset, inputs=inputs, force=options.force)
    converter = CONVERTERS[options.kind]
    if len(options.input) > 1 and not converter.several:
        raise DatasetError(f"{options.kind}: found {len(options.input)} files to read, expected one file or folder")
    given = {
        name: value for name, value in vars(options).items() if name not in ("run", "kind", "input", "output", "force")
    }
    unknown = [flags[name] for name in given if name not in converter.options]
    if unknown:
        known = ", ".join(flags[name] for name in converter.options)
        raise DatasetError(f"{options.kind}: found {', '.join(unknown)}, expected {known or 'no options'}")
    data = converter.convert(*options.input, **given)
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


def run_skeleton(options: argparse.Namespace) -> None:
    """`geolift skeleton`."""
    of_model = len(options.input) == 1 and is_weights(options.input[0])
    _expect_writable(options.output, (".toml",) if of_model else (".toml", ".png"))
    expect_replaceable(options.output, is_skeleton, inputs=options.input, force=options.force)
    given = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output", "force")}
    if of_model:
        return _write_skeleton_of_model(options.input[0], options.output, sorted(given))
    found = propose_for(options.input, **given)
    for output in map(Path, options.output):
        with replacing(output) as partial_file:
            if output.suffix.lower() == ".png":
                draw_skeleton(found.file.skeleton, found.pose, partial_file)
            else:
                partial_file.write_text(skeleton_text(found.file, (PROPOSED, *found.reasons)), encoding="utf-8")
        print(output)
    print(*(f"  {printable(reason)}" for reason in found.reasons), sep="\n")


def _write_skeleton_of_model(name: str, outputs: Sequence[str], given: Sequence[str]) -> None:
    """The skeleton file of a model, to which users add a mapping from their joints."""
    if given:
        raise DatasetError(f"{', '.join(given)}: found with the model {name}, expected keypoint files")
    model = load(name)
    comment = f"The joints of {model.id}; a table [mapping] names yours where they differ, as Nose = 'snout'."
    text = skeleton_text(SkeletonFile(model.skeleton, None), (comment,))
    for output in outputs:
        replace_file(Path(output), text.encode())
        print(output)


def run_train(options: argparse.Namespace) -> None:
    """`geolift train`."""
    from geolift.new_lifter.from_keypoints import train_lifter  # orbax and ml_collections take seconds
    from geolift.training.signals import Signals

    _expect_writable([options.output], (".safetensors",))
    inputs = [*options.input, vars(options).get("skeleton")]
    expect_replaceable([options.output], partial(is_export, format="safetensors"), inputs=inputs, force=options.force)
    given = {name: value for name, value in vars(options).items() if name not in ("run", "input", "output")}
    with Signals() as stop:
        found = train_lifter(options.input, options.output, stop=stop, say=lambda line: print(printable(line)), **given)
    proposed = found.path.with_suffix(".toml")
    skeleton = vars(options).get("skeleton") or (proposed if proposed.exists() else None)
    mapped = skeleton and read_skeleton(skeleton).mapping  # joints of the same names need no file
    joints = f" --skeleton {skeleton}" if mapped else ""
    print(f"{found.path}\n  lift with: geolift lift NEW --model {found.path}{joints} -o poses.npz -o page.html")


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


def run_demo(options: argparse.Namespace) -> None:
    """`geolift demo`: write an example's keypoints, lift them, write poses and page, and say where they are."""
    folder, example = Path(options.output), DEMOS[options.name]
    poses, page = folder / f"{options.name}.npz", folder / f"{options.name}.html"
    expect_replaceable([poses, page], is_lifted, force=options.force)
    files = write_example(options.name, folder, force=options.force)
    print(f"{example.what}; sources and terms: {folder / TERMS}", *files, sep="\n")
    print(example.command(folder, (poses, page)))
    given = {"model": str(folder / example.options["model"])} if "model" in example.options else {}
    run_lift(
        argparse.Namespace(
            **{**example.options, **given}, input=str(files[0]), output=[str(poses), str(page)], force=options.force
        )
    )
    print(f"open {page} in a browser: {page.absolute().as_uri()}")
    if options.open:
        webbrowser.open(page.absolute().as_uri())
