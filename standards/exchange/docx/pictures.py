"""Pictures in a Word file: photographs beneath a clause, as wide as the text (ECMA-376, part 1, 20.4)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from standards.exchange.docx.parts import escaped

_WIDE, _HIGH = 5_400_000, 6_300_000
"""The most a picture takes of the page, in EMU (914,400 an inch): 15 by 17.5 cm."""
_A_PIXEL: Final = 9525
_DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006"


class Picture(NamedTuple):
    """A JPEG or PNG of so many pixels; `words` say what is on it, for those who do not see it."""

    content: bytes
    width: int
    height: int
    words: str = ""

    @property
    def ending(self) -> str:
        """How its file is called."""
        return "png" if self.content.startswith(b"\x89PNG") else "jpeg"


def paragraphs(pictures: Sequence[Picture], first: int) -> str:
    """The pictures one below the other; `first` is the number of the first among all of the file."""
    return "".join(
        f'<w:p><w:pPr><w:pStyle w:val="BodyText"/></w:pPr><w:r>{_drawing(picture, at)}</w:r></w:p>'
        for at, picture in enumerate(pictures, first)
    )


def relationship(number: int) -> str:
    """The relationship by which the text finds a picture."""
    return f"rIdPicture{number}"


def _drawing(picture: Picture, number: int) -> str:
    width, height = max(picture.width, 1) * _A_PIXEL, max(picture.height, 1) * _A_PIXEL
    share = min(1.0, _WIDE / width, _HIGH / height)
    wide, high = int(width * share), int(height * share)
    words = escaped(" ".join(picture.words.split())[:500])
    return (
        '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0" '
        f'xmlns:wp="{_DRAWING}/wordprocessingDrawing"><wp:extent cx="{wide}" cy="{high}"/>'
        f'<wp:docPr id="{number}" name="Picture {number}" descr="{words}"/>'
        f'<a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{_DRAWING}/picture"><pic:nvPicPr><pic:cNvPr id="{number}" '
        f'name="Picture {number}" descr="{words}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relationship(number)}"/><a:stretch><a:fillRect/></a:stretch>'
        f'</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )
