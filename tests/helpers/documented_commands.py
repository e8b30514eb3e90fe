"""The commands in the documents: fenced blocks without a language, and code in the text that begins with `geolift`."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.paths import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(geolift (?:lift|inspect|write|view|convert|skeleton|train|export|demo)\s[^`]*)`")
ASSIGNMENT = re.compile(r"[A-Z_]+=")  # FOO=1 before a command
NEEDS = re.compile(r"# needs \w")  # data, hardware or time that a test does not have, for the rest of the block


def fenced(page: Path, language: str) -> Iterator[str]:
    """The fenced blocks of a page in one language; "": those without."""
    yield from (text for found, text in FENCE.findall(page.read_text()) if found == language)


def blocks(page: Path) -> Iterator[list[tuple[list[str], bool]]]:
    """The commands of each fenced block: words, without comments and variables that are set for them, and whether they
    stand below a line `# needs ...`."""
    for block in fenced(page, ""):
        if not re.search(r"^(?:\w+=\S+ )*(?:geolift|python|pip|make|launch/)", block, re.MULTILINE):
            continue  # a table, a file, or what a program printed
        needs, found = False, []
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            needs = needs or bool(NEEDS.match(line))
            words = shlex.split(line, comments=True)
            while words and ASSIGNMENT.match(words[0]):
                words = words[1:]
            if words:
                found.append((words, needs))
        yield found


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command of a page, in blocks and in the text."""
    for block in blocks(page):
        yield from (words for words, _ in block)
    for line in INLINE.findall(FENCE.sub("", page.read_text())):
        words = shlex.split(" ".join(line.split()))
        if "..." not in words and any(word.startswith("-") and word != "--help" for word in words):
            yield words  # others are names, `geolift convert mpii`


def flags_of(program: str) -> set[str]:
    """Names of the flags that `python -m program` defines, and those of files of its folder that it imports."""
    path = ROOT / f"{program.replace('.', '/')}.py"
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.search(r"\bDEFINE", ast.unparse(node.func)):
            found |= {word.value for word in node.args[:2] if isinstance(word, ast.Constant)}
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("launch", "benchmarks"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {flag for name in names if is_module(name) and name != program for flag in flags_of(name)}
    return {name for name in found if isinstance(name, str)}


def is_module(name: str) -> bool:
    """Whether a dotted name is a file of the checkout."""
    return (ROOT / f"{name.replace('.', '/')}.py").is_file()
