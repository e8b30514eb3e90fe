"""Reading 2D keypoints of other programs (docs/formats.md): files to `Recording`."""
