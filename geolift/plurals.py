"""Counts in messages, with the noun in the singular or the plural."""


def counted(count: int, one: str, many: str) -> str:
    """The count and what it counts: `counted(1, "person", "people")` is "1 person".

    Args:
        count: how many.
        one: what follows 1, a noun or more: "joint was".
        many: what follows any other number: "joints were".
    """
    return f"{count} {one if count == 1 else many}"
