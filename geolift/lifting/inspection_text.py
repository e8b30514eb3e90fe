"""An inspection in words, on one screen."""

import textwrap
from collections.abc import Iterator

from geolift.errors import printable
from geolift.lifting.inspection import Inspection
from geolift.output import npz_json
from geolift.output.result import ASSUMED_FPS
from geolift.plurals import counted
from geolift.skeletons.skeleton import H36M21

WIDTH, LINES = 100, 24  # of what is printed


def describe_inspection(inspection: Inspection) -> str:
    r"""An inspection in words, one screen of at most 24 lines.

    Args:
        inspection: of a file.

    Returns:
        Lines, without a line break at the end, all but the command at most 100 wide; control characters of the file
        are escaped.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from geolift.lifting import inspect_file
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     text = describe_inspection(inspect_file(Path(folder) / "leg.csv"))
        >>> text.splitlines()[3].strip()
        'content: video of 2 frames, frame rate unknown; 1 person (followed in the file), 2 detections'
    """
    found = inspection
    missing = [f"{joint} {share:.0%}" for joint, share in zip(found.joints, found.missing, strict=True) if share > 0]
    known = "h36m17 with toes and heels" if found.joints == H36M21.names else found.joint_set
    names = f"{known or 'of no known joint set'}, {len(found.joints)}: {', '.join(found.joints)}"
    lines = [
        *_wrapped(f"{found.path}: {found.format}", "", 2),
        *_wrapped("format", found.why, 2),
        *_wrapped("content", _content(found), 2),
        *_wrapped("joints", names, 2),
        *_wrapped("missing", ", ".join(missing) or "none", 2),
        *(line for text in found.holds for line in _wrapped("holds", text, 2)),
    ]
    last = [*_wrapped("unknown", _unknown(found), 2), *_wrapped("refused", found.refused, 4)]
    last += [f"  run: {found.command}"] * bool(found.command)
    remarks = [_wrapped("warning", text, 3) for text in found.warnings] or [["  no warnings"]] * (not found.refused)
    remarks += [_wrapped("note", text, 2) for text in found.notes]
    room = LINES - len(lines) - len(last)
    return "\n".join(map(printable, [*lines, *_fitting(remarks, room), *last]))


def _fitting(remarks: list[list[str]], room: int) -> Iterator[str]:
    """The first of some texts, of several lines each, that fit, and how many others there are."""
    kept, used = 0, 0
    for text in remarks:
        if used + len(text) > room - (kept + 1 < len(remarks)):
            break
        kept, used = kept + 1, used + len(text)
    for text in remarks[:kept]:
        yield from text
    if kept < len(remarks):
        yield f"  ... and {counted(len(remarks) - kept, 'more line', 'more lines')}, which geolift lift prints"


def _wrapped(name: str, text: str, most: int) -> list[str]:
    """A named text on lines of at most `WIDTH`, cut after `most` of them; an empty text with a name is left out."""
    if not text and ": " not in name:
        return []
    begin = f"  {name}: " if text else name
    lines = textwrap.wrap(
        printable(begin + text if text else name), WIDTH, subsequent_indent="    ", max_lines=most, placeholder=" ...",
        break_on_hyphens=False,
    )  # fmt: skip
    return lines


def _content(found: Inspection) -> str:
    """Frames, people and images in words."""
    detections, sizes = counted(found.detections, "detection", "detections"), found.image_sizes
    first = f"{sizes[0][0]:g} x {sizes[0][1]:g}" if sizes else ""
    size = f"; images of {first}" + f" and {len(sizes) - 1} other sizes" * (len(sizes) > 1) if sizes else ""
    if not found.video:
        images = counted(found.frames, "single image", "single images")
        return f"{images}, each is lifted by itself; {detections} of people{size}"
    fps = f"{found.fps:g} frames per second" if found.fps else "frame rate unknown"
    who = "followed in the file" if found.tracked else "followed by geolift"
    people = f"{counted(found.people, 'person', 'people')} ({who}), {detections}"
    return f"video of {counted(found.frames, 'frame', 'frames')}, {fps}; {people}{size}"


def _unknown(found: Inspection) -> str:
    """What the file does not state although lifting uses it, and the options that give it."""
    if found.format == npz_json.FORMAT or found.refused:
        return ""
    rate = [f"frame rate, {ASSUMED_FPS:g} is assumed (--fps N)"] if found.video and not found.fps else []
    size = [] if found.image_sizes else ["image size, so a camera is assumed for positions (--image-size WxH)"]
    return "; ".join([*rate, *size])
