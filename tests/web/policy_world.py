"""What people fill in on the pages of playbooks, rules, what-if and templates."""

WORDS = {"name": "reminder_friendly", "language": "en"}
STEP = {
    "step": "friendly",
    "id": "friendly",
    "anchor": "overdue",
    "from_day": "5",
    "spacing_days": "7",
    "at_most": "1",
    "level": "1",
    "tone": "friendly",
    "sender": "default",
    "role_1": "accounts_payable",
    "role_2": "owner",
    "channel_1": "email",
    "template_1": "reminder_friendly",
}
RULE = {"id": "big", "outcome": "failing", "when": "oldest_days_overdue > 90", "because": "{overdue_count:invoice}."}
TRIAL = {
    "kind": "history",
    "months": "3",
    "hour": "35",
    "approval_minutes": "3",
    **{f"minutes_{channel}": "1" for channel in ("email", "sms", "call", "letter", "certified")},
    **{f"fee_{channel}": "0.50" for channel in ("email", "sms", "call", "letter", "certified")},
}
