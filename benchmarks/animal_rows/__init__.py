"""Accuracy on animals: motion filmed by virtual cameras, and real detections with truth (docs/animals.md)."""
