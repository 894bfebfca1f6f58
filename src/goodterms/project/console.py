"""The console command: checks the settings, starts Django, and hands over to the command line."""

import os
import sys

from goodterms.project.configuration import UnusableSettings, configuration

CANNOT_START = 2


def main() -> None:
    """Entry point of ``goodterms``; settings that cannot be used end it with one sentence and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodterms.project.settings")
    try:
        configuration()
        _start_django()
    except UnusableSettings as refusal:
        sys.stderr.write(f"goodterms cannot start: {refusal}\n")
        raise SystemExit(CANNOT_START) from None
    from goodterms.cli.commands import app

    app()


def _start_django() -> None:
    import django

    django.setup()
