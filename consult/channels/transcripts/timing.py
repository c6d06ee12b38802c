"""Times on a tape, however a program writes them."""

import re

CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{1,2}(?:[.,]\d{1,9})?"
_PARTS = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?")


def seconds(clock: str) -> float | None:
    """`1:02:03.5`, `0:0:0.570`, `00:05,250` or `62:03` in seconds; None when it is no time.

    What follows the dot or comma is a fraction: `.5` is half a second.
    """
    found = _PARTS.fullmatch(clock.strip())
    if not found:
        return None
    hours, minutes, whole, fraction = found.groups()
    total = int(hours or 0) * 3600 + int(minutes) * 60 + int(whole)
    return round(total + float(f"0.{fraction or 0}"), 6)


def clock(moment: float) -> str:
    """A moment of the tape as people read it: `0:05`, `40:31.5`, `1:02:05`."""
    whole = int(moment)
    tenths = int((moment - whole) * 10)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    read = f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
    return f"{read}.{tenths}" if tenths else read
