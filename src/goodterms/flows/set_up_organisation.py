"""An organisation is set up or changes its particulars; an account is given to a person."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from goodterms.core.refusal import Refusal
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Membership, Organisation, User
from goodterms.organizations.values import check_email, check_logo, checked, of_country

FALLBACK_LANGUAGE = "en"
LONGEST_SLUG = 50


class TimezoneUnknown(Refusal):
    """A country has several time zones and none was named."""

    def __init__(self, country: str) -> None:
        super().__init__(
            f"{country} has several time zones: name the organisation's own, for example --timezone America/New_York."
        )


class UnknownPerson(Refusal):
    """Nobody has an account under this address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"Nobody has an account under {email}. Make one: goodterms user add {email}")


class WeakPassword(Refusal):
    """A password is too short, too common or too much like the person's own address."""

    def __init__(self, faults: ValidationError) -> None:
        super().__init__(" ".join(faults.messages))


@transaction.atomic
def create_organisation(values: Mapping[str, str], now: datetime) -> Organisation:
    """A new organisation from its particulars by field name; ``name`` and ``country`` are needed.

    Language, time zone and currency follow from the country where they are not given. Raises UnusableValue for a
    value that cannot be used and TimezoneUnknown for a country with several zones.
    """
    particulars = {name: value for name, value in values.items() if value}
    country = checked({"country": particulars["country"]})["country"]
    particulars = {"language": FALLBACK_LANGUAGE, **of_country(country), **particulars}
    if "timezone" not in particulars:
        raise TimezoneUnknown(country)
    particulars = checked(particulars)
    return Organisation.objects.create(slug=_free_slug(particulars["name"]), created_at=now, **particulars)


@transaction.atomic
def change_organisation(organisation_id: int, values: Mapping[str, str], *, actor: str, now: datetime) -> Organisation:
    """Change particulars by field name (an empty value clears one) and let every customer's gate see it.

    Raises UnusableValue, and changes nothing, when one of the values cannot be used.
    """
    country = Organisation.objects.values_list("country", flat=True).get(pk=organisation_id)
    changes = checked({"country": country, **values})
    return _save(organisation_id, changes, "Organisation", actor, now)


@transaction.atomic
def change_logo(organisation_id: int, content: bytes, *, actor: str, now: datetime) -> Organisation:
    """Set the logo of messages (PNG, JPEG or GIF up to 512 KB); empty content removes it. Raises UnusableValue."""
    kind = check_logo(content) if content else ""
    return _save(organisation_id, {"logo": content or None, "logo_type": kind}, "Logo", actor, now)


@transaction.atomic
def change_test_mode(organisation_id: int, is_test_mode: bool, *, actor: str, now: datetime) -> Organisation:
    """Switch the mode in which everything is decided and nothing leaves."""
    return _save(organisation_id, {"is_test_mode": is_test_mode}, "Test mode", actor, now)


def _save(organisation_id: int, changes: Mapping[str, object], subject: str, actor: str, now: datetime) -> Organisation:
    rows = Organisation.objects.filter(pk=organisation_id)
    before = rows.values(*changes).get()
    rows.update(facts_version=F("facts_version") + 1, **changes)
    saved = rows.get()
    write_change(saved, Change.Kind.SETTINGS, subject, before=before, after=changes, actor=actor, now=now)
    return saved


def _free_slug(name: str) -> str:
    """A short name for addresses and commands that nobody has yet."""
    wanted = slugify(name)[:LONGEST_SLUG] or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    candidates = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)


@transaction.atomic
def give_account(
    email: str, password: str, organisation_id: int, role: Membership.Role, *, actor: str, now: datetime
) -> User:
    """A person's account and role in an organisation; an account that exists keeps its password.

    Raises UnusableValue for an impossible address and WeakPassword for a short password of a new account.
    """
    address = check_email(email)
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        user = User.objects.create_user(address, strong_password(password, User(email=address)))
    organisation = Organisation.objects.get(pk=organisation_id)
    was = Membership.objects.filter(organisation=organisation, user=user).values("role").first()
    given = {"role": role, "has_own_customers_only": False}
    Membership.objects.update_or_create(organisation=organisation, user=user, defaults=given)
    after = {"role": role.value}
    write_change(organisation, Change.Kind.MEMBER, user.email, before=was or {}, after=after, actor=actor, now=now)
    return user


@transaction.atomic
def change_password(email: str, password: str) -> User:
    """Set a person's password anew. Raises UnknownPerson or WeakPassword."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise UnknownPerson(email)
    user.set_password(strong_password(password, user))
    user.save(update_fields=["password"])
    return user


def strong_password(password: str, user: User) -> str:
    """The password itself; raises WeakPassword."""
    try:
        validate_password(password, user)
    except ValidationError as faults:
        raise WeakPassword(faults) from None
    return password
