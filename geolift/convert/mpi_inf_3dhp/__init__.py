"""MPI-INF-3DHP, its test set and its training set."""
