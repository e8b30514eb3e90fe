"""Rows of benchmarks/world.py, a file for each subject: `rows` of each gives lines of the table."""
