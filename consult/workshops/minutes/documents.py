"""Documents: minutes and results as files, with the photographs that may still be seen."""

import io
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import structlog
from PIL import Image, UnidentifiedImageError
from sqlmodel import Session, col, select

from consult.errors import NotFound
from consult.field import media
from consult.objects import ObjectGone, ObjectsAway
from consult.tables.field import PhotoRow, StoredObjectRow
from consult.tables.workshops import WorkshopRow
from consult.workshops.minutes.paper import Composed
from standards.exchange import html
from standards.exchange.docx import writing
from standards.exchange.docx.pictures import Picture

log = structlog.get_logger()

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
}


class Particulars(NamedTuple):
    """What stands on the title page: which version it is, how people heard it, and when it was made."""

    label: str
    status: str = ""
    lead: str = ""
    made_at: datetime | None = None


def write(
    session: Session, workshop: WorkshopRow, composed: Composed, kind: str, particulars: Particulars
) -> bytes:
    """A composed paper as docx (photographs in it) or html (without)."""
    document = composed.document
    if kind == "html":
        return html.export(document, label=particulars.label, status=particulars.status)
    found = _pictures(session, workshop, (one for all_ in composed.pictures.values() for one in all_))
    return writing.write(
        document,
        title=document.title,
        label=particulars.label,
        status=particulars.status,
        lead=particulars.lead,
        frozen_on=particulars.made_at,
        pictures={
            id_: [
                found[one]._replace(words=document.by_id[id_].text.heading) for one in wanted if one in found
            ]
            for id_, wanted in composed.pictures.items()
        },
    )


def stored(session: Session, workshop: WorkshopRow, entities: Iterable[str]) -> list[str]:
    """Those of these photographs of a workshop that are still there."""
    rows = session.exec(
        select(PhotoRow.entity)
        .join(StoredObjectRow, col(StoredObjectRow.id) == PhotoRow.object_id)
        .where(
            PhotoRow.workshop_id == workshop.id,
            col(PhotoRow.entity).in_(list(entities)),
            col(PhotoRow.removed).is_(False),
            col(StoredObjectRow.sealed_key).is_not(None),
        )
    ).all()
    return list(rows)


def _pictures(session: Session, workshop: WorkshopRow, entities: Iterable[str]) -> dict[str, Picture]:
    found = {}
    for entity in stored(session, workshop, entities):
        try:
            content, _media_type = media.image_of(session, workshop.id, entity)
            with Image.open(io.BytesIO(content)) as image:
                if image.format in ("JPEG", "PNG"):
                    found[entity] = Picture(content, image.width, image.height)
        except (NotFound, ObjectGone, ObjectsAway, UnidentifiedImageError, OSError) as error:
            # Minutes without one picture are better than none: its typed words stand there all the same.
            log.warning("a photograph is left out of the minutes", photo=entity, reason=str(error))
    return found
