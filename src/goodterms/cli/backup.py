"""Backing an installation up and restoring it."""

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from goodterms.cli.context import FormatOption, current_moment, open_installation
from goodterms.cli.printing import Format, print_json, say
from goodterms.core.refusal import Refusal
from goodterms.flows.backup_installation import (
    Manifest,
    backup_installation,
    read_pause,
    restore_installation,
    resume,
)
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import BrokenLink, verify_chain

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="Such as goodterms-2026-03-31.tar.gz.")]


class ChainBroken(Refusal):
    """The record of what was sent does not hold together."""

    def __init__(self, slug: str, broken: BrokenLink) -> None:
        super().__init__(
            f"Restored, but the record of sent messages of {slug} is broken at message {broken.position}: "
            f"{broken.fault}. Compare it with another backup before you rely on it."
        )


def backup(file: BackupFile, format: FormatOption = Format.TABLE) -> None:
    """Copy database, settings and messages into one file, while everything goes on."""
    open_installation()
    manifest = backup_installation(settings.CONFIGURATION.home, file.resolve(), current_moment())
    if format is Format.JSON:
        print_json({"file": file.resolve(), **_described(manifest)})
        return
    say(f"Backed up {len(manifest.files)} files ({manifest.bytes / 1e6:,.1f} MB) to {file}. Keep it as you keep keys.")


def restore(file: BackupFile, format: FormatOption = Format.TABLE) -> None:
    """Fill an empty GOODTERMS_HOME from a backup."""
    home = settings.CONFIGURATION.home
    manifest = restore_installation(file.resolve(), home, current_moment())
    open_installation()
    checked = _verify_chains()
    if format is Format.JSON:
        print_json({"home": home, **_described(manifest), "messages_verified": checked})
        return
    say(f"Restored the backup of {manifest.made_at} into {home}; the record of {checked} sent messages holds.")
    say(
        "Messages sent after that moment are not known here, so the worker hands nothing to a mail server "
        "until you run: goodterms resume"
    )


def resume_sending() -> None:
    """Let the worker hand over again after a restore, once you know what was sent since the backup."""
    open_installation()
    made_at = read_pause(settings.CONFIGURATION.home)
    resume(settings.CONFIGURATION.home)
    say("The worker hands over again." if made_at else "Nothing was paused.")


def _described(manifest: Manifest) -> dict[str, object]:
    return {
        "made_at": manifest.made_at,
        "goodterms": manifest.goodterms,
        "database": manifest.database,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
    }


def _verify_chains() -> int:
    """Check every organisation's chain; the number of messages checked. Raises ChainBroken."""
    checked = 0
    for organisation in Organisation.objects.order_by("pk"):
        verdict = verify_chain(organisation.pk)
        if verdict.broken:
            raise ChainBroken(organisation.slug, verdict.broken)
        checked += verdict.checked
    return checked
