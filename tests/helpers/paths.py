"""Where the checkout and the recorded data are."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the checkout
DATA = Path(os.environ.get("GEOLIFT_DATA", ROOT.parent / "shared" / "data"))
