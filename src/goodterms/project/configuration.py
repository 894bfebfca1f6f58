"""The installation's settings: read and checked once, from GOODTERMS_HOME/settings.toml and the environment."""

import os
import secrets
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SETTINGS_FILE = "settings.toml"
SECRET_FILE = "secret.key"


class ConfigurationError(Exception):
    """The settings cannot be used; the message says what, where and how to mend it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Strict):
    """Where the pages are served."""

    host: str = "127.0.0.1"
    port: int = Field(8040, ge=1, le=65535)
    public_address: str = Field("", description="The address customers and colleagues see, https://…")


class MailSettings(_Strict):
    """How e-mail leaves: into a folder (default) or through an SMTP server."""

    mode: Literal["folder", "smtp"] = "folder"
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    timeout_seconds: float = Field(30, gt=0, le=300)


class WorkerSettings(_Strict):
    """How the background worker behaves."""

    run_hour: int = Field(6, ge=0, le=23, description="Hour of the day's run, organisation-local.")
    batch: int = Field(50, ge=1, le=1000, description="Effects claimed at once.")
    lease_seconds: int = Field(300, ge=10, le=3600)


class Configuration(_Strict):
    """Every setting of an installation."""

    home: Path
    database_url: str = ""
    secret_key: str = ""
    debug: bool = False
    server: ServerSettings = ServerSettings()
    mail: MailSettings = MailSettings()
    worker: WorkerSettings = WorkerSettings()

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
    """Read settings.toml and the environment; raises ConfigurationError with a sentence per fault."""
    home = home_folder(environment)
    path = home / SETTINGS_FILE
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} is not valid TOML: {error}. Mend or remove that line.") from error
    values["home"] = home
    if environment.get("DATABASE_URL"):
        values["database_url"] = environment["DATABASE_URL"]
    if environment.get("GOODTERMS_SMTP_PASSWORD"):
        values.setdefault("mail", {})["password"] = environment["GOODTERMS_SMTP_PASSWORD"]
    if environment.get("GOODTERMS_DEBUG") == "1":
        values["debug"] = True
    try:
        configuration = Configuration(**values)
    except ValidationError as error:
        faults = "; ".join(_describe(fault, path) for fault in error.errors())
        raise ConfigurationError(faults) from error
    _check_together(configuration, path)
    return configuration


def _describe(fault: Any, path: Path) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{path}: there is no setting called {where}; remove it or correct its spelling"
    return f"{path}: {where} = {fault['input']!r} cannot be used: {fault['msg']}"


def _check_together(configuration: Configuration, path: Path) -> None:
    if configuration.mail.mode == "smtp" and not configuration.mail.host:
        raise ConfigurationError(f'{path}: mail.mode is "smtp" but mail.host is empty; name the SMTP server there.')
    if configuration.database_url:
        database_from_url(configuration.database_url)


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL address such as ``postgresql://user:word@host:5432/name``."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ConfigurationError(
            f"DATABASE_URL begins with {parts.scheme!r}; only postgresql://user:password@host:port/name is understood. "
            "Leave it out to use the SQLite file in GOODTERMS_HOME."
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "goodterms",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", "") or parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "") or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


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
    """The key that signs links and sessions; made on first use, kept in GOODTERMS_HOME, readable by its owner."""
    if configuration.secret_key:
        return configuration.secret_key
    path = configuration.home / SECRET_FILE
    if path.exists():
        return path.read_text("utf-8").strip()
    configuration.home.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(50)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
    return secret


@cache
def configuration() -> Configuration:
    """The configuration of this process."""
    return read_configuration(dict(os.environ))
