"""Data sets of 2D poses: reading, normalising, sampling, and the ones geolift makes itself."""
