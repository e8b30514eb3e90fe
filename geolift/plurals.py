"""Counts and lists in messages, with the noun in the singular or the plural."""

from collections.abc import Sequence


def counted(count: int, one: str, many: str) -> str:
    """The count and what it counts: `counted(1, "person", "people")` is "1 person".

    Args:
        count: how many.
        one: what follows 1, a noun or more: "joint was".
        many: what follows any other number: "joints were".
    """
    return f"{count} {one if count == 1 else many}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are: `first_of(["a", "b", "c", "d", "e"])` is "a, b, c and 2 others".

    Args:
        names: any number.
        most: that are named.
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {counted(more, 'other', 'others')}" if more > 0 else "")
