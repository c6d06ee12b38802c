"""Real messages through the whole path, from the ledger to the reply: none lost, none obeyed by mistake.

People's texts in an earthquake, unwanted advertising, statements of three
consultations. Half of the numbers have joined and have a question open.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

import pytest
from sqlmodel import select

from consult import db, intake
from consult.channels import transports
from consult.tables.comments import CommentRow
from consult.tables.conversations import JoiningRow
from consult.tables.intake import Outcome, RecordOutcomeRow, RecordRow
from consult.tables.messages import MessageRow
from tests.conftest import Corpora
from tests.consult.channels.talking import faults

NUMBERS = [f"+2557000{number:05d}" for number in range(60)]


def real_messages(folder: Path) -> Iterator[str]:
    """Every message of the corpora, one source after the other."""
    with (folder / "crisis-messages-kreyol-en.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row["message"], row["original"])
    for line in (folder / "sms-spam-en.tsv").read_text(encoding="utf-8").splitlines():
        yield line.partition("\t")[2]
    for path in sorted((folder / "polis").glob("*-comments.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from (row["comment-body"] for row in csv.DictReader(file))


@pytest.mark.parametrize(
    "every", [pytest.param(25, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
def test_every_message_is_kept_and_none_is_obeyed(telephone, an_open_round, corpora: Corpora, every):
    messages = list(islice(real_messages(corpora("messages")), 0, None, every))
    for sender in NUMBERS[::2]:
        telephone.text("gold", sender, after=1)
        telephone.text("1", sender, after=1)
    begun = telephone.now

    for words, sender, apart in zip(messages, cycle(NUMBERS), cycle((1, 3, 40)), strict=False):
        telephone.now += timedelta(seconds=apart)
        telephone.keep(words, sender)
        telephone.read()

    with db.reading() as session:
        records = session.exec(select(RecordRow).where(RecordRow.received_at > begun)).all()
        outcomes = {row.record_id: row for row in session.exec(select(RecordOutcomeRow))}
        said = {
            record.id: transports.READERS[record.source](
                intake.open_payload(session, record.id) or b"", record.content_type
            ).words
            for record in records
        }
        comments = {row.record_id: row for row in session.exec(select(CommentRow))}
        joined = {row.record_id for row in session.exec(select(JoiningRow))}
        replies = session.exec(select(MessageRow.contact_point_id)).all()
    became = Counter(outcomes[record.id].outcome for record in records)
    assert len(records) == len(messages)
    assert [said[id_] for id_ in said if outcomes[id_].outcome is Outcome.COMMAND] == []
    assert [
        said[id_] for id_ in said if outcomes[id_].outcome is Outcome.SET_ASIDE if said[id_].strip()
    ] == []
    assert all(id_ in comments for id_ in said if outcomes[id_].outcome is Outcome.COMMENT)
    assert all(id_ in joined for id_ in said if outcomes[id_].outcome is Outcome.PART)
    assert became.total() == len(records)
    assert len(replies) <= 2 * (len(records) + len(NUMBERS))
    assert faults() == []
