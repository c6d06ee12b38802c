"""The audit trail: who did what, to what, when; newest first, never changed."""

from flask import Blueprint, render_template, request
from sqlmodel import col, select

from consult import accounts, db
from consult.permissions import Act
from consult.tables.process import AuditRow
from consult.views.guard import requires

bp = Blueprint("trail", __name__, url_prefix="/desk/audit")

PAGE = 100


@bp.get("")
@requires(Act.SEE_AUDIT)
def index() -> str:
    """A page of the trail, of one act or of all."""
    act = request.args.get("act", "")
    page = max(1, min(request.args.get("page", 1, int), 100_000))
    with db.reading() as session:
        acts = session.exec(select(AuditRow.act).distinct().order_by(AuditRow.act)).all()
        query = select(AuditRow).order_by(col(AuditRow.at).desc(), col(AuditRow.id).desc())
        if act:
            query = query.where(AuditRow.act == act)
        lines = session.exec(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
        names = {str(person.id): person.name for person in accounts.everyone(session)}
    return render_template(
        "process/audit.html",
        lines=lines[:PAGE],
        names=names,
        acts=acts,
        act=act,
        page=page,
        more=len(lines) > PAGE,
    )
