"""One real pair: a chapter of OWASP ASVS and the low baseline of NIST SP 800-53."""

from datetime import date

import pytest

from standards import exchange, recognition_store, store, versions
from standards.combining import combined
from standards.recognition import Standing, Verdict
from standards.recognition_store import Judgement
from standards.versions import NewStandard
from tests.factories import NOW

TODAY = NOW.date()
BREACHED = "are checked against a set of breached passwords"


@pytest.fixture
def chapter(corpora) -> str:
    return (corpora("standards/asvs") / "asvs-5.0.0-V6-Authentication.md").read_text(encoding="utf-8")


@pytest.fixture
def pair(session, corpora, chapter):
    catalog = (corpora("standards/nist-800-53") / "rev5-low-catalog.json").read_bytes()
    for slug, data, name in (("nist", catalog, "rev5-low.json"), ("asvs", chapter.encode(), "v6.md")):
        imported = exchange.read_file(data, name)
        version = versions.import_version(
            session, imported, NewStandard(slug=slug, label="1"), by="test", now=NOW
        )
        versions.freeze(session, version, now=NOW)
    return recognition_store.pair_called(session, "nist@1", "asvs@1")


def reviewed(session, pair, ours, theirs, requirement):
    verdicts = Judgement(requirement=requirement, assurance=Verdict.EQUIVALENT)
    recognition_store.keep_reviewed(
        session,
        pair,
        pair.ours.clause(ours).id,
        pair.theirs.clause(theirs).id,
        verdicts,
        reviewers=["One", "Other"],
        reviewed_on=date(2026, 3, 1),
        by="test",
        now=NOW,
    )


def test_passwords_are_joined_with_passwords(session, pair):
    backwards = recognition_store.pair_called(session, "asvs@1", "nist@1")

    recognition_store.propose(session, backwards, by="test", now=NOW)

    texts = backwards.ours.side.document, backwards.theirs.side.document
    found = {
        (texts[0].by_id[one.edge.ours.clause].number, texts[1].by_id[one.edge.theirs.clause].number)
        for one in recognition_store.kept(session, backwards, TODAY)
    }
    assert {("6.2.4", "IA-5(1)"), ("6.2.12", "IA-5(1)"), ("6.3.3", "IA-2(1)"), ("6.3.3", "IA-2(2)")} <= found
    assert len(found) < 60


def test_one_question_answers_for_both_until_a_clause_changes(session, pair, chapter):
    reviewed(session, pair, "IA-5(1)", "6.2.12", Verdict.EXCEEDS)
    reviewed(session, pair, "IA-2(8)", "6.5.1", Verdict.EXCEEDS)
    reviewed(session, pair, "IA-2(8)", "6.8.3", Verdict.EXCEEDS)
    _, older = store.version_called(session, "asvs@1")
    changed = exchange.read_file(chapter.replace(BREACHED, f"{BREACHED}, renewed weekly").encode(), "v6.md")
    newer = versions.import_onto(session, changed, older, "2", by="test", now=NOW)
    versions.freeze(session, newer, now=NOW)

    before = _saved(session, "nist@1", "asvs@1")
    after = _saved(session, "nist@1", "asvs@2")

    assert (before, after) == (3, 2)
    later = recognition_store.pair_called(session, "nist@1", "asvs@2")
    standings = [one.standing for one in recognition_store.kept(session, later, TODAY)]
    assert standings == [Standing.STALE, Standing.REVIEWED, Standing.REVIEWED]


def _saved(session, *names):
    ends = [recognition_store.end_called(session, name) for name in names]
    edges = recognition_store.edges_among(session, ends, TODAY)
    return combined([end.side for end in ends], edges, TODAY).saved
