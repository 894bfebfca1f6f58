"""The console command: checks the settings, starts Django, and hands over to the command line."""

import os
import sys

from goodterms.project.configuration import ConfigurationError, configuration


def main() -> None:
    """Entry point of ``goodterms``."""
    try:
        configuration()
    except ConfigurationError as error:
        sys.stderr.write(f"goodterms cannot start: {error}\n")
        raise SystemExit(2) from None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodterms.project.settings")
    import django

    django.setup()
    from goodterms.cli.commands import app

    app()
