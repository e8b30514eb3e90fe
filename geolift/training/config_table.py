"""The config schema for readers: the table of docs/config.md, and a config beside the paper's.

`python -m geolift.training.config_table > docs/config.md` writes the page again after a change of the schema.
"""

import itertools

from geolift.training.config import Config, flatten
from geolift.training.schema import SCHEMA, Entry

INTRODUCTION = """\
# Config entries

Generated from the schema, [schema.py](../geolift/training/schema.py), by `python -m geolift.training.config_table`.

Defaults are the paper's recipe; "ours" and "ElePose" came after it and are off by default, except `ema_decay`. The
recipes in [configs/](../configs) change some of them. Every entry can be set by flag, `--config.lifter.width=256`, and
`python -m launch.train --config=configs/best_cpu.py --print_config` prints a whole config and what differs from the
paper. How entries must fit each other: [config_checks.py](../geolift/training/config_checks.py). Terms and equations:
[method.md](method.md).
"""


HEAD = "| entry | default | allowed | what it does |\n| --- | --- | --- | --- |"


def markdown() -> str:
    """The page docs/config.md: one table for each block of entries."""
    parts = [INTRODUCTION]
    for block, entries in itertools.groupby(SCHEMA, key=_block):
        rows = [
            f"| `{entry.name}` | {_code(entry.default)} | {_escaped(_allowed(entry))} | {_escaped(entry.about)} |"
            for entry in entries
        ]
        parts.append("\n".join([f"## {block}", "", HEAD, *rows, ""]))
    return "\n".join(parts)


def describe(config: Config) -> str:
    """A whole config, a line for each entry; entries that differ from the paper's are marked.

    Example:
        >>> from geolift.training.config import load
        >>> print(describe(load({"seed": 3})).splitlines()[0])
        * seed                              3             (paper: 0) seed of weights, batches and views
    """
    values, lines = flatten(config), []
    for entry in SCHEMA:
        value = values[entry.name]
        changed = value != entry.default
        paper = f"(paper: {_shown(entry.default)}) " if changed else ""
        lines.append(f"{'*' if changed else ' '} {entry.name:33} {_shown(value):13} {paper}{entry.about}")
    changed = sum(line.startswith("*") for line in lines)
    return "\n".join([*lines, f"* {changed} of {len(lines)} entries differ from the paper's"])


def _block(entry: Entry) -> str:
    return entry.name.partition(".")[0] if "." in entry.name else "training"


def _shown(value: bool | int | float | str) -> str:
    return f"{value:.6g}" if type(value) is float else repr(value)


def _code(value: bool | int | float | str) -> str:
    return f"`{_shown(value)}`"


def _allowed(entry: Entry) -> str:
    return ", ".join(f"`{choice!r}`" for choice in entry.choices) if entry.choices else entry.expected


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")
