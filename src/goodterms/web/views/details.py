"""What a person may say of a customer beside the ledger: whose it is, where it is, how it is spoken to."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.core.refusal import Refusal
from goodterms.flows.write_customer import OwnerMissing, Particulars, write_customer
from goodterms.ledger.models import Customer
from goodterms.messages.languages import known_languages
from goodterms.organizations.models import Membership
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.compose_words import LANGUAGES
from goodterms.web.form_kit import KitForm
from goodterms.web.pages import render_page

NAMES = ("is_protected", "relationship_owner", "relationship_owner_email", "language", "timezone", "region",
         "postal_address")  # fmt: skip


class DetailsForm(KitForm):
    """The customer's particulars that no accounting program knows."""

    refused_at = {OwnerMissing: "relationship_owner"}
    relationship_owner = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Relationship owner"),
        widget=forms.TextInput(attrs={"list": "members", "autocomplete": "off"}),
        help_text=gettext_lazy("Our person who knows theirs; speaks where a message is to be personal."),
    )  # fmt: skip
    relationship_owner_email = forms.CharField(
        required=False, max_length=254, label=gettext_lazy("Their e-mail address")
    )
    is_protected = forms.BooleanField(
        required=False, label=gettext_lazy("A special bond"),
        help_text=gettext_lazy("Nothing goes out by itself without approval, in the softest words."),
    )  # fmt: skip
    postal_address = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("Postal address"),
        widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("Lines as on an envelope."),
    )  # fmt: skip
    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"))
    timezone = forms.CharField(
        required=False, max_length=64, label=gettext_lazy("Time zone"), help_text=gettext_lazy("Such as Europe/Berlin.")
    )
    region = forms.CharField(
        required=False, max_length=3, label=gettext_lazy("State or region"),
        help_text=gettext_lazy("Such as CA in the United States; decides what recording a call needs."),
    )  # fmt: skip

    def __init__(self, *args: object, present: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)
        codes = [*known_languages(), *([present] if present and present not in known_languages() else [])]
        named = [(code, LANGUAGES[code].label if code in LANGUAGES else code) for code in codes]
        field.choices = [("", _("The organisation's")), *named]


@looking
def details(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The particulars, and the form to correct them."""
    return _page(request, visit, visit.find_customer(pk), None)


@acting
def details_write(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Keep what was corrected."""
    customer = visit.find_customer(pk)
    form = DetailsForm(request.POST, present=customer.language)
    if not form.is_valid():
        return _page(request, visit, customer, form)
    try:
        is_changed = write_customer(
            visit.organisation, customer, Particulars(**form.cleaned_data), actor=visit.actor, now=visit.now
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, visit, customer, form)
    messages.success(
        request, _("Kept, with before and after in the timeline.") if is_changed else _("Nothing changed.")
    )
    return go_back(request, reverse("customer", args=[visit.organisation.slug, pk]))


def _page(request: HttpRequest, visit: Visit, customer: Customer, form: DetailsForm | None) -> HttpResponse:
    initial = {name: getattr(customer, name) for name in NAMES}
    members = list(Membership.objects.filter(organisation=visit.organisation).select_related("user"))
    context = {
        "customer": customer,
        "form": form or DetailsForm(initial=initial, present=customer.language),
        "members": sorted({str(member.user) for member in members}),
        "collectors": sorted(members, key=lambda member: str(member.user).lower()),
    }
    return render_page(request, visit, "details.html", context, section="customers", status=422 if form else 200)
