"""The ledger: nothing is lost, nothing is doubled, and it can be proved."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from consult import db, intake, ledger
from consult.intake import Arrival
from consult.tables.intake import Channel, Outcome, PayloadKeyRow, RecordRow


def an_arrival(provider_id="SM1", payload=b'{"Body": "12 zebaki"}', **fields):
    return Arrival(Channel.SMS, "twilio", provider_id, payload, **fields)


class TestRecord:
    def test_a_payload_is_kept_byte_for_byte_and_encrypted(self, session, now):
        recorded = intake.record(session, an_arrival(payload=b"+255 700 000 123 \x00\xff"), now=now)

        kept = session.get_one(RecordRow, recorded.id)
        assert b"700" not in kept.payload
        assert intake.open_payload(session, recorded.id) == b"+255 700 000 123 \x00\xff"

    def test_a_repeated_delivery_changes_nothing_and_says_so(self, session, now):
        first = intake.record(session, an_arrival(), now=now)
        again = intake.record(session, an_arrival(payload=b"other"), now=now)

        assert (first.fresh, again.fresh) == (True, False)
        assert first.id == again.id
        assert session.execute(sa.select(sa.func.count()).select_from(RecordRow)).scalar_one() == 1
        assert session.execute(sa.select(sa.func.count()).select_from(PayloadKeyRow)).scalar_one() == 1

    def test_the_same_words_under_another_id_are_another_record(self, session, now):
        first = intake.record(session, an_arrival("SM1"), now=now)
        second = intake.record(session, an_arrival("SM2"), now=now)

        assert first.id != second.id

    @pytest.mark.parametrize("statement", ["UPDATE record SET payload = ''", "DELETE FROM record"])
    def test_the_database_refuses_to_change_what_was_received(self, session, now, statement):
        intake.record(session, an_arrival(), now=now)

        with pytest.raises(IntegrityError, match="what was received"):
            session.execute(sa.text(statement))

    def test_a_payload_key_goes_only_with_a_recorded_erasure(self, session, now):
        intake.record(session, an_arrival(), now=now)

        with pytest.raises(IntegrityError, match="recorded erasure"):
            session.execute(sa.delete(PayloadKeyRow))


class TestAccept:
    def test_one_message_delivered_many_times_at_once_makes_one_record(self, engine, now):
        found = []

        def deliver():
            found.append(intake.accept(an_arrival(), now=now))

        threads = [threading.Thread(target=deliver) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len({recorded.id for recorded in found}) == 1
        assert sum(recorded.fresh for recorded in found) == 1

    def test_many_different_messages_at_once_are_all_kept(self, engine, now):
        threads = [
            threading.Thread(target=intake.accept, args=(an_arrival(f"SM{n}"),), kwargs={"now": now})
            for n in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        with db.reading() as session:
            assert len(intake.waiting(session)) == 40


class TestLedger:
    def test_what_was_received_waits_until_something_is_made_of_it(self, session, now):
        recorded = intake.record(session, an_arrival(), now=now)
        assert [record.id for record in intake.waiting(session)] == [recorded.id]

        intake.mark(session, recorded.id, Outcome.COMMAND, now=now)

        assert intake.waiting(session) == []

    def test_the_chain_holds_and_grows(self, session, now):
        for number in range(3):
            intake.record(session, an_arrival(f"SM{number}"), now=now)
        assert ledger.seal_new(session, now=now) == 3
        intake.record(session, an_arrival("SM9"), now=now)
        assert ledger.seal_new(session, now=now) == 1

        found = ledger.verify(session)

        assert (found.chained, found.unchained, found.faults) == (4, 0, [])

    def test_the_chain_proves_after_an_erasure(self, session, now):
        recorded = intake.record(session, an_arrival(), now=now)
        ledger.seal_new(session, now=now)

        intake.erase_payload(session, recorded.id, reason="asked for it", by="x", now=now)

        assert intake.open_payload(session, recorded.id) is None
        assert ledger.verify(session).faults == []

    def test_an_altered_payload_is_found(self, session, now):
        intake.record(session, an_arrival(), now=now)
        ledger.seal_new(session, now=now)
        remove_guard(session, "record_stays", "record")
        session.execute(sa.text("UPDATE record SET payload = payload_hash"))

        assert "altered" in ledger.verify(session).faults[0]

    def test_a_link_taken_out_of_the_chain_is_found(self, session, now):
        for number in range(3):
            intake.record(session, an_arrival(f"SM{number}"), now=now)
        ledger.seal_new(session, now=now)
        remove_guard(session, "seal_is_kept", "seal")
        session.execute(sa.text("DELETE FROM seal WHERE place = 2"))

        assert ledger.verify(session).faults == ["The chain is broken before link 3."]


def remove_guard(session, trigger, table):
    """What someone with full power over the database could do."""
    on = "" if session.get_bind().dialect.name == "sqlite" else f" ON {table}"
    session.execute(sa.text(f"DROP TRIGGER {trigger}{on}"))
