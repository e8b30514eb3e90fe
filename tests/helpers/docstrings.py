"""What a docstring in Google style says, and what the code that it documents needs it to say."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

SECTIONS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Source", "Example")
SHAPE = re.compile(r"`\[[^`]*\]`|\bscalar\b|\bPRNG key\b")  # `[..., J, 3]`
ARRAY = re.compile(r"\b(?:jax\.Array|np\.ndarray|ndarray|Array)\b")


def sections(text: str) -> dict[str, str]:
    """The parts of a docstring by the name of their heading; what is before the first is ""."""
    found, name = {"": []}, ""
    for line in inspect.cleandoc(text).splitlines():
        if line.rstrip(":") in SECTIONS and line.endswith(":"):
            name = line.rstrip(":")
            found[name] = []
        else:
            found[name].append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in found.items()}


def entries(section: str) -> dict[str, str]:
    """The entries of "Args:" or "Attributes:" by name; "a, b: both" gives two."""
    found, names = {}, []
    for line in section.splitlines():
        head = re.match(r"^([*\w]+(?:, [*\w]+)*)(?: \([^)]*\))?: ?(.*)$", line)
        if head:
            names = [name.lstrip("*") for name in head[1].split(", ")]
            found |= dict.fromkeys(names, head[2])
        else:
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found


def faults(thing: Any, *, source: bool = False, example: bool = True) -> Iterator[str]:
    """What the docstring of a public function or class lacks.

    Args:
        thing: the function or class.
        source: whether it must say where its method is from.
        example: whether it must show its use.
    """
    plain = inspect.unwrap(thing)
    text = thing.__doc__ or ""
    if not re.match(r"[^\n]+(?:\n[^\n]+)*?[.:?](?:\s|$)", inspect.cleandoc(text)) or _made_up(plain):
        yield "a docstring that begins with a sentence"
        return
    parts = sections(text)
    if inspect.isclass(plain):
        if issubclass(plain, BaseException):
            return
        yield from _class_faults(plain, parts)
    else:
        yield from _function_faults(plain, parts)
    if source and "Source" not in parts:
        yield "Source:"
    if example and ">>>" not in parts.get("Example", ""):
        yield "Example: with >>>"


def _made_up(plain: Any) -> bool:
    """Whether a docstring was made by NamedTuple or dataclass, not written: "Point(x, y)"."""
    return inspect.isclass(plain) and (plain.__doc__ or "").startswith(f"{plain.__name__}(")


def _function_faults(function: Callable, parts: dict[str, str], *, method: bool = False) -> Iterator[str]:
    parameters = list(inspect.signature(function).parameters.values())
    parameters = [p for p in parameters[method:] if not p.name.startswith("_")]
    given = entries(parts.get("Args", ""))
    for parameter in parameters:
        if parameter.name not in given:
            yield f"Args: {parameter.name}"
        elif _is_array(parameter.annotation) and not SHAPE.search(given[parameter.name]):
            yield f"the shape of {parameter.name}"
    result = inspect.signature(function).return_annotation
    if _is_array(result) and not SHAPE.search(parts[""] + parts.get("Returns", "")):
        yield "the shape of the result"
    if raises(function) and "Raises" not in parts:
        yield "Raises:"


def _class_faults(cls: type, parts: dict[str, str]) -> Iterator[str]:
    fields = _fields(cls)
    if fields is None:
        init = [p for p in inspect.signature(cls).parameters.values() if p.name not in ("args", "kwargs")]
        given = entries(parts.get("Args", ""))
        yield from (f"Args: {p.name}" for p in init if p.name not in given)
    else:
        given = entries(parts.get("Attributes", "")) | entries(parts.get("Args", ""))
        for name, annotation in fields.items():
            if name not in given:
                yield f"Attributes: {name}"
            elif _is_array(annotation) and not SHAPE.search(given[name]):
                yield f"the shape of {name}"
    for name, member in vars(cls).items():
        if isinstance(member, property | classmethod | staticmethod):
            method = member.fget if isinstance(member, property) else member.__func__
        else:
            method = member
        if not inspect.isfunction(method) or not _written_in(sys.modules[cls.__module__], method):
            continue
        if name in ("__init__", "__post_init__", "__new__", "__call__", "__enter__"):
            if raises(method) and "Raises" not in parts and "Raises:" not in (method.__doc__ or ""):
                yield f"Raises: of {name}"
        elif not name.startswith("_") and name != "setup":
            if not method.__doc__:
                yield f"a docstring of {name}"
            elif raises(method) and "Raises:" not in method.__doc__:
                yield f"Raises: of {name}"


def _fields(cls: type) -> dict[str, Any] | None:
    """The fields of a NamedTuple, dataclass or linen module; None for other classes."""
    names = getattr(cls, "_fields", None) or getattr(cls, "__dataclass_fields__", None)
    if names is None:
        return None
    hints = inspect.get_annotations(cls)
    return {
        name: kind
        for name, kind in hints.items()
        if name in names and not name.startswith("_") and name not in ("parent", "name")
    }


def _written_in(module: Any, function: Callable) -> bool:
    """Whether a function stands in the source of a module; those of NamedTuple and dataclass are made at run time."""
    return inspect.unwrap(function).__code__.co_filename == module.__file__


def _is_array(annotation: Any) -> bool:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return bool(ARRAY.search(text)) and not re.search(r"Callable|dict\[|Mapping\[", text)


def raises(function: Callable) -> bool:
    """Whether the body of a function, or of a private function of its module that it calls, has a `raise`."""
    function = inspect.unwrap(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    bodies = _private_functions(sys.modules[function.__module__])
    seen, waiting = set(), [tree]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Raise):
                return True
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            if name in bodies and name not in seen:
                seen.add(name)
                waiting.append(bodies[name])
    return False


def _private_functions(module: Any) -> dict[str, ast.AST]:
    tree = ast.parse(inspect.getsource(module))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name: node for node in tree.body if isinstance(node, kinds) and node.name.startswith("_")}
