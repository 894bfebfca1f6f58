"""A key for a program is made, or revoked; only its hash is kept."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import ApiKey, Change, Membership, Organisation

BEGINNING = "gt_"
_SHOWN = 10


class KeyWithoutName(Refusal):
    """A key must say which program it is for."""

    def __init__(self) -> None:
        super().__init__(_("Say which program the key is for."))


class KeyRevoked(Refusal):
    """The key was revoked already."""

    def __init__(self) -> None:
        super().__init__(_("This key is revoked already."))


@transaction.atomic
def make_api_key(
    organisation: Organisation,
    name: str,
    *,
    role: str,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key that acts with this role, and the key itself: it is shown once and known to nobody afterwards.

    Raises KeyWithoutName.
    """
    if not name.strip():
        raise KeyWithoutName
    written = BEGINNING + secrets.token_urlsafe(32)
    made = ApiKey.objects.create(
        organisation=organisation,
        name=name.strip()[:100],
        prefix=written[:_SHOWN],
        key_sha256=hash_key(written),
        role=Membership.Role(role),
        made_by=actor,
        made_at=now,
        expires_at=expires_at,
    )
    after = fields_of(made, "name", "prefix", "role", "expires_at")
    write_change(
        organisation, Change.Kind.API_KEY, made.name, before={}, after=after, actor=actor, now=now, key=made.pk
    )
    return made, written


@transaction.atomic
def revoke_api_key(organisation: Organisation, key: ApiKey, *, actor: str, now: datetime) -> None:
    """Let the key open nothing any more. Raises KeyRevoked."""
    if not ApiKey.objects.filter(pk=key.pk, organisation=organisation, revoked_at__isnull=True).update(revoked_at=now):
        raise KeyRevoked
    before = fields_of(key, "name", "prefix", "role", "expires_at")
    write_change(organisation, Change.Kind.API_KEY, key.name, before=before, after={}, actor=actor, now=now, key=key.pk)


def hash_key(written: str) -> str:
    """What is kept of a key: long and random as it is, one round is enough."""
    return hashlib.sha256(written.encode()).hexdigest()


def find_api_key(written: str, now: datetime) -> ApiKey | None:
    """The key that was handed in, if it opens anything at ``now``."""
    found = ApiKey.objects.select_related("organisation").filter(key_sha256=hash_key(written), revoked_at=None).first()
    return None if found is None or (found.expires_at and found.expires_at <= now) else found
