"""Setting up an organisation and the people who may sign in."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from goodterms.organizations.models import Change, Membership, Organisation, User
from tests.cli.conftest import Run
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db(transaction=True)

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def test_without_an_organisation_a_command_says_how_to_get_one(run: Run) -> None:
    answer = run("organisation", "show")
    assert answer.exit_code == 1
    assert answer.output == ""
    assert "goodterms import my.csv" in answer.errors
    assert len(answer.errors.strip().splitlines()) == 1


def test_setting_something_in_an_empty_installation_makes_the_organisation(run: Run) -> None:
    answer = run("organisation", "set", "--name", "Example Ltd", "--country", "de")
    assert answer.exit_code == 0
    made = Organisation.objects.get()
    assert (made.slug, made.country, made.language) == ("example-ltd", "DE", "de")
    assert (made.timezone, made.currency) == ("Europe/Berlin", "EUR")


def test_a_change_is_kept_and_every_gate_sees_it(run: Run) -> None:
    organisation = make_organisation(facts_version=7)
    assert run("organisation", "set", "--iban", "gb33 bukb 2020 1555 5555 55", "--test-mode").exit_code == 0
    organisation.refresh_from_db()
    assert organisation.iban == "GB33BUKB20201555555555"
    assert organisation.is_test_mode
    assert organisation.facts_version > 7


@pytest.mark.parametrize(
    ("option", "value", "part"),
    [
        ("--iban", "GB34BUKB20201555555555", "not a valid IBAN"),
        ("--bic", "BUKB", "not a valid BIC"),
        ("--country", "Ruritania", "two letters"),
        ("--currency", "EURO", "three letters"),
        ("--timezone", "London", "Europe/London"),
        ("--language", "klingonish", "not a language code"),
        ("--sender-email", "accounts.example.com", "not an e-mail address"),
        ("--sender-phone", "12", "telephone number"),
        ("--payment-link", "pay.example.com", "https://"),
        ("--name", " ", "cannot be empty"),
        ("--logo", "/nowhere/logo.png", "cannot be read"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_an_example(run: Run, option: str, value: str, part: str) -> None:
    before = make_organisation()
    answer = run("organisation", "set", option, value)
    assert answer.exit_code == 1
    assert part in answer.errors
    assert Organisation.objects.values().get() == Organisation.objects.filter(pk=before.pk).values().get()
    assert Organisation.objects.get().facts_version == before.facts_version


def test_a_particular_can_be_emptied(run: Run) -> None:
    make_organisation()
    run("organisation", "set", "--bic", "")
    assert Organisation.objects.get().bic == ""


def test_a_logo_that_mail_programs_show_is_kept(run: Run, home: Path) -> None:
    make_organisation()
    (home / "logo.png").write_bytes(PNG)
    run("organisation", "set", "--logo", home / "logo.png")
    assert run("organisation", "show", "--format", "json").json["logo"] == {"type": "image/png", "bytes": len(PNG)}


def test_a_logo_of_another_kind_is_refused(run: Run, home: Path) -> None:
    make_organisation()
    (home / "logo.svg").write_text("<svg/>")
    assert "PNG, JPEG or GIF" in run("organisation", "set", "--logo", home / "logo.svg").errors


def test_with_several_organisations_a_command_asks_which(run: Run) -> None:
    make_organisation()
    assert run("organisation", "add", "Second Example", "--country", "GB").exit_code == 0
    answer = run("organisation", "show")
    assert answer.exit_code == 1
    assert "second-example" in answer.errors
    assert run("organisation", "show", "--organisation", "second-example").exit_code == 0
    assert "no organisation called 'third'" in run("organisation", "show", "--organisation", "third").errors


def test_organisations_of_the_same_name_get_different_short_names(run: Run) -> None:
    for _ in range(2):
        run("organisation", "add", "Example Ltd", "--country", "GB")
    rows = run("organisation", "list", "--format", "json").json
    assert [row["slug"] for row in rows] == ["example-ltd", "example-ltd-2"]


def test_a_country_with_several_time_zones_is_asked_for_its_zone(run: Run) -> None:
    assert "America/New_York" in run("organisation", "add", "Example", "--country", "US").errors
    added = run("organisation", "add", "Example", "--country", "US", "--timezone", "America/Chicago")
    assert added.exit_code == 0
    assert Organisation.objects.get().currency == "USD"


def test_the_policy_is_shown_with_what_is_the_organisations_own(run: Run) -> None:
    make_organisation(facts_version=3)
    assert run("organisation", "policy", "gap_days=5", "interest.enabled=true").exit_code == 0
    organisation = Organisation.objects.get()
    assert organisation.policy == {"gap_days": 5, "interest": {"enabled": True}}
    assert organisation.facts_version == 4
    rows = {row["key"]: row for row in run("organisation", "policy", "--format", "json").json}
    assert (rows["gap_days"]["value"], rows["gap_days"]["is_own"]) == (5, True)
    assert rows["grace_days"]["is_own"] is False
    assert "Least days between two contacts" in run("organisation", "policy").output


def test_a_policy_value_is_taken_back_by_leaving_it_empty(run: Run) -> None:
    make_organisation(policy={"gap_days": 5, "interest": {"enabled": True}})
    run("organisation", "policy", "gap_days=", "interest.enabled=")
    assert Organisation.objects.get().policy == {}


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ("gap_day=5", "no setting called gap_day"),
        ("gap_days=often", "gap_days"),
        ("gap_days", "KEY=VALUE"),
        ("minimum_balance_minor.euro=5", "minimum_balance_minor"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_and_changes_nothing(run: Run, setting: str, part: str) -> None:
    make_organisation()
    answer = run("organisation", "policy", setting)
    assert answer.exit_code == 1
    assert part in answer.errors
    assert Organisation.objects.get().policy == {}


def test_a_person_is_given_an_account_and_a_role(run: Run) -> None:
    organisation = make_organisation()
    answer = run("user", "add", "ann@example.com", "--password", "correct horse", "--role", "viewer")
    assert answer.exit_code == 0
    user = User.objects.get()
    assert user.check_password("correct horse")
    assert Membership.objects.get(user=user, organisation=organisation).role == "viewer"
    assert run("user", "list", "--format", "json").json == [
        {"email": "ann@example.com", "roles": ["viewer of example-supplies"]}
    ]


def test_a_password_is_asked_for_and_can_be_set_anew(run: Run) -> None:
    make_organisation()
    assert run("user", "add", "ann@example.com", input="correct horse\ncorrect horse\n").exit_code == 0
    assert run("user", "password", "ann@example.com", "--password", "battery staple").exit_code == 0
    assert User.objects.get().check_password("battery staple")


def test_a_weak_password_and_an_unknown_person_are_refused(run: Run) -> None:
    make_organisation()
    assert "at least 10" in run("user", "add", "ann@example.com", "--password", "short").errors
    assert "Nobody has an account" in run("user", "password", "bob@example.com", "--password", "battery staple").errors
    assert not User.objects.exists()


def test_who_lost_phone_and_codes_gets_in_by_the_password_again(run: Run) -> None:
    organisation = make_organisation()
    assert run("user", "add", "ann@example.com", "--password", "battery staple").exit_code == 0
    assert "has no second factor" in run("user", "remove-second-factor", "ann@example.com").errors
    Authenticator.objects.create(user=User.objects.get(), type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert run("user", "remove-second-factor", "ann@example.com").exit_code == 0
    assert not Authenticator.objects.exists()
    change = Change.objects.filter(organisation=organisation).latest("pk")
    assert (change.before, change.after) == ({"second_factor": ["totp"]}, {"second_factor": []})
