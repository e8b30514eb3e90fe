"""Lifted poses and the files they are written to (docs/formats.md)."""
