"""Keys for programs: shown once, kept as a hash, opening nothing once they are over."""

from datetime import timedelta

import pytest

from goodterms.flows.make_api_key import KeyRevoked, KeyWithoutName, find_api_key, make_api_key, revoke_api_key
from goodterms.organizations.models import ApiKey, Change
from tests.conftest import NOW
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db
BY = "Robin Example"


def test_a_key_opens_what_it_was_made_for_and_is_kept_as_a_hash_alone() -> None:
    organisation = make_organisation()
    made, written = make_api_key(organisation, " Shop ", role="viewer", actor=BY, now=NOW)
    assert find_api_key(written, NOW) == made
    assert find_api_key(written[:-1], NOW) is None
    kept = ApiKey.objects.values().get()
    assert written not in str(kept.values())
    assert (kept["name"], written.startswith(kept["prefix"]), len(written) > 40) == ("Shop", True, True)
    change = Change.objects.get()
    assert (change.kind, change.after["name"], written in str(change.after)) == ("api_key", "Shop", False)


def test_a_key_that_is_revoked_or_over_opens_nothing() -> None:
    organisation = make_organisation()
    made, written = make_api_key(organisation, "Shop", role="viewer", actor=BY, now=NOW)
    revoke_api_key(organisation, made, actor=BY, now=NOW)
    assert find_api_key(written, NOW) is None
    with pytest.raises(KeyRevoked):
        revoke_api_key(organisation, made, actor=BY, now=NOW)
    end = NOW + timedelta(days=1)
    _, short = make_api_key(organisation, "Job", role="viewer", actor=BY, now=NOW, expires_at=end)
    assert find_api_key(short, NOW) is not None
    assert find_api_key(short, end) is None


def test_a_key_says_what_it_is_for() -> None:
    with pytest.raises(KeyWithoutName):
        make_api_key(make_organisation(), "  ", role="viewer", actor=BY, now=NOW)
