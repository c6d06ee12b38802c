"""The language of a page: asked for, remembered, spoken by the browser, or English."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, current_app, g, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response

from consult.look import text_direction

LANGUAGES = ("en", "fr", "es", "pt", "sw")
DESK_LANGUAGES = ("en", "fr")
COOKIE = "language"


def install(app: Flask) -> None:
    """Let the application speak the languages, and tell each page which one it speaks."""
    Babel(
        app,
        locale_selector=chosen,
        default_translation_directories=str(Path(__file__).parent / "translations"),
    )
    app.context_processor(_spoken)
    app.after_request(_remember_what_was_asked)


def chosen() -> str:
    """The language of this request: `?lang`, the cookie, the person's own, then the browser's."""
    offered = LANGUAGES
    person = g.get("person")
    for wanted in (
        request.args.get("lang", ""),
        request.cookies.get(COOKIE, ""),
        person.language if person is not None else "",
    ):
        if wanted in offered:
            return wanted
    return request.accept_languages.best_match(offered) or "en"


def remember(response: Response, code: str) -> Response:
    """Keep the language chosen in a cookie that holds nothing else."""
    response.set_cookie(
        COOKIE,
        code,
        max_age=60 * 60 * 24 * 365,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _remember_what_was_asked(response: Response) -> Response:
    """A link such as `?lang=sw`, on a poster, speaks Swahili on the pages that follow too."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES and request.cookies.get(COOKIE) != asked:
        return remember(response, asked)
    return response


def _spoken() -> dict[str, object]:
    tag = str(get_locale() or "en").replace("_", "-")
    languages = DESK_LANGUAGES if g.get("person") is not None else LANGUAGES
    return {
        "page_language": tag,
        "page_direction": text_direction(tag),
        "languages": current_app.config.get("LANGUAGES", languages),
        "this_page": _this_page,
    }


def _this_page() -> str:
    """Where to come back to in another language: this page, with what was asked of it.

    A page kept for everyone names only the questions that make it (`g.shown_by`), not one reader's own.
    """
    shown_by: Collection[str] | None = g.get("shown_by")
    if shown_by is None:
        asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    else:
        asked = [(name, request.args[name][:100]) for name in shown_by if name in request.args]
    return f"{request.path}?{urlencode(asked)}" if asked else request.path
