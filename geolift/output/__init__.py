"""Results of lifting, and the files they are written to (docs/result-files.md)."""

from geolift.output.result import Result, check_result
from geolift.output.view.formats import write_view
from geolift.output.view.notebook import notebook_html
from geolift.output.write import Written, load_result, write_result

__all__ = ["Result", "Written", "check_result", "load_result", "write_result", "write_view"]

# Registered here, above both: the page depends on the result, so the result cannot depend on the page.
Result._repr_html_ = notebook_html
