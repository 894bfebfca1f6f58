"""Playbooks, rules, drafts, versions, what-if and templates as pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from goodterms.flows.edit_draft import save_numbers, save_step
from goodterms.flows.publish_playbook import publish_draft
from goodterms.flows.replay_history import run_next_trial
from goodterms.flows.run_day import run_day
from goodterms.followup.models import PolicyDraft, PolicyTrial, PolicyVersion, TemplateVersion, TrialCustomer
from goodterms.followup.policy import policy_of
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.web.policy_world import RULE, STEP, TRIAL, WORDS
from tests.web.world import World, make_debtor

pytestmark = pytest.mark.django_db
WHO: Any = {"actor": "Robin Example", "now": NOW}
LATER = {"from_day": 20, "channels": {"email": "reminder_friendly"}, "level": 1, "tone": "friendly"}


@pytest.fixture
def owner(world: World) -> Client:
    return world.client("owner")


def at(world: World, name: str, *given: object) -> str:
    return reverse(name, args=[world.ours.slug, *given])


def text_of(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def put_off(world: World) -> None:
    """A draft in which the friendly reminder goes out from day 10 on (the step after it is due on day 11)."""
    save_step(world.ours, "forgetful", "friendly", {**LATER, "from_day": 10}, **WHO)


def test_a_playbook_is_read_as_a_timeline_with_who_stands_where(world: World, owner: Client) -> None:
    run_day(world.ours, NOW)
    page = text_of(owner, at(world, "playbook", "forgetful"))
    assert page.index("Around the due date") < page.index("While something is overdue")
    assert "days −4 to −1" in page
    assert "from day 11" in page
    assert "Only where interest is switched on" in page


def test_the_list_counts_customers_of_the_last_run(world: World, owner: Client) -> None:
    run_day(world.ours, NOW)
    assert "1 customer now" in text_of(owner, at(world, "playbooks"))


def test_rules_stand_in_order_with_the_customers_they_speak_for(world: World, owner: Client) -> None:
    run_day(world.ours, NOW)
    page = text_of(owner, at(world, "rules", "profiles"))
    assert page.index("Marked by a person") < page.index("Late now and then")
    assert "1 customer<" in page
    assert world.customer.name in page


def test_a_limited_collector_sees_no_strangers_among_the_samples(world: World) -> None:
    run_day(world.ours, NOW)
    page = text_of(world.client("limited"), at(world, "rules", "profiles"))
    assert world.customer.name not in page
    assert "1 customer<" not in page


def test_a_fault_stands_at_its_field(world: World, owner: Client) -> None:
    answer = owner.post(at(world, "step-save", "forgetful"), {**STEP, "spacing_days": "1", "level": "4"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_spacing_days-fault"' in page
    assert 'id="id_level-fault"' in page
    assert not PolicyDraft.objects.exists()


def test_a_missing_template_is_refused_at_its_channel(world: World, owner: Client) -> None:
    answer = owner.post(at(world, "step-save", "forgetful"), {**STEP, "template_1": ""})
    assert 'id="id_template_1-fault"' in answer.content.decode()


def test_an_unknown_column_is_refused_at_the_condition(world: World, owner: Client) -> None:
    answer = owner.post(at(world, "rule-save", "profiles"), {**RULE, "when": "oldest_day > 5"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_when-fault"' in page
    assert "no habit called" in page


def test_a_draft_that_changed_since_it_was_looked_at_is_not_published(world: World, owner: Client) -> None:
    put_off(world)
    shown = re.search(r'name="seen" value="(\w+)"', owner.get(at(world, "draft")).content.decode())
    assert shown
    save_numbers(world.ours, {"gap_days": 9}, **WHO)
    given = {"reason": "Less haste.", "seen": shown[1]}
    answer = owner.post(at(world, "draft-publish"), given)
    assert (answer.status_code, "has changed since you looked" in answer.content.decode()) == (422, True)
    fresh = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert fresh
    page = owner.post(at(world, "draft-publish"), {**given, "seen": fresh[1]}, follow=True).content.decode()
    assert "Published as version 2" in page


def test_the_draft_shows_what_it_changes_and_is_published_with_a_reason(world: World, owner: Client) -> None:
    put_off(world)
    page = text_of(owner, at(world, "draft"))
    assert "<del>4</del>" in page
    assert "<ins>10</ins>" in page
    assert owner.post(at(world, "draft-publish"), {"reason": ""}).status_code == 422
    answer = owner.post(at(world, "draft-publish"), {"reason": "Less haste."}, follow=True)
    assert "Published as version 2" in answer.content.decode()
    assert policy_of(Organisation.objects.get(pk=world.ours.pk)).playbooks.step("forgetful", "friendly").from_day == 10


def test_the_draft_tells_whom_it_would_judge_anew(world: World, owner: Client) -> None:
    owner.post(
        at(world, "rule-save", "profiles"),
        {"rule": "", **RULE, "when": "overdue_count > 0", "because": "{overdue_count:invoice} overdue."},
    )
    for _ in range(20):
        owner.post(at(world, "rule-move", "profiles"), {"rule": "big", "to": "up"})
    answer = owner.post(at(world, "draft-check"), follow=True)
    page = " ".join(answer.content.decode().split())
    assert "<strong>1</strong> of 1 customers would be judged differently" in page
    assert "1 invoice overdue." in page
    kept = TrialCustomer.objects.get()
    assert kept.customer == world.customer


def test_a_change_after_looking_asks_to_look_again(world: World, owner: Client) -> None:
    put_off(world)
    owner.post(at(world, "draft-check"))
    assert "None of 1 customers" in text_of(owner, at(world, "draft"))
    save_step(world.ours, "forgetful", "friendly", {**LATER, "from_day": 9}, **WHO)
    assert "Nobody has looked since the draft last changed" in text_of(owner, at(world, "draft"))


def test_versions_are_compared_and_brought_back(world: World, owner: Client) -> None:
    put_off(world)
    publish_draft(world.ours, reason="Less haste.", **WHO)
    page = text_of(owner, at(world, "policy-history"))
    assert "Less haste." in page
    assert "Robin Example" in page
    assert "<ins>10</ins>" in text_of(owner, at(world, "policy-compare") + "?from=1&to=2")
    owner.post(at(world, "policy-revert"), {"number": "1", "reason": "It was better."})
    assert PolicyVersion.objects.order_by("-number")[0].reverts_to == 1
    assert owner.get(at(world, "policy-compare") + "?from=1&to=99").status_code == 404


def test_a_replay_is_asked_for_run_beside_and_read(world: World, owner: Client) -> None:
    put_off(world)
    answer = owner.post(at(world, "what-if-start"), TRIAL)
    trial = PolicyTrial.objects.get(state="waiting")
    assert answer["Location"].endswith(f"/what-if/{trial.pk}/")
    assert "Waits for a worker" in text_of(owner, answer["Location"])
    run_next_trial("worker", lambda: NOW)
    page = text_of(owner, answer["Location"])
    assert "Customers&#x27; behaviour stayed as it was" in page or "Customers' behaviour stayed as it was" in page
    assert "Who would have been contacted when" in page
    trial.refresh_from_db()
    assert trial.state == "done"
    assert trial.result["present"]["contacts"] > 0


def test_progress_is_fetched_until_the_answer_is_there(world: World, owner: Client) -> None:
    address = at(world, "trial-progress", world.trial.pk)
    assert "hx-trigger" in owner.get(address).content.decode()
    owner.post(at(world, "trial-stop", world.trial.pk))
    assert owner.get(address)["HX-Refresh"] == "true"


def test_the_coming_days_are_foreseen_under_both(world: World, owner: Client) -> None:
    put_off(world)
    answer = owner.post(at(world, "what-if-start"), {**TRIAL, "kind": "coming"})
    PolicyTrial.objects.filter(pk=world.trial.pk).delete()
    run_next_trial("worker", lambda: NOW)
    page = text_of(owner, answer["Location"])
    assert "if nobody paid and nobody answered" in page


def test_a_stopped_trial_is_not_written_over(world: World) -> None:
    asked = NOW + timedelta(seconds=1)

    def stops_meanwhile() -> Any:
        PolicyTrial.objects.filter(pk=world.trial.pk).update(state="stopped", finished_at=asked)
        return asked + timedelta(minutes=1)

    calls = iter([NOW, NOW])
    run_next_trial("worker", lambda: next(calls, None) or stops_meanwhile())
    world.trial.refresh_from_db()
    assert world.trial.state == "stopped"
    assert world.trial.result == {}


def test_own_words_are_checked_kept_and_spoken(world: World, owner: Client) -> None:
    shipped = text_of(owner, at(world, "template", *WORDS.values()))
    assert "as shipped" in shipped
    source = current_source(world).replace("\n---\n", "\n---\nWith kind words from us.\n\n", 1)
    owner.post(at(world, "template-save", *WORDS.values()), {"source": source, "reason": "Warmer."})
    version = TemplateVersion.objects.get()
    assert (version.number, version.reason, version.published_by) == (1, "Warmer.", "Robin Example")
    seen = owner.get(at(world, "template-shown", *WORDS.values())).content.decode()
    assert "With kind words from us." in seen


def current_source(world: World) -> str:
    from goodterms.flows.publish_template import shipped_source

    return shipped_source(*WORDS.values())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Hello\n---\n{{ customer.nmae }}", "no fact called customer.nmae"),
        ("Hello\n---\nPlease pay 100.00 EUR.", "100"),
        ("Hello", "no line with only ---"),
        ("Hello\n---\n{% include 'x' %}", "include"),
    ],
)
def test_words_that_cannot_be_used_are_not_kept(world: World, owner: Client, source: str, words: str) -> None:
    answer = owner.post(at(world, "template-save", *WORDS.values()), {"source": source})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not TemplateVersion.objects.exists()


def test_going_back_to_the_shipped_words_is_a_version_too(world: World, owner: Client) -> None:
    source = current_source(world).replace("\n---\n", "\n---\nWith kind words from us.\n\n", 1)
    owner.post(at(world, "template-save", *WORDS.values()), {"source": source})
    owner.post(at(world, "template-restore", *WORDS.values()))
    assert list(TemplateVersion.objects.order_by("number").values_list("number", "is_current", "source"))[1] == (
        2,
        True,
        "",
    )
    owner.post(at(world, "template-restore", *WORDS.values()), {"number": "1"})
    assert TemplateVersion.objects.get(is_current=True).source == TemplateVersion.objects.get(number=1).source


def test_a_preview_on_a_customer_says_what_the_ledger_says(world: World, owner: Client) -> None:
    source = current_source(world)
    answer = owner.post(
        at(world, "template-preview", *WORDS.values()), {"source": source, "customer": str(world.customer.pk)}
    )
    assert "1,234.50" in answer.content.decode()
    stranger = make_debtor(world.theirs, "T1")
    other = {"source": source, "customer": str(stranger.pk)}
    assert owner.post(at(world, "template-preview", *WORDS.values()), other).status_code == 404


def test_a_test_mail_goes_to_oneself_alone(world: World, owner: Client, settings: Settings) -> None:
    given = {"source": current_source(world), "customer": str(world.customer.pk)}
    for kept in outbox(settings):
        kept.unlink()
    answer = owner.post(at(world, "template-test", *WORDS.values()), given)
    assert "Sent to owner@supplies.example" in answer.content.decode()
    (mail,) = outbox(settings)
    head = mail.read_text("utf-8", errors="replace").partition("\r\n\r\n")[0] or mail.read_text("utf-8")
    assert "To: Robin Example <owner@supplies.example>" in head
    assert "[Test]" in head
    assert "customer.example" not in head


def test_no_test_mail_goes_to_an_address_that_a_customer_has(world: World, owner: Client, settings: Settings) -> None:
    world.customer.contacts.update(email="Owner@supplies.example")
    before = set(outbox(settings))
    answer = owner.post(at(world, "template-test", *WORDS.values()), {"source": current_source(world)})
    assert answer.status_code == 422
    assert "also an address of a customer" in answer.content.decode()
    assert set(outbox(settings)) == before


def outbox(settings: Settings) -> list[Any]:
    return list(settings.CONFIGURATION.outbox_folder.rglob("*.eml"))


AT_MOST = {"playbooks": 12, "playbook": 12, "rules": 26, "draft": 14, "what-if": 12, "templates": 10, "template": 12}


def test_more_rows_ask_no_more_questions_of_these_pages(world: World, owner: Client) -> None:
    put_off(world)
    run_day(world.ours, NOW)
    given = {"playbook": ["forgetful"], "rules": ["profiles"], "template": list(WORDS.values())}

    def count(name: str) -> int:
        address = at(world, name, *given.get(name, []))
        owner.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(address).status_code == 200
        return len(captured)

    counted = {name: count(name) for name in AT_MOST}
    for number in range(2, 8):
        make_debtor(world.ours, f"C{number}")
    run_day(world.ours, NOW)
    assert {name: count(name) for name in AT_MOST} == counted
    assert {name: number for name, number in counted.items() if number > AT_MOST[name]} == {}
