"""A hook of MkDocs: the search lists pages for users before experiments and the API, where both have the words."""

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

# By the part of the navigation that a page is in; 1 is the default of the search.
WEIGHTS = {"Guide": 4.0, "Training": 2.0, "API": 0.5, "Experiments": 0.5}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """State the weight of a page in its metadata, where the search looks for it."""
    part: Any = page.parent
    if part is not None and part.title in WEIGHTS:
        page.meta["search"] = {"boost": WEIGHTS[part.title]}
    return markdown
