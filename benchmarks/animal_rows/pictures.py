"""Curves of the results: error against the number of frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.animal_rows.grid import ALONE, HEADLINES, SUPERVISED

LINES = {ALONE: "-", SUPERVISED: "--"}


def curve(results: Sequence[dict[str, Any]], row: str, how: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames trained on, rising, and mean and standard deviation over seeds of the error, `[N]` each."""
    chosen = [one for one in results if one["row"] == row and one["how"] == how and "skipped" not in one]
    frames = np.array(sorted({one["trained_on"] for one in chosen}), int)
    errors = [[one["p_mpjpe"] for one in chosen if one["trained_on"] == count] for count in frames]
    return frames, np.array([np.mean(some) for some in errors]), np.array([np.std(some) for some in errors])


def draw_curves(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Write a picture of the headline rows, with the flat skeleton's error as a line of dots."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes = figure.subplots()
    for number, row in enumerate(HEADLINES):
        flat = [one["flat_p_mpjpe"] for one in results if one["row"] == row and "skipped" not in one]
        if flat:
            axes.axhline(np.mean(flat), color=f"C{number}", linestyle=":", label=f"{row}, flat skeleton")
        for how, style in LINES.items():
            frames, mean, deviation = curve(results, row, how)
            if len(frames):
                axes.errorbar(
                    frames, mean, deviation, color=f"C{number}", linestyle=style, marker="o", label=f"{row}, {how}"
                )
    axes.set(xscale="log", ylim=(0, None), xlabel="frames trained on", ylabel="rigid P-MPJPE, % of body length")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})  # the same results give the same file
