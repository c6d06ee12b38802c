"""Settings, read once from the environment.

Nothing here is secret by itself to print: `doctor` shows what is set, never the values of secrets.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from consult import keys
from consult.errors import BarazaError


class Misconfigured(BarazaError):
    """A setting that cannot be worked with; the sentence says which and how to mend it."""


@dataclass(frozen=True)
class Twilio:
    """An account at the SMS provider. `tokens` holds the accepted secrets, newest first.

    `number` is one number of ours, several with commas between (a pool), or the
    provider's own name for a pool of theirs (a messaging service, `MG…`).
    """

    account: str
    tokens: tuple[str, ...]
    number: str
    api_base: str

    @property
    def senders(self) -> tuple[str, ...]:
        """The numbers, or the pool, that messages leave from."""
        return _parted(self.number)


@dataclass(frozen=True)
class At:
    """An account at a provider that speaks as Africa's Talking does.

    `secrets` are accepted at the end of the addresses it posts to, newest first;
    `sender` is a short code, a name, several with commas between, or nothing for
    the provider's own choice.
    """

    username: str
    api_key: str
    secrets: tuple[str, ...]
    sender: str = ""
    api_base: str = "https://api.africastalking.com"

    @property
    def senders(self) -> tuple[str, ...]:
        """What messages leave from; one empty name where the provider chooses."""
        return _parted(self.sender) or ("",)


@dataclass(frozen=True)
class Relay:
    """A telephone of ours that carries texts to and from its own number; `secrets`, newest first."""

    secrets: tuple[str, ...]
    number: str


@dataclass(frozen=True)
class Config:
    """What this installation is told by its environment."""

    data_dir: Path
    database_url: str
    secret_key: str
    base_url: str
    keyring: keys.Keyring
    key_file: Path | None
    smtp_url: str = ""
    mail_from: str = ""
    twilio: Twilio | None = None
    at: At | None = None
    relay: Relay | None = None
    demonstration: bool = False
    trusted_proxies: int = 0
    operations_token: str = ""
    sms_rate: float = 1.0
    """Segments a second that each of our numbers may send."""
    objects_url: str = ""
    """Where photographs and sound lie: a folder (`file://`) or a bucket (`s3://`, `gs://`, `az://`)."""

    @property
    def texts_people(self) -> bool:
        """Whether some transport is connected, so that a text may reach a real telephone."""
        return any((self.twilio, self.at, self.relay))

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite")


def read(environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration from `BARAZA_*` and `TWILIO_*` variables.

    Without `BARAZA_SECRET_KEY` and `BARAZA_PII_KEYS` both are made once, in
    files of the data directory readable by their owner alone.
    """
    data_dir = Path(environ.get("BARAZA_DATA_DIR", "var")).resolve()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = environ.get("BARAZA_PII_KEYS", "")
    key_file = None if written and ":" in written else Path(written or data_dir / "keys" / "pii.keys")
    ring = keys.parse_keyring(written) if key_file is None else keys.load_or_make(key_file)
    return Config(
        data_dir=data_dir,
        database_url=_database_url(environ.get("BARAZA_DATABASE_URL", ""), data_dir),
        secret_key=environ.get("BARAZA_SECRET_KEY") or _secret_in(data_dir / "keys" / "secret.key"),
        base_url=environ.get("BARAZA_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        keyring=ring,
        key_file=key_file,
        smtp_url=environ.get("BARAZA_SMTP_URL", ""),
        mail_from=environ.get("BARAZA_MAIL_FROM", ""),
        twilio=_twilio(environ),
        at=_at(environ),
        relay=_relay(environ),
        demonstration=environ.get("BARAZA_DEMONSTRATION", "") == "1",
        trusted_proxies=_whole_number(environ, "BARAZA_TRUSTED_PROXIES"),
        operations_token=environ.get("BARAZA_OPERATIONS_TOKEN", ""),
        sms_rate=_rate(environ.get("BARAZA_SMS_RATE", "1")),
        objects_url=_objects_url(environ.get("BARAZA_OBJECTS_URL", "").strip(), data_dir),
    )


def _database_url(url: str, data_dir: Path) -> str:
    if not url:
        return f"sqlite:///{data_dir / 'baraza.db'}"
    if url.startswith("sqlite:///"):
        return url
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise Misconfigured(
        "BARAZA_DATABASE_URL begins neither with sqlite:/// nor with postgresql://. "
        "Leave it out to use the embedded database."
    )


def _objects_url(url: str, data_dir: Path) -> str:
    if not url:
        return (data_dir / "objects").as_uri()
    if not re.match(r"(file:///|(s3|gs|az)://[^/])", url):
        raise Misconfigured(
            "BARAZA_OBJECTS_URL begins with none of file:///, s3://, gs:// and az://. "
            "Leave it out to keep photographs and sound in the data directory."
        )
    return url


def _secret_in(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _twilio(environ: Mapping[str, str]) -> Twilio | None:
    account = environ.get("TWILIO_ACCOUNT_SID", "")
    tokens = tuple(token for token in environ.get("TWILIO_AUTH_TOKEN", "").split(",") if token)
    if not account and not tokens:
        return None
    if not account or not tokens:
        missing = "TWILIO_AUTH_TOKEN" if account else "TWILIO_ACCOUNT_SID"
        raise Misconfigured(
            f"{missing} is missing. Text messages need both the account and its secret; "
            "without the secret nobody could tell a real message from a forged one."
        )
    return Twilio(
        account=account,
        tokens=tokens,
        number=environ.get("TWILIO_NUMBER", ""),
        api_base=environ.get("TWILIO_API_BASE", "https://api.twilio.com").rstrip("/"),
    )


def _at(environ: Mapping[str, str]) -> At | None:
    given = {
        name: environ.get(name, "").strip()
        for name in ("BARAZA_AT_USERNAME", "BARAZA_AT_API_KEY", "BARAZA_AT_SECRET")
    }
    if not any(given.values()):
        return None
    missing = " and ".join(name for name, value in given.items() if not value)
    if missing:
        raise Misconfigured(
            f"{missing} is missing. This provider signs nothing, so text messages need its account, its key, "
            "and a secret of ours at the end of the addresses it posts to; without the secret nobody could "
            "tell a real message from a forged one."
        )
    username = given["BARAZA_AT_USERNAME"]
    usual = "https://api.sandbox.africastalking.com" if username == "sandbox" else At.api_base
    return At(
        username=username,
        api_key=given["BARAZA_AT_API_KEY"],
        secrets=_secrets("BARAZA_AT_SECRET", given["BARAZA_AT_SECRET"]),
        sender=environ.get("BARAZA_AT_SENDER", "").strip(),
        api_base=(environ.get("BARAZA_AT_API_BASE", "").strip() or usual).rstrip("/"),
    )


def _relay(environ: Mapping[str, str]) -> Relay | None:
    secret, number = (environ.get(f"BARAZA_RELAY_{name}", "").strip() for name in ("SECRET", "NUMBER"))
    if not secret and not number:
        return None
    if not secret or not number:
        missing = "BARAZA_RELAY_NUMBER" if secret else "BARAZA_RELAY_SECRET"
        raise Misconfigured(
            f"{missing} is missing. A relay telephone needs its number and a secret; without the secret "
            "nobody could tell a real message from a forged one."
        )
    return Relay(_secrets("BARAZA_RELAY_SECRET", secret), number)


def _secrets(name: str, written: str) -> tuple[str, ...]:
    """Secrets with commas between. Raises Misconfigured for one that is short or fits in no address."""
    found = _parted(written)
    if not found or any(not re.fullmatch(r"[A-Za-z0-9._~-]{20,200}", secret) for secret in found):
        raise Misconfigured(
            f"{name} is too short or has signs that stand in no address. Give 20 to 200 letters and digits, "
            "such as `openssl rand -hex 24` writes; two with a comma between while one replaces the other."
        )
    return found


def _parted(written: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in written.split(",") if one.strip())


def _whole_number(environ: Mapping[str, str], name: str) -> int:
    written = environ.get(name, "0")
    if not written.isdigit():
        raise Misconfigured(f"{name} is `{written}`; give a whole number.")
    return int(written)


def _rate(written: str) -> float:
    try:
        rate = float(written)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise Misconfigured(
            f"BARAZA_SMS_RATE is `{written}`; give the segments a second that each of your numbers "
            "may send, such as 1."
        )
    return rate
