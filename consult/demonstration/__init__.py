"""The demonstration: a gold standard in two versions, a closed and an open round, voices by all channels.

Everything is done by the same acts as in earnest, at moments counted back from
now, so that nothing in it could not have happened.
"""

import json
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from consult import accounts, answers, comments, dispositions, intake, ledger, links, participants, rounds
from consult.comments import Said
from consult.demonstration import (
    conversations,
    field_devices,
    field_minutes,
    field_people,
    field_plan,
    field_recording,
    local_texts,
    pilots,
    recognition,
)
from consult.links import Tie
from consult.outgoing import messages
from consult.tables.comments import Ability, CommentRow, StandingRow, ThemeRow
from consult.tables.decisions import AnswerRow
from consult.tables.intake import Channel, RecordRow
from consult.tables.messages import MessageRow, MessageState
from consult.tables.participants import ContactKind
from consult.tables.people import PersonRow, Role
from consult.tables.rounds import RoundRow
from standards import drafting, store, versions
from standards.document import (
    Attributes,
    ClauseText,
    Grade,
    Imported,
    ImportedClause,
    Level,
    Modality,
    Parameter,
    Scheme,
)
from standards.drafting import Hand
from standards.tables import StandardRow, TranslationRow, VersionRow, Wording

BY = "demonstration"
FIRST_PUBLISHED, DRAFTED, DECIDED, SECOND_FROZEN = -700, -125, -110, -53
# Numbers that no network can reach, so that nothing is ever sent to a stranger.
UNREACHABLE = "+2550000{:05d}"


def _read(name: str) -> Any:
    return json.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _read_lines(name: str) -> Iterator[dict[str, Any]]:
    for line in (files(__package__) / name).read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def is_loaded(session: Session) -> bool:
    """Whether there is any standard yet; the demonstration is only loaded into an empty house."""
    return session.exec(select(StandardRow.id)).first() is not None


def load(session: Session, *, now: datetime) -> dict[str, str]:
    """Load everything. Returns the e-mail and password of one person per role, to be printed once."""
    telling = _Telling(session, now)
    signs_in = telling.people()
    telling.groups()
    telling.first_version()
    telling.round_called("rag-2025", telling.older)
    telling.voices("rag-2025")
    telling.second_version()
    telling.themes("rag-2025")
    telling.decisions()
    telling.freeze_second()
    local_texts.on_the_first(session, telling.said, telling.group_ids, now=now)
    telling.round_called("rag-2026", telling.newer)
    telling.voices("rag-2026")
    telling.themes("rag-2026")
    telling.workshop()
    telling.wordings()
    telling.colombia()
    recognition.demonstrate(session, "rag@2.0", clauses=telling.clauses, by=BY, now=now)
    pilots.load(session, telling.clauses, by=telling.facilitator.id, now=now)
    newest = telling.rounds["rag-2026"]
    field_plan.load(session, newest, telling.clauses, by=telling.facilitator.id, now=now)
    conversations.load(session, telling.rounds["rag-2026"], now=now)
    field_minutes.load(session, telling.rounds["rag-2026"], telling.clauses, now=now)
    field_people.load(session, newest, telling.clauses, by=telling.facilitator.id, now=now)
    field_devices.load(session, newest, by=telling.facilitator.id, now=now)
    field_recording.load(session, newest, now=now)
    ledger.seal_new(session, now=now)
    return signs_in


class _Telling:
    """One loading: what has been made so far, under the names the data files use."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.clauses: dict[str, UUID] = {}
        self.said: dict[str, CommentRow] = {}
        self.rounds: dict[str, RoundRow] = {}
        self.group_ids: dict[str, UUID] = {}
        self.older: VersionRow
        self.newer: VersionRow
        self.facilitator: PersonRow

    def at(self, days: float) -> datetime:
        return self.now + timedelta(days=days)

    @cached_property
    def _decisions(self) -> dict[str, Any]:
        found: dict[str, Any] = _read("decisions.json")
        return found

    def people(self) -> dict[str, str]:
        signs_in: dict[str, str] = {}
        for role in Role:
            email = f"{role.value}@baraza.example"
            person = accounts.add_person(
                self.session, email, role=role, name=role.value.capitalize(), by=BY, now=self.now
            )
            password = "-".join(secrets.token_hex(2) for _ in range(4))
            accounts.set_password(self.session, person, password, by=BY, now=self.now)
            signs_in[email] = password
            if role is Role.FACILITATOR:
                self.facilitator = person
        return signs_in

    def groups(self) -> None:
        for position, group in enumerate(_read("rounds.json")["groups"]):
            row = rounds.keep_group(self.session, group["key"], group["label"], position)
            self.group_ids[group["key"]] = row.id

    def first_version(self) -> None:
        imported = _as_import(_read("rag-1.1.json"))
        wanted = versions.NewStandard(
            slug="rag", label="1.1", lead=_read("rag-1.1.json")["lead"], owner="Baraza demonstration"
        )
        published = self.at(FIRST_PUBLISHED)
        self.older = versions.import_version(self.session, imported, wanted, by=BY, now=published)
        versions.freeze(self.session, self.older, now=published, decided=True)
        versions.publish(self.session, self.older, change_note="First text in force.", now=published)
        self.clauses = {clause.anchor: clause.id for clause in store.load(self.session, self.older)}

    def second_version(self) -> None:
        """Write 2.0 act by act, as the list of changes tells it, so that its lineage is recorded."""
        drafted = self.at(DRAFTED)
        self.newer = versions.new_draft(self.session, self.older, "2.0", now=drafted)
        self.wanted = {clause.key: clause for clause in _as_import(_read("rag-2.0.json")).clauses}
        for change in _read("changes.json"):
            hand = Hand(BY, drafted, change["reason"])
            getattr(self, f"_{change['relation']}")(change["from"], change["to"], hand)
        self._order(Hand(BY, drafted, "Reading order of 2.0."))

    def _split(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        clause = self._now(sources[0])
        parts = [self.wanted[key].text for key in targets]
        ids = drafting.split(self.session, self.newer, clause, self._hash(clause), parts, hand)
        self.clauses.update(zip(targets, ids, strict=True))

    def _merged(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        kept, *others = [self._now(key) for key in sources]
        for other in others:
            drafting.join(self.session, self.newer, kept, other, self.wanted[targets[0]].text, hand)
        self.clauses[targets[0]] = kept

    def _withdrawn(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        drafting.withdraw(self.session, self.newer, self._now(sources[0]), hand)

    def _moved(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        wanted = self.wanted[targets[0]]
        parent = self.clauses[wanted.parent] if wanted.parent else None
        clause = self._now(sources[0])
        drafting.move(self.session, self.newer, clause, hand, parent=parent, position=999)
        self._reworded(sources, targets, hand)

    def _reworded(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        clause = self._now(sources[0])
        drafting.edit(
            self.session, self.newer, clause, self._hash(clause), self.wanted[targets[0]].text, hand
        )

    def _new(self, sources: list[str], targets: list[str], hand: Hand) -> None:
        wanted = self.wanted[targets[0]]
        parent = self.clauses[wanted.parent] if wanted.parent else None
        self.clauses[targets[0]] = drafting.add(self.session, self.newer, wanted.text, hand, parent=parent)

    def _order(self, hand: Hand) -> None:
        siblings: dict[str | None, list[str]] = {}
        for key, clause in self.wanted.items():
            siblings.setdefault(clause.parent, []).append(key)
        for parent, keys in siblings.items():
            under = self.clauses[parent] if parent else None
            for position, key in enumerate(keys):
                drafting.move(
                    self.session, self.newer, self.clauses[key], hand, parent=under, position=position
                )

    def freeze_second(self) -> None:
        versions.freeze(self.session, self.newer, now=self.at(SECOND_FROZEN))

    def _now(self, key: str) -> UUID:
        return self.clauses[key]

    def _hash(self, clause_id: UUID) -> str:
        self.session.flush()
        return store.load(self.session, self.newer).by_id[clause_id].text.hash

    def round_called(self, slug: str, version: VersionRow) -> None:
        told = next(one for one in _read("rounds.json")["rounds"] if one["slug"] == slug)
        wanted = rounds.NewRound(
            slug=slug,
            title=told["title"],
            purpose=told["purpose"],
            summary=told["summary"]["en"],
            languages=tuple(told["languages"]),
            channels=tuple(Channel(channel) for channel in told["channels"]),
            join_words={language: (word,) for language, word in told["join_words"].items()},
            time_zone=told["time_zone"],
            opens_at=self._midnight(told["opens_days"], told["time_zone"]),
            closes_at=self._midnight(told["closes_days"], told["time_zone"]),
            questions=tuple(
                rounds.Question(clause_id=self.clauses[one["clause"]], words=one["text"])
                for one in told["questions"]
            ),
            goals={one["group"]: one["goal"] for one in told["goals"]},
        )
        self.rounds[slug] = rounds.open_round(
            self.session, version, wanted, now=self.at(told["opens_days"] - 1)
        )

    def _midnight(self, days: float, zone: str) -> datetime:
        there = self.at(days).astimezone(ZoneInfo(zone))
        return there.replace(hour=0, minute=0, second=0, microsecond=0)

    def voices(self, slug: str) -> None:
        round_ = self.rounds[slug]
        codes = rounds.codes_of(self.session, round_)
        for number, told in enumerate(_read_lines("comments.jsonl")):
            if told["round"] == slug:
                self._voice(round_, codes, number, told)

    def _voice(self, round_: RoundRow, codes: dict[UUID, int], number: int, told: dict[str, Any]) -> None:
        said_at = self.at(-told["days_ago"])
        clause = self.clauses[told["clause"]] if told.get("clause") else None
        text = told["text"].replace("{code}", str(codes[clause]) if clause in codes else "")
        channel = Channel(told["channel"])
        recorded = intake.record(
            self.session,
            intake.Arrival(
                channel,
                "demonstration",
                told["id"],
                _payload(channel, told["id"], text, number),
                round_id=round_.id,
            ),
            now=said_at,
        )
        made = comments.make(
            self.session,
            round_,
            self.session.get_one(RecordRow, recorded.id),
            Said(
                text=text.strip(),
                ties=(Tie(clause, quote=told.get("quote", "")),) if clause else (),
                language=told["language"],
                quote=told.get("quote", ""),
                proposal=told.get("proposal", ""),
                ability=Ability(told["ability"]) if told.get("ability") else None,
                cost=told.get("cost", ""),
                obstacle=told.get("obstacle", ""),
                benefit=told.get("benefit", ""),
                group_id=self.group_ids.get(told.get("group", "")),
                region=told.get("region", ""),
                participant_id=self._person(channel, number, told, said_at),
                public=told.get("public", False),
                confidential=told.get("confidential", False),
                external_id=told["id"],
            ),
            now=said_at,
        )
        self.said[told["id"]] = self.session.get_one(CommentRow, made.id)

    def _person(self, channel: Channel, number: int, told: dict[str, Any], now: datetime) -> UUID:
        person = participants.enrol(
            self.session,
            now=now,
            group_id=self.group_ids.get(told.get("group", "")),
            region=told.get("region", ""),
            gender=told.get("gender", ""),
            producer=told.get("producer", ""),
            language=told["language"],
        )
        if channel is Channel.SMS:
            address = UNREACHABLE.format(number)
            contact = participants.reach(self.session, person.id, ContactKind.SMS, address, now=now)
            contact.joined_at = now
        elif channel is Channel.EMAIL:
            participants.reach(
                self.session, person.id, ContactKind.EMAIL, f"{told['id']}@baraza.example", now=now
            )
        return person.id

    def themes(self, slug: str) -> None:
        for told in self._decisions["themes"]:
            if told["round"] != slug:
                continue
            theme = ThemeRow(
                round_id=self.rounds[slug].id,
                clause_id=self.clauses.get(told["clause"]) if told.get("clause") else None,
                title=told["title"],
                created_at=self.at(DECIDED),
            )
            self.session.add(theme)
            self.session.flush()
            for name in told["comments"]:
                standing = self.session.get_one(StandingRow, self.said[name].id)
                standing.theme_id = theme.id
                self.session.add(standing)

    def decisions(self) -> None:
        decided, answered = (
            self.at(self._decisions["decided_days"]),
            self.at(self._decisions["answered_days"]),
        )
        for told in self._decisions["decisions"]:
            comment = self.said[told["comment"]]
            if not links.live_links(self.session, comment.id):
                links.confirm(self.session, comment.id, [None], by=BY, now=decided)
            clause = told.get("clause") or told.get("withdrawn")
            row = dispositions.decide(
                self.session,
                comment,
                dispositions.Decision(
                    outcome=told["outcome"],
                    reason=told["reason"],
                    answer=told["answer"],
                    change_version_id=self.newer.id if clause else None,
                    change_clause_id=self.clauses[clause] if clause else None,
                ),
                by=BY,
                now=decided,
            )
            answer = self.session.exec(select(AnswerRow).where(AnswerRow.disposition_id == row.id)).one()
            self._deliver(answer, answered)
            if reply := told.get("reply"):
                satisfied = reply["satisfaction"] == "satisfied"
                answers.note_satisfaction(self.session, answer, satisfied, now=answered)

    def _deliver(self, answer: AnswerRow, when: datetime) -> None:
        if answer.message_id is None:
            return
        message = self.session.get_one(MessageRow, answer.message_id)
        messages.advance(self.session, message, MessageState.DELIVERED, now=when)

    def workshop(self) -> None:
        from consult import workshops

        workshops.demonstrate(
            self.session,
            self.rounds["rag-2026"],
            _read("workshop.json"),
            (files(__package__) / "workshop.vtt").read_bytes(),
            clauses=self.clauses,
            groups=self.group_ids,
            facilitator=self.facilitator.id,
            now=self.at(_read("workshop.json")["held_days"]),
        )

    def colombia(self) -> None:
        """Its local text with a round of its own, held as any other."""
        text = local_texts.on_the_second(self.session, self.newer, self.group_ids, now=self.now)
        own = (clause for clause in store.load(self.session, text) if clause.id not in self.clauses.values())
        self.clauses |= {clause.number: clause.id for clause in own}
        self.round_called("co-oro-2026", text)
        self.voices("co-oro-2026")

    def wordings(self) -> None:
        document = store.load(self.session, self.newer)
        for told in _read("plain.json")["clauses"]:
            clause = document.by_id[self.clauses[told["key"]]]
            for wording in (Wording.PLAIN, Wording.SMS):
                for language, words in told[wording.value].items():
                    self.session.add(
                        TranslationRow(
                            clause_id=clause.id,
                            language=language,
                            wording=wording,
                            words=words,
                            source_hash=clause.text.hash,
                            by=BY,
                            at=self.now,
                        )
                    )


def _payload(channel: Channel, name: str, text: str, number: int) -> bytes:
    if channel is Channel.SMS:
        form = {"MessageSid": [name], "From": [UNREACHABLE.format(number)], "To": [""], "Body": [text]}
        return json.dumps(form, ensure_ascii=False).encode()
    return comments.as_payload({"text": text})


def _as_import(told: dict[str, Any]) -> Imported:
    return Imported(
        title=told["title"],
        language=told["language"],
        scheme=Scheme(told["scheme"]),
        clauses=tuple(
            ImportedClause(
                key=one["key"],
                parent=one.get("parent"),
                anchor=one["key"],
                text=ClauseText(
                    heading=one["heading"],
                    body=one["body"],
                    level=Level(one["level"]),
                    modality=Modality(one["modality"]),
                    grade=Grade(one["grade"]),
                    attributes=Attributes.model_validate(one.get("attributes", {})),
                    parameters=tuple(Parameter.model_validate(value) for value in one.get("parameters", ())),
                ),
            )
            for one in told["clauses"]
        ),
    )
