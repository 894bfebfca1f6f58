"""The form in which a person puts a message together."""

from datetime import date
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from goodterms.flows.send_message import CHANNELS, LONGEST_WORDS, SENDERS, Draft, templates_for
from goodterms.followup.models import Reply
from goodterms.ledger.models import Contact, Customer
from goodterms.messages.languages import known_languages
from goodterms.web.compose_words import COMPOSE_VOCABULARIES, TEMPLATES
from goodterms.web.form_kit import DayField, KitForm

SALT = "goodterms.web.compose"
TOKEN_AGE_SECONDS = 60 * 60
GREETINGS = {"en": "Dear {name},", "de": "Guten Tag {name},"}
GREETINGS_TO_NOBODY = {"en": "Dear Sir or Madam,", "de": "Guten Tag,"}
FAREWELLS = {"en": "Kind regards,", "de": "Mit freundlichen Grüßen"}
TOKEN_FIELDS = ("channel", "template", "contact", "language", "sender", "subject", "words", "shows_invoices",
                "shows_payment", "deadline", "encloses_statement", "reply")  # fmt: skip


class ComposeForm(KitForm):
    """Template, channel, contact and words; the flow behind it has the last word."""

    channel = forms.ChoiceField(choices=[(name, name) for name in CHANNELS], widget=forms.HiddenInput())
    template = forms.ChoiceField(label=_("Template"))
    contact = forms.ModelChoiceField(
        Contact.objects.none(), required=False, label=_("To"), empty_label=_("Choose a contact")
    )
    language = forms.ChoiceField(required=False, label=_("Language"))
    sender = forms.ChoiceField(required=False, label=_("Who speaks"))
    subject = forms.CharField(required=False, max_length=150, label=_("Subject"))
    words = forms.CharField(
        required=False, max_length=LONGEST_WORDS, label=_("Your words"), widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("Each line becomes a paragraph. Your name and address are added below."),
    )  # fmt: skip
    shows_invoices = forms.BooleanField(
        required=False, label=_("With the table of overdue invoices"), help_text=_("Stands above your last line.")
    )
    shows_payment = forms.BooleanField(required=False, label=_("With how to pay"))
    deadline = DayField(required=False, label=_("Deadline it sets"))
    encloses_statement = forms.BooleanField(required=False, label=_("Enclose the statement of account"))
    reply = forms.ModelChoiceField(Reply.objects.none(), required=False, widget=forms.HiddenInput())
    closes_reply = forms.BooleanField(required=False, label=_("With this their answer is dealt with"))
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput())
    overrule_reason = forms.CharField(
        required=False, max_length=500, label=_("Why it shall go out all the same"),
        widget=forms.TextInput(attrs={"form": "compose-form"}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, customer: Customer, today: date, channel: str, is_sending: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.is_sending = customer, is_sending
        self._choose("template", templates_for(channel), "template")
        self._choose("language", known_languages(), "tongue")
        senders = SENDERS if customer.relationship_owner else SENDERS[:1]
        self._choose("sender", senders, "sender")
        for name, rows in (
            ("contact", reachable(customer, channel)),
            ("reply", Reply.objects.filter(customer=customer)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
        self.fields["deadline"].widget.attrs["min"] = today.isoformat()

    def _choose(self, name: str, values: Any, vocabulary: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        words = COMPOSE_VOCABULARIES[vocabulary]
        field.choices = [(value, words[value].label if value in words else value) for value in values]

    def clean_words(self) -> str:
        """A greeting and a farewell alone say nothing."""
        words = str(self.cleaned_data["words"])
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        if len(lines) == 2 and lines[0].endswith(",") and lines[1] in FAREWELLS.values() and self.is_sending:
            raise forms.ValidationError(_("Write what you want to say between greeting and farewell."))
        return words

    def draft(self) -> Draft:
        """The message as it was put together; only of a valid form."""
        given = self.cleaned_data
        return Draft(
            template=given["template"],
            channel=given["channel"],
            contact=given["contact"],
            language=given["language"],
            sender=given["sender"] or "default",
            subject=given["subject"],
            words=given["words"],
            shows_invoices=given["shows_invoices"],
            shows_payment=given["shows_payment"],
            deadline=given["deadline"],
            encloses_statement=given["encloses_statement"] and given["channel"] == "email",
            reply=given["reply"],
        )

    def token(self) -> str:
        """The draft as a word for an address, signed and small: frames and pictures of the preview are found by it."""
        given = self.cleaned_data
        plain = {name: _plain(given[name]) for name in TOKEN_FIELDS}
        return signing.dumps([self.customer.pk, plain], salt=SALT, compress=True)


def first_words(contact: Contact | None, language: str) -> str:
    """How a message begins and ends in its own language, with room between."""
    own = language if language in GREETINGS else "en"
    name = contact.name if contact else ""
    first = GREETINGS[own].format(name=name) if name else GREETINGS_TO_NOBODY[own]
    return f"{first}\n\n\n\n{FAREWELLS[own]}"


def reachable(customer: Customer, channel: str) -> Any:
    """The contacts of a customer that the channel can reach; those whose address failed are left out."""
    rows = Contact.objects.filter(customer=customer).order_by("pk")
    if channel == "sms":
        return rows.exclude(mobile="").filter(phone_failed_at__isnull=True)
    if channel == "email":
        return rows.exclude(email="").filter(email_failed_at__isnull=True)
    return rows


def draft_of(token: str, customer: Customer, today: date) -> Draft | None:
    """The draft that a preview's address names; None for one that is not ours, too old, or of another customer."""
    try:
        pk, plain = signing.loads(token, salt=SALT, max_age=TOKEN_AGE_SECONDS)
    except signing.BadSignature:
        return None
    if pk != customer.pk:
        return None
    given = {**plain, "form_key": "0" * 16}
    form = ComposeForm(given, customer=customer, today=today, channel=plain["channel"])
    return form.draft() if form.is_valid() else None


def _plain(value: Any) -> Any:
    if isinstance(value, Contact | Reply):
        return value.pk
    return value.isoformat() if isinstance(value, date) else value


def words_for(template: str) -> str:
    """What a template is called."""
    return str(TEMPLATES[template].label) if template in TEMPLATES else template
