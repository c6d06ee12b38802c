"""What a WSGI server loads: `consult.wsgi:application()`."""

from flask import Flask

from consult import config, create_app, logs


def application() -> Flask:
    """The application as its environment describes it."""
    logs.set_up()
    return create_app(config.read())
