"""Evaluate a run: `python -m launch.evaluate --workdir=runs/cmu --data=cmu.npz --split=test`.

Prints a table beside the untrained network and the flat skeleton, writes `evaluation.json` and `poses.png` to the run.
`--protocol=h36m` and others measure what published figures measure, and refuse other data: docs/protocols.md.
"""

from absl import flags

from geolift.compile_cache import keep_programs
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError
from geolift.evaluation.protocols import PROTOCOLS
from geolift.evaluation.report import write_report
from geolift.lifting.refinement import WINDOW
from launch import program

WORKDIR = flags.DEFINE_string("workdir", None, "Folder that launch.train wrote.", required=True)
DATA = flags.DEFINE_string("data", None, "A geolift data set with points_3d, or 'procedural'.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Any split of the data set, or 'all'.")
STEP = flags.DEFINE_integer("step", None, "Which checkpoint. Default: the newest.")
REFINE = flags.DEFINE_bool("refine", False, "Also measure refined clips (docs/method.md).")
AHEAD = flags.DEFINE_integer("ahead", None, "With --refine: frames of look-ahead; 0 is causal. Default: whole clips.")
PROTOCOL = flags.DEFINE_string("protocol", "cmu", f"What is measured: {', '.join(PROTOCOLS)}. 'cmu' is everything.")


def main() -> None:
    keep_programs()
    if PROTOCOL.value not in PROTOCOLS:
        raise ConfigError(f"--protocol: found {PROTOCOL.value!r}, expected one of {', '.join(PROTOCOLS)}")
    if AHEAD.value is not None and not (REFINE.value and 0 <= AHEAD.value < WINDOW):
        raise ConfigError(f"--ahead: found {AHEAD.value}, expected 0 to {WINDOW - 1} frames, with --refine")
    write_report(
        WORKDIR.value,
        open_dataset(DATA.value),
        source=DATA.value,
        split=SPLIT.value,
        protocol=PROTOCOLS[PROTOCOL.value],
        step=STEP.value,
        refine_clips=REFINE.value,
        ahead=AHEAD.value,
    )


if __name__ == "__main__":
    program.run(main)
