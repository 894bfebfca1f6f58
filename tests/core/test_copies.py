"""Leadership reads along only where a step says so, by role, at addresses that work."""

from typing import Any

import polars as pl
import pytest

from goodterms.core.copies import MOST_COPIES, add_copies
from goodterms.core.playbook import PlaybookFault, load_playbooks

CONTACTS = pl.DataFrame(
    [
        (1, 10, "accounts_payable", "ap@a.example"),
        (2, 10, "executive", "chief@a.example"),
        (3, 10, "owner", "Owner@a.example"),
        (4, 10, "executive", None),
        (5, 20, "executive", "chief@b.example"),
        (6, 10, "buyer", "chief@a.example"),
    ],
    schema={"contact_id": pl.Int64, "customer_id": pl.Int64, "role": pl.String, "email": pl.String},
    orient="row",
)


def copies(roles: list[str], **given: Any) -> list[str]:
    row = {"customer_id": 10, "channel": "email", "recipient": "ap@a.example", "cc_roles": roles, **given}
    kinds = {"customer_id": pl.Int64(), "channel": pl.String(), "recipient": pl.String()}
    schema = pl.Schema({**kinds, "cc_roles": pl.List(pl.String())})
    return list(add_copies(pl.DataFrame([row], schema=schema), CONTACTS)["cc"][0])


def test_copies_go_by_role_in_the_steps_order() -> None:
    assert copies(["owner", "executive"]) == ["Owner@a.example", "chief@a.example"]
    assert copies(["executive"]) == ["chief@a.example"]


def test_without_roles_or_by_another_channel_nobody_reads_along() -> None:
    assert copies([]) == []
    assert copies(["executive"], channel="sms", recipient="+447700900123") == []


def test_nobody_is_in_copy_of_their_own_message_and_nobody_twice() -> None:
    assert copies(["executive", "owner"], recipient="OWNER@a.example") == ["chief@a.example"]
    assert copies(["executive", "buyer"]) == ["chief@a.example"]


def test_another_customers_leadership_never_reads_along() -> None:
    assert copies(["executive"], customer_id=30) == []


def test_at_most_a_few_read_along() -> None:
    many = pl.DataFrame(
        {
            "contact_id": range(9),
            "customer_id": [10] * 9,
            "role": ["executive"] * 9,
            "email": [f"c{number}@a.example" for number in range(9)],
        }
    )
    row = {"customer_id": [10], "channel": ["email"], "recipient": ["ap@a.example"], "cc_roles": [["executive"]]}
    assert len(add_copies(pl.DataFrame(row), many)["cc"][0]) == MOST_COPIES


@pytest.mark.parametrize(
    ("words", "says"),
    [({"channels": {"call": "call_firm"}}, "only an e-mail has copies"), ({"cc_roles": ["janitor"]}, "cc_roles")],
)
def test_a_step_that_copies_nobody_who_could_read_it_is_refused(words: dict[str, Any], says: str) -> None:
    step = {"id": "one", "from_day": 4, "channels": {"email": "words"}, "level": 1, "tone": "firm"}
    book = {"id": "mine", "name": "Mine", "intent": "Try.", "steps": [{**step, "cc_roles": ["executive"], **words}]}
    with pytest.raises(PlaybookFault, match=says):
        load_playbooks([book], interest_enabled=False)
