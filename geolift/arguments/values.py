"""From the text of an argument to its value; text of another kind is an error of argparse."""

import argparse


def seed(text: str) -> int:
    """A whole number."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 on")
    return int(text)


def height(text: str) -> float | dict[str, float]:
    """Metres of all people, or by name; a name may hold "=", but no comma."""
    pairs = [part.rpartition("=") for part in text.split(",")]
    heights = {name.strip(): _metres(metres, text) for name, _, metres in pairs}
    if len(heights) < len(pairs) or ("" in heights and len(pairs) > 1):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a height for each name once, like anna=1.2,ben=1.8")
    return heights.get("", heights)


def _metres(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {whole!r}, expected metres, like 1.8 or anna=1.2,ben=1.8") from None


def millimetres(text: str) -> float:
    """Metres from millimetres above 0."""
    try:
        value = float(text) / 1000
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected millimetres above 0, like 80")
    return value


def frames(text: str) -> tuple[int | None, int | None]:
    """The first frame and the first after the last."""
    begin, colon, end = text.partition(":")
    numbers = [part for part in (begin, end) if part]
    if not colon or not numbers or not all(part.isdecimal() for part in numbers):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected frames like 10:200, 10: or :200")
    return int(begin) if begin else None, int(end) if end else None


def direction(text: str) -> tuple[float, ...]:
    """x, y, z."""
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a direction like 0,-1,0") from None
    return x, y, z


def size(text: str) -> tuple[float, float]:
    """Width and height, pixels."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected width and height in pixels, like 1920x1080")
    return float(width), float(height)
