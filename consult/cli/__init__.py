"""The command line: `baraza`, or `python -m consult`.

Exit 0 on success, 1 on a refused input with one clear line on standard error,
2 on wrong usage. Each command's module is loaded only when it is called.
"""

import json
import os
import sys
import traceback
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from standards.errors import StandardsError

COMMANDS = {
    "serve": "consult.cli.serving:serve",
    "worker": "consult.cli.serving:worker",
    "migrate": "consult.cli.serving:migrate",
    "demo": "consult.cli.demo:demo",
    "doctor": "consult.cli.doctor:doctor",
    "user": "consult.cli.people:user",
    "standard": "consult.cli.standard:standard",
    "overlay": "consult.cli.overlay:overlay",
    "round": "consult.cli.rounds:round_",
    "checklist": "consult.cli.checklist:checklist",
    "comments": "consult.cli.journey:comments",
    "link": "consult.cli.linking:link",
    "decide": "consult.cli.journey:decide",
    "outbox": "consult.cli.journey:outbox",
    "broadcast": "consult.cli.broadcast:broadcast",
    "match": "consult.cli.parsers:match",
    "docx": "consult.cli.parsers:docx",
    "transcript": "consult.cli.parsers:transcript",
    "sms": "consult.cli.parsers:sms",
    "workshop": "consult.cli.workshops:workshop",
    "pilot": "consult.cli.pilots:pilot",
    "crosswalk": "consult.cli.recognition:crosswalk",
    "ledger": "consult.cli.ledger:ledger",
    "backup": "consult.cli.operating:backup",
    "restore": "consult.cli.operating:restore",
    "keys": "consult.cli.operating:keys",
    "erase": "consult.cli.erasing:erase",
}


class Lazily(click.Group):
    """A group that knows its commands' names and loads the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, attribute = COMMANDS.get(cmd_name, "").partition(":")
        if not module:
            return None
        return getattr(import_module(module), attribute)  # type: ignore[no-any-return]


@click.group(cls=Lazily, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baraza", message="%(version)s")
def baraza() -> None:
    """Write standards with the people who will live under them."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command, and turn refusals into one line and exit 1."""
    try:
        # Not standalone: click would turn our refusals into its own exits.
        code = baraza.main(args=arguments, prog_name="baraza", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _refuse(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        _refuse("Stopped.")
    except StandardsError as error:
        _refuse(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _refuse(_about_the_file(error))
    except Exception as error:
        _refuse(f"Something broke on our side ({type(error).__name__}). Where: {_keep_trace()}")


def say_json(value: Any) -> None:
    """Write one JSON value for a machine to read."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _refuse(sentence: str) -> None:
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(1)


def _about_the_file(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}. Nothing was changed."


def _keep_trace() -> str:
    """Keep the trace in a file of the data directory, for whoever mends it, and say where."""
    folder = Path(os.environ.get("BARAZA_DATA_DIR", "var")) / "log"
    path = folder / f"failure-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(traceback.format_exc())
        path.chmod(0o600)
    except OSError:
        return "nowhere; the data directory cannot be written to."
    return str(path)
