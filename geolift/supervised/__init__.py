"""The fenced exception: a lifter trained with 3D, for those who have it (`geolift train-with-3d`, docs/new-lifter.md).

Nothing else of geolift imports this package but the command line; all other training is blind to 3D.
"""
