"""Trained lifters as files: those that come with geolift, and export to other programs."""
