"""Approved wordings: written per language, changed by a new one in their place, chosen when answering."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from consult import db
from consult.conversations import wordings
from consult.errors import Misfilled
from consult.tables.conversations import WordingRow
from tests import factories

HOME = "/desk/conversations/wordings"


@pytest.fixture
def wording(engine):
    with db.transaction() as session:
        person = factories.a_person(session)
        said = {"en": "We have read it.", "sw": "Tumesoma."}
        return wordings.approve(session, "Read", said, by=person.id, now=datetime.now(UTC))


def rows():
    with db.reading() as session:
        found = session.exec(select(WordingRow).order_by(WordingRow.approved_at)).all()
        return [(row.title, row.words, row.retired_at is not None) for row in found]


class TestApproving:
    def test_a_wording_holds_in_each_language_it_was_written_in(self, signed_in):
        typed = {
            "title": "  Thanks  ",
            "words-en": "Thank you.\r\nWe read it.",
            "words-sw": " Asante. ",
            "words-fr": " ",
        }

        page = signed_in("secretary").post(f"{HOME}/new", data=typed, follow_redirects=True).text

        assert rows() == [("Thanks", {"en": "Thank you.\nWe read it.", "sw": "Asante."}, False)]
        assert "Asante." in page
        assert "Not in Français, Español, Português" in page

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"title": "", "words-en": "Thanks."}, "Give it a title"),
            ({"title": "t" * 121, "words-en": "Thanks."}, "within 120 characters"),
            ({"title": "Thanks"}, "at least one language"),
            ({"title": "Thanks", "words-en": "Call 0712 345 678"}, "looks like a telephone number"),
            ({"title": "Thanks", "words-pt": "palavra " * 200}, "within 6 segments"),
        ],
    )
    def test_what_cannot_be_approved_is_told_and_kept(self, signed_in, typed, said):
        refused = signed_in("secretary").post(f"{HOME}/new", data=typed)

        assert refused.status_code == 400
        assert said in refused.text
        assert all(words in refused.text for words in typed.values())
        assert rows() == []

    def test_without_scripts_it_is_counted_and_made_plainer_on_asking(self, signed_in):
        typed = {"title": "Thanks", "words-fr": "C’est lu – merci."}
        secretary = signed_in("secretary")

        counted = secretary.post(f"{HOME}/new", data=typed | {"act": "count"})
        plainer = secretary.post(f"{HOME}/new", data=typed | {"replace": "words-fr"})

        assert "UCS-2" in counted.text
        assert "C&#39;est lu - merci." in plainer.text
        assert rows() == []

    @pytest.mark.parametrize("role", ["drafter", "auditor", "working-group", "facilitator", "operator"])
    def test_the_secretary_alone_approves(self, signed_in, wording, role):
        other = signed_in(role)

        assert other.get(f"{HOME}/new").status_code == 403
        assert other.post(f"{HOME}/{wording.id}", data={"act": "retire"}).status_code == 403
        assert other.get(HOME).status_code == (200 if role == "drafter" else 403)


class TestChanging:
    def test_other_words_are_a_new_wording_and_the_old_one_is_retired(self, signed_in, wording):
        typed = {"title": "Read", "words-en": "We read it today."}

        page = signed_in("secretary").post(f"{HOME}/{wording.id}", data=typed, follow_redirects=True).text

        assert rows() == [
            ("Read", {"en": "We have read it.", "sw": "Tumesoma."}, True),
            ("Read", {"en": "We read it today."}, False),
        ]
        assert "1 retired wording" in page

    def test_the_same_words_change_nothing(self, signed_in, wording):
        typed = {"title": "Read", "words-en": "We have read it.", "words-sw": "Tumesoma."}

        signed_in("secretary").post(f"{HOME}/{wording.id}", data=typed)

        assert len(rows()) == 1

    def test_what_a_colleague_changed_meanwhile_is_not_overwritten(self, signed_in, wording):
        secretary = signed_in("secretary")
        secretary.post(f"{HOME}/{wording.id}", data={"title": "Read", "words-en": "First."})

        late = secretary.post(f"{HOME}/{wording.id}", data={"title": "Read", "words-en": "Second."})

        assert late.status_code == 409
        assert "Second." in late.text
        assert "A colleague has changed or retired" in late.text
        assert len(rows()) == 2

    def test_a_retired_wording_is_offered_no_more(self, signed_in, wording):
        signed_in("secretary").post(f"{HOME}/{wording.id}", data={"act": "retire"})

        with db.reading() as session:
            assert wordings.current(session) == []
            assert [row.id for row in wordings.retired(session)] == [wording.id]

    def test_one_that_is_not_there_is_not_found(self, signed_in):
        assert signed_in("secretary").get(f"{HOME}/{factories.new_id()}").status_code == 404


class TestChoosing:
    @pytest.mark.parametrize(
        ("language", "words", "is_fallback"),
        [
            ("sw", "Tumesoma.", False),
            ("sw-TZ", "Tumesoma.", False),
            ("fr", "We have read it.", True),
            ("", "We have read it.", True),
        ],
    )
    def test_it_speaks_their_language_or_says_that_it_does_not(self, wording, language, words, is_fallback):
        chosen = wordings.spoken(wording, language)

        assert (chosen.words, chosen.is_fallback) == (words, is_fallback)

    def test_without_english_it_speaks_what_it_has(self, session, now):
        person = factories.a_person(session)
        row = wordings.approve(session, "Read", {"pt": "Lemos."}, by=person.id, now=now)

        assert wordings.spoken(row, "sw") == wordings.Chosen("Lemos.", "pt", True)

    def test_words_are_never_approved_empty(self, session, now):
        person = factories.a_person(session)
        with pytest.raises(Misfilled):
            wordings.approve(session, "Read", {"pt": " \0 "}, by=person.id, now=now)
