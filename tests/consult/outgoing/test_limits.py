"""Limits of text messages: hours, countries and the form that sets them; the budget is tried by the pump."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlmodel import select

from consult import db
from consult.errors import Misfilled
from consult.outgoing import limits
from consult.tables.messages import Hold
from consult.tables.outgoing import AllowanceRow
from consult.tables.process import AuditRow
from standards.identity import new_id
from tests import factories
from tests.consult import leaving
from tests.consult.leaving import NOON, a_text, message

ZONES = (
    "America/Santiago",
    "Europe/Paris",
    "Africa/Casablanca",
    "Africa/Dar_es_Salaam",
    "America/Bogota",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "UTC",
)
NUMBERS = {
    "several zones of one country": "+243810000001",
    "a country across a continent": "+12025550100",
    "eleven zones": "+79001234567",
    "one zone": "+255710000001",
    "none that is known": "+88316000001",
}
CLOCKS = st.times(max_value=time(23, 59)).map(lambda clock: clock.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
A_FEW = hypothesis_settings(max_examples=150, deadline=None)


def hours(begins: time | str, ends: time | str) -> AllowanceRow:
    return AllowanceRow(
        round_id=new_id(), quiet_from=f"{begins!s:.5}", quiet_until=f"{ends!s:.5}", changed_at=NOON
    )


def rests(moment: datetime, zone: str, begins: time, ends: time) -> bool:
    """Whether clocks of a zone show an hour of rest."""
    clock = moment.astimezone(ZoneInfo(zone)).time()
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


class TestQuietHours:
    @A_FEW
    @given(st.sampled_from(ZONES), CLOCKS, CLOCKS, MOMENTS)
    @example("Europe/Paris", time(20), time(2, 30), datetime(2026, 3, 28, 22, tzinfo=UTC))
    @example("Europe/Paris", time(20), time(2, 30), datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    @example("America/Santiago", time(20), time(0, 30), datetime(2026, 9, 6, 1, tzinfo=UTC))
    @example("Africa/Casablanca", time(20), time(8), datetime(2026, 2, 15, 0, tzinfo=UTC))
    def test_whoever_is_texted_is_awake_and_nobody_waits_longer_than_to_the_end(
        self, zone: str, begins: time, ends: time, now: datetime
    ) -> None:
        until = limits.quiet_until(hours(begins, ends), "+88316000001", zone, now)

        if begins == ends or not rests(now, zone, begins, ends):
            assert until is None
            return
        assert until is not None
        assert now < until
        assert not rests(until, zone, begins, ends)
        # On the way there it is quiet all the time, but for the hour that clocks leave out or repeat.
        awake = [
            moment
            for moment in (now + timedelta(minutes=5) * step for step in range(400))
            if moment < until and not rests(moment, zone, begins, ends)
        ]
        assert len(awake) <= 12

    @A_FEW
    @given(st.sampled_from(sorted(NUMBERS.values())), MOMENTS, st.sampled_from(["20:00", "21:30", "19:00"]))
    def test_bulk_is_texted_only_while_nobody_with_such_a_number_sleeps(
        self, number: str, now: datetime, begins: str
    ) -> None:
        until = limits.quiet_until(hours(begins, "08:00"), number, "Africa/Kinshasa", now)

        texted_at = until or now
        zones = limits.zones_of(number) or ("Africa/Kinshasa",)
        asleep = [zone for zone in zones if rests(texted_at, zone, time.fromisoformat(begins), time(8))]
        if not _is_never_awake(zones, begins):
            assert asleep == []
        else:
            assert not rests(texted_at, "Africa/Kinshasa", time.fromisoformat(begins), time(8))

    @pytest.mark.parametrize(
        ("number", "home", "at", "until"),
        [
            # Lubumbashi is an hour ahead of Kinshasa: both must be awake.
            ("+243810000001", "Africa/Kinshasa", "2026-03-02T18:30", "2026-03-03T07:00"),
            # The number's own clocks hold where the round's differ.
            ("+56221234567", "Africa/Dar_es_Salaam", "2026-03-02T09:00", "2026-03-02T11:00"),
            ("+255710000001", "America/Santiago", "2026-03-02T09:00", None),
            # A prefix of no country is on the round's clocks.
            ("+88316000001", "Africa/Dar_es_Salaam", "2026-03-02T18:00", "2026-03-03T05:00"),
            ("not a number", "Africa/Dar_es_Salaam", "2026-03-02T18:00", "2026-03-03T05:00"),
        ],
    )
    def test_whose_clocks_hold(self, number: str, home: str, at: str, until: str | None) -> None:
        now = datetime.fromisoformat(at).replace(tzinfo=UTC)

        found = limits.quiet_until(hours("20:00", "08:00"), number, home, now)

        assert found == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)

    def test_the_same_hour_twice_is_no_quiet_hours(self) -> None:
        assert limits.quiet_until(hours("00:00", "00:00"), "+255710000001", "UTC", NOON) is None


class TestCountries:
    @pytest.mark.parametrize(
        ("countries", "number", "may"),
        [
            ([], "+12025550100", True),
            (["TZ"], "+255710000001", True),
            (["TZ"], "+243810000001", False),
            (["US"], "+16135550100", False),
            (["TZ"], "+88316000001", False),
        ],
    )
    def test_none_means_all(self, countries: list[str], number: str, may: bool) -> None:
        allowance = AllowanceRow(round_id=new_id(), countries=countries, changed_at=NOON)

        assert limits.may_text(allowance, number) is may


class TestChanging:
    GOOD = {  # noqa: RUF012
        "limit": "15000",
        "quiet_from": "21:00",
        "quiet_until": "7:30",
        "countries": "tz, cd CD",
        "price": "0,045",
        "currency": "usd",
    }

    @pytest.fixture
    def round_(self, engine):
        return leaving.a_round()

    def change(self, round_, **fields: str) -> None:
        with db.transaction() as session:
            by = factories.a_person(session).id
            limits.change(session, round_.id, **(self.GOOD | fields), by=by, now=NOON)

    def test_limits_are_kept_as_they_were_typed_and_written_into_the_trail(self, round_):
        self.change(round_)

        with db.reading() as session:
            row = session.get_one(AllowanceRow, round_.id)
            line = session.exec(select(AuditRow).where(AuditRow.act == "limit")).one()
        assert (row.limit, row.quiet_from, row.quiet_until) == (15000, "21:00", "07:30")
        assert (row.countries, row.price, row.currency) == (["TZ", "CD"], "0.045", "USD")
        assert line.after["limit"] == 15000

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("limit", "-1"),
            ("limit", "many"),
            ("quiet_from", "25:00"),
            ("quiet_until", "8"),
            ("countries", "Tanzania"),
            ("price", "a lot"),
            ("currency", "dollars"),
            ("currency", ""),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_its_field_and_changes_nothing(self, round_, field, value):
        with pytest.raises(Misfilled) as refused:
            self.change(round_, **{field: value})

        assert set(refused.value.problems) == {field}
        with db.reading() as session:
            assert session.get(AllowanceRow, round_.id) is None

    def test_a_raised_limit_lets_go_what_waited_for_it(self, round_):
        leaving.limited(round_, limit=1)
        with leaving.connected() as provider:
            ids = [a_text(round_=round_) for _ in range(3)]
            leaving.pumped_for(provider, 1)
            assert [message(id_).held for id_ in ids] == [Hold.NONE, Hold.BUDGET, Hold.BUDGET]

            self.change(round_, limit="3")
            leaving.pumped(provider, NOON + timedelta(minutes=1))

        assert len(provider.sent) == 3


def _is_never_awake(zones: tuple[str, ...], begins: str) -> bool:
    """Whether there is no hour of a day in January or July at which all these zones are awake."""
    return any(
        all(
            any(
                rests(
                    datetime(2026, month, 5, tzinfo=UTC) + timedelta(minutes=15) * step,
                    zone,
                    time.fromisoformat(begins),
                    time(8),
                )
                for zone in zones
            )
            for step in range(96)
        )
        for month in (1, 7)
    )
