"""From keypoints to 3D poses: the pipeline from a file to a result, its steps, and the inspection of files.

The pipeline is `geolift.lift` (`geolift.lifting.lift`).
"""

from geolift.lifting.inspection import Inspection, inspect_file
from geolift.lifting.inspection_text import describe_inspection
from geolift.lifting.refinement import Refined, refine
from geolift.lifting.tracks import Tracks

__all__ = ["Inspection", "Refined", "Tracks", "describe_inspection", "inspect_file", "refine"]
