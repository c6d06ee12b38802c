"""Freezing and publishing a version; whose local text stands on another is told each time.

Published is only a version on which no comment or promise is left open.
"""

from datetime import datetime

from sqlmodel import Session

from consult import audit, dispositions
from consult.errors import BarazaError
from consult.local import notices
from standards import versions
from standards.tables import Status, VersionRow


class OpenMatters(BarazaError):
    """Comments or promises stand between a text and its publication; `matters` lists them."""

    def __init__(self, matters: list[str]) -> None:
        super().__init__(
            "This text cannot be published yet: " + " ".join(matters) + " Settle this first, then publish."
        )
        self.matters = matters


def freeze(session: Session, version: VersionRow, *, decided: bool, by: str, now: datetime) -> str:
    """Fix the text of a draft for good, for consultation or as decided; returns its hash."""
    hash_ = versions.freeze(session, version, now=now, decided=decided)
    after = {"status": version.status.value, "hash": hash_}
    before = {"status": Status.DRAFT.value}
    audit.record(session, by, "freeze", "version", version.id, before, after, now=now)
    notices.tell(session, version, now=now)
    return hash_


def publish_settled(
    session: Session, version: VersionRow, note: str, *, by: str, now: datetime
) -> list[VersionRow]:
    """Publish a version on which no matter is open; returns those it supersedes. Raises OpenMatters."""
    if matters := dispositions.open_matters(session, version):
        raise OpenMatters(matters)
    replaced = versions.publish(session, version, change_note=note, now=now)
    audit.record(
        session,
        by,
        "publish",
        "version",
        version.id,
        {"status": Status.DECIDED.value},
        {"status": version.status.value, "supersedes": [str(older.id) for older in replaced]},
        now=now,
    )
    notices.tell(session, version, now=now)
    return replaced
