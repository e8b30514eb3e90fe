"""Other programs on the data on which geolift is measured; the parts of benchmarks/peers.py."""
