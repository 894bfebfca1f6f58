"""Playbooks, what-if and templates at a terminal, and the worker's thread that tries drafts."""

from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from goodterms.cli.trials import try_policies
from goodterms.flows.edit_draft import read_draft, save_step
from goodterms.flows.publish_template import shipped_source
from goodterms.flows.try_policy import ask_trial, claim_trial
from goodterms.followup.models import PolicyTrial, TemplateVersion
from tests.cli.conftest import Run
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)
FRIENDLY: dict[str, Any] = {
    "from_day": 9,
    "channels": {"email": "reminder_friendly"},
    "level": 1,
    "tone": "friendly",
}


def put_off() -> None:
    organisation = make_organisation()
    save_step(organisation, "forgetful", "friendly", FRIENDLY, actor="Robin Example", now=NOW)


def test_a_draft_is_looked_over_published_compared_and_brought_back(run: Run) -> None:
    put_off()
    assert {row["field"]: row["after"] for row in run("playbooks", "draft", "--format", "json").json}["from_day"] == 9
    assert "version 2" in run("playbooks", "publish", "--because", "Less haste.").output
    assert [row["number"] for row in run("playbooks", "versions", "--format", "json").json] == [2, 1]
    assert "forgetful/friendly/from_day" in run("playbooks", "diff", "1", "2").output
    assert "as version 3" in run("playbooks", "revert", "1", "--because", "It was better.").output
    assert run("playbooks", "publish", "--because", "Nothing.").exit_code == 1


def test_playbooks_are_listed_and_shown(run: Run) -> None:
    make_organisation()
    assert "forgetful" in run("playbooks", "list").output
    assert "reminder_friendly" in run("playbooks", "show", "forgetful").output
    assert "no playbook" in run("playbooks", "show", "nonsense").errors


def test_what_if_compares_and_says_what_it_cannot_know(run: Run) -> None:
    put_off()
    answer = run("what-if", "--months", "1")
    assert "in force" in answer.output
    assert "not what you would have been paid" in answer.output
    told = run("what-if", "--coming", "--format", "json").json
    assert told["present"]["contacts"] == told["draft"]["contacts"] == 0


def test_own_words_are_written_to_a_file_changed_and_taken_in(run: Run, tmp_path: Path) -> None:
    make_organisation()
    file = tmp_path / "words.liquid"
    file.write_text(run("templates", "show", "reminder_friendly", "en").output + "\nGreetings from all of us.\n")
    assert "version 1" in run("templates", "set", "reminder_friendly", "en", str(file), "--because", "Warmer.").output
    assert "Greetings from all of us." in run("templates", "show", "reminder_friendly", "en").output
    file.write_text("Hello\n---\n{{ nonsense }}\n")
    assert "no fact called nonsense" in run("templates", "set", "reminder_friendly", "en", str(file)).errors
    run("templates", "restore", "reminder_friendly", "en")
    assert run("templates", "show", "reminder_friendly", "en").output == shipped_source("reminder_friendly", "en")
    assert TemplateVersion.objects.count() == 2


def test_the_workers_thread_carries_out_what_was_asked_and_ends_when_told() -> None:
    organisation = make_organisation()
    make_invoice(make_customer(organisation), "R-1", due=NOW.date())
    content, _ = read_draft(organisation)
    trial = ask_trial(organisation, "coming", content, days=3, actor="Robin Example", now=NOW)
    stopping = Event()
    thread = Thread(target=try_policies, args=(stopping, lambda: NOW))
    thread.start()
    for _ in range(200):
        if PolicyTrial.objects.get(pk=trial.pk).state in ("done", "failed"):
            break
        stopping.wait(0.05)
    stopping.set()
    thread.join(30)
    assert not thread.is_alive()
    assert PolicyTrial.objects.get(pk=trial.pk).state == "done"


def test_a_trial_is_one_workers_until_it_falls_silent() -> None:
    organisation = make_organisation()
    content, _ = read_draft(organisation)
    ask_trial(organisation, "coming", content, days=3, actor="Robin Example", now=NOW)
    assert claim_trial("one", NOW) is not None
    assert claim_trial("other", NOW) is None
    PolicyTrial.objects.update(heard_of_at=NOW.replace(hour=1))
    taken = claim_trial("other", NOW)
    assert taken is not None
    assert taken.worker == "other"
