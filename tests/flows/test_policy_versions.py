"""A draft of the policy: edited with faults at their fields, published as a version, compared, brought back."""

from datetime import timedelta
from typing import Any

import pytest

from goodterms.core.policy_parts import list_changes
from goodterms.flows.change_policy import change_policy
from goodterms.flows.check_step import FieldFaults
from goodterms.flows.edit_draft import move_rule, read_draft, remove_step, save_rule, save_step
from goodterms.flows.policy_versions import compare_versions, find_version, name_of
from goodterms.flows.publish_playbook import NothingToPublish, ReasonMissing, publish_draft
from goodterms.flows.revert_policy import InForceAlready, revert_policy
from goodterms.followup.models import PolicyDraft, PolicyVersion
from goodterms.followup.policy import content_of, policy_of
from goodterms.organizations.models import Change, Organisation
from tests.conftest import NOW
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db
WHO: Any = {"actor": "Robin Example", "now": NOW}
FRIENDLY = {
    "from_day": 5,
    "channels": {"email": "reminder_friendly"},
    "level": 1,
    "tone": "friendly",
}


def fresh(organisation: Organisation) -> Organisation:
    return Organisation.objects.get(pk=organisation.pk)


def faults_of(organisation: Organisation, step: str = "friendly", **changed: Any) -> dict[str, list[str]]:
    with pytest.raises(FieldFaults) as caught:
        save_step(organisation, "forgetful", step, {**FRIENDLY, **changed}, **WHO)
    return dict(caught.value.faults)


def test_a_draft_changes_nothing_until_it_is_published() -> None:
    organisation = make_organisation()
    before = policy_of(organisation).hash
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    assert policy_of(fresh(organisation)).hash == before
    draft = PolicyDraft.objects.get()
    assert list(draft.content) == ["playbooks"]
    assert list(draft.content["playbooks"]) == ["forgetful"]
    version = publish_draft(organisation, reason="Less haste.", **WHO)
    now = policy_of(fresh(organisation))
    assert now.hash == version.policy_hash != before
    assert now.playbooks.step("forgetful", "friendly").from_day == 5
    assert not PolicyDraft.objects.exists()


def test_publishing_keeps_what_was_before_as_a_version_of_its_own() -> None:
    organisation = make_organisation()
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    publish_draft(organisation, reason="Less haste.", **WHO)
    rows = list(PolicyVersion.objects.order_by("number").values_list("number", "published_by", "reason"))
    assert rows == [
        (1, "goodterms", "As it was before the first change."),
        (2, "Robin Example", "Less haste."),
    ]
    changes = compare_versions(find_version(organisation, 1), find_version(organisation, 2))
    assert {name_of(change): (change.before, change.after) for change in changes} == {
        "forgetful/friendly/from_day": (4, 5),
        "forgetful/friendly/channels": (
            {"email": "reminder_friendly", "sms": "sms_reminder"},
            {"email": "reminder_friendly"},
        ),
    }
    recorded = Change.objects.get(kind="playbook")
    assert recorded.after["forgetful/friendly/from_day"] == 5


def test_a_version_is_brought_back_as_a_new_one() -> None:
    organisation = make_organisation()
    before = policy_of(organisation).hash
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    publish_draft(organisation, reason="Less haste.", **WHO)
    version = revert_policy(organisation, 1, reason="It was better.", actor="Kim Example", now=NOW + timedelta(days=1))
    assert (version.number, version.reverts_to, version.policy_hash) == (3, 1, before)
    assert policy_of(fresh(organisation)).hash == before
    assert fresh(organisation).own_rules == {}
    with pytest.raises(InForceAlready):
        revert_policy(organisation, 3, reason="Again.", **WHO)


def test_publishing_asks_for_a_reason_and_for_something_to_publish() -> None:
    organisation = make_organisation()
    with pytest.raises(NothingToPublish):
        publish_draft(organisation, reason="Why not.", **WHO)
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    with pytest.raises(ReasonMissing):
        publish_draft(organisation, reason=" ", **WHO)
    assert not PolicyVersion.objects.exists()


def test_publishing_lets_every_gate_see_it() -> None:
    organisation = make_organisation()
    before = organisation.facts_version
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    publish_draft(organisation, reason="Less haste.", **WHO)
    assert fresh(organisation).facts_version > before


def test_a_changed_number_is_a_version_too() -> None:
    organisation = make_organisation()
    change_policy(organisation.pk, {"gap_days": "5"}, **WHO)
    assert list(PolicyVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    changes = compare_versions(find_version(organisation, 1), find_version(organisation, 2))
    assert [(name_of(change), change.after) for change in changes] == [("numbers/gap_days/gap_days", 5)]


def test_a_draft_that_comes_back_to_what_is_in_force_is_gone() -> None:
    organisation = make_organisation()
    save_step(organisation, "forgetful", "friendly", FRIENDLY, **WHO)
    shipped = next(
        step
        for book in content_of(organisation)["playbooks"]
        if book["id"] == "forgetful"
        for step in book["steps"]
        if step["id"] == "friendly"
    )
    save_step(organisation, "forgetful", "friendly", shipped, **WHO)
    assert not PolicyDraft.objects.exists()


def test_a_new_step_takes_its_place_by_its_day() -> None:
    organisation = make_organisation()
    row = {**FRIENDLY, "from_day": 20, "level": 2, "tone": "clear", "channels": {"email": "reminder_clear"}}
    save_step(organisation, "forgetful", "", row, **WHO)
    content, _ = read_draft(organisation)
    steps = next(book["steps"] for book in content["playbooks"] if book["id"] == "forgetful")
    chain = [(step["id"], step["from_day"]) for step in steps if step.get("anchor", "overdue") == "overdue"]
    assert ("clear-20", 20) in chain
    assert [day for _, day in chain] == sorted(day for _, day in chain)


def test_a_step_that_was_removed_is_told_as_removed() -> None:
    organisation = make_organisation()
    remove_step(organisation, "forgetful", "call", **WHO)
    content, _ = read_draft(organisation)
    changes = list_changes(content_of(organisation), content)
    assert [(change.part, change.item, change.action) for change in changes] == [("forgetful", "call", "removed")]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"channels": {"email": "reminder_frendly"}}, "channels.email", "no template called"),
        ({"channels": {"sms": "reminder_friendly"}}, "channels.sms", "another channel"),
        ({"channels": {}}, "channels", "at least one channel"),
        ({"spacing_days": 2}, "spacing_days", "at least 3 days"),
        ({"level": 4}, "level", "never fall"),
        ({"to_day": 2}, "to_day", "before the first"),
        ({"anchor": "due", "from_day": -3}, "to_day", "until which day"),
        ({"anchor": "due", "from_day": -3, "to_day": -1}, "channels.email", "look ahead"),
        ({"anchor": "paid", "from_day": 0, "to_day": 3}, "channels.email", "asks for money"),
        ({"at_most": 3}, "repeat_days", "how many days"),
        ({"repeat_days": 7}, "at_most", "at least twice"),
        ({"cc_roles": ["owner"], "channels": {"call": "call_friendly"}}, "cc_roles", "Only an e-mail"),
        ({"channels": {"email": "interest_notice"}}, "channels.email", "interest"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_field(changed: dict[str, Any], field: str, words: str) -> None:
    organisation = make_organisation()
    faults = faults_of(organisation, **changed)
    assert words in " ".join(faults[field])
    assert not PolicyDraft.objects.exists()


def test_two_steps_cannot_have_one_name() -> None:
    assert "already" in " ".join(faults_of(make_organisation(), step="", id="clear")["id"])


RULE = {
    "id": "Big and late",
    "outcome": "failing",
    "when": "oldest_days_overdue > 60",
    "because": "{overdue_count:invoice} overdue.",
}


def test_a_new_rule_stands_before_the_last_one() -> None:
    organisation = make_organisation()
    save_rule(organisation, "profiles", "", RULE, **WHO)
    content, _ = read_draft(organisation)
    assert [rule["id"] for rule in content["profiles"]][-2:] == ["big-and-late", "late-now-and-then"]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"when": "days_overdu > 60"}, "when", "no habit called"),
        ({"when": "oldest_days_overdue +"}, "when", "cannot be read"),
        ({"when": "oldest_days_overdue"}, "when", "no yes or no"),
        ({"when": "is_protected"}, "when", "never be reached"),
        ({"because": "{nonsense}"}, "because", "no habit"),
        ({"outcome": "nobody"}, "outcome", "choose one of"),
        ({"id": "few-invoices-settled"}, "id", "two rules"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_field(changed: dict[str, str], field: str, words: str) -> None:
    organisation = make_organisation()
    with pytest.raises(FieldFaults) as caught:
        save_rule(organisation, "profiles", "", {**RULE, **changed}, **WHO)
    assert words in " ".join(caught.value.faults[field])
    assert not PolicyDraft.objects.exists()


def test_a_rule_that_matches_everybody_cannot_move_before_another() -> None:
    organisation = make_organisation()
    with pytest.raises(FieldFaults, match="never be reached"):
        move_rule(organisation, "profiles", "late-now-and-then", -1, **WHO)
    move_rule(organisation, "profiles", "pays-within-terms", -1, **WHO)
    content, _ = read_draft(organisation)
    changes = list_changes(content_of(organisation), content)
    assert [(change.action, change.part) for change in changes] == [("moved", "profiles")]
