"""Images: a photograph without the place where it was taken, and no larger than a flip chart needs."""

import io
import warnings
from typing import NamedTuple

from PIL import Image, ImageOps

LARGEST_SIDE = 2000
MOST_PIXELS = 100_000_000
QUALITY = 85
AS_THEY_COME = {"JPEG": "image/jpeg", "PNG": "image/png"}
"""Formats that may stay as they are; any other becomes JPEG."""
ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
"""How a file of the format ends. Telephones put a film, with its place, after the photograph."""
HARMLESS = frozenset(
    {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive", "progression", "gamma"}
)
"""What an image says of itself that tells of no place, time or telephone."""


class Looked(NamedTuple):
    """An image that may be shown, and in which format it is."""

    content: bytes
    media_type: str


def without_place(content: bytes) -> Looked | None:
    """The image as it may be shown: the same bytes when nothing but pixels is in them; None if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > MOST_PIXELS:
                    return None
                image.load()
                if _is_plain(image, content):
                    return Looked(content, AS_THEY_COME[str(image.format)])
                return _anew(image)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Warning):
        return None


def _is_plain(image: Image.Image, content: bytes) -> bool:
    parts = {str(name) for name, _ in getattr(image, "applist", ())}
    return (
        image.format in AS_THEY_COME
        and content.endswith(ENDS[image.format])
        and parts <= {"APP0"}
        and max(image.size) <= LARGEST_SIDE
        and not image.getexif()
        and getattr(image, "n_frames", 1) == 1
        and not set(image.info) - HARMLESS
    )


def _anew(image: Image.Image) -> Looked:
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    pixels = upright.convert("RGB")
    # Nothing of what stood beside the pixels comes along.
    pixels.info = {}
    written = io.BytesIO()
    pixels.save(written, "JPEG", quality=QUALITY)
    return Looked(written.getvalue(), "image/jpeg")
