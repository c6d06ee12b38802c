"""Limits of what we send by text message: a budget in segments, quiet hours, and allowed countries.

All three are kept when a message is claimed for sending, in the transaction that
claims it, so that they hold however many workers send. The budget is one row
that is raised only while it stays within its limit: never one segment beyond.
"""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from consult import audit
from consult.errors import Misfilled
from consult.tables.messages import Hold, MessageRow, MessageState
from consult.tables.outgoing import AllowanceRow
from consult.words import N_

NO_QUIET_HOURS = N_("Give both hours as 20:00, or the same hour twice for no quiet hours.")
NO_LIMIT = N_("Give a number of segments, such as 15000, or nothing for no limit.")
NO_COUNTRY = N_("Give countries by their two letters, such as TZ or CO.")


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
    hours = {name: _hour(written) for name, written in (("from", quiet_from), ("until", quiet_until))}
    if None in hours.values():
        problems["quiet_from"] = NO_QUIET_HOURS
    codes = [code.upper() for code in re.split(r"[\s,;]+", countries.strip()) if code]
    if not set(codes) <= phonenumbers.SUPPORTED_REGIONS:
        problems["countries"] = NO_COUNTRY
    if problems:
        raise Misfilled(problems)
    row = of_round(session, round_id, now=now)
    before = {"limit": row.limit, "quiet": f"{row.quiet_from}-{row.quiet_until}", "countries": row.countries}
    row.limit = int(limit) if limit else None
    row.quiet_from, row.quiet_until = str(hours["from"]), str(hours["until"])
    row.countries, row.price, row.currency, row.changed_at = codes, price[:20], currency[:3].upper(), now
    session.add(row)
    after = {"limit": row.limit, "quiet": f"{row.quiet_from}-{row.quiet_until}", "countries": codes}
    audit.record(session, by, "limit", "round", round_id, before, after, now=now)
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
    for _ in range(8):
        waking = [_waking(moment.astimezone(ZoneInfo(zone)), begins, ends) for zone in zones]
        latest = max(waking)
        if latest <= moment:
            return moment
        moment = latest.astimezone(now.tzinfo)
    return None


def _waking(local: datetime, begins: time, ends: time) -> datetime:
    """The end of the rest that a local moment falls into; the moment itself outside of it."""
    clock = local.time()
    rests = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not rests:
        return local
    day = local.date() + timedelta(days=1 if begins > ends and clock >= begins else 0)
    return datetime.combine(day, ends, tzinfo=local.tzinfo)


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
