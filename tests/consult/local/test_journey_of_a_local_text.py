"""A local text from its file to its second publication: consulted, decided, carried over a moved base."""

from datetime import timedelta

from sqlmodel import select

from consult import comments, dispositions, intake, rounds
from consult.comments import Said
from consult.dispositions import Decision
from consult.intake import Arrival
from consult.links import Tie
from consult.local import deciding, moving, notices, parts
from consult.tables.comments import CommentRow
from consult.tables.decisions import DispositionOutcome
from consult.tables.intake import Channel, RecordRow
from consult.tables.people import Role
from standards import store as texts
from standards.overlays import drafting, file, store
from standards.tables import OverlayRow, Status, VersionRow
from tests import factories
from tests.consult.local.groups_of import (
    DAY,
    a_newer_base,
    a_published_base,
    adopt_the_rest,
    agreed,
    seated,
)
from tests.factories import NOW, a_person

FILE = {
    "overlay": "tz-gold",
    "label": "0.9",
    "base": "rag@1.1",
    "operations": [
        {"op": "SET", "target": "1.1", "parameter": "recovery", "value": 95, "rationale": "They give it."},
        {
            "op": "ADD",
            "after": "1.1",
            "id": "TZ:1.1+1",
            "level": "criterion",
            "modality": "requirement",
            "heading": "Retort log",
            "body": "The group shall keep a log of each burning.",
            "rationale": "Asked for.",
        },
    ],
}
CONSULTED = NOW + timedelta(days=1)
CLOSED = NOW + timedelta(days=20)
MOVED = NOW + timedelta(days=40)


def says(session, round_, number, part, words):
    """A comment on a clause of the local text."""
    clause = texts.load(session, rounds.version_of(session, round_)[1]).by_number[number]
    arrival = Arrival(channel=Channel.WEB, source="t", provider_id=words, payload=b"{}", round_id=round_.id)
    row = session.get_one(RecordRow, intake.record(session, arrival, now=CONSULTED).id)
    said = Said(text=words, ties=(Tie(clause.id, part=part),))
    made = comments.make(session, round_, row, said, now=CONSULTED)
    return session.get_one(CommentRow, made.id)


def settle(session, draft, secretary):
    """Settle what waits, each as it can be."""
    for one in moving.waiting(session, draft):
        if one.targets:
            moving.move_to(session, draft, one.row.id, one.targets[0].id, by=secretary, now=MOVED)
        elif one.may_adopt:
            moving.adopt(session, draft, one.row.id, "The base asks more.", by=secretary, now=MOVED)
        else:
            moving.let_go(session, draft, one.row.id, "The clause is gone.", by=secretary, now=MOVED)


def test_a_local_text_from_its_file_to_its_second_publication(session):
    secretary = a_person(session, role=Role.SECRETARY)
    base = a_published_base(session)

    # brought in, and consulted on
    first = drafting.bring_in(session, file.read(FILE, "tz-gold.json"), by=str(secretary.id), now=NOW)
    overlay = seated(session, first)
    adopt_the_rest(session, first)
    text = deciding.freeze_for_consultation(session, first, by="x", now=NOW)
    round_ = factories.a_round(session, text, slug="tz", opens=NOW, closes=CLOSED)
    too_high = says(session, round_, "1.1", "local", "Ninety-five is too much for us.")
    good = says(session, round_, "1.1", "base", "Retorts are good.")
    log = says(session, round_, "TZ:1.1+1", "", "Who keeps the log?")
    assert parts.together(parts.counts(session, round_)) == {"local": 2, "base": 1}

    # answered, and written anew
    draft = drafting.new_draft(session, first, "1.0", by=str(secretary.id), now=CLOSED)
    assert len(deciding.in_the_way(session, draft, CLOSED)) == 1
    for comment, outcome, exception in (
        (too_high, DispositionOutcome.ACCEPTED, "Version 1.0 of the local text asks 93."),
        (good, DispositionOutcome.NOTED, ""),
        (log, DispositionOutcome.DECLINED, ""),
    ):
        told = Decision(outcome=outcome, reason="The group said so.", exception=exception)
        dispositions.decide(session, comment, told, by="x", now=CLOSED)
    row = next(row for row in store.operations_of(session, draft) if row.op.value == "SET")
    less = store.operation_in(row).model_copy(update={"value": 93})
    drafting.put(session, draft, less, replacing=row.id, by=str(secretary.id), now=CLOSED)

    # decided, and published
    assert deciding.in_the_way(session, draft, CLOSED) == []
    assert deciding.decide(session, draft, agreed(session), decided_on=DAY, by="x", now=CLOSED).passed
    deciding.publish(session, draft, by="x", now=CLOSED)
    assert (draft.status, first.status) == (Status.PUBLISHED, Status.CONSULTATION)

    # the base moves, and its owners hear of it
    a_newer_base(session, base)
    (told_,) = notices.unseen(session, [overlay.id])
    assert told_.onto == "rag@2.0"

    # carried over, settled, decided, published
    second, found = moving.carry(
        session, draft, told_.onto, "2.0", transition_until="2027-01-01", by="x", now=MOVED
    )
    assert len(store.operations_of(session, second)) == len(found.operations)
    settle(session, second, secretary)
    adopt_the_rest(session, second)
    assert deciding.in_the_way(session, second, MOVED) == []
    deciding.decide(session, second, agreed(session), decided_on=DAY, by="x", now=MOVED)
    assert deciding.publish(session, second, by="x", now=MOVED) == [draft]

    use = deciding.in_use(session, session.get_one(OverlayRow, second.overlay_id), MOVED.date())
    assert (use.version.label, use.before.label) == ("2.0", "1.0")
    newest = session.exec(select(VersionRow).where(VersionRow.id == second.text_id)).one()
    assert "TZ:1.1+1" in texts.load(session, newest).by_number
