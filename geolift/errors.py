"""The error of all data that cannot be used, whoever made it."""


class DatasetError(ValueError):
    """A file, a data set or a recording that cannot be used.

    The message is one line: it names the file or argument, what was found and what was expected.
    """
