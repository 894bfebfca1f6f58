"""Links into the portal: who makes them, how long they open something, what is kept of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from goodterms.flows.portal_links import (
    LinkDaysUnusable,
    LinkOver,
    find_portal_link,
    make_portal_link,
    revoke_portal_link,
)
from goodterms.followup.models import PortalLink, TimelineEvent
from goodterms.organizations.models import Change
from tests.conftest import NOW
from tests.portal.conftest import Desk

pytestmark = pytest.mark.django_db


def test_of_a_link_only_the_hash_of_its_token_is_kept(desk: Desk) -> None:
    kept = PortalLink.objects.values().get()
    assert desk.token not in str(kept)
    assert len(desk.token) >= 43
    assert find_portal_link(desk.token, NOW) == desk.link


def test_a_link_holds_for_sixty_days_and_not_a_moment_longer(desk: Desk) -> None:
    end = NOW + timedelta(days=60)
    assert find_portal_link(desk.token, end - timedelta(seconds=1))
    assert find_portal_link(desk.token, end) is None


def test_a_revoked_link_opens_nothing_and_is_not_revoked_twice(desk: Desk) -> None:
    revoke_portal_link(desk.organisation, desk.link, actor="Robin Example", now=NOW)
    assert find_portal_link(desk.token, NOW) is None
    with pytest.raises(LinkOver):
        revoke_portal_link(desk.organisation, desk.link, actor="Robin Example", now=NOW)
    kinds = list(TimelineEvent.objects.filter(customer=desk.customer).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["portal_link_made", "portal_link_revoked"]
    assert Change.objects.filter(kind=Change.Kind.PORTAL, customer_id=desk.customer.pk).count() == 2


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_link_for_no_time_or_nearly_for_ever_is_refused(desk: Desk, days: int) -> None:
    with pytest.raises(LinkDaysUnusable):
        make_portal_link(desk.organisation, desk.customer, days=days, actor="Robin Example", now=NOW)


def test_its_use_is_noted_once_an_hour(desk: Desk) -> None:
    find_portal_link(desk.token, NOW)
    find_portal_link(desk.token, NOW + timedelta(minutes=59))
    desk.link.refresh_from_db()
    assert desk.link.last_used_at == NOW
    find_portal_link(desk.token, NOW + timedelta(hours=2))
    desk.link.refresh_from_db()
    assert desk.link.last_used_at == NOW + timedelta(hours=2)


def test_whatever_opens_nothing_is_the_same_page(desk: Desk) -> None:
    revoked, token = make_portal_link(desk.organisation, desk.customer, actor="Robin Example", now=NOW)
    revoke_portal_link(desk.organisation, revoked, actor="Robin Example", now=NOW)
    old, old_token = make_portal_link(desk.organisation, desk.customer, actor="Robin Example", now=NOW)
    PortalLink.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=9), expires_at=NOW)
    answers = [desk.client.get(reverse("portal", args=[one])) for one in (token, old_token, "x", desk.token[:-1])]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert desk.organisation.name not in answers[0].content.decode()


def test_whoever_tries_links_gets_no_answer_for_a_while(desk: Desk) -> None:
    for number in range(20):
        assert desk.client.get(f"/p/guess-{number}/").status_code == 404
    assert desk.client.get("/p/guess-again/").status_code == 429
    assert desk.client.get(desk.address()).status_code == 429


def test_a_link_takes_so_many_forms_an_hour(desk: Desk) -> None:
    answers = [desk.send("write", f"form-{number}", words="Hello.") for number in range(21)]
    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
