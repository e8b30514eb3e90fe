"""Foreign data sets converted to geolift's: `CONVERTERS` lists all kinds (docs/convert.md)."""

from geolift.convert.registry import CONVERTERS, Converter

__all__ = ["CONVERTERS", "Converter"]
