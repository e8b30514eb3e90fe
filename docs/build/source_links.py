"""A hook of MkDocs: links of the pages to files of the source, such as `../geolift/losses.py`, lead to the repository.

The address of the repository is known where the site is published, in GitHub's workflows (`$GITHUB_REPOSITORY`).
Without it such links become plain text. In both cases a file that does not exist is a warning, in strict builds an
error.
"""

import logging
import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

LOG = logging.getLogger("mkdocs.hooks.source_links")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((\.\./[^)\s]+)\)")
REPOSITORY = os.environ.get("GITHUB_REPOSITORY")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link the repository at the foot of each page: the theme's box in the head (`repo_url`) asks GitHub for counts."""
    if REPOSITORY:
        link = f"https://github.com/{REPOSITORY}"
        config.extra["social"] = [{"icon": "fontawesome/brands/github", "link": link, "name": REPOSITORY}]
        owner, name = REPOSITORY.split("/")
        config.site_url = f"https://{owner}.github.io/{name}/"
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page that leave docs/."""
    root = Path(config.docs_dir).resolve().parent

    def rewrite(link: re.Match) -> str:
        text, target = link.groups()
        path = target.partition("#")[0].removeprefix("../")
        if not (root / path).exists():
            LOG.warning("%s: found a link to %s, which does not exist", page.file.src_path, target)
        if not REPOSITORY:
            return text
        kind = "tree" if (root / path).is_dir() else "blob"
        return f"[{text}](https://github.com/{REPOSITORY}/{kind}/main/{path})"

    return LINK.sub(rewrite, markdown)
