"""Readers of keypoint files, one module for each format; `formats.base` says how to add one."""

from geolift.keypoints.formats.base import Format

__all__ = ["Format"]
