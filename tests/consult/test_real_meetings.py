"""Real hearings and calls, brought in whole by the acts of the desk: counts, and not a word lost."""

import csv
import re
from collections import Counter
from datetime import date, timedelta
from html import unescape
from itertools import zip_longest

import pytest
import sqlalchemy as sa

from consult import rounds, workshops
from consult.channels.transcripts import NoUtterances, TranscriptRefused, parse
from consult.tables.intake import RecordRow
from consult.tables.workshops import UtteranceRow
from consult.workshops import transcripts
from tests.factories import a_version

# Cues, speakers, utterances after joining, and minutes of tape, of each file.
KNOWN = {
    "akoma-ntoso-debates/cl_Sesion56_2.xml": (49, 8),
    "ethereum-calls/acdc-2026-04-16_177/transcript.vtt": (611, 15),
    "ethereum-calls/acde-2026-02-12_230/transcript.vtt": (418, 20),
    "ethereum-calls/encryptthemempool-2026-02-18_000/transcript.vtt": (219, 6),
    "ethereum-calls/acdc-2026-04-16_177/chat.txt": (244, 34),
}
SPOKEN = (".vtt", ".xml", ".json")


@pytest.fixture
def workshop(session, now):
    version = a_version(session, status="consultation")
    wanted = rounds.NewRound(slug="r1", title="Round 1", opens_at=now, closes_at=now + timedelta(days=60))
    round_ = rounds.open_round(session, version, wanted, now=now)
    meeting = workshops.Meeting(place="Quito", held_on=date(2026, 3, 1), languages=("es", "en"))
    return workshops.hold(session, round_, meeting, now=now).workshop


def files_of(corpora):
    found = sorted(path for path in corpora("meetings").rglob("*.*") if path.name != "README.md")
    assert len(found) > 20
    return found


def words_in(text):
    return Counter(re.findall(r"\w+", text.casefold()))


def test_every_hearing_and_call_comes_in_whole(corpora, session, workshop, now):
    """Each file that is one; what is a summary or a list of corrections is refused in a sentence."""
    shown, refused, sums = [], [], Counter()
    for path in files_of(corpora):
        name, content = str(path.relative_to(corpora("meetings"))), path.read_bytes()
        recorded = workshops.receive(session, workshop, content, path.name, now=now)
        record = session.get_one(RecordRow, recorded.id)
        try:
            heard = workshops.hear(session, record)
        except workshops.CannotRead as refusal:
            refused.append((path.name, str(refusal)))
            continue
        row, fresh = workshops.keep(session, workshop, record, heard, name=name, now=now)
        of_it = sa.select(UtteranceRow).where(UtteranceRow.transcript_id == row.id)
        said = list(session.execute(of_it.order_by(UtteranceRow.position)).scalars())
        cues = parse(content, path.name).utterances
        assert fresh
        assert max(len(one.words) for one in said) < 2 * transcripts.WORKABLE
        assert words_in(" ".join(heard.words_of(cue) for cue in heard.cues)) == words_in(
            " ".join(one.words for one in said)
        )
        assert words_in(" ".join(cue.text for cue in heard.cues)) == words_in(
            " ".join(cue.text for cue in cues)
        )
        speakers = len({cue.speaker for cue in cues if cue.speaker})
        if name in KNOWN:
            assert (len(cues), speakers) == KNOWN[name]
        shown.append((name, len(cues), speakers, len(said), round(heard.minutes or 0)))
        sums += Counter(files=1, cues=len(cues), utterances=len(said), minutes=shown[-1][-1])
    for line in shown:
        print("{:75} {:5} cues {:3} speakers {:4} utterances {:4} minutes".format(*line))
    print(dict(sums))
    assert {name for name, _ in refused} == {"tldr.json", "transcript_changelog.tsv"}
    assert all(sentence.endswith(".") for _, sentence in refused)


def test_nothing_of_a_recognised_text_is_lost(corpora):
    """The cues of a file of cues hold all its words; the segments of a hearing all of its text."""
    for path in files_of(corpora):
        if path.suffix == ".vtt":
            raw = path.read_text(encoding="utf-8-sig")
            body = re.sub(r"(?m)^(WEBVTT.*|\d+|.*-->.*)\r?$", "", raw)
            cues = parse(path.read_bytes(), path.name).utterances
            spoken = " ".join(f"{cue.speaker or ''} {cue.text}" for cue in cues)
            assert words_in(spoken) == words_in(unescape(body)), path.name


def test_corrections_change_words_and_no_times(corpora):
    """What machine recognition gets wrong: names and terms; speaker, times and number of cues stay."""
    for folder in sorted(corpora("meetings").glob("ethereum-calls/*")):
        heard = parse((folder / "transcript.vtt").read_bytes(), "a.vtt").utterances
        right = parse((folder / "transcript_corrected.vtt").read_bytes(), "a.vtt").utterances
        with (folder / "transcript_changelog.tsv").open(encoding="utf-8") as log:
            changes = list(csv.DictReader(log, delimiter="\t"))

        pairs = list(zip_longest(heard, right))
        assert all((a.start, a.end) == (b.start, b.end) for a, b in pairs)
        changed = [(a.text, b.text) for a, b in pairs if a.text != b.text]
        asked = [one["corrected"] for one in changes if one["original"] != one["corrected"]]
        print(folder.name, len(changed), "of", len(pairs), "cues corrected by", len(changes), "rules")
        assert all(any(word in after for word in asked) for _, after in changed)


def test_summaries_are_refused_with_what_to_do(corpora):
    for path in files_of(corpora):
        if path.name == "tldr.json":
            with pytest.raises(NoUtterances, match="no list of segments"):
                parse(path.read_bytes(), path.name)
        elif path.suffix in SPOKEN:
            assert parse(path.read_bytes(), path.name).utterances
        elif path.suffix == ".tsv":
            with pytest.raises(TranscriptRefused, match="Name: text"):
                parse(path.read_bytes(), path.name)
