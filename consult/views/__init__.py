"""The doors for browsers and other programs: each module is one family of screens with its `bp`."""

from importlib import import_module

from flask import Flask
from flask_wtf import CSRFProtect

BLUEPRINTS = (
    "public",
    "commenting",
    "receipts",
    "account",
    "people",
    "language",
    "operations",
    "errors",
    "standards",
    "profiles",
    "drafting",
    "importing",
    "rounds",
    "scripts",
    "tables",
    "carrying",
    "trail",
    "moderation",
    "redactions",
    "queue",
    "clause_desk",
    "local_texts",
    "local_clauses",
    "local_process",
    "local_moves",
    "local_public",
    "comments",
    "broadcasts",
    "text_limits",
    "outbox",
    "workshops",
    "field",
    "field_devices",
    "field_page",
    "pilots",
    "workshops.recordings",
    "feasibility",
    "recognition",
    "recognised",
    "conversations",
    "wordings",
    "care",
    "erasures",
    "reports",
    "twilio",
    "hooks",
    "telephone",
    "api",
)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Open every door; one whose `bp` says `own_proof` checks by itself where a form came from."""
    for name in BLUEPRINTS:
        bp = import_module(f"consult.views.{name}").bp
        app.register_blueprint(bp)
        if getattr(bp, "own_proof", False) or name in ("commenting", "receipts", "twilio", "api"):
            csrf.exempt(bp)
