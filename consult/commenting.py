"""Commenting on the web: what a form sent becomes a record, and the record a comment.

A form is kept in the ledger as it was sent before anything is made of it. Its
token names the submission, so that a double click or a form sent again makes
nothing new; other words sent with the same form are another comment. `keep_all`
makes the comment, at once for the page and later for whatever was left waiting.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import structlog
from babel import Locale, UnknownLocaleError
from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session, col, select

from consult import comments, db, hearing, intake, jobs, keys, links, publications, receipts, robots
from consult.comments import Made, Said
from consult.errors import NotFound
from consult.gathering import Gathering
from consult.links import Tie
from consult.tables.comments import Ability, CommentRow, LinkKind, Placement, StandingRow
from consult.tables.intake import Channel, Outcome, RecordRow
from consult.tables.participants import ContactPointRow
from consult.tables.rounds import GroupRow, RoundRow
from standards import markdown
from standards.document import Clause, Document
from standards.tables import LineageRow, LineageState, StandardRow, VersionRow

log = structlog.get_logger()

SOURCE = "web"
REPLIES = comments.REPLIES
LATE = "came after the round had closed; kept as a proposal for the next revision"
ERASED = "erased before anything was made of it"
LEFT_BEHIND = timedelta(seconds=60)
"""A record older than this without a comment was left behind by a crash."""


@dataclass(frozen=True)
class Place:
    """What a round's comments are about: the round, its version and the text."""

    round: RoundRow
    standard: StandardRow
    version: VersionRow
    document: Document


@dataclass(frozen=True)
class Sent:
    """A form as it was sent: every field in the words it came in, and the token's facts."""

    fields: Mapping[str, str]
    submission: str
    issued_at: datetime

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def says(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self[name] in ("yes", "on", "true", "1")

    @property
    def language(self) -> str:
        """The language its author writes in; "" where they named none that is known."""
        try:
            Locale.parse(self["language"], sep="-")
        except (ValueError, UnknownLocaleError):
            return ""
        return self["language"]

    @property
    def payload(self) -> bytes:
        """The bytes that the ledger keeps."""
        return comments.as_payload({"fields": dict(self.fields), "issued_at": self.issued_at.isoformat()})

    @property
    def provider_id(self) -> str:
        """The same for the same form with the same words, and for nothing else."""
        return f"{self.submission}:{hashlib.sha256(self.payload).hexdigest()[:32]}"


def place_of(session: Session, slug: str, group: str = "") -> tuple[Place, GroupRow | None]:
    """A round with its text, and the stakeholder group of this key; one statement. Raises NotFound."""
    found = session.exec(
        select(RoundRow, VersionRow, StandardRow, GroupRow)
        .join(VersionRow, VersionRow.id == RoundRow.version_id)  # type: ignore[arg-type]
        .join(StandardRow, StandardRow.id == VersionRow.standard_id)  # type: ignore[arg-type]
        .outerjoin(GroupRow, GroupRow.key == (_plain(group) or None))  # type: ignore[arg-type]
        .where(RoundRow.slug == _plain(slug))
    ).first()
    if found is None:
        raise NotFound(f"There is no consultation called “{slug}”.")
    round_, version, standard, row = found
    return Place(round_, standard, version, publications.text(session, version)), row


# --- the token


def new_token(secret: str, round_id: UUID, *, now: datetime) -> str:
    """A signed token for one form; it never runs out, because some write slowly."""
    return _signer(secret).dumps([str(round_id), secrets.token_urlsafe(12), int(now.timestamp())])


def read_token(secret: str, written: str, round_id: UUID) -> tuple[str, datetime] | None:
    """The submission and the moment of a token of ours for this round; None for any other."""
    try:
        owner, submission, issued = _signer(secret).loads(written)
    except (BadData, ValueError, TypeError):
        return None
    return (submission, datetime.fromtimestamp(issued, UTC)) if owner == str(round_id) else None


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="comment form")


def secret_words(provider_id: str) -> str:
    """The secret words of a submission: the same each time, so that whoever clicked twice still sees them."""
    return receipts.new_secret(Random(keys.ring().lookup(provider_id, "receipt.words")))


# --- keeping


@dataclass(frozen=True)
class Sending:
    """A form on its way in, from an address that is counted and not kept."""

    place: Place
    sent: Sent
    group: GroupRow | None
    address: str
    at: datetime


@dataclass(frozen=True)
class Kept:
    """What became of a form: its comment, or None when it came too late; `fresh` unless it came before."""

    made: Made | None
    fresh: bool


@dataclass(frozen=True)
class Item:
    """A form that lies in the ledger, to be made a comment."""

    record_id: UUID
    sent: Sent
    group: GroupRow | None
    received_at: datetime
    held: str = ""


def submit(sending: Sending) -> Kept:
    """Keep a form and make its comment; both are on the disk when this returns.

    Where the comment cannot be made the form alone is kept, the failure is
    raised, and the worker or the same form sent again makes the comment.
    """
    try:
        if db.engine().dialect.name == "sqlite":
            return _gathering.keep(sending)
        return _submit_all([sending])[0]
    except (db.StorageFull, db.StorageBusy):
        raise
    except Exception:
        intake.accept(arrival(sending.place, sending.sent), now=sending.at)
        raise


def _submit_all(sendings: Sequence[Sending]) -> list[Kept]:
    now = sendings[0].at
    with db.transaction() as session:
        recorded = intake.record_all(session, [(arrival(s.place, s.sent), s.at) for s in sendings])
        made: dict[UUID, Made | None] = {}
        to_make: dict[UUID, tuple[Place, list[Item]]] = {}
        for known, sending in zip(recorded, sendings, strict=True):
            if known.id in made:
                continue
            made[known.id] = None if known.fresh else made_of(session, known.id)
            if made[known.id] is None:
                _, items = to_make.setdefault(sending.place.round.id, (sending.place, []))
                items.append(_item(session, known, sending))
        for place, items in to_make.values():
            comments_of = keep_all(session, place, items, now=now)
            made.update(zip((item.record_id for item in items), comments_of, strict=True))
    return [Kept(made[known.id], known.fresh) for known in recorded]


def _item(session: Session, known: intake.Recorded, sending: Sending) -> Item:
    if not known.fresh:
        received_at = session.get_one(RecordRow, known.id).received_at
        return Item(known.id, sending.sent, sending.group, received_at)
    often = robots.sends_too_many(
        session, sending.place.round.id, sending.sent.submission, sending.address, now=sending.at
    )
    held = robots.TOO_MANY if often else ""
    return Item(known.id, sending.sent, sending.group, sending.at, held)


_gathering = Gathering("comments", _submit_all)


def arrival(place: Place, sent: Sent) -> intake.Arrival:
    """What was sent, for the ledger."""
    return intake.Arrival(
        channel=Channel.WEB,
        source=SOURCE,
        provider_id=sent.provider_id,
        payload=sent.payload,
        round_id=place.round.id,
    )


def keep_all(session: Session, place: Place, items: Sequence[Item], *, now: datetime) -> list[Made | None]:
    """Make the comments of forms in the ledger, in order; those already made are given back.

    None for one that came too late: its record is set aside with that reason.
    """
    made: dict[UUID, Made] = {}
    sayings: list[tuple[UUID, Channel, datetime, Sequence[Said]]] = []
    contacts: dict[UUID, ContactPointRow] = {}
    for item in items:
        if not _was_open(place.round, item.received_at):
            intake.mark(session, item.record_id, Outcome.SET_ASIDE, reason=LATE, now=now)
            continue
        held = robots.suspicion(item.sent.fields, item.sent.issued_at, item.received_at) or item.held
        contact = hearing.contact_of(session, item.sent, item.group, now=now)
        if contact is not None and not held:
            contacts[item.record_id] = contact
        said = understood(session, place, item.sent, item.group, contact, held)
        sayings.append((item.record_id, Channel.WEB, item.received_at, [said]))
    for (record_id, _, _, (said,)), one in zip(
        sayings, comments.make_all(session, place.round, sayings, now=now), strict=True
    ):
        made[record_id] = one
        if record_id in contacts:
            hearing.send_receipt(session, place.round.id, one, contacts[record_id], said.language, now=now)
    return [made.get(item.record_id) for item in items]


def made_of(session: Session, record_id: UUID) -> Made | None:
    """The comment that was made of a record; None while there is none."""
    row = session.exec(select(CommentRow).where(CommentRow.record_id == record_id)).first()
    return Made(row.id, row.receipt) if row is not None else None


def _was_open(round_: RoundRow, at: datetime) -> bool:
    return round_.opens_at <= at < min(round_.closes_at, round_.closed_at or round_.closes_at)


def understood(
    session: Session,
    place: Place,
    sent: Sent,
    group: GroupRow | None,
    contact: ContactPointRow | None = None,
    held: str = "",
) -> Said:
    """What a form says, as a comment."""
    ties, pointed = about(session, place, _plain(sent["clause"]), _plain(sent["quote"]))
    ties = tuple(replace(tie, part=sent["part"]) for tie in ties) if sent["part"] else ties
    return Said(
        text=sent["text"],
        ties=ties,
        language=sent.language,
        quote=sent["quote"] or pointed,
        proposal=sent["proposal"],
        ability=Ability(sent["ability"]) if sent["ability"] in set(Ability) else None,
        cost=sent["cost"],
        obstacle=sent["obstacle"],
        benefit=sent["benefit"],
        author=_plain(sent["name"]).strip() or None,
        names=tuple(part for part in [sent["name"].strip()] if part),
        group_id=group.id if group else None,
        region=_plain(sent["region"]),
        participant_id=contact.participant_id if contact else None,
        public=sent.says("public") and not sent.says("confidential"),
        confidential=sent.says("confidential"),
        held=held,
        secret=secret_words(sent.provider_id),
    )


def _plain(text: str) -> str:
    # PostgreSQL stores no NUL; the ledger keeps every byte as it came.
    return text.replace("\0", "")


def read_record(session: Session, record: RecordRow, *, now: datetime) -> Made | None:
    """Make the comment of a form that lies in the ledger, as its page would have done at once."""
    payload = intake.open_payload(session, record.id)
    if payload is None:
        intake.mark(session, record.id, Outcome.SET_ASIDE, reason=ERASED, now=now)
        return None
    sent = _sent(payload, record.provider_id)
    slug = session.get_one(RoundRow, record.round_id).slug
    place, group = place_of(session, slug, sent["group"])
    item = Item(record.id, sent, group, record.received_at)
    return made_of(session, record.id) or keep_all(session, place, [item], now=now)[0]


def _sent(payload: bytes, provider_id: str) -> Sent:
    told: dict[str, Any] = json.loads(payload)
    return Sent(told["fields"], provider_id.partition(":")[0], datetime.fromisoformat(told["issued_at"]))


@jobs.duty(every=60)
def take_up_what_waits() -> None:
    """Make the comments of forms whose page broke off after the ledger had them."""
    now = datetime.now(UTC)
    with db.reading() as session:
        left = [
            record.id
            for record in intake.waiting(session, channel=Channel.WEB)
            if record.source == SOURCE and record.received_at < now - LEFT_BEHIND
        ]
    for record_id in left:
        try:
            with db.transaction() as session:
                read_record(session, session.get_one(RecordRow, record_id), now=now)
        except Exception as error:
            # Whatever is wrong with one record must not keep those behind it waiting.
            log.error("form not read", record=str(record_id), exc_info=error)


# --- what it is about


def about(session: Session, place: Place, named: str, quote: str) -> tuple[tuple[Tie, ...], str]:
    """The ties of a comment on the clause of this number or id, and what to show of a name nobody knows.

    "" is the whole document. A clause of another version is followed to what it
    became: alone and for certain it is a tie, among several a suggestion. A
    number that the version does not have leaves the comment in the queue.
    """
    named = named.strip()
    if not named:
        return (Tie(None, quote=quote),), ""
    clause = clause_named(place.document, named)
    if clause is not None:
        return (Tie(clause.id, quote=quote, span=span_of(clause, quote)),), ""
    heirs = successors(session, place, named)
    if len(heirs) == 1:
        return (Tie(heirs[0].id, quote=quote, span=span_of(heirs[0], quote)),), ""
    if heirs:
        return tuple(Tie(heir.id, LinkKind.SUGGESTED, quote) for heir in heirs), ""
    return (), named[:200]


def clause_named(document: Document, named: str) -> Clause | None:
    """The clause of this number or id."""
    if found := document.by_number.get(named):
        return found
    try:
        return document.by_id.get(UUID(named))
    except ValueError:
        return None


def successors(session: Session, place: Place, named: str) -> list[Clause]:
    """The clauses of this version that a clause of another version became, or came from."""
    try:
        clause_id = UUID(named)
    except ValueError:
        return []
    rows = session.exec(
        select(LineageRow).where(
            (col(LineageRow.from_clause_id) == clause_id) | (col(LineageRow.to_clause_id) == clause_id),
            col(LineageRow.state).in_((LineageState.RECORDED, LineageState.CONFIRMED)),
        )
    ).all()
    ends = {end for row in rows for end in (row.from_clause_id, row.to_clause_id)} - {clause_id, None}
    return [clause for clause in place.document if clause.id in ends]


def span_of(clause: Clause, quote: str) -> tuple[int, int] | None:
    """Where a quoted passage stands in a clause's plain words, white space aside; None when it does not."""
    words = quote.split()
    if not words or len(quote) > 10_000:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), markdown.plain(clause.text))
    return found.span() if found else None


# --- what they say to the answer


def keep_reply(session: Session, comment: CommentRow, words: str, satisfied: bool, *, now: datetime) -> None:
    """Keep what an author says to the answer, in the ledger, in their own words."""
    payload = comments.as_payload({"receipt": comment.receipt, "satisfied": satisfied, "text": words})
    kept = intake.record(
        session,
        intake.Arrival(
            channel=Channel.WEB,
            source=REPLIES,
            provider_id=f"{comment.receipt}:{hashlib.sha256(payload).hexdigest()[:32]}",
            payload=payload,
            round_id=comment.round_id,
        ),
        now=now,
    )
    if kept.fresh:
        reason = f"a reply to the answer on comment {comment.receipt}"
        intake.mark(session, kept.id, Outcome.SET_ASIDE, reason=reason, now=now)


def standing_of(session: Session, comment_id: UUID) -> tuple[StandingRow, list[UUID | None]]:
    """Where a comment stands, and the clauses it is tied to for certain; None is the whole document."""
    standing = session.get_one(StandingRow, comment_id)
    if standing.placement in (Placement.QUEUED, Placement.ERASED):
        return standing, []
    sure = [row for row in links.live_links(session, comment_id) if row.kind is not LinkKind.SUGGESTED]
    return standing, [row.clause_id for row in sure]
