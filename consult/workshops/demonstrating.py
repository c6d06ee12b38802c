"""The demonstration's workshop, held by the same acts as any other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from consult.tables.intake import RecordRow
from consult.tables.rounds import RoundRow
from consult.tables.workshops import UtteranceRow, WorkshopRow
from consult.workshops import attributing, tagging, transcripts
from consult.workshops.meetings import Attended, Consent, Meeting, hold
from consult.workshops.tagging import Wanted

BY = "demonstration"


def demonstrate(
    session: Session,
    round_: RoundRow,
    told: Mapping[str, Any],
    transcript: bytes,
    *,
    clauses: Mapping[str, UUID],
    groups: Mapping[str, UUID],
    facilitator: UUID,
    now: datetime,
) -> WorkshopRow:
    """Hold the workshop a data file tells of, tag what it tags, and leave the rest to be done."""
    votes = "\n".join(
        f"{vote['question']} Yes {vote['yes']}, no {vote['no']}, abstained {vote['abstained']}."
        for vote in told["votes"]
    )
    meeting = Meeting(
        place=told["place"],
        held_on=now.date(),
        region=told["region"],
        languages=tuple(told["languages"]),
        facilitator_id=facilitator,
        agenda=tuple(clauses[key] for key in told["agenda"]),
        notes="\n\n".join((told["consent"], votes)),
        consent=Consent.SPOKEN,
        quotable=told["public"],
        attendance=tuple(
            Attended(one["group"], one["women"] + one["men"], one["women"]) for one in told["attendance"]
        ),
    )
    workshop = hold(session, round_, meeting, now=now).workshop
    recorded = transcripts.receive(session, workshop, transcript, told["transcript"], now=now)
    record = session.get_one(RecordRow, recorded.id)
    heard = transcripts.hear(session, record)
    kept, _ = transcripts.keep(session, workshop, record, heard, name=told["transcript"], now=now)
    rows = session.exec(
        select(UtteranceRow).where(UtteranceRow.transcript_id == kept.id).order_by(col(UtteranceRow.position))
    ).all()
    said = dict(enumerate(rows, 1))
    for tag in told["tags"]:
        row = said[tag["utterance"]]
        if tag["category"] in groups:
            attributing.set_category(session, workshop, kept.id, row.speaker, tag["category"], by=BY, now=now)
        wanted = Wanted(
            tuple(clauses[key] for key in tag["clauses"]),
            lone=tag.get("lone_voice", False),
            language=tag["language"],
        )
        tagging.make_comment(session, round_, workshop, row.id, wanted, by=BY, now=now)
    for row in said.values():
        if row.speaker == told["facilitator"]:
            tagging.skip(session, workshop, row.id, by=BY, now=now)
    return workshop
