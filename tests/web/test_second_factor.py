"""A second factor: codes from an app, recovery codes, and what they ask of a person."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from goodterms.web.accounts import SecondFactorAdapter
from tests.web.test_accounts import PASSWORD, sign_in
from tests.web.world import World

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _no_attempts_yet(settings: Settings) -> Iterator[None]:
    """No attempts before, and a code that holds however slow the machine is."""
    settings.MFA_TOTP_TOLERANCE = 1
    cache.clear()
    yield
    cache.clear()


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1])))


def confirmed(world: World) -> Client:
    """The owner's browser, in which the password was just given once more."""
    client = Client()
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_an_app_is_set_up_and_its_code_is_asked_for(world: World) -> None:
    client = confirmed(world)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = client.session["mfa.totp.secret"]
    assert secret in page
    assert "data:image/svg+xml;base64," in page
    assert "Incorrect code" in client.post(reverse("mfa_activate_totp"), {"code": "000000"}).content.decode()
    client.get(reverse("mfa_activate_totp"))
    code = code_of(client.session["mfa.totp.secret"])
    done = client.post(reverse("mfa_activate_totp"), {"code": code})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    assert len(re.findall(r"<code>\d+</code>", client.get(done["Location"]).content.decode())) == 10

    fresh = Client()
    assert sign_in(fresh) == 302
    assert "_auth_user_id" not in fresh.session, "the password alone opens nothing"
    assert fresh.get(reverse("today", args=[world.ours.slug])).status_code == 302


def test_the_second_step_takes_the_apps_code_or_a_recovery_code_once(world: World) -> None:
    TOTP.activate(world.people["owner"], SECRET)
    client = Client()
    sign_in(client)
    assert client.get(reverse("mfa_authenticate")).status_code == 200
    assert "Incorrect code" in client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    code = code_of(SECRET)
    assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/"
    assert client.get(reverse("today", args=[world.ours.slug])).status_code == 200
    again = Client()
    sign_in(again)
    assert "Incorrect code" in again.post(reverse("mfa_authenticate"), {"code": code}).content.decode()


def test_guessing_codes_is_stopped(world: World) -> None:
    TOTP.activate(world.people["owner"], SECRET)
    client = Client()
    sign_in(client)
    for number in range(5):
        client.post(reverse("mfa_authenticate"), {"code": f"00000{number}"})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert "_auth_user_id" not in client.session
    assert "Too many" in answer.content.decode()


def test_whoever_finds_a_browser_open_cannot_take_the_second_factor_away(world: World) -> None:
    TOTP.activate(world.people["owner"], SECRET)
    client = world.client("owner")
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(type="totp").exists()


def test_secrets_are_kept_encrypted_and_another_key_opens_nothing(world: World, settings: Settings) -> None:
    TOTP.activate(world.people["owner"], SECRET)
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert SECRET not in kept
    assert SecondFactorAdapter().decrypt(kept) == SECRET
    settings.SECRET_KEY = "another one, at least as long as the first, and random"
    wrong = SecondFactorAdapter().decrypt(kept)
    assert wrong not in ("", SECRET)
    assert wrong != SecondFactorAdapter().decrypt(kept), "nobody can foresee it"


def test_passkeys_are_offered_where_browsers_take_them(world: World) -> None:
    client = world.client("owner")
    at = reverse("mfa_index")
    assert "Add a passkey" in client.get(at, headers={"host": "localhost:8040"}).content.decode()
    number = client.get(at, headers={"host": "127.0.0.1:8040"}).content.decode()
    assert "Add a passkey" not in number
    assert "http://localhost only" in number


def test_a_second_factor_is_its_owners_alone(world: World) -> None:
    TOTP.activate(world.people["owner"], SECRET)
    assert "Set up" in world.client("manager").get(reverse("mfa_index")).content.decode()
    assert world.client("manager").get(reverse("mfa_deactivate_totp")).status_code == 404
