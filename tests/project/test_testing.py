"""A test session works in a folder of its own and never in the user's installation."""

from pathlib import Path

from django.conf import settings


def test_the_session_has_a_folder_of_its_own() -> None:
    assert settings.CONFIGURATION.home.name.startswith("goodterms-tests-")
    assert settings.CONFIGURATION.home != Path("~/.goodterms").expanduser()
