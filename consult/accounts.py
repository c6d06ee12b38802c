"""Accounts: who may sign in, and how they prove it.

Passwords are kept as Argon2id hashes. A link for setting one is mailed, works
once and not for long; only its hash is kept. A new password ends every other
sign-in of that person, because each carries the stamp of the password it was
made with. Nobody is told whether an address is known here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from consult import audit, jobs, keys, throttle
from consult.errors import BarazaError, Misfilled
from consult.tables.messages import MessageKind, MessageRow
from consult.tables.people import PersonRow, Role, TokenPurpose, TokenRow

LEAST = 12
"""The fewest characters of a password."""
MOST = 1000
SET_UP_FOR = timedelta(hours=48)
RESET_FOR = timedelta(hours=1)


class WrongPassword(BarazaError):
    """E-mail and password do not belong together, or nobody has that e-mail: the same words for both."""

    def __init__(self) -> None:
        super().__init__("E-mail and password do not belong together. Check both, or ask for a link.")


class LinkSpent(BarazaError):
    """A link that was used, is too old, or was never sent."""

    def __init__(self) -> None:
        super().__init__("This link was used already, or is too old. Ask for another one.")


class PersonExists(BarazaError):
    """Someone with this e-mail is here already."""

    def __init__(self) -> None:
        super().__init__("Someone with this e-mail address is here already.")


def add_person(
    session: Session, email: str, *, role: Role, name: str = "", language: str = "en", by: str, now: datetime
) -> PersonRow:
    """Add someone who may sign in, still without a password. Raises PersonExists, or Misfilled."""
    email = _address(email)
    if find(session, email) is not None:
        raise PersonExists
    person = PersonRow(
        email_lookup=_lookup(email),
        email=email,
        name=" ".join(name.split()) or email.partition("@")[0],
        role=role,
        language=language,
        session_stamp=secrets.token_hex(16),
        created_at=now,
    )
    session.add(person)
    session.flush()
    audit.record(session, by, "add-person", "person", person.id, after={"role": role.value}, now=now)
    return person


def find(session: Session, email: str) -> PersonRow | None:
    """The person with this e-mail, if there is one."""
    return session.exec(select(PersonRow).where(PersonRow.email_lookup == _lookup(email))).first()


def everyone(session: Session) -> list[PersonRow]:
    """All who may sign in, in the order they were added."""
    return list(session.exec(select(PersonRow).order_by(PersonRow.id)))  # type: ignore[arg-type]


def names(session: Session, written: Iterable[str]) -> dict[str, str]:
    """The names behind the hands of a history; a hand that is no person keeps its word."""
    ids: dict[UUID, str] = {}
    for by in set(written):
        try:
            ids[UUID(by)] = by
        except ValueError:
            continue
    rows = session.exec(select(PersonRow).where(col(PersonRow.id).in_(list(ids)))).all() if ids else []
    return {ids[row.id]: row.name for row in rows}


def signed_in(session: Session, person_id: str, stamp: str) -> PersonRow | None:
    """The person a browser says it belongs to; None once their password or standing has changed."""
    try:
        person = session.get(PersonRow, UUID(person_id))
    except ValueError:
        return None
    if person is None or person.disabled_at is not None:
        return None
    return person if hmac.compare_digest(person.session_stamp, stamp) else None


def fits(session: Session, email: str, password: str, *, address: str, now: datetime) -> bool:
    """Whether e-mail and password belong together, in the same time for an unknown e-mail.

    Slow on purpose, so it belongs outside a writing transaction. Raises TooSoon
    before anything is tried.
    """
    throttle.check(session, f"sign-in {_plain(email)}", after=5, now=now)
    throttle.check(session, f"sign-in from {address}", after=20, now=now)
    person = find(session, email)
    known = person.password_hash if person is not None and person.disabled_at is None else None
    return _fits(known or _nobodys_hash(), password[:MOST]) and known is not None


def sign_in(
    session: Session, email: str, password: str, *, address: str, now: datetime, tried: bool | None = None
) -> PersonRow:
    """The person whose e-mail and password these are; `tried` is what `fits` said beforehand.

    Raises WrongPassword, in the same time and words for an unknown e-mail, or
    TooSoon after repeated failures. The caller commits either way: failures count.
    """
    account, place = f"sign-in {_plain(email)}", f"sign-in from {address}"
    right = fits(session, email, password, address=address, now=now) if tried is None else tried
    person = find(session, email) if right else None
    if person is None or person.password_hash is None or person.disabled_at is not None:
        throttle.count(session, account, now=now)
        throttle.count(session, place, now=now)
        raise WrongPassword
    throttle.forget(session, account, now=now)
    if _hasher().check_needs_rehash(person.password_hash):
        person.password_hash = hash_password(password)
    audit.record(session, person.id, "sign-in", "person", person.id, now=now)
    return person


def set_password(session: Session, person: PersonRow, password: str, *, by: str, now: datetime) -> None:
    """Give someone a password, which ends their sign-ins elsewhere. Raises Misfilled when it is too short."""
    if len(password) < LEAST:
        raise Misfilled({"password": f"Use at least {LEAST} characters: four or five words do well."})
    if len(password) > MOST:
        raise Misfilled({"password": f"Use at most {MOST} characters."})
    person.password_hash = hash_password(password)
    person.session_stamp = secrets.token_hex(16)
    session.add(person)
    audit.record(session, by, "set-password", "person", person.id, now=now)


def shut_out(session: Session, person: PersonRow, shut: bool, *, by: str, now: datetime) -> None:
    """Keep someone out from now on, ending their sign-ins; or let them in again."""
    person.disabled_at = now if shut else None
    person.session_stamp = secrets.token_hex(16)
    session.add(person)
    audit.record(session, by, "shut-out" if shut else "let-in", "person", person.id, now=now)


def send_link(session: Session, person: PersonRow, *, base_url: str, now: datetime) -> str:
    """Write the message with a link for setting a password, and give the link.

    The first link of an account works for two days, a later one for an hour.
    """
    purpose = TokenPurpose.RESET if person.password_hash else TokenPurpose.SET_UP
    secret = secrets.token_urlsafe(32)
    token = TokenRow(
        hash=_hash_of(secret),
        person_id=person.id,
        purpose=purpose,
        expires_at=now + (RESET_FOR if purpose is TokenPurpose.RESET else SET_UP_FOR),
    )
    link = f"{base_url}/password/{secret}"
    subject, words = _letter(purpose, link, person)
    message = MessageRow(
        kind=MessageKind.SIGN_IN,
        channel="email",
        person_id=person.id,
        subject=subject,
        words=words,
        language=person.language,
        dedupe=f"sign-in {token.hash.hex()[:32]}",
        created_at=now,
        changed_at=now,
    )
    session.add_all([token, message])
    session.flush()
    jobs.enqueue(session, jobs.Job.SEND_MESSAGE, message_id=message.id)
    return link


def whose_link(session: Session, secret: str, *, now: datetime) -> tuple[TokenRow, PersonRow]:
    """The token and person of a mailed link. Raises LinkSpent."""
    token = session.get(TokenRow, _hash_of(secret))
    if token is None or token.used_at is not None or token.expires_at < now:
        raise LinkSpent
    person = session.get(PersonRow, token.person_id)
    if person is None or person.disabled_at is not None:
        raise LinkSpent
    return token, person


def use_link(session: Session, secret: str, password: str, *, now: datetime) -> PersonRow:
    """Set the password of the link's person, and spend every link they have. Raises LinkSpent, Misfilled."""
    _, person = whose_link(session, secret, now=now)
    set_password(session, person, password, by=str(person.id), now=now)
    for token in session.exec(select(TokenRow).where(TokenRow.person_id == person.id)):
        token.used_at = token.used_at or now
    throttle.forget(session, f"sign-in {_plain(person.email)}", now=now)
    return person


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _hasher().hash(password)


def _address(email: str) -> str:
    email = email.strip()
    local, _, domain = email.rpartition("@")
    if not local or "." not in domain or " " in email or len(email) > 254 or "\x00" in email:
        raise Misfilled({"email": f"“{email[:80]}” is no e-mail address; it looks like name@example.org."})
    return email


def _plain(email: str) -> str:
    return email.strip().lower()


def _lookup(email: str) -> bytes:
    return keys.ring().lookup(_plain(email), "person.email")


def _hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    """A hash to compare with when nobody has the e-mail, so that the answer takes as long."""
    return hash_password(secrets.token_hex(16))


def _fits(hash_: str, password: str) -> bool:
    try:
        return _hasher().verify(hash_, password)
    except (VerificationError, InvalidHashError):
        return False


def _letter(purpose: TokenPurpose, link: str, person: PersonRow) -> tuple[str, str]:
    """Subject and words of the e-mail, in the person's language."""
    from flask_babel import force_locale
    from flask_babel import gettext as _

    with force_locale(person.language):
        if purpose is TokenPurpose.SET_UP:
            return _("Your account on Baraza"), _(
                "Welcome. Choose a password with this link; it works once, for two days:\n\n%(link)s\n",
                link=link,
            )
        return _("A new password on Baraza"), _(
            "Choose a new password with this link; it works once, for one hour:\n\n%(link)s\n\n"
            "If you did not ask for it, leave it: nothing changes.\n",
            link=link,
        )
