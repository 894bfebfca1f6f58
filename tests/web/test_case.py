"""The page on court or forget: figures, evidence, and a decision by whoever may take it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from goodterms.followup.models import LegalDecision
from goodterms.organizations.models import Membership
from tests.conftest import NOW
from tests.factories import make_invoice, make_user
from tests.web.world import World

pytestmark = pytest.mark.django_db


def address(world: World, name: str) -> str:
    return reverse(name, args=[world.ours.slug, world.customer.pk])


def test_the_page_shows_figures_and_their_evidence(world: World) -> None:
    make_invoice(world.customer, "OLD", due=NOW.date() - timedelta(days=200), amount_minor=900_00)
    shown = world.client("owner").get(address(world, "case")).content.decode()
    assert "Civil Proceedings Fees Order 2008" in shown
    assert "too few comparable cases" in shown
    assert "Write it off" in shown


def test_writing_off_takes_a_manager(world: World) -> None:
    make_invoice(world.customer, "OLD", due=NOW.date() - timedelta(days=200), amount_minor=900_00)
    client = world.client("owner")
    client.force_login(make_user(world.ours, Membership.Role.COLLECTOR))
    given = {"choice": "written_off", "reason": "Gone."}
    assert client.post(address(world, "case-decide"), given).status_code == 403
    assert not LegalDecision.objects.exists()
    assert world.client("owner").post(address(world, "case-decide"), given).status_code == 303
    assert LegalDecision.objects.get().approved_by == LegalDecision.objects.get().decided_by


def test_a_decision_without_a_reason_is_asked_for_one(world: World) -> None:
    answer = world.client("owner").post(address(world, "case-decide"), {"choice": "filed", "reason": ""})
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
