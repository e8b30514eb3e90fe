"""Measuring a trained lifter: by a protocol, and without 3D."""
