"""2D keypoints: recordings, and reading them from the files of other programs (docs/formats.md), images and videos."""

from geolift.keypoints.options import Options
from geolift.keypoints.recognition import Recognized, read_keypoints
from geolift.keypoints.recording import Recording, record
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.selection import select
from geolift.keypoints.tracking import track
from geolift.keypoints.training_clips import to_dataset

__all__ = [
    "Options",
    "Recognized",
    "Recording",
    "check_recording",
    "read_keypoints",
    "record",
    "select",
    "to_dataset",
    "track",
]
