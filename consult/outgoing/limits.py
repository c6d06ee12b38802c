"""Limits of what we send by text message: a budget in segments, quiet hours, and allowed countries.

All three are kept when a message is claimed for sending, in the transaction that
claims it, so that they hold however many workers send. The budget is one row
that is raised only while it stays within its limit: never one segment beyond.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from consult import audit
from consult.errors import Misfilled
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow
from consult.words import N_

NO_QUIET_HOURS = N_("Give both hours as 20:00, or the same hour twice for no quiet hours.")
NO_LIMIT = N_("Give a number of segments, such as 15000, or nothing for no limit.")
NO_COUNTRY = N_("Give countries by their two letters, such as TZ or CO.")
NO_PRICE = N_("Give what one segment costs as a number, such as 0.045, or nothing.")
NO_CURRENCY = N_("Give the currency by its three letters, such as USD, together with the price.")


def of_round(session: Session, round_id: UUID, *, now: datetime) -> AllowanceRow:
    """What a round may spend; made with no limit and the usual quiet hours when there is none yet."""
    row = session.get(AllowanceRow, round_id)
    if row is not None:
        return row
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    fresh = AllowanceRow(round_id=round_id, changed_at=now).model_dump()
    connection.execute(insert(AllowanceRow).values(**fresh).on_conflict_do_nothing())
    return session.get_one(AllowanceRow, round_id)


def charge(session: Session, round_id: UUID, segments: int) -> bool:
    """Spend segments of a round; False, and nothing spent, when that would go beyond its limit."""
    limit = sa.func.coalesce(col(AllowanceRow.limit), 2_000_000_000)
    found = session.connection().execute(
        sa.update(AllowanceRow)
        .where(col(AllowanceRow.round_id) == round_id, col(AllowanceRow.spent) + segments <= limit)
        .values(spent=AllowanceRow.spent + segments)
    )
    return found.rowcount == 1


def refund(session: Session, row: MessageRow) -> None:
    """Give back what a message was charged that certainly never left."""
    if row.charged and row.round_id is not None:
        session.connection().execute(
            sa.update(AllowanceRow)
            .where(col(AllowanceRow.round_id) == row.round_id)
            .values(spent=AllowanceRow.spent - row.charged)
        )
    row.charged = 0
    session.add(row)


def change(
    session: Session,
    round_id: UUID,
    *,
    limit: str,
    quiet_from: str,
    quiet_until: str,
    countries: str,
    price: str = "",
    currency: str = "",
    by: UUID,
    now: datetime,
) -> AllowanceRow:
    """Set the limits of a round as they were typed; messages that waited for them are due again.

    Raises Misfilled.
    """
    problems = {}
    if limit and not re.fullmatch(r"\d{1,8}", limit):
        problems["limit"] = NO_LIMIT
    hours = {"quiet_from": _hour(quiet_from), "quiet_until": _hour(quiet_until)}
    problems |= {name: NO_QUIET_HOURS for name, hour in hours.items() if hour is None}
    codes = [code.upper() for code in re.split(r"[\s,;]+", countries.strip()) if code]
    if not set(codes) <= phonenumbers.SUPPORTED_REGIONS:
        problems["countries"] = NO_COUNTRY
    price = price.strip().replace(",", ".")
    if price and not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", price):
        problems["price"] = NO_PRICE
    currency = currency.strip().upper()
    if price and not re.fullmatch(r"[A-Z]{3}", currency):
        problems["currency"] = NO_CURRENCY
    if problems:
        raise Misfilled(problems)
    row = of_round(session, round_id, now=now)
    before = _told(row)
    row.limit = int(limit) if limit else None
    row.quiet_from, row.quiet_until = str(hours["quiet_from"]), str(hours["quiet_until"])
    row.countries, row.price, row.changed_at = list(dict.fromkeys(codes)), price, now
    row.currency = currency if price else ""
    session.add(row)
    audit.record(session, by, "limit", "round", round_id, before, _told(row), now=now)
    let_go(session, round_id, Hold.BUDGET)
    # Where bulk rests until an hour that no longer holds, the next claim looks anew.
    session.connection().execute(
        sa.update(MessageRow)
        .where(
            col(MessageRow.round_id) == round_id,
            col(MessageRow.state) == MessageState.WAITING,
            col(MessageRow.attempts) == 0,
        )
        .values(due_at=None)
    )
    return row


def let_go(session: Session, round_id: UUID, held: Hold) -> None:
    """Make what was held for this reason due again."""
    session.connection().execute(
        sa.update(MessageRow)
        .where(col(MessageRow.round_id) == round_id, col(MessageRow.held) == held)
        .values(held=Hold.NONE)
    )


def held(session: Session, round_id: UUID, why: Hold) -> int:
    """How many messages of a round wait for this reason."""
    return session.exec(
        select(sa.func.count()).where(
            col(MessageRow.round_id) == round_id,
            col(MessageRow.state) == MessageState.WAITING,
            col(MessageRow.held) == why,
        )
    ).one()


def let_go_where_room(session: Session) -> int:
    """Make due again what the budget held and now has room for, since something that never left was
    given back.

    Returns how many messages were let go.
    """
    let = 0
    with_room = select(AllowanceRow).where(
        col(AllowanceRow.limit) > AllowanceRow.spent,
        col(AllowanceRow.round_id).in_(
            select(MessageRow.round_id).where(
                MessageRow.state == MessageState.WAITING, MessageRow.held == Hold.BUDGET
            )
        ),
    )
    for allowance in session.exec(with_room).all():
        room = (allowance.limit or 0) - allowance.spent
        held = session.exec(
            select(MessageRow)
            .where(
                MessageRow.round_id == allowance.round_id,
                MessageRow.state == MessageState.WAITING,
                MessageRow.held == Hold.BUDGET,
                col(MessageRow.segments) <= room,
            )
            .order_by(col(MessageRow.urgency), col(MessageRow.created_at))
            .limit(min(room, 100))
        ).all()
        for row in held:
            if row.segments <= room:
                row.held, room, let = Hold.NONE, room - row.segments, let + 1
                session.add(row)
    session.flush()
    return let


def _told(row: AllowanceRow) -> dict[str, object]:
    return {
        "limit": row.limit,
        "quiet": f"{row.quiet_from}-{row.quiet_until}",
        "countries": list(row.countries),
        "price": f"{row.price} {row.currency}".strip(),
    }


def _hour(written: str) -> str | None:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", written.strip())
    return f"{int(found[1]):02d}:{found[2]}" if found else None


# Countries and hours


def may_text(allowance: AllowanceRow, number: str) -> bool:
    """Whether a round texts the country of this number."""
    return not allowance.countries or _country(number) in allowance.countries


def quiet_until(allowance: AllowanceRow, number: str, home: str, now: datetime) -> datetime | None:
    """When whoever has this number may be texted again; None while they may.

    It is quiet as long as it is quiet in any time zone the number may be in; a
    number that tells none is taken to be in `home`, the round's own.
    """
    begins, ends = time.fromisoformat(allowance.quiet_from), time.fromisoformat(allowance.quiet_until)
    if begins == ends:
        return None
    for zones in (zones_of(number) or (home,), (home,)):
        moment = _next_waking(zones, begins, ends, now)
        if moment is not None:
            return None if moment == now else moment
    return now + timedelta(hours=1)


def _next_waking(zones: Iterable[str], begins: time, ends: time, now: datetime) -> datetime | None:
    """The first moment from now on at which no zone rests; None where some zone always does."""
    moment = now
    # Each turn goes to the end of the longest rest; a day of many zones is seen through in a few.
    for _ in range(16):
        latest = max(_waking(moment, ZoneInfo(zone), begins, ends) for zone in zones)
        if latest <= moment:
            return moment
        moment = latest
    return None


def _waking(moment: datetime, zone: ZoneInfo, begins: time, ends: time) -> datetime:
    """The end of the rest that a moment falls into, in UTC; the moment itself outside of it."""
    local = moment.astimezone(zone)
    clock = local.time()
    rests = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not rests:
        return moment
    day = local.date() + timedelta(days=1 if begins > ends and clock >= begins else 0)
    # An hour may come twice, or not at all: the rest ends with the end that is still to come.
    both = (datetime.combine(day, ends, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(both, key=lambda end: (end > moment, -end.timestamp()))


@lru_cache(maxsize=4096)
def zones_of(number: str) -> tuple[str, ...]:
    """The time zones a telephone number may be in; () where its prefix tells none."""
    from phonenumbers import timezone

    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != timezone.UNKNOWN_TIMEZONE and _is_known(zone))


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=4096)
def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
