"""Motion files for other programs: BVH, C3D, TRC."""
