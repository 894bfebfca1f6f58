"""The installation's settings: read and checked once, from GOODTERMS_HOME/settings.toml and the environment."""

import os
import secrets
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from goodterms.core.refusal import Refusal

SETTINGS_FILE = "settings.toml"
SECRET_FILE = "secret.key"
SECRETS = ("password", "api_key", "auth_token", "webhook_secret", "secret_key", "database_url")
SHORTEST_SECRET = 40


class UnusableSettings(Refusal):
    """The settings cannot be used; the message says what, where and how to mend it."""


class UnusableFolder(UnusableSettings):
    """The installation's folder cannot be read or written."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"The folder {folder} cannot be used ({error.strerror}). Make it readable and writable, "
            "or name another one with GOODTERMS_HOME."
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Strict):
    """Where the pages are served."""

    host: str = "127.0.0.1"
    port: int = Field(8040, ge=1, le=65535)
    public_address: str = Field("", description="The address colleagues see, such as https://terms.example.com.")
    proxy: str = Field("127.0.0.1", description="The TLS proxy's own address; its word on who calls is believed.")

    @field_validator("public_address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
            raise ValueError("write it as https://terms.example.com, without a path")
        return value.rstrip("/")

    @property
    def public_host(self) -> str:
        """The host name in ``public_address``; empty without one."""
        return urlsplit(self.public_address).hostname or ""


class MailSettings(_Strict):
    """How e-mail leaves: into a folder (default) or through an SMTP server."""

    mode: Literal["folder", "smtp"] = "folder"
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = Field("", repr=False)
    timeout_seconds: float = Field(30, gt=0, le=300)
    sender: str = Field("", description="The address of invitations and new passwords; empty: the user name, if one.")

    @property
    def account_sender(self) -> str:
        """The address that letters about accounts come from; empty where none is known."""
        return self.sender or (self.username if "@" in self.username else "")


class SmsSettings(_Strict):
    """How text messages leave: into a folder (default) or through Twilio."""

    mode: Literal["folder", "twilio"] = "folder"
    account_sid: str = ""
    auth_token: str = Field("", repr=False)
    sender: str = Field("", description="A number, a name or the id of a messaging service.")
    timeout_seconds: float = Field(30, gt=0, le=300)


class PostSettings(_Strict):
    """How letters leave: into a folder, for people to print (default), or through Lob, which prints and mails."""

    mode: Literal["folder", "lob"] = "folder"
    api_key: str = Field("", repr=False)
    color: bool = False
    timeout_seconds: float = Field(30, gt=0, le=300)


class InboxSettings(_Strict):
    """Where answers come from: an IMAP mailbox, a provider's webhook, or neither (default)."""

    mode: Literal["off", "imap"] = "off"
    host: str = ""
    port: int = Field(993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: str = Field("", repr=False)
    folder: str = Field("INBOX", min_length=1)
    done_folder: str = Field("", description="Mails taken in are moved there; empty: marked as seen.")
    organisation: str = Field("", description="Whose mailbox it is; empty: by the inbox address of each.")
    every_seconds: float = Field(60, ge=1, le=86_400)
    timeout_seconds: float = Field(30, gt=0, le=300)
    webhook_secret: str = Field("", repr=False, description="Opens the webhook for incoming mail; empty: closed.")

    @field_validator("webhook_secret")
    @classmethod
    def _is_long_enough(cls, value: str) -> str:
        if value and (len(value) < 20 or not value.isascii() or not value.replace("-", "").replace("_", "").isalnum()):
            raise ValueError("use at least 20 letters, digits, - or _")
        return value


class WorkerSettings(_Strict):
    """How the background worker behaves."""

    run_hour: int = Field(6, ge=0, le=23, description="Hour of the day's run, organisation-local.")
    batch: int = Field(200, ge=1, le=1000, description="Effects claimed at once.")
    lease_seconds: int = Field(300, ge=10, le=3600)
    relays: int = Field(0, ge=0, le=8, description="Connections it hands over by at once (PostgreSQL only); 0: two.")
    pause_seconds: float = Field(5, ge=0.05, le=600, description="Between two looks at what is due.")


class NewOrganisationSettings(_Strict):
    """What an organisation is given that the first import makes; an empty value follows from the country."""

    name: str = Field("My company", min_length=1, max_length=200)
    country: str = Field("IE", pattern="^[A-Z]{2}$")
    language: str = ""
    timezone: str = ""
    currency: str = Field("", pattern="^([A-Z]{3})?$")


class Configuration(_Strict):
    """Every setting of an installation."""

    home: Path
    database_url: str = Field("", repr=False)
    secret_key: str = Field("", repr=False)
    debug: bool = False
    server: ServerSettings = ServerSettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()
    post: PostSettings = PostSettings()
    inbox: InboxSettings = InboxSettings()
    worker: WorkerSettings = WorkerSettings()
    new_organisation: NewOrganisationSettings = NewOrganisationSettings()

    @property
    def outbox_folder(self) -> Path:
        return self.home / "outbox"

    @property
    def sqlite_file(self) -> Path:
        return self.home / "goodterms.sqlite3"


def home_folder(environment: dict[str, str]) -> Path:
    """The folder named by GOODTERMS_HOME, or ``~/.goodterms``."""
    return Path(environment.get("GOODTERMS_HOME") or "~/.goodterms").expanduser().resolve()


def read_configuration(environment: dict[str, str]) -> Configuration:
    """Read settings.toml and the environment; raises UnusableSettings with a sentence per fault."""
    home = home_folder(environment)
    path = home / SETTINGS_FILE
    values = _read_file(path)
    if "home" in values:
        raise UnusableSettings(f"{path}: home cannot be set here; name the folder with GOODTERMS_HOME.")
    try:
        configuration = Configuration(home=home, **_with_environment(values, environment))
    except ValidationError as error:
        faults = "; ".join(_describe(fault, path) for fault in error.errors())
        raise UnusableSettings(faults) from None
    _check_together(configuration, path)
    return configuration


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableSettings(f"{path} is not valid TOML: {error}. Mend or remove that line.") from None
    except OSError as error:
        raise UnusableFolder(path.parent, error) from None


def _with_environment(values: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """The file's values with those the environment overrides, so that no secret need stand in a file."""
    merged = dict(values)
    if environment.get("DATABASE_URL"):
        merged["database_url"] = environment["DATABASE_URL"]
    if environment.get("GOODTERMS_SECRET_KEY"):
        merged["secret_key"] = environment["GOODTERMS_SECRET_KEY"]
    if environment.get("GOODTERMS_SMTP_PASSWORD") and isinstance(merged.get("mail", {}), dict):
        merged["mail"] = {**merged.get("mail", {}), "password": environment["GOODTERMS_SMTP_PASSWORD"]}
    if environment.get("GOODTERMS_TWILIO_TOKEN") and isinstance(merged.get("sms", {}), dict):
        merged["sms"] = {**merged.get("sms", {}), "auth_token": environment["GOODTERMS_TWILIO_TOKEN"]}
    if environment.get("GOODTERMS_LOB_KEY") and isinstance(merged.get("post", {}), dict):
        merged["post"] = {**merged.get("post", {}), "api_key": environment["GOODTERMS_LOB_KEY"]}
    if environment.get("GOODTERMS_IMAP_PASSWORD") and isinstance(merged.get("inbox", {}), dict):
        merged["inbox"] = {**merged.get("inbox", {}), "password": environment["GOODTERMS_IMAP_PASSWORD"]}
    if environment.get("GOODTERMS_DEBUG") == "1":
        merged["debug"] = True
    return merged


def _describe(fault: Any, path: Path) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{path}: there is no setting called {where}; remove it or correct its spelling"
    shown = "…" if fault["loc"][-1] in SECRETS else repr(fault["input"])
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {where} = {shown} cannot be used: {reason[:1].lower()}{reason[1:]}"


def _check_together(configuration: Configuration, path: Path) -> None:
    if configuration.mail.mode == "smtp" and not configuration.mail.host:
        raise UnusableSettings(f'{path}: mail.mode is "smtp" but mail.host is empty; name the SMTP server there.')
    sms = configuration.sms
    missing = [name for name in ("account_sid", "auth_token", "sender") if not getattr(sms, name)]
    if sms.mode == "twilio" and missing:
        raise UnusableSettings(f'{path}: sms.mode is "twilio" but sms.{missing[0]} is empty; name it there.')
    if configuration.post.mode == "lob" and not configuration.post.api_key:
        raise UnusableSettings(f'{path}: post.mode is "lob" but post.api_key is empty; set GOODTERMS_LOB_KEY.')
    if configuration.inbox.mode == "imap" and not (configuration.inbox.host and configuration.inbox.username):
        raise UnusableSettings(
            f'{path}: inbox.mode is "imap" but inbox.host or inbox.username is empty; name the server and the mailbox.'
        )
    if configuration.secret_key and len(configuration.secret_key) < SHORTEST_SECRET:
        raise UnusableSettings(
            f"The secret key has fewer than {SHORTEST_SECRET} characters; use a longer random one, or none: "
            "goodterms then makes its own."
        )
    if configuration.database_url:
        database_from_url(configuration.database_url)


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL address such as ``postgresql://user:word@host:5432/name``.

    Raises UnusableSettings for any other address; the message never repeats the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise UnusableSettings(
            f"DATABASE_URL begins with {parts.scheme!r}; only postgresql://user:password@host:port/name is understood. "
            "Leave it out to use the SQLite file in GOODTERMS_HOME."
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "goodterms",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": _port(url) or query.pop("port", ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _port(url: str) -> str:
    try:
        return str(urlsplit(url).port or "")
    except ValueError:
        raise UnusableSettings("DATABASE_URL: the port after the host must be a number, such as 5432.") from None


def sqlite_database(path: Path) -> dict[str, Any]:
    """Django's settings for the embedded database: WAL, immediate transactions, foreign keys on."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
            ),
        },
        "TEST": {"NAME": str(path.with_name("test-" + path.name))},
    }


def read_secret(configuration: Configuration) -> str:
    """The key that signs links and sessions; made on first use, kept in GOODTERMS_HOME, readable by its owner.

    Of two processes that start at once one makes it and both use it. Raises UnusableSettings when the folder
    cannot be written.
    """
    if configuration.secret_key:
        return configuration.secret_key
    path = configuration.home / SECRET_FILE
    try:
        if not path.exists():
            _make_secret(path)
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise UnusableFolder(configuration.home, error) from None


def _make_secret(path: Path) -> None:
    """Write a new secret beside and link it into place: a reader sees all of it or nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        Path(beside).unlink()


@cache
def configuration() -> Configuration:
    """The configuration of this process."""
    return read_configuration(dict(os.environ))
