"""Keeping overlays: found by name, loaded with their chain, frozen by the database itself."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from standards.overlays import store, versions
from standards.overlays.store import OverlayFrozen, UnknownOverlay
from standards.tables import OperationRow, OverlayVersionRow
from tests.factories import NOW
from tests.standards.overlays.keeping import ADD, GUIDE, SET, a_base, an_operation, an_overlay


def test_what_nobody_knows_is_told(session: Any) -> None:
    a_base(session)
    an_overlay(session, GUIDE)

    for name, words in (
        ("other@1.0", "no local text called “other”"),
        ("tz-gold@9", "has no version 9"),
        ("tz-gold", "has no version (none was named)"),
    ):
        with pytest.raises(UnknownOverlay) as told:
            store.version_called(session, name)
        assert words in str(told.value)


def test_a_chain_is_loaded_with_its_parents_the_most_general_first(session: Any) -> None:
    a_base(session)
    an_overlay(session, SET, overlay="ea-gold")
    an_overlay(session, GUIDE, parent="ea-gold@1.0")
    row = an_overlay(session, overlay="tz-placer", parent="tz-gold@1.0")

    assert [one.called for one in store.parents_of(session, row)] == ["ea-gold@1.0", "tz-gold@1.0"]
    found = store.resolved(session, row, date(2027, 1, 1))
    assert found.layers == ("ea-gold@1.0", "tz-gold@1.0", "tz-placer@1.0")
    clause = found.document.by_number["2.1"]
    assert [one.layer for one in found.of(clause.id).placed] == ["ea-gold@1.0"]


def test_a_long_name_of_a_value_is_kept(session: Any) -> None:
    name = "r" + "x" * 59
    lines = f"1 | criterion | shall open | Retorts | Each shall keep {{{name}}}. | {name} = 90 % higher"
    a_base(session, lines=lines)

    told = {"op": "DEROGATE", "target": "1", "field": f"parameter:{name}", "value": 80}
    row = an_overlay(session, {**told, "until": "2028-12-31", "approved_by": "Owner"})

    assert [one.field for one in store.operations_of(session, row)] == [f"derogation:parameter:{name}"]


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE operation SET waiting = 'x'",
            "UPDATE operation SET content = '{}'",
            "DELETE FROM operation",
            "INSERT INTO operation (id, overlay_version_id, clause_id, op, field, content, state, waiting, "
            '"by", at) SELECT clause_id, overlay_version_id, clause_id, op, field, content, state, waiting, '
            '"by", at FROM operation',
            "UPDATE overlay_version SET content_hash = NULL",
            "UPDATE overlay_version SET content_hash = 'x'",
            "UPDATE overlay_version SET label = '9'",
            "UPDATE overlay_version SET status = 'draft'",
            "DELETE FROM overlay_version",
        ],
    )
    def test_a_frozen_overlay_does_not_change(self, session: Any, statement: str) -> None:
        a_base(session)
        row = an_overlay(session, SET)
        versions.freeze(session, row, by="neema", now=NOW)

        with pytest.raises(DBAPIError, match="frozen local text"):
            session.execute(sa.text(statement))

    def test_nor_do_our_own_acts_change_it(self, session: Any) -> None:
        from standards.overlays import drafting

        a_base(session)
        row = an_overlay(session, SET, ADD)
        (one, _two) = store.operations_of(session, row)
        versions.freeze(session, row, by="neema", now=NOW)

        for act in (
            lambda: drafting.put(session, row, an_operation(**GUIDE), by="neema", now=NOW),
            lambda: drafting.put_many(session, row, [an_operation(**GUIDE)], by="neema", now=NOW),
            lambda: drafting.take_out(session, row, one.id),
            lambda: drafting.settle(session, row, one.id, None, by="neema", now=NOW),
            lambda: versions.freeze(session, row, by="neema", now=NOW),
        ):
            with pytest.raises(OverlayFrozen, match="is frozen and does not change"):
                act()
        assert len(session.execute(sa.select(OperationRow)).all()) == 2
        assert len(session.execute(sa.select(OverlayVersionRow)).all()) == 1
