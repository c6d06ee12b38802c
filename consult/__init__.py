"""Baraza: write standards with the people who will live under them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa
    from flask import Flask

    from consult.config import Config


def create_app(config: "Config", *, engine: "sa.Engine | None" = None) -> "Flask":
    """The whole assembly: keys, database, language, doors.

    Raises WrongSchema when the database does not stand at this release.
    """
    import structlog
    from flask import Flask
    from flask_wtf import CSRFProtect
    from werkzeug.middleware.proxy_fix import ProxyFix

    from consult import db, i18n, keys, logs, look, objects, views
    from consult.views import guard, shell

    if not structlog.is_configured():
        # As it comes, the logger prints local variables of a failure, keys among them.
        logs.set_up()
    engine = engine or db.make_engine(config.database_url)
    keys.use(config.keyring)
    db.use(engine)
    objects.use(config.objects_url)
    db.check_current(engine)

    app = Flask(__name__, template_folder=str(templates_folder()))
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.base_url.startswith("https"),
        PERMANENT_SESSION_LIFETIME=60 * 60 * 12,
        MAX_CONTENT_LENGTH=60 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=3 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        SEND_FILE_MAX_AGE_DEFAULT=60 * 60 * 24,
        WTF_CSRF_TIME_LIMIT=None,
        BARAZA=config,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    shell.install(app)
    guard.install(app)
    i18n.install(app)
    look.install(app)
    app.extensions["csrf"] = csrf = CSRFProtect(app)
    views.register(app, csrf)
    return app


def templates_folder() -> Path:
    """Where the templates lie: inside the installed package, or at the root of a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"
