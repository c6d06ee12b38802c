"""The audit trail: who did what, to what, before and after; without personal data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from consult.tables.process import AuditRow


def record(
    session: Session,
    by: UUID | str,
    act: str,
    subject: str,
    subject_id: UUID | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    *,
    now: datetime,
) -> AuditRow:
    """Write one line of the trail in the transaction of what it tells about.

    `by` is a person's id, or a word such as `command line`; `before` and `after`
    are plain JSON and hold ids and states, never names, addresses or words said.
    """
    line = AuditRow(
        at=now,
        by=str(by),
        act=act,
        subject=subject,
        subject_id=str(subject_id),
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        reason=reason,
    )
    session.add(line)
    return line
