"""The imports of a package, read from its source: which module imports which, inside functions too."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One import statement of one name.

    Attributes:
        module: dotted name of the importing module; a package's is that of its `__init__.py`.
        line: where the statement is.
        target: dotted name of what is imported: `from a.b import c` gives "a.b.c".
    """

    module: str
    line: int
    target: str


def modules(package: Path) -> dict[str, Path]:
    """Every module below the folder of a package, by dotted name: "geolift.data" is `geolift/data/__init__.py`."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(module: str, path: Path) -> Iterator[Import]:
    """Every import of a module, at its top and inside functions; a star is imported as "*"."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            for alias in node.names:
                yield Import(module, node.lineno, f"{base}.{alias.name}")


def defining(target: str, known: Mapping[str, Path]) -> str | None:
    """The module among `known` that an import reads: the longest known prefix of its target; None for foreign code."""
    parts = target.split(".")
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in known:
            return ".".join(parts[:end])
    return None


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The import cycles: each group of modules that all import each other, directly or through others."""
    index, low, stack, found = {}, {}, [], []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.get(module, ())):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1 or module in graph.get(module, ()):
                found.append(sorted(group))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return found
