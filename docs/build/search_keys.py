"""A hook of MkDocs: the search finds words with digits, such as `coco17`, whatever other words the pages have.

The search (lunr, in the theme's worker) joins the ends of words that are alike. It knows them by keys, a letter and a
number for each next letter, without anything between two: "1" to node 23 and "12" to node 3 have the same. Then words
with digits are lost, or made up, and a question that meets one of these finds nothing at all.
"""

import logging
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

LOG = logging.getLogger("mkdocs.hooks.search_keys")
WORKERS = "assets/javascripts/workers"
KEY, WITH_ENDS = "e=e+s+o.id}return e}", 'e=e+s+o.id+","}return e}'  # s: the letter; o.id: the number of the node


def on_post_build(config: MkDocsConfig) -> None:
    """End each number of a key with a comma in the worker that searches."""
    for path in Path(config.site_dir, WORKERS).glob("search.*.js"):
        program = path.read_text(encoding="utf-8")
        if program.count(KEY) != 1:
            LOG.warning("%s: found %d places that make keys, expected 1", path.name, program.count(KEY))
        path.write_text(program.replace(KEY, WITH_ENDS), encoding="utf-8")
