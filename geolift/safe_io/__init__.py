"""Files that are read without trust, and files that are written whole or not at all."""

from geolift.safe_io.atomic import replace_file, replacing
from geolift.safe_io.json_file import parse_json, read_json, write_json
from geolift.safe_io.npz import read_arrays, read_object_arrays, write_arrays
from geolift.safe_io.pickles import load_pickle

__all__ = [
    # reading untrusted files
    "load_pickle", "parse_json", "read_arrays", "read_json", "read_object_arrays",
    # atomic and plain writing
    "replace_file", "replacing", "write_arrays", "write_json",
]  # fmt: skip
