"""Evaluate a run: `python -m launch.evaluate --workdir=runs/cmu --data=cmu.npz --split=test`.

Prints a table beside the untrained network and the flat skeleton, writes `evaluation.json` and `poses.png` to the run.
`--protocol=h36m` and others measure what published figures were measured on and refuse other data: docs/protocols.md.
"""

import sys

from absl import app, flags, logging

from geolift.errors import DatasetError
from geolift.protocols import PROTOCOLS
from geolift.report import report
from geolift.sources import open_dataset
from geolift.workdir import ConfigError

WORKDIR = flags.DEFINE_string("workdir", None, "Folder that launch.train wrote.", required=True)
DATA = flags.DEFINE_string("data", None, "A geolift data set with points_3d, or 'procedural'.", required=True)
SPLIT = flags.DEFINE_string("split", "test", "Any split of the data set, or 'all'.")
PROTOCOL = flags.DEFINE_string("protocol", "cmu", f"What is measured: {', '.join(PROTOCOLS)}. 'cmu' is everything.")


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    if PROTOCOL.value not in PROTOCOLS:
        sys.exit(f"geolift: --protocol: found {PROTOCOL.value!r}, expected one of {', '.join(PROTOCOLS)}")
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    try:
        data = open_dataset(DATA.value)
        report(WORKDIR.value, data, source=DATA.value, split=SPLIT.value, protocol=PROTOCOLS[PROTOCOL.value])
    except (DatasetError, ConfigError, OSError) as error:
        sys.exit(f"geolift: {error}")


if __name__ == "__main__":
    app.run(main)
