"""For those who watch the installation: is it alive, is it ready, how much is it doing."""

import hmac
import ipaddress
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult import db, worker
from consult.config import Config
from consult.errors import BarazaError
from consult.tables.comments import StandingRow
from consult.tables.intake import RecordRow, SealRow
from consult.tables.messages import MessageRow
from consult.tables.process import HeartbeatRow

bp = Blueprint("operations", __name__)
bp.own_proof = True  # type: ignore[attr-defined]


@bp.get("/healthz")
def alive() -> Response:
    """200 while the process answers; touches nothing else."""
    return _plain("alive\n")


@bp.get("/readyz")
def ready() -> Response:
    """200 when database, schema and worker are there; 503 with a line for what is missing."""
    _only_for_operators()
    missing = list(_missing(datetime.now(UTC)))
    return _plain("\n".join(missing or ["ready"]) + "\n", 503 if missing else 200)


@bp.get("/metrics")
def metrics() -> Response:
    """Counts in the Prometheus text format."""
    _only_for_operators()
    lines: list[str] = []
    with db.reading() as session:
        counted: tuple[tuple[str, str, Any], ...] = (
            ("baraza_comments", "placement", StandingRow.placement),
            ("baraza_messages", "state", MessageRow.state),
            ("baraza_records", "channel", RecordRow.channel),
        )
        for name, label, column in counted:
            lines.append(f"# TYPE {name} gauge")
            for value, count in session.exec(select(column, sa.func.count()).group_by(column)):
                lines.append(f'{name}{{{label}="{value}"}} {count}')
        sealed = session.exec(select(sa.func.count()).select_from(SealRow)).one()
        beats = session.exec(select(HeartbeatRow).where(worker.IS_A_WORKER)).all()
    lines += ["# TYPE baraza_records_sealed gauge", f"baraza_records_sealed {sealed}"]
    lines.append("# TYPE baraza_worker_heartbeat_seconds gauge")
    lines += [
        f'baraza_worker_heartbeat_seconds{{worker="{place}"}} {beat.at.timestamp():.0f}'
        for place, beat in enumerate(beats)
    ]
    return _plain("\n".join(lines) + "\n")


def _missing(now: datetime) -> list[str]:
    try:
        db.check_current(db.engine())
        with db.reading() as session:
            found = session.exec(select(HeartbeatRow).where(worker.IS_A_WORKER))
            last = max((beat.at for beat in found), default=None)
    except SQLAlchemyError:
        return ["The database does not answer."]
    except BarazaError as error:
        return [str(error)]
    if last is None or now - last > worker.ALIVE_FOR:
        return ["No worker is alive: start `baraza worker`."]
    return []


def _only_for_operators() -> None:
    config: Config = current_app.config["BARAZA"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if config.operations_token and hmac.compare_digest(given.encode(), config.operations_token.encode()):
        return
    # A proxy on this machine makes every visitor look local; its own header gives it away.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if forwarded or not _is_loopback(request.remote_addr or ""):
        raise NotFound


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _plain(words: str, status: int = 200) -> Response:
    response = Response(words, status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
