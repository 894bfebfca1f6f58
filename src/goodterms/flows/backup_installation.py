"""An installation is copied into one archive, and an empty one is filled from it."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO

from django.db import connection

from goodterms.core.refusal import Refusal
from goodterms.database.copying import (
    applied_migrations,
    dump_database,
    is_empty_database,
    load_database,
    unknown_migrations,
)

ARCHIVE_FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
KEPT_FILES = ("settings.toml", "secret.key")
KEPT_FOLDERS = ("outbox", "media")
PAUSE_FILE = "paused-after-restore.json"
# Starting the program makes these; whether the database holds anything is asked of itself.
HARMLESS_IN_EMPTY_HOME = ("secret.key", "migrate.lock", "goodterms.sqlite3")
CHUNK_BYTES = 1024 * 1024


class BackupExists(Refusal):
    """The backup's file is there already."""

    def __init__(self, target: Path) -> None:
        super().__init__(f"{target} is there already and is not overwritten; name another file.")


class UnusableBackup(Refusal):
    """A file is not a whole, unchanged backup of a version we know."""


class NotEmpty(Refusal):
    """A backup is restored into an empty installation only."""


@dataclass(frozen=True)
class KeptFile:
    """One file of the archive."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What an archive holds, written into it as its last member."""

    format: int
    goodterms: str
    made_at: str
    database: str
    migrations: list[str]
    files: dict[str, KeptFile]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())


def backup_installation(home: Path, target: Path, now: datetime) -> Manifest:
    """Write database, settings, secret and message folders into the tar.gz file ``target``.

    Safe while the worker writes: the database is copied as of one moment, and it is copied before the folders, so
    that every file it speaks of is there. The file appears under its name only when it is whole.
    Raises BackupExists, CopyRefused, ToolMissing, or UnusableBackup when it cannot be written.
    """
    if target.exists():
        raise BackupExists(target)
    beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with _private_file(beside) as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
            manifest = _write_archive(archive, home, now)
        beside.rename(target)
    except OSError as error:
        raise UnusableBackup(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)
    return manifest


@contextmanager
def _private_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner reads: the archive holds the secret and every customer."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _write_archive(archive: tarfile.TarFile, home: Path, now: datetime) -> Manifest:
    files: dict[str, KeptFile] = {}
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=home) as staging:
        dumped = Path(staging) / DATABASE
        migrations = applied_migrations()
        dump_database(dumped)
        files[DATABASE] = _add(archive, DATABASE, dumped)
    for name, path in _kept_files(home):
        files[name] = _add(archive, name, path)
    manifest = Manifest(ARCHIVE_FORMAT, version("goodterms"), now.isoformat(), connection.vendor, migrations, files)
    content = json.dumps(asdict(manifest), indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode, member.mtime = len(content), 0o600, int(now.timestamp())
    archive.addfile(member, io.BytesIO(content))
    return manifest


def _kept_files(home: Path) -> Iterator[tuple[str, Path]]:
    for name in KEPT_FILES:
        if (home / name).is_file():
            yield name, home / name
    for folder in KEPT_FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(home).as_posix(), path


def _add(archive: tarfile.TarFile, name: str, path: Path) -> KeptFile:
    """Add a file of the length it has now, and hash exactly the bytes that went in."""
    with path.open("rb") as file:
        member = archive.gettarinfo(arcname=name, fileobj=file)
        member.mode, member.uname, member.gname, member.uid, member.gid = 0o600, "", "", 0, 0
        reader = _Hashing(file)
        archive.addfile(member, reader)
    return KeptFile(reader.sha256.hexdigest(), member.size)


class _Hashing(io.RawIOBase):
    """Reads a file and keeps the hash of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self.file.read(size)
        self.sha256.update(content)
        return content


def read_backup(source: Path, folder: Path) -> Manifest:
    """Unpack an archive into ``folder`` and check every file against the manifest; raises UnusableBackup."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            found = {member.name: _unpack(archive, member, folder) for member in archive}
        manifest = _read_manifest(folder / MANIFEST)
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise UnusableBackup(f"{source} is not a whole goodterms backup ({error}). Use another file.") from error
    found.pop(MANIFEST)
    changed = [name for name, kept in manifest.files.items() if found.get(name) != kept]
    changed += sorted(found.keys() - manifest.files.keys())
    if changed:
        raise UnusableBackup(f"{source} was damaged or changed: {', '.join(changed[:3])}. Use another backup.")
    return manifest


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> KeptFile:
    """Write one plain file below ``folder``; anything else has no place in a backup."""
    path = PurePosixPath(member.name)
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"it holds {member.name!r}")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256, size = hashlib.sha256(), 0
    with content, target.open("wb") as file:
        target.chmod(0o600)
        while chunk := content.read(CHUNK_BYTES):
            sha256.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return KeptFile(sha256.hexdigest(), size)


def _read_manifest(path: Path) -> Manifest:
    given = json.loads(path.read_text("utf-8"))
    if given["format"] != ARCHIVE_FORMAT:
        raise ValueError(f"format {given['format']}, this version reads {ARCHIVE_FORMAT}")
    given["files"] = {name: KeptFile(**file) for name, file in given["files"].items()}
    return Manifest(**given)


def restore_installation(source: Path, home: Path, now: datetime) -> Manifest:
    """Fill an empty installation from an archive; nothing is touched unless the archive is whole and fits.

    Leaves a mark (PAUSE_FILE) that keeps the worker from handing messages to a mail server until a person says so:
    what was sent after the backup was made is not known here. Raises UnusableBackup, NotEmpty, CopyRefused or
    ToolMissing.
    """
    _check_empty(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as staging:
        folder = Path(staging)
        manifest = read_backup(source, folder)
        _check_fits(manifest, source)
        (folder / DATABASE).chmod(0o644)
        load_database(folder / DATABASE)
        for name in manifest.files.keys() - {DATABASE}:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder / name, home / name)
    pause = {"restored_at": now.isoformat(), "backup_made_at": manifest.made_at}
    (home / PAUSE_FILE).write_text(json.dumps(pause), "utf-8")
    return manifest


def _check_empty(home: Path) -> None:
    there = sorted(path.name for path in home.iterdir()) if home.exists() else []
    in_the_way = [name for name in there if not name.startswith((".", *HARMLESS_IN_EMPTY_HOME))]
    if in_the_way:
        raise NotEmpty(
            f"{home} is not empty ({', '.join(in_the_way[:4])}): a backup is restored into an empty folder only. "
            "Name a new one with GOODTERMS_HOME."
        )
    if not is_empty_database():
        raise NotEmpty(
            "The database has tables already; a backup needs an empty one. Name a new folder with GOODTERMS_HOME, "
            "or, with DATABASE_URL, a new database."
        )


def _check_fits(manifest: Manifest, source: Path) -> None:
    if manifest.database != connection.vendor:
        needed = "unset DATABASE_URL" if manifest.database == "sqlite" else "name an empty database with DATABASE_URL"
        raise UnusableBackup(f"{source} holds a {manifest.database} database: {needed}, then restore again.")
    if newer := unknown_migrations(manifest.migrations):
        raise UnusableBackup(
            f"{source} was made by goodterms {manifest.goodterms}, which is newer than this one ({newer[0]} is not "
            "known here). Update goodterms, then restore again."
        )


def read_pause(home: Path) -> str:
    """When the backup was made that this installation was restored from and not resumed since; empty otherwise."""
    try:
        return str(json.loads((home / PAUSE_FILE).read_text("utf-8"))["backup_made_at"])
    except FileNotFoundError:
        return ""


def resume(home: Path) -> None:
    """A person has looked: the worker may hand over again."""
    (home / PAUSE_FILE).unlink(missing_ok=True)
