"""The field page: its shell, its words, its worker, and what makes it an app on the telephone.

Nothing here says anything about anybody but `pairing`, which no cache keeps: the shell
that lies on a telephone is the same for everyone.
"""

import json
from datetime import UTC, datetime

from flask import Blueprint, Response, g, make_response, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from consult.errors import NotFound
from consult.field import shell
from consult.field.words import words_for
from consult.permissions import Act
from consult.words import LANGUAGES

bp = Blueprint("field_page", __name__, url_prefix="/field")

MAY = "camera=(self), geolocation=(), microphone=(self)"
SIZES = (192, 512)
LIGHT = "#ffffff"


@bp.get("/")
def page() -> Response:
    """The page that is installed; everything else it shows comes from its own files and the device."""
    answer = make_response(_page())
    answer.headers["Permissions-Policy"] = MAY
    return answer


@bp.get("/worker.js")
def worker() -> Response:
    """The service worker, which keeps the page's files for a cold start without a network."""
    rendered = {url_for(".page"): _as_everybody_gets_it(), url_for(".app"): _written(_app())}
    for language in LANGUAGES:
        rendered[url_for(".words", language=language)] = _written(words_for(language))
    script = shell.worker(url_for(".page"), _static, rendered)
    answer = Response(script, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for(".page")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/app.webmanifest")
def app() -> Response:
    """What makes the page an app: its name, its icons and where it opens."""
    return Response(_written(_app()), mimetype="application/manifest+json")


@bp.get("/words/<language>.json")
def words(language: str) -> Response:
    """Every sentence of the page in one language."""
    if language not in LANGUAGES:
        raise NotFound(f"These pages do not speak “{language}”.")
    answer = Response(_written(words_for(language)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/pairing")
def pairing() -> Response:
    """Who is signed in at this browser, and the proof that a form comes from this page; and our clock."""
    told: dict[str, object] = {"signed_in": g.person is not None, "now": datetime.now(UTC).isoformat()}
    if g.person is not None:
        told |= {"name": g.person.name, "may": g.person.may(Act.RUN_WORKSHOP), "csrf": generate_csrf()}
    answer = Response(_written(told), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page() -> str:
    return render_template("field/page.html", languages=LANGUAGES, light=LIGHT)


def _as_everybody_gets_it() -> bytes:
    """The page in one language, so that a release is told apart from a reader's choice of language."""
    with force_locale("en"):
        return render_template(
            "field/page.html", languages=LANGUAGES, light=LIGHT, page_language="en"
        ).encode()


def _app() -> dict[str, object]:
    with force_locale("en"):
        name, short = _("Baraza in the field"), "Baraza"
    icons = [
        {
            "src": _static(f"field/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in SIZES
    ]
    return {
        "name": name,
        "short_name": short,
        "id": url_for(".page"),
        "start_url": url_for(".page"),
        "scope": url_for(".page"),
        "display": "standalone",
        "background_color": LIGHT,
        "theme_color": LIGHT,
        "icons": icons,
    }


def _static(name: str) -> str:
    return url_for("static", filename=name)


def _written(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
