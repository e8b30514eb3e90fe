"""Errors about input: data, configs and folders that cannot be used, each a message of one line."""

LONGEST = 2000  # characters of a message


class DatasetError(ValueError):
    """A file, a data set or a recording that cannot be used.

    The message is one line: it names the file or argument, what was found and what was expected. Control characters
    are escaped, and a long message loses its middle.

    Example:
        >>> print(DatasetError("a.csv: fps: found -1,\\nexpected 0 or more"))
        a.csv: fps: found -1,\\nexpected 0 or more
    """

    def __init__(self, message: str):
        super().__init__(one_line(message))


class ConfigError(ValueError):
    """A config or a run's folder that cannot be used; the message, one line, names the entry or file.

    Example:
        >>> print(ConfigError("batch_size: found 0, expected 1 or more"))
        batch_size: found 0, expected 1 or more
    """

    def __init__(self, message: str):
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """`text` without line breaks and other control characters, which are escaped, and of at most `LONGEST` characters.

    A long text keeps its beginning, which names the file, and its end, which states what was expected.
    """
    if len(text) > LONGEST:
        half = LONGEST // 2 - 10
        text = f"{text[:half]} [...] {text[-half:]}"
    return printable(text)


def printable(text: str) -> str:
    """`text` with line breaks and other control characters escaped, which could confuse a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
