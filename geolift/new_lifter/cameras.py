"""Which way cameras look, as users state it."""

from typing import NamedTuple


class Cameras(NamedTuple):
    """Which way the cameras look.

    Attributes:
        low, high, start: of the pitch that is learnt, degrees; positive looks down.
        what: in words.
    """

    low: float
    high: float
    start: float
    what: str


# The magnitude of the pitch can be learnt, its sign cannot: the other sign explains the same 2D by mirrored bodies.
CAMERAS = {
    "level": Cameras(0, 20, 10, "they look down by 0 to 20 degrees"),
    "above": Cameras(0, 85, 20, "they look down"),
    "below": Cameras(-85, 0, -20, "they look up, as through a glass floor"),
}
