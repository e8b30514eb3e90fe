"""Readers of keypoint files, one format a file."""
