"""What a run tells: metrics as JSON lines (and TensorBoard where installed), one live line of progress."""

import json
import sys
import time
from pathlib import Path

FILE = "metrics.jsonl"


class Logger:
    """Writes the metrics of one working directory; a context manager.

    Args:
        workdir: the run's folder.
        first: the step this start begins at. Lines of later steps, left by a start that was cut off before its next
            checkpoint, are removed: those steps are done again.
        last: the step the run ends at, for the progress line.
    """

    def __init__(self, workdir: Path, *, first: int, last: int):
        self._first, self._last, self._began = first, last, time.perf_counter()
        path = Path(workdir) / FILE
        lines = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in lines if _step(line) is not None and _step(line) <= first]
        path.write_text("".join(line + "\n" for line in kept))
        self._file = path.open("a")
        self._board = _tensorboard(workdir, first)
        self._live = sys.stderr.isatty()
        self._show(f"step {first}/{last} | compiling the step")

    def __enter__(self) -> "Logger":
        return self

    def __exit__(self, *_) -> None:
        self._file.close()
        if self._board:
            self._board.close()
        if self._live:
            print(file=sys.stderr)

    def write(self, step: int, metrics: dict[str, float]) -> None:
        """Write one line of metrics and renew the progress line."""
        self._file.write(json.dumps({"step": step, **metrics}) + "\n")
        self._file.flush()
        if self._board:
            for name, value in metrics.items():
                self._board.add_scalar(name, value, step)
        self._show(self._progress(step, metrics))

    def _show(self, line: str) -> None:
        """Renew the line on a terminal; print one more line elsewhere."""
        print(f"\r\x1b[2K{line}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def _progress(self, step: int, metrics: dict[str, float]) -> str:
        rate = (step - self._first) / (time.perf_counter() - self._began)
        minutes, seconds = divmod(int((self._last - step) / max(rate, 1e-9)), 60)
        shown = {
            "real judged real": "health/real_judged_real",
            "fake judged fake": "health/fake_judged_fake",
            "target judged target": "health/target_judged_target",
            "corrected judged source": "health/corrected_judged_source",
        }
        health = " | ".join(f"{what} {metrics[name]:.0%}" for what, name in shown.items() if name in metrics)
        if "validation/flip_rate" in metrics:
            health += f" | flipped {metrics['validation/flip_rate']:.0f} %"
        return f"step {step}/{self._last} | {rate:.1f} steps/s | {minutes}:{seconds:02d} left | {health}"


def _step(line: str) -> int | None:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return None  # the last line of a run that was cut off while writing it


def _tensorboard(workdir: Path, first: int):
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(Path(workdir) / "tensorboard"), purge_step=first + 1)
