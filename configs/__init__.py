"""Training configs: `paper` holds every entry, the others change a few."""
