"""Automatic answers are recognised, and say until when somebody is away."""

from datetime import date

import pytest

from goodterms.inbox.auto_reply import AutoReply, read_auto_reply
from goodterms.inbox.parse_mail import parse_mail
from tests.inbox.samples import as_mail

ON = date(2026, 3, 10)


def read(body: str = "Thanks", **headers: str) -> AutoReply | None:
    raw = as_mail(body, **headers)
    return read_auto_reply(raw, parse_mail(raw), ON)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"Auto_Submitted": "auto-generated", "Subject": "Out of Office"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Subject": "Automatic reply: Invoice 17"},
        {"Subject": "Out of Office: Re: Invoice"},
        {"Subject": "Automatische Antwort: Rechnung 17"},
        {"Subject": "Abwesenheitsnotiz: Re: Mahnung"},
        {"Subject": "Ich bin im Urlaub"},
    ],
)
def test_an_automatic_answer_is_recognised(headers: dict[str, str]) -> None:
    assert read(**headers) == AutoReply(None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Subject": "Re: Automatic reply: Invoice"},
        {"Subject": "Re: out of stock"},
        {"Auto_Submitted": "auto-generated", "Subject": "Remittance advice"},
        {"Precedence": "bulk", "Subject": "[Ticket 17] Your invoice"},
        {"Subject": "Auto: Rechnung 12"},
    ],
)
def test_a_persons_answer_is_not_automatic(headers: dict[str, str]) -> None:
    assert read(**headers) is None


@pytest.mark.parametrize(
    ("body", "until"),
    [
        ("I am out of the office until 23 March 2026.", date(2026, 3, 23)),
        ("I will be back on Monday 16 March. Urgent: call us.", date(2026, 3, 16)),
        ("Ich bin vom 9. März bis zum 20. März 2026 nicht im Büro.", date(2026, 3, 20)),
        ("Ich bin ab dem 24.03.2026 wieder erreichbar.", date(2026, 3, 24)),
        ("I am away. Invoice of 1 February is known.", None),
    ],
)
def test_the_day_somebody_is_back_is_read(body: str, until: date | None) -> None:
    assert read(body, Auto_Submitted="auto-replied") == AutoReply(until)
