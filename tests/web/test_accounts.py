"""Signing in, new passwords, sessions: what guards an account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.mail import EmailMessage, send_mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from goodterms.organizations.models import User
from tests.web.world import World

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str = PASSWORD, email: str = "owner@supplies.example") -> int:
    return client.post(reverse("account_login"), {"login": email, "password": password}).status_code


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.body))
    assert found, mail.body
    return found.group(1)


def test_guessing_a_password_is_stopped_even_for_the_right_one(world: World) -> None:
    client = Client()
    for number in range(5):
        assert sign_in(client, f"wrong {number}") == 200
    answer = client.post(reverse("account_login"), {"login": "owner@supplies.example", "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_wrong_address_and_a_wrong_password_are_answered_alike(world: World) -> None:
    pages = [
        Client().post(reverse("account_login"), {"login": login, "password": "wrong"}).content.decode()
        for login in ("owner@supplies.example", "nobody@supplies.example")
    ]
    said = [re.findall(r'role="alert">([^<]+)', page)[0] for page in pages]
    assert said[0] == said[1]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    world: World, mailoutbox: list[EmailMessage]
) -> None:
    before = world.client("owner")
    client = Client()
    asked = client.post(reverse("account_reset_password"), {"email": "owner@supplies.example"})
    assert asked["Location"] == reverse("account_reset_password_done")
    link = link_in(mailoutbox[0])
    assert mailoutbox[0].to == ["owner@supplies.example"]
    form = client.get(link, follow=True)
    assert "set-password" in form.redirect_chain[-1][0]
    new = {"password1": "a sentence of my own", "password2": "a sentence of my own"}
    done = client.post(form.redirect_chain[-1][0], new)
    assert done["Location"] == reverse("account_reset_password_from_key_done")
    assert sign_in(Client(), "a sentence of my own") == 302
    assert before.get(reverse("mfa_index")).status_code == 302, "whoever was signed in is signed out"
    assert "used already" in Client().get(link, follow=True).content.decode()


def test_a_link_for_a_new_password_grows_old(world: World, mailoutbox: list[EmailMessage], settings: Settings) -> None:
    Client().post(reverse("account_reset_password"), {"email": "owner@supplies.example"})
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "too old" in Client().get(link_in(mailoutbox[0]), follow=True).content.decode()


def test_nobody_learns_which_addresses_have_an_account(world: World, mailoutbox: list[EmailMessage]) -> None:
    answer = Client().post(reverse("account_reset_password"), {"email": "nobody@supplies.example"})
    assert answer["Location"] == reverse("account_reset_password_done")
    assert mailoutbox == []


def test_a_short_or_common_password_is_refused(world: World) -> None:
    client = Client()
    sign_in(client)
    for weak, why in (("short", "at least 10"), ("password1234", "too common"), ("48151623421", "entirely numeric")):
        data = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
        assert why in client.post(reverse("account_change_password"), data).content.decode()
    assert User.objects.get(email="owner@supplies.example").check_password(PASSWORD)


def test_a_changed_password_is_told_to_its_owner(world: World, mailoutbox: list[EmailMessage]) -> None:
    client = Client()
    sign_in(client)
    data = {"oldpassword": PASSWORD, "password1": "a sentence of my own", "password2": "a sentence of my own"}
    assert client.post(reverse("account_change_password"), data).status_code == 302
    assert "something about your account was changed" in mailoutbox[0].body
    assert "Your password has been changed." in mailoutbox[0].body
    assert client.get(reverse("mfa_index")).status_code == 200, "this device stays signed in"


def test_a_session_is_listed_and_ended_from_elsewhere(world: World) -> None:
    here, there = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": "Phone Safari/1 iPhone"})
    sign_in(here)
    sign_in(there)
    page = here.get(reverse("mfa_index")).content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    other = UserSession.objects.get(user_agent__contains="iPhone")
    here.post(reverse("account-session-end", args=[other.pk]))
    assert there.get(reverse("mfa_index")).status_code == 302
    assert here.get(reverse("mfa_index")).status_code == 200


def test_every_other_session_is_ended_at_once(world: World) -> None:
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    here.post(reverse("account-sessions-end-others"))
    assert there.get(reverse("mfa_index")).status_code == 302
    assert here.get(reverse("mfa_index")).status_code == 200


def test_nobody_ends_the_session_of_somebody_else(world: World) -> None:
    owner = Client()
    sign_in(owner)
    session = UserSession.objects.get(user=world.people["owner"])
    assert world.client("manager").post(reverse("account-session-end", args=[session.pk])).status_code == 404
    assert owner.get(reverse("mfa_index")).status_code == 200


def test_the_letters_of_accounts_leave_as_messages_do(settings: Settings, tmp_path: Path) -> None:
    """By default into a folder of the installation, each as a file that mail programs show."""
    settings.EMAIL_BACKEND = "goodterms.channels.account_mail.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "accounts"
    send_mail("Subject", "Words", None, ["owner@supplies.example"])
    (file,) = settings.EMAIL_FILE_PATH.glob("*.eml")
    assert b"To: owner@supplies.example" in file.read_bytes()
