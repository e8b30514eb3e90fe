"""2D keypoints of people in an image or a video."""
