"""What a notebook shows of a result: its page in a frame. `geolift.output` registers it with `Result`."""

import html

import numpy as np

from geolift.output.result import Result
from geolift.output.view.page import page

MOST_POSES = 3000
HEIGHT = 860  # pixels


def notebook_html(result: Result) -> str:
    """HTML of the page of a result in a frame; of a long result the first frames, with about `MOST_POSES` poses."""
    poses = np.cumsum(np.bincount(result.frame, minlength=len(result.frames)))
    shown = max(1, int(np.searchsorted(poses, max(MOST_POSES, poses[0]), "right")))
    note = ""
    if shown < len(result.frames):
        note = f"The first {shown} of {len(result.frames)} frames. "
        note += "geolift.output.write_view(result, 'page.html') shows all."
        sizes = None if result.image_size is None else result.image_size[:shown]
        result = result.select_rows(result.frame < shown)
        result = result._replace(frames=result.frames[:shown], image_size=sizes, notes=(note, *result.notes))
    frame = (
        f'<iframe sandbox="allow-scripts" title="geolift" width="100%" height="{HEIGHT}" '
        f'style="border:0" srcdoc="{html.escape(page(result))}"></iframe>'
    )
    return frame + (f"<p>{note}</p>" if note else "")
