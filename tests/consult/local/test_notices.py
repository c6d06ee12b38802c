"""Notices: who hears that a base or a parent moved, once, by desk and e-mail; and what ends soon."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from consult.drafting import publishing
from consult.local import deciding, moving, notices
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.people import Role
from standards.overlays import drafting
from standards.tables import OverlayRow, Status, VersionRow
from tests.consult.local.groups_of import (
    DAY,
    LATER,
    a_newer_base,
    a_published_base,
    a_published_text,
    agreed,
    decided_by_clause,
    seated,
)
from tests.consult.local.texts import a_local_text, a_seat, kept
from tests.factories import NOW, a_group, a_person


def mails(session):
    rows = session.exec(select(MessageRow).where(MessageRow.kind == MessageKind.NOTICE)).all()
    return sorted(str(row.person_id) for row in rows)


class TestWhenABaseMoves:
    def test_those_with_a_seat_who_sign_in_and_the_secretaries_are_told(self, session):
        version = a_local_text(session, a_published_base(session))
        secretary = a_person(session, role=Role.SECRETARY)
        seated_, stranger = (a_person(session, role=Role.WORKING_GROUP) for _one in range(2))
        gone = a_person(session, role=Role.SECRETARY, disabled_at=NOW)
        a_seat(session, version, seated_, a_group(session).id)

        a_newer_base(session, session.get_one(VersionRow, version.base_id))

        assert mails(session) == sorted([str(secretary.id), str(seated_.id)])
        assert {str(stranger.id), str(gone.id)}.isdisjoint(mails(session))

    def test_the_letter_names_both_texts_in_the_language_of_its_reader(self, session):
        version = a_local_text(session, a_published_base(session))
        a_person(session, role=Role.SECRETARY, language="en")

        a_newer_base(session, session.get_one(VersionRow, version.base_id))

        letter = session.exec(select(MessageRow).where(MessageRow.kind == MessageKind.NOTICE)).one()
        assert letter.subject == "Tanzania: a newer rag@2.0"
        assert letter.words.startswith("Tanzania stands on rag@1.1. There is now rag@2.0.")

    def test_freezing_and_then_publishing_tells_once(self, session):
        version = a_local_text(session, a_published_base(session))
        a_person(session, role=Role.SECRETARY)

        newer = a_newer_base(session, session.get_one(VersionRow, version.base_id))
        again = notices.tell(session, newer, now=LATER)

        assert again == []
        assert len(mails(session)) == 1
        assert [one.onto for one in notices.unseen(session)] == ["rag@2.0"]

    def test_it_stands_on_the_desk_until_somebody_has_seen_it(self, session):
        version = a_local_text(session, a_published_base(session))
        a_newer_base(session, session.get_one(VersionRow, version.base_id))
        overlay = session.get_one(OverlayRow, version.overlay_id)

        assert notices.mark_seen(session, overlay, by="x", now=LATER) == 1
        assert notices.unseen(session, [overlay.id]) == []
        assert notices.mark_seen(session, overlay, by="x", now=LATER) == 0

    def test_once_carried_over_there_is_nothing_to_tell(self, session):
        version = a_local_text(session, a_published_base(session))
        a_newer_base(session, session.get_one(VersionRow, version.base_id))

        moving.carry(session, version, "rag@2.0", "1.1", by="x", now=LATER + timedelta(days=1))

        assert notices.unseen(session) == []

    def test_a_local_text_on_that_base_already_is_not_told(self, session):
        base = a_published_base(session)
        a_local_text(session, base)

        assert notices.tell(session, base, now=NOW) == []


class TestWhenAParentMoves:
    @pytest.fixture
    def family(self, session):
        """A published national text, and a module under it."""
        parent = a_published_text(session)
        base = session.get_one(VersionRow, parent.base_id)
        child = a_local_text(session, base, slug="tz-placer", label="0.1", parent=parent)
        return parent, child

    def test_its_children_are_told_once(self, session, family):
        parent, _child = family
        draft = drafting.new_draft(session, parent, "1.1", by="x", now=LATER)

        deciding.decide(session, draft, agreed(session), decided_on=DAY, by="x", now=LATER)
        deciding.publish(session, draft, by="x", now=LATER)

        (told,) = notices.unseen(session)
        assert (told.overlay.slug, told.onto, told.of_parent) == ("tz-placer", "tz-gold@1.1", True)

    def test_a_child_of_that_version_is_not_told(self, session, family):
        parent, _child = family

        assert notices.tell_children(session, parent, now=LATER) == []


class TestWhatEndsSoon:
    def text_with_a_derogation(self, session, until):
        version = decided_by_clause(session, a_local_text(session, a_published_base(session)))
        kept(
            session,
            version,
            "1.2",
            op="DEROGATE",
            field="stage",
            value="year 3",
            until=until,
            approved_by="Owner",
        )
        overlay = seated(session, version)
        deciding.decide(session, version, agreed(session), decided_on=DAY, by="x", now=NOW)
        return overlay

    def test_a_derogation_is_warned_of_sixty_days_before(self, session):
        overlay = self.text_with_a_derogation(session, "2028-12-31")

        before, within, after = (
            notices.ending(session, [overlay], day)
            for day in (date(2028, 10, 31), date(2028, 11, 1), date(2028, 12, 31))
        )

        assert before == []
        assert [(one.days, one.derogated.clause.number) for one in within] == [(60, "1.2")]
        assert after == []

    def test_a_draft_is_not_warned_of(self, session):
        version = a_local_text(session, a_published_base(session))
        assert version.status is Status.DRAFT
        overlay = session.get_one(OverlayRow, version.overlay_id)

        assert notices.ending(session, [overlay], date(2028, 12, 1)) == []


def test_a_base_frozen_for_consultation_is_told_too(session):
    from standards import versions

    base = a_published_base(session)
    version = a_local_text(session, base)
    draft = versions.new_draft(session, base, "2.0", now=LATER)

    publishing.freeze(session, draft, decided=False, by="x", now=LATER)

    (told,) = notices.unseen(session)
    assert (told.overlay.id, told.onto) == (version.overlay_id, "rag@2.0")
