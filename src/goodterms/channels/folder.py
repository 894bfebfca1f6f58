"""Messages into folders: e-mail as .eml files, which every mail program can show; nothing leaves the machine."""

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

from goodterms.channels.email import CONTENT_TYPE, prepare_email
from goodterms.channels.port import Parcel, Receipt, Unavailable
from goodterms.messages.message import Message
from goodterms.outbox.keys import key_parts

NAMED_PARTS = ("customer_id", "cycle", "step", "occurrence")


class FolderWriter:
    """Writes files whole or not at all, each under a name made from an effect's key: again is the same file.

    The bytes are written aside, brought onto the disk and renamed: a reader (and a power cut) sees all or nothing.
    """

    def __init__(self, folder: Path, ending: str) -> None:
        self._folder = folder
        self._ending = ending

    def open(self) -> None:
        """Make the folder; raises Unavailable."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, effect_key: str, content: bytes) -> Path:
        """Write the effect's file; raises Unavailable, with nothing written."""
        self.open()
        path = self._folder / file_name(effect_key, self._ending)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write_to_disk(aside, content)
        except OSError as error:
            raise self._unwritable(error) from error
        aside.replace(path)
        _bring_to_disk(self._folder)
        return path

    def receive(self, effect_key: str, content: bytes) -> Receipt:
        """The same, with a receipt that names the file below the installation's folder: where that is, is nobody's
        business who reads the record.
        """
        path = self.write(effect_key, content)
        return Receipt(f"written to {path.parent.name}/{path.name}")

    def _unwritable(self, error: OSError) -> Unavailable:
        return Unavailable(f"The folder {self._folder} cannot be written to: {error}.", is_whole=True)


class FilesChannel:
    """What every channel into a folder has in common: one file per effect, and handed over again it is the same file.

    A channel of this kind names its ``content_type`` and ``ending``, how it is called, and prepares its messages.
    """

    content_type: str
    ending: str
    called: str
    retry_is_safe = True
    leaves_machine = False

    def __init__(self, folder: Path, name: str = "") -> None:
        self.name = name or self.called
        self._writer = FolderWriter(folder, self.ending)

    def open(self) -> None:
        self._writer.open()

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        return self._writer.receive(effect_key, parcel.content)

    def close(self) -> None:
        """Nothing is kept open."""


class FolderChannel(FilesChannel):
    """E-mails, each as a file that mail programs show."""

    content_type, ending, called = CONTENT_TYPE, ".eml", "folder"

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_email(effect_key, message, now, replies_to)


def file_name(effect_key: str, ending: str = ".eml") -> str:
    """The name of an effect's file: what a person looks for, then a hash that belongs to this key alone."""
    parts = key_parts(effect_key)
    words = "-".join(parts[name] for name in NAMED_PARTS) if parts else ""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", words)[:80].strip("-")
    sha256 = hashlib.sha256(effect_key.encode()).hexdigest()[:20]
    return f"{readable}-{sha256}{ending}" if readable else f"{sha256}{ending}"


def _write_to_disk(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _bring_to_disk(folder: Path) -> None:
    """Make a rename in the folder outlive a power cut (POSIX; elsewhere renames are written through)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
