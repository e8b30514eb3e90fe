"""The results as a table in Markdown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.animal_rows.grid import ALONE, SUPERVISED
from benchmarks.animal_rows.rows import ROWS

BEGIN, END = "<!-- results: python -m benchmarks.animals --page -->", "<!-- end of the results -->"
BY_CAMERA = "rat real"  # of a detector that is worse in some cameras
HEADER = (
    "| | frames | flat skeleton | 2D alone | of flat | with 3D | true depths | flips | pitch learnt | refused |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


def table(results: Sequence[dict[str, Any]]) -> str:
    """A line for every row and number of frames; rigid P-MPJPE / N-MPJPE in % of body length, `±` over seeds.

    Args:
        results: as `grid.read_results` gives them.
    """
    lines, skipped = list(HEADER), []
    for row in ROWS:
        of_row = [one for one in results if one["row"] == row]
        skipped += [f"{row}: {one['skipped']}" for one in of_row if "skipped" in one and one["how"] == ALONE]
        sizes = {one["frames"] for one in of_row if "skipped" not in one}
        for frames in sorted(sizes, key=lambda size: size or np.inf, reverse=True):
            lines.append(_line([one for one in of_row if one["frames"] == frames and "skipped" not in one]))
    lines += _by_camera(next((one for one in results if one["row"] == BY_CAMERA and "cameras" in one), None))
    minutes = sorted({f"{one['minutes']:g}" for one in results if one["how"] == ALONE and "skipped" not in one})
    notes = [f"Training on 2D alone ended after {' or '.join(minutes)} minutes, if it had not settled before."]
    notes += [f"Left out: {'; '.join(skipped)}."] if skipped else []
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def _by_camera(result: dict[str, Any] | None) -> list[str]:
    """A second table: P-MPJPE of one row in each camera, whose detections differ in how right they are."""
    if result is None:
        return []
    cameras = result["cameras"]
    lines = ["", f"| `{result['row']}` | {' | '.join(cameras)} |", f"| {' | '.join(['---'] * (1 + len(cameras)))} |"]
    for key, name in (("flat_p_mpjpe", "flat"), ("p_mpjpe", "lifted"), ("best_p_mpjpe", "true depths")):
        lines.append(f"| {name} | {' | '.join(f'{of[key]:.1f}' for of in cameras.values())} |")
    return lines


def with_table(page: str, table: str) -> str:
    """A page in Markdown with `table` between the lines `BEGIN` and `END`.

    Raises:
        ValueError: if the page lacks these lines.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"page: found no place for the table, expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def _line(results: list[dict[str, Any]]) -> str:
    alone = [one for one in results if one["how"] == ALONE]
    others = [one for one in results if one["how"] == SUPERVISED]
    first = (alone or others)[0]
    flat = np.mean([one["flat_p_mpjpe"] for one in alone or others])
    cells = [
        f"{first['row']}: {first['what']}",
        f"{first['trained_on']}",
        f"{flat:.1f} / {np.mean([one['flat_n_mpjpe'] for one in alone or others]):.1f}",
        f"**{_spread(alone, 'p_mpjpe')}** / {_spread(alone, 'n_mpjpe')}" if alone else "",
        f"{100 * np.mean([one['p_mpjpe'] for one in alone]) / flat:.0f} %" if alone else "",
        f"{_spread(others, 'p_mpjpe')} / {_spread(others, 'n_mpjpe')}" if others else "",
        f"{alone[0]['best_p_mpjpe']:.1f} / {alone[0]['best_n_mpjpe']:.1f}"
        if alone and "best_p_mpjpe" in alone[0]
        else "",
        f"{np.mean([one['flips'] for one in alone]):.1f} %" if alone else "",
        f"{np.mean([one['pitch'] for one in alone]):.0f}°" if alone else "",
        next((one["fatal"] for one in alone if one["fatal"]), ""),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(results: list[dict[str, Any]], key: str) -> str:
    values = [one[key] for one in results]
    return f"{np.mean(values):.2f}" + (f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else "")
