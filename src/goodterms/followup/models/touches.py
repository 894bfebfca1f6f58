"""Intended contacts, as the day's run decided them."""

import json
from typing import Any

from django.db import models

from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect


class Touch(models.Model):
    """One intended contact: what was decided, and on which evidence."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="touches")
    effect = models.OneToOneField(Effect, models.CASCADE, to_field="key", db_column="effect_key", related_name="touch")
    cycle = models.CharField(max_length=40)
    playbook = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    level = models.IntegerField()
    occurrence = models.IntegerField()
    channel = models.CharField(max_length=20)
    contact_id = models.BigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=8)
    template = models.CharField(max_length=60)
    tone = models.CharField(max_length=20)
    sender = models.CharField(max_length=20)
    planned_date = models.DateField()
    deadline_date = models.DateField(null=True, blank=True)
    sent_date = models.DateField(null=True, blank=True, help_text="The customer's own date of the hand-over.")
    carrying_invoice_id = models.BigIntegerField(null=True, blank=True)
    items = models.TextField(help_text="JSON list of {invoice_id, currency, open_amount_minor} as decided.")
    asks_why = models.BooleanField(default=False, db_default=False)
    cc = models.TextField(default="[]", db_default="[]", help_text="JSON list of the addresses in copy.")
    due_reason = models.TextField(help_text="Why today, in a sentence.")
    own_words = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="A person's own subject and words for it, as a template; empty: the playbook's.",
    )
    profile = models.CharField(max_length=30)
    profile_rule = models.CharField(max_length=80)
    evidence = models.TextField(help_text="JSON object: the values the profile was read from.")
    policy_hash = models.CharField(max_length=16)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "customer"], name="touch_by_customer"),
            models.Index(fields=["organisation", "planned_date"], name="touch_by_planned_date"),
            models.Index(fields=["organisation", "step", "customer"], name="touch_by_step"),
        ]

    def __str__(self) -> str:
        return f"{self.playbook}/{self.step} to {self.customer_id}"

    def read_items(self) -> list[dict[str, Any]]:
        """The items as decided: invoice_id, currency, open_amount_minor."""
        return list(json.loads(self.items or "[]"))

    def read_copies(self) -> list[str]:
        """The addresses in copy as decided."""
        return list(json.loads(self.cc or "[]"))


class PersonalTouch(models.Model):
    """What a person decided to send: beside its touch, what is enclosed, and why it goes in spite of what."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    touch = models.OneToOneField(Touch, models.CASCADE, related_name="personal", primary_key=True)
    form_key = models.CharField(max_length=40, help_text="Of the form it was sent from: sent twice, it is one touch.")
    written_by = models.CharField(max_length=200)
    encloses_statement = models.BooleanField(default=False)
    overruled = models.CharField(max_length=200, blank=True, help_text="Codes of the warnings it was sent in spite of.")
    overrule_reason = models.TextField(blank=True)
    reply = models.ForeignKey(
        "followup.Reply", models.SET_NULL, null=True, blank=True, related_name="+", help_text="What it answers."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "form_key"], name="personal_touch_once_per_form"),
            models.CheckConstraint(
                name="personal_touch_overrules_with_reason",
                condition=models.Q(overruled="") | ~models.Q(overrule_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.touch_id} by {self.written_by}"
