"""Measurements: ratios inside one run, and experiments that have a known answer."""
