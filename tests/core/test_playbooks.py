"""Playbooks: the case table, that every shipped step is reached by it, and what a playbook refuses to be."""

from dataclasses import dataclass
from typing import Any

import pytest

from goodterms.core.decide import Decision, decide
from goodterms.core.evidence import Evidence
from goodterms.core.playbook import PlaybookFault, load_playbooks
from tests.core.case_tables import read_cases, without
from tests.core.evidence_maker import TODAY, EvidenceMaker, evidence_of
from tests.core.shipped_policy import make_policy, shipped_rows

TABLE: dict[str, list[dict[str, Any]]] = read_cases("playbooks")
ROWS = [{"override": playbook, **row} for playbook, rows in TABLE.items() for row in rows]
ANSWERS = ("gets", "with", "waits", "silent", "interest", "debt")


@dataclass(frozen=True)
class Decided:
    """One decision over all rows of the table; the customer's number is the row's place, from 1."""

    evidence: Evidence
    decision: Decision


def decide_table(*, interest: bool) -> Decided:
    maker = EvidenceMaker()
    for row in ROWS:
        words = without(row, *ANSWERS)
        if "debt" in row:
            words["open"] = [row["debt"]]
        maker.customer(**words)
    evidence = maker.evidence()
    return Decided(evidence, decide(evidence, make_policy(interest={"enabled": interest})))


@pytest.fixture(scope="module")
def plain() -> Decided:
    return decide_table(interest=False)


@pytest.fixture(scope="module")
def with_interest() -> Decided:
    return decide_table(interest=True)


def name_row(place: int) -> str:
    row = ROWS[place]
    given = {word: value for word, value in row.items() if word not in {"override", "gets", "with", "waits", "silent"}}
    return f"{row['override']} {given}"


@pytest.mark.parametrize("place", range(len(ROWS)), ids=name_row)
def test_touch_is_as_the_table_says(place: int, plain: Decided, with_interest: Decided) -> None:
    row = ROWS[place]
    decided = with_interest if row.get("interest") else plain
    touches = [touch for touch in decided.decision.touches.iter_rows(named=True) if touch["customer_id"] == place + 1]
    waits = [wait for wait in decided.decision.waits.iter_rows(named=True) if wait["customer_id"] == place + 1]
    got = [" / ".join((touch["step"], touch["channel"], touch["template"], touch["tone"])) for touch in touches]
    assert got == ([row["gets"]] if "gets" in row else [])
    assert [describe_wait(wait) for wait in waits] == ([row["waits"]] if "waits" in row else [])
    assert ("gets" in row) + ("waits" in row) + row.get("silent", False) == 1
    if "with" in row:
        assert describe_touch(touches[0], row["with"], decided.evidence) == row["with"]


def describe_wait(wait: dict[str, Any]) -> str:
    until = wait["until_date"]
    return f"{wait['reason']} {(until - TODAY).days if until else '-'}"


def describe_touch(touch: dict[str, Any], wanted: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """What the row's ``with`` asks about."""
    contacts = {row["contact_id"]: row["role"] for row in evidence.contacts.iter_rows(named=True)}
    step = make_policy(interest={"enabled": True}).playbooks.step(touch["playbook"], touch["step"])
    facts = {
        **touch,
        "deadline_in": (touch["deadline_date"] - TODAY).days if touch["deadline_date"] else None,
        "role": contacts[touch["contact_id"]],
        "asks_why": step.asks_why,
        "items": len(touch["items"] or []),
        "copies": len(touch["cc"]),
    }
    return {name: facts[name] for name in wanted}


def test_every_shipped_step_is_reached_by_a_case() -> None:
    reached = {(row["override"], row["gets"].split(" / ")[0]) for row in ROWS if "gets" in row}
    books = make_policy(interest={"enabled": True}).playbooks.by_id.values()
    assert reached == {(book.id, step.id) for book in books for step in book.steps}


def test_every_shipped_step_has_a_near_miss() -> None:
    """Before its day, too soon after the last message, or outside its window."""
    missed = {row["override"] for row in ROWS if "waits" in row or row.get("silent")}
    assert missed == set(TABLE)


def step(**words: Any) -> dict[str, Any]:
    return {"id": "one", "from_day": 4, "channels": {"email": "words"}, "level": 1, "tone": "friendly", **words}


def book(*steps: dict[str, Any], **words: Any) -> dict[str, Any]:
    return {"id": "mine", "name": "Mine", "intent": "Try.", "steps": list(steps), **words}


@pytest.mark.parametrize(
    ("faulty", "says"),
    [
        (book(step(anchor="due", from_day=-3)), "needs to_day"),
        (book(step(anchor="due", from_day=2, to_day=1)), "to_day lies before from_day"),
        (book(step(repeat_days=7)), "repeat_days and at_most"),
        (book(step(at_most=3)), "repeat_days and at_most"),
        (book(step(anchor="paid", to_day=5, rest_days=30)), "rest_days belongs"),
        (book(step(), step()), "two steps have the same id"),
        (book(step(from_day=9), step(id="two", from_day=4)), "stands after 'one' but is due before it"),
        (book(step(level=3), step(id="two", level=2)), "milder than 'one' before it"),
        (book(step(tone="rude")), "tone"),
        (book(step(level=6)), "level"),
        (book(step(channels={})), "channels"),
        (book(step(colour="red")), "colour"),
        (book(step(), entry="sideways"), "entry"),
    ],
)
def test_a_faulty_playbook_is_refused_with_its_name_and_fault(faulty: dict[str, Any], says: str) -> None:
    with pytest.raises(PlaybookFault, match="mine") as caught:
        load_playbooks([faulty], interest_enabled=False)
    assert says in str(caught.value)


def test_two_playbooks_of_one_name_are_refused() -> None:
    with pytest.raises(PlaybookFault, match="two playbooks are called so"):
        load_playbooks([book(step()), book(step())], interest_enabled=False)


def test_steps_that_need_interest_exist_only_where_it_is_switched_on() -> None:
    rows = shipped_rows()["playbooks"]
    without_it = load_playbooks(rows, interest_enabled=False).steps
    with_it = load_playbooks(rows, interest_enabled=True).steps
    assert set(with_it["step"]) - set(without_it["step"]) == {"interest-warning", "interest"}


def test_a_late_fee_is_warned_of_where_it_is_switched_on_and_interest_is_not() -> None:
    rows = shipped_rows()["playbooks"]
    plain = load_playbooks(rows, interest_enabled=False).steps
    charged = load_playbooks(rows, interest_enabled=False, late_fee_enabled=True).steps
    assert set(charged["step"]) - set(plain["step"]) == {"late-fee-warning"}
    both = load_playbooks(rows, interest_enabled=True, late_fee_enabled=True).steps
    assert "late-fee-warning" not in set(both["step"])
    policy = make_policy(late_fee={"kind": "fixed", "amount_minor": {"EUR": 500}})
    late = evidence_of({"override": "forgetful", "open": [{"overdue": 30}], "sent": ["clear 19", "call 12"]})
    touch = decide(late, policy).touches.row(0, named=True)
    assert (touch["step"], touch["template"]) == ("late-fee-warning", "late_fee_warning")


def test_no_shipped_playbook_speaks_of_interest_without_a_warning_before() -> None:
    for playbook in load_playbooks(shipped_rows()["playbooks"], interest_enabled=True).by_id.values():
        names = [one.id for one in playbook.steps]
        if "interest" in names:
            assert names.index("interest-warning") < names.index("interest")


def test_every_final_notice_is_approved_by_a_person_and_sets_a_deadline() -> None:
    for playbook in make_policy().playbooks.by_id.values():
        for one in playbook.steps:
            if one.id == "final":
                assert one.needs_approval
                assert one.deadline_days is not None


def test_check_ins_and_thanks_are_courtesies_that_set_no_deadline() -> None:
    for playbook in make_policy().playbooks.by_id.values():
        for one in playbook.steps:
            if one.anchor in {"paid", "quiet", "first_invoice"}:
                assert (one.level, one.tone, one.deadline_days) == (0, "courtesy", None)


def test_good_customers_and_special_bonds_hear_nothing_before_the_due_date() -> None:
    for playbook in ("good", "special_bond", "new", "bad_patch"):
        assert all(one.anchor != "due" for one in make_policy().playbooks.by_id[playbook].steps)


def test_a_special_bond_is_never_written_to_without_approval() -> None:
    steps = make_policy().playbooks.by_id["special_bond"].steps
    assert all(one.needs_approval and one.sender == "owner" for one in steps)


def test_a_bad_patch_and_red_tape_never_meet_interest() -> None:
    playbooks = make_policy(interest={"enabled": True}).playbooks.by_id
    for playbook in ("bad_patch", "red_tape", "special_bond", "good", "new"):
        assert not [one.id for one in playbooks[playbook].steps if "interest" in one.id]
