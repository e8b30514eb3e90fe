"""Human3.6M in the forms in which it is distributed: CDF files, h36m-fetch, VideoPose3D, ElePose, MotionBERT."""
