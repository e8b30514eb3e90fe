"""Foreign data sets, read once into geolift's own form: `converters.CONVERTERS` names them all (docs/convert.md)."""
