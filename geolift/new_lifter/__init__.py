"""A lifter for any body, from 2D keypoints alone: `geolift train`, `train_lifter.train_lifter` (docs/new-lifter.md)."""
