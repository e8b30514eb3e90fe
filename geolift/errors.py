"""The errors of what users give: data, configs, folders that cannot be used."""

LONGEST = 2000  # characters of a message


class DatasetError(ValueError):
    """A file, a data set or a recording that cannot be used.

    The message is one line: it names the file or argument, what was found and what was expected. What a file made of
    control characters or too many words is shown escaped, and without its middle.
    """

    def __init__(self, message: str):
        super().__init__(one_line(message))


class ConfigError(ValueError):
    """A config or a working directory that cannot be used; the message names the entry or file."""


def one_line(text: str) -> str:
    """`text` without line breaks and other control characters, which are escaped, and of at most `LONGEST` characters.

    A long text keeps its beginning, which names the file, and its end, which says what was expected.
    """
    if len(text) > LONGEST:
        half = LONGEST // 2 - 10
        text = f"{text[:half]} [...] {text[-half:]}"
    return printable(text)


def printable(text: str) -> str:
    """`text` with line breaks and other control characters escaped, which a file may have to confuse a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
