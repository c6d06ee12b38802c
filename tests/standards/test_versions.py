"""Versions: import, draft, freeze, publish; and what the database itself refuses."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from standards import drafting, store, versions
from standards.document import ClauseText, Document, Imported, ImportedClause, Scheme
from standards.tables import OutlineRow, StandardRow, Status
from tests.factories import a_standard, a_version, clause_numbered

WANTED = versions.NewStandard(slug="gold", label="1.0")


def an_import(*headings: str) -> Imported:
    return Imported(
        title="Gold",
        language="en",
        scheme=Scheme.DECIMAL,
        clauses=tuple(
            ImportedClause(
                key=h,
                text=ClauseText(h, f"Everybody who digs shall think of {h} every single day."),
                anchor=h,
            )
            for h in headings
        ),
    )


def reloaded(session, version) -> Document:
    session.flush()
    return store.load(session, version)


class TestImport:
    def test_an_import_keeps_order_words_and_anchors(self, session, now):
        version = versions.import_version(session, an_import("Water", "Mercury"), WANTED, by="x", now=now)

        document = reloaded(session, version)

        assert [(c.number, c.text.heading, c.anchor) for c in document] == [
            ("1", "Water", "Water"),
            ("2", "Mercury", "Mercury"),
        ]

    def test_a_label_names_one_version_only(self, session, now):
        versions.import_version(session, an_import("Water"), WANTED, by="x", now=now)

        with pytest.raises(versions.VersionExists, match=r"already has a version 1\.0"):
            versions.import_version(session, an_import("Water"), WANTED, by="x", now=now)

    def test_onto_an_older_version_matched_clauses_keep_their_id(self, session, now):
        older = versions.import_version(session, an_import("Water", "Mercury"), WANTED, by="x", now=now)
        versions.freeze(session, older, now=now)
        before = {c.text.heading: c.id for c in store.load(session, older)}

        newer = versions.import_onto(
            session, an_import("Mercury", "Water", "Roads"), older, "2.0", by="x", now=now
        )

        after = {c.text.heading: c.id for c in reloaded(session, newer)}
        assert after["Water"] == before["Water"]
        assert after["Mercury"] == before["Mercury"]
        assert after["Roads"] not in before.values()

    def test_a_slug_that_would_not_fit_an_address_is_refused(self):
        with pytest.raises(ValueError, match="small letters"):
            versions.NewStandard(slug="Our Gold", label="1")


class TestFreeze:
    def test_freezing_records_the_hash_of_the_text(self, session, now):
        version = versions.import_version(session, an_import("Water"), WANTED, by="x", now=now)

        hash_ = versions.freeze(session, version, now=now)

        assert version.status is Status.CONSULTATION
        assert version.content_hash == hash_ == store.load(session, version).hash

    def test_a_frozen_version_is_not_edited(self, session, now):
        version = a_version(session, status="consultation")
        clause = clause_numbered(session, version, "2.1")

        with pytest.raises(versions.NotADraft, match="Start a new draft"):
            drafting.withdraw(session, version, clause, drafting.Hand("x", now))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE outline SET position = 99",
            "DELETE FROM outline",
            "UPDATE version SET content_hash = 'other'",
            "UPDATE version SET content_hash = NULL",
            "UPDATE version SET status = 'draft'",
            "UPDATE version SET label = '9.9'",
            "DELETE FROM version",
            "UPDATE clause_text SET body = 'other'",
            "DELETE FROM clause_text",
        ],
    )
    def test_the_database_itself_refuses_to_change_a_frozen_version(self, session, statement):
        a_version(session, status="consultation")

        with pytest.raises(IntegrityError, match=r"never|does not change|not deleted|never deleted"):
            session.execute(sa.text(statement))

    def test_nothing_can_be_added_to_a_frozen_version(self, session):
        version = a_version(session, status="published")
        other = a_version(session, label="2.0")
        row = session.get_one(OutlineRow, (other.id, clause_numbered(session, other, "1")))

        session.add(OutlineRow(**{**row.model_dump(), "version_id": version.id}))

        with pytest.raises(IntegrityError, match="does not change"):
            session.flush()

    def test_a_draft_without_clauses_is_not_frozen(self, session, now):
        version = versions.begin(session, WANTED, language="en", scheme=Scheme.DECIMAL, by="x", now=now)

        with pytest.raises(versions.NothingToFreeze):
            versions.freeze(session, version, now=now)

    def test_numbers_of_a_frozen_version_stay_as_they_were_frozen(self, session, now):
        version = versions.import_version(session, an_import("Water", "Mercury"), WANTED, by="x", now=now)
        versions.freeze(session, version, now=now)

        rows = session.execute(sa.select(OutlineRow.number).order_by(OutlineRow.number)).scalars().all()

        assert rows == ["1", "2"]


class TestPublish:
    def test_publishing_supersedes_the_version_in_force(self, session, now):
        standard = a_standard(session)
        older = a_version(session, standard, label="1.0", status="published")
        newer = a_version(session, standard, label="2.0", status="decided")

        replaced = versions.publish(session, newer, change_note="Retorts", now=now)

        assert replaced == [older]
        assert (older.status, newer.status) == (Status.SUPERSEDED, Status.PUBLISHED)

    def test_a_draft_is_not_published(self, session, now):
        version = a_version(session)

        with pytest.raises(versions.WrongMoment, match="Freeze it as decided"):
            versions.publish(session, version, now=now)


class TestNewDraft:
    def test_a_new_draft_begins_with_the_same_text(self, session, now):
        older = a_version(session, status="published")

        draft = versions.new_draft(session, older, "1.1", now=now)

        assert reloaded(session, draft).hash == store.load(session, older).hash

    def test_only_a_frozen_version_is_followed(self, session, now):
        with pytest.raises(versions.StillADraft):
            versions.new_draft(session, a_version(session), "1.1", now=now)

    def test_unknown_names_are_told_apart(self, session):
        a_version(session, session.get(StandardRow, a_standard(session, slug="gold").id))

        with pytest.raises(store.UnknownStandard, match="silver"):
            store.version_called(session, "silver@1.0")
        with pytest.raises(store.UnknownVersion, match=r"no version 9\.9"):
            store.version_called(session, "gold@9.9")
