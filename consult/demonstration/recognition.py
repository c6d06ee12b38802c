"""Recognition in the demonstration: a small code for gold shops, and what two reviewers found of it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlmodel import Session

from standards import recognition_store, versions
from standards.document import (
    Attributes,
    ClauseText,
    Imported,
    ImportedClause,
    Level,
    Modality,
    Parameter,
    Scheme,
)
from standards.exchange.trees import depth_first
from standards.recognition import Verdict
from standards.recognition_store import Judgement, Pair

PUBLISHED = -300


def demonstrate(session: Session, ours: str, *, clauses: Mapping[str, UUID], by: str, now: datetime) -> None:
    """Publish the other code, join its clauses to those of `ours`, and judge some of them.

    `clauses` gives our clauses under the names the file uses.
    """
    told = json.loads((files(__package__) / "recognition.json").read_text(encoding="utf-8"))
    theirs = _publish(session, told, by, now + timedelta(days=PUBLISHED))
    pair = recognition_store.pair_called(session, ours, theirs)
    anchors = {clause.anchor: clause.id for clause in pair.theirs.side.document}
    for edge in told["edges"]:
        ends = clauses[edge["ours"]], anchors[edge["theirs"]]
        _judge(session, pair, ends, edge, by, now)
    recognition_store.propose(session, pair, by=by, now=now, most=1, least=0.2)


def _publish(session: Session, told: dict[str, Any], by: str, at: datetime) -> str:
    imported = Imported(
        title=told["title"],
        language=told["language"],
        scheme=Scheme.DECIMAL,
        clauses=depth_first([_clause(one) for one in told["clauses"]]),
    )
    wanted = versions.NewStandard(
        slug=told["slug"], label=told["label"], lead=told["lead"], owner=told["owner"]
    )
    version = versions.import_version(session, imported, wanted, by=by, now=at)
    versions.freeze(session, version, now=at, decided=True)
    versions.publish(session, version, change_note="First text in force.", now=at)
    return f"{wanted.slug}@{version.label}"


def _clause(told: dict[str, Any]) -> ImportedClause:
    text = ClauseText(
        heading=told["heading"],
        body=told["body"],
        level=Level(told["level"]),
        modality=Modality(told["modality"]),
        attributes=Attributes.model_validate(told.get("attributes", {})),
        parameters=tuple(Parameter.model_validate(value) for value in told.get("parameters", ())),
    )
    return ImportedClause(told["key"], text, told.get("parent"), told["key"])


def _judge(
    session: Session, pair: Pair, ends: tuple[UUID, UUID], told: dict[str, Any], by: str, now: datetime
) -> None:
    at = now - timedelta(days=told["days_ago"])
    until = (now + timedelta(days=told["expires_in"])).date() if "expires_in" in told else None
    judgement = Judgement(
        requirement=Verdict(told["requirement"]),
        assurance=Verdict(told["assurance"]),
        gap=told["gap"],
        evidence=told["evidence"],
        expires_on=until,
    )
    for reviewer in told["reviewers"]:
        # Each reviewer has an account of their own.
        account = f"{by}: {reviewer}"[:64]
        recognition_store.judge(session, pair, *ends, judgement, reviewer=reviewer, by=account, now=at)
