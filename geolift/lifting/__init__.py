"""From keypoints to 3D poses: the whole way from a file to a result."""
