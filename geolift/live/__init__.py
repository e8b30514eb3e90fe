"""Live use: keypoints frame by frame in, smoothed 3D poses out, a fixed number of frames later.

`geolift.Live` is `geolift.live.live.Live`; docs/live.md says how accurate and how fast it is.
"""

from geolift.live.live import Live
from geolift.live.pose import LivePose

__all__ = ["Live", "LivePose"]
