"""Loops: machines that answer machines are soon answered no more; people who repeat themselves are.

Nothing is dropped here: what a machine says is kept like anything else, only our
replies end.
"""

from datetime import timedelta

from sqlmodel import col, select

from consult import throttle
from consult.channels.talks import Talk
from consult.outgoing import messages
from consult.tables.messages import MessageRow

# The same text, or any text, too often in five minutes. People may
# answer many questions with the same digit, but not so many in a minute.
SAME_TEXTS, ANY_TEXTS, WITHIN, AT_ONCE = 3, 40, timedelta(minutes=5), timedelta(minutes=1)
# A slow robot: the same text in answer to the same question.
SAME_TEXTS_A_DAY, A_DAY = 6, timedelta(days=1)
# A text this long that repeats one of our last ones is our own, sent back.
SHORTEST_OWN, LAST_OWN, OWN_WITHIN = 25, 4, timedelta(hours=1)


def is_loop(talk: Talk, cause: str) -> bool:
    """Whether this number has had enough replies to the same text, to texts nobody understands, or to any."""
    number, same = talk.contacts[-1].id, f"sms {talk.contact.id} {talk.sameness}"
    limits = [
        (f"{same} {talk.question}", SAME_TEXTS, WITHIN),
        (f"{same} {talk.question}", SAME_TEXTS_A_DAY, A_DAY),
        (same, SAME_TEXTS, AT_ONCE),
    ]
    if cause != messages.STOP_CONFIRMATION:
        limits.append((f"sms {number}", ANY_TEXTS, WITHIN))
    if cause == "unplaced:":
        limits.append((f"sms unplaced {number}", SAME_TEXTS, WITHIN))
    if not talk.counted:
        # A text counts once, however many replies it brings.
        talk.counted = True
        for who in dict.fromkeys(who for who, _, _ in limits):
            throttle.count(talk.session, who, now=talk.now)
    return _is_our_own(talk) or any(
        throttle.recent(talk.session, who, now=talk.now, within=within) > most for who, most, within in limits
    )


def _is_our_own(talk: Talk) -> bool:
    """Whether a machine sends back what we have just written to it."""
    if len(talk.heard.words) < SHORTEST_OWN:
        return False
    written = talk.session.exec(
        select(MessageRow)
        .where(
            col(MessageRow.contact_point_id).in_([contact.id for contact in talk.contacts]),
            col(MessageRow.created_at) > talk.now - OWN_WITHIN,
        )
        .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
        .limit(LAST_OWN)
    ).all()
    said = " ".join(talk.heard.words.split()).casefold()
    return any(" ".join(row.words.split()).casefold() in said for row in written if row.words.strip())
