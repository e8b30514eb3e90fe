"""2D keypoints of people in images and videos, by BlazePose (`pip install 'geolift[detect]'`)."""

from geolift.keypoints.detector.following import FrameDetector
from geolift.keypoints.detector.pictures import detect

__all__ = ["FrameDetector", "detect"]
