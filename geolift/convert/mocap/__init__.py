"""Recorded motion: BVH, ASF/AMC, CMU."""
