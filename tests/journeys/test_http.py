"""One comment's whole journey over HTTP: from the committee's text to the answer, and back to the voices."""

import re
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select

from consult import create_app, db, ledger
from consult.channels import sms, twilio
from consult.config import Config, Twilio
from consult.tables.messages import MessageRow
from tests import factories
from tests.journeys.person import Person

BASE, TOKEN, NUMBER, ASHA = "https://baraza.example.org", "secret", "+12025550100", "+255700000001"
STANDARD = b"""# Fair gold

## Scope

For people who dig for gold in small groups.

## Mercury

### No open burning

Operators shall not burn amalgam in the open.

### Retorts

Every ten miners shall share one retort that recovers the vapour.
"""
TRANSCRIPT = b"""WEBVTT

00:00:01.000 --> 00:00:06.000
<v Neema>We burn the amalgam behind the house because there is no other place.

00:00:07.000 --> 00:00:11.000
<v Joseph>Then let the buyers pay for a hood.
"""
WEB_WORDS = "Ten is too few. Our pit has forty people and the seller asks for three months of pay."
SMS_WORDS = "amalgam vapour goes to children, we have no retorts near the pit"
DECIDED = "Every forty miners shall share one retort that recovers the vapour."


@dataclass
class Clock:
    """The time that pages are told: the real one, until some of it passes."""

    offset: timedelta = field(default_factory=timedelta)

    @property
    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC) + self.offset

    def passes(self, **time: float) -> None:
        """Let time go by."""
        self.offset += timedelta(**time)


@pytest.fixture
def clock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock for every page."""
    told = Clock()

    class Told(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + told.offset

    for name, module in list(sys.modules.items()):
        if name.startswith("consult.views") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Told)
    return told


@pytest.fixture
def app(config: Config, engine: sa.Engine) -> Flask:
    """The application with an account for text messages and every proof of forms in force."""
    account = Twilio("AC1", (TOKEN,), NUMBER, "http://127.0.0.1:1")
    app = create_app(replace(config, twilio=account, base_url=BASE), engine=engine)
    app.testing = True
    # Pages are asked for in the clear here; in earnest a proxy in front speaks TLS.
    app.config["SESSION_COOKIE_SECURE"] = False
    app.config["WTF_CSRF_SSL_STRICT"] = False
    return app


@pytest.fixture
def secretary(app: Flask) -> Person:
    """The secretary, signed in."""
    with db.transaction() as session:
        factories.a_person(session, role="secretary", email="asha@example.org", password="salt and water 9")
        factories.a_group(session, "pit-miners", "Pit miners")
    person = Person(app.test_client())
    assert person.signs_in("asha@example.org", "salt and water 9").address.startswith("/desk")
    return person


@pytest.fixture
def visitor(app: Flask) -> Person:
    """Somebody without cookies."""
    return Person(app.test_client(use_cookies=False))


class Telephone:
    """A telephone: what is texted goes through the provider's signed webhook, and is read by its duty."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock, self.serial = app, clock, count(1)

    def texts(self, words: str, sender: str = ASHA) -> list[str]:
        """Text something. Returns what comes back."""
        self.clock.passes(minutes=1)
        sent_at, sid = self.clock.now, f"SM{next(self.serial):032x}"
        form = [("MessageSid", sid), ("From", sender), ("To", NUMBER), ("Body", words)]
        signature = twilio.sign(TOKEN, BASE, "/twilio/sms", form)
        answer = self.app.test_client().post(
            "/twilio/sms",
            data=twilio.as_body(form),
            content_type=twilio.FORM,
            headers={twilio.SIGNATURE: signature},
        )
        assert (answer.status_code, b"<Response/>" in answer.data) == (200, True)
        sms.read_waiting(now=self.clock.now, reading=sms.Reading())
        with db.reading() as session:
            rows = session.exec(select(MessageRow).where(MessageRow.created_at >= sent_at)).all()
        return [row.words for row in rows if row.channel == "sms"]


def test_one_comments_whole_journey(secretary: Person, visitor: Person, app: Flask, clock: Clock) -> None:
    telephone = Telephone(app, clock)

    a_standard_is_brought_in_and_frozen(secretary)
    a_round_is_opened(secretary, clock)
    receipt = somebody_comments_on_a_passage(visitor, clock)
    text_message = somebody_texts(telephone)
    a_workshop_is_written_down(secretary, clock)
    the_queue_is_worked_through(secretary)
    clock.passes(days=31)
    a_draft_is_begun_and_the_clause_changed(secretary)
    the_comments_are_decided(secretary)
    the_answers_are_there(visitor, receipt, telephone, secretary)
    the_next_version_is_published(secretary)
    anybody_sees_what_changed(visitor)
    from_a_text_message_to_the_wording_and_back(secretary, text_message)
    the_report_is_there_and_the_sums_hold(visitor, clock)


def a_standard_is_brought_in_and_frozen(secretary: Person) -> None:
    secretary.goes_to("/desk/import/")
    look = secretary.presses("Show what is in it", file=("gold.md", STANDARD))
    assert look.says("Every ten miners shall share one retort")
    with db.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM standard").scalar() == 0

    secretary.presses("Save as a draft", slug="gold", label="1.0")
    assert secretary.page.address.startswith("/desk/standards/gold/1.0/")
    secretary.goes_to("/desk/standards/gold/1.0/freeze")
    frozen = secretary.presses("Freeze the text", purpose="consultation")
    assert frozen.says("Version 1.0 is frozen")


def a_round_is_opened(secretary: Person, clock: Clock) -> None:
    secretary.goes_to("/desk/rounds/new")
    secretary.presses(
        "Open the round",
        version="gold@1.0",
        title="Gold, first round",
        slug="gold-1",
        purpose="The committee writes the next version from the answers.",
        languages=["en", "sw"],
        channels=["web", "sms", "workshop"],
        opens_at=(clock.now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        closes_at=(clock.now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
        time_zone="UTC",
        join__en="GOLD",
        goal__pit__miners="20",
    )
    assert secretary.page.address == "/desk/rounds/gold-1"


def somebody_comments_on_a_passage(visitor: Person, clock: Clock) -> tuple[str, str]:
    """Returns the receipt's number and its secret words."""
    visitor.goes_to("/standards/gold/1.0/clauses/2.2")
    assert visitor.page.says("Every ten miners shall share one retort")
    visitor.goes_to(visitor.page.link("Comment") + "&quote=Every+ten+miners")
    clock.passes(minutes=4)
    sent = visitor.presses(
        "Send the comment",
        text=WEB_WORDS,
        ability="with_help",
        proposal=DECIDED,
        public="yes",
        group="pit-miners",
    )
    assert sent.says("Thank you. We have your comment.")
    assert sent.says("Your comment on clause 2.2")
    receipt = sent.after("Receipt number"), sent.after("Secret words")

    visitor.goes_to("/receipts")
    looked_up = visitor.presses("Show my comment", number=receipt[0].lower(), secret=receipt[1])
    assert looked_up.says(WEB_WORDS)
    assert looked_up.address == "/receipts"
    return receipt


def somebody_texts(telephone: Telephone) -> str:
    """Returns the receipt number of the text message."""
    assert any("STOP" in words for words in telephone.texts("gold"))
    telephone.texts("1")
    (answer, *_rest) = telephone.texts(SMS_WORDS)
    found = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", answer)
    assert found, answer
    return found[0]


def a_workshop_is_written_down(secretary: Person, clock: Clock) -> None:
    secretary.goes_to("/desk/rounds/gold-1/workshops/new")
    secretary.presses(
        "Keep the workshop",
        place="Nyarugusu",
        held_on=clock.now.strftime("%Y-%m-%d"),
        languages=["en"],
        consent="spoken",
        agenda="2.1",
        people__pit__miners="14",
        women__pit__miners="6",
    )
    secretary.goes_to(f"{secretary.page.address.partition('?')[0]}/transcripts")
    look = secretary.presses("Show what is in it", file=("meeting.vtt", TRANSCRIPT))
    assert look.says("behind the house")
    bench = secretary.presses("Keep these 2 utterances", category__1="pit-miners")
    assert "Neema" not in bench.text

    tagged = secretary.presses("Comment", number="2.1")
    assert tagged.says("is made.")


def the_queue_is_worked_through(secretary: Person) -> None:
    secretary.goes_to("/desk/rounds/gold-1/queue")
    assert secretary.page.says(SMS_WORDS)
    (suggested, *_others) = secretary.page.tree.xpath("//ol[@class='suggestions']//button")
    confirmed = secretary.presses(" ".join(suggested.text_content().split()))
    assert not confirmed.says(SMS_WORDS)
    # Whatever came first, the committee finds this voice on the clause about retorts.
    secretary.goes_to("/desk/comments?q=amalgam+vapour")
    secretary.follows("Original and path")
    secretary.presses("Set the links", to="2.2")


def a_draft_is_begun_and_the_clause_changed(secretary: Person) -> None:
    secretary.goes_to("/desk/standards/gold/1.0/new-draft")
    secretary.presses("Start the draft", new_label="2.0")
    secretary.follows("2.2 Retorts")
    saved = secretary.presses("Save the clause", body=DECIDED, reason="Forty share one pit.")
    assert saved.address.startswith("/desk/standards/gold/2.0/")


def the_comments_are_decided(secretary: Person) -> None:
    secretary.goes_to("/desk/rounds/gold-1/clauses/2.2")
    assert secretary.page.says(WEB_WORDS)
    assert secretary.page.says(SMS_WORDS)
    picked = secretary.page.tree.xpath("//input[@name='picked']/@value")
    assert len(picked) == 2
    done = secretary.presses(
        "Record the disposition",
        picked=picked,
        outcome="accepted",
        reason="A retort for ten costs more than a pit earns.",
        answer__en="You were heard: from version 2.0 on forty miners share one retort.",
    )
    assert done.says("The disposition of 2 comments is recorded")
    assert done.link("Write the change in version 2.0")

    secretary.goes_to("/desk/rounds/gold-1/clauses/2.1")
    noted = secretary.presses(
        "Record the disposition",
        picked=secretary.page.tree.xpath("//input[@name='picked']/@value"),
        outcome="noted",
        reason="The clause asks for a place apart; which one is a matter for each group.",
        answer__en="We heard that there is no other place. The clause stays.",
    )
    assert noted.says("The disposition of one comment is recorded")


def the_answers_are_there(
    visitor: Person, receipt: tuple[str, str], telephone: Telephone, secretary: Person
) -> None:
    visitor.goes_to("/receipts")
    answered = visitor.presses("Show my comment", number=receipt[0], secret=receipt[1])
    assert answered.says("You were heard")
    satisfied = visitor.presses("Record my word on it", satisfied="yes", text="Thank you.")
    assert satisfied.says("You told us this answer satisfies you.")

    outbox = secretary.goes_to("/desk/outbox")
    assert outbox.says("You were heard")
    assert ASHA not in outbox.text


def the_next_version_is_published(secretary: Person) -> None:
    secretary.goes_to("/desk/standards/gold/2.0/freeze")
    secretary.presses("Freeze the text", purpose="decided")
    secretary.goes_to("/desk/standards/gold/2.0/publish")
    published = secretary.presses("Publish the version", note="One retort for forty, as the pits asked.")
    assert published.status == 200


def anybody_sees_what_changed(visitor: Person) -> None:
    redline = visitor.goes_to("/standards/gold/compare/1.0/2.0")
    changed = {name: set(redline.tree.xpath(f"//main//{name}/text()")) for name in ("del", "ins")}
    assert changed == {"del": {"ten"}, "ins": {"forty"}}
    assert visitor.goes_to("/standards/gold/2.0/clauses/2.2").says(DECIDED)


def from_a_text_message_to_the_wording_and_back(secretary: Person, text_message: str) -> None:
    secretary.goes_to(f"/desk/comments?q={text_message}")
    assert secretary.page.says(SMS_WORDS)

    comment = secretary.follows("Original and path")
    assert comment.says(f"Comment {text_message}")
    assert secretary.follows("Read 2.2 where everyone reads it").says(DECIDED)
    voices = secretary.follows("The voices behind this wording")
    assert voices.says(SMS_WORDS)
    assert voices.says(WEB_WORDS)
    ways_back = [link.get("href") for link in voices.tree.xpath("//article//a[.='Original and path']")]
    assert comment.address in ways_back


def the_report_is_there_and_the_sums_hold(visitor: Person, clock: Clock) -> None:
    report = visitor.goes_to("/consultations/gold-1/report")
    assert report.says("A retort for ten costs more than a pit earns.")
    assert report.says("Retorts")
    with db.transaction() as session:
        ledger.seal_new(session, now=clock.now)
        found = ledger.verify(session)
    assert found.faults == []
    assert {one.channel for one in found.sums} == {"web", "sms", "workshop"}
