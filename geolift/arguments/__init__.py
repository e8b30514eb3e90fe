"""Arguments of the `geolift` command that several of its commands share, and the values that texts stand for."""
