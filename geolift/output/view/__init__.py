"""Views of results: a web page, a sheet of evenly spaced poses, a movie (docs/lifting.md)."""

from geolift.output.view.formats import write_view

__all__ = ["write_view"]
