"""Command-line programs: `python -m launch.train`, `python -m launch.evaluate`."""
