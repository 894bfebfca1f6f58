"""One effect with its touch, its customer and what was or would be sent."""

from dataclasses import dataclass

from goodterms.followup.models import Touch
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Attempt, Effect


@dataclass(frozen=True)
class AskedItem:
    """An invoice as the touch asked for it."""

    number: str
    currency: str
    open_amount_minor: int


def find_effect(organisation: Organisation, pk: int) -> Effect | None:
    """The effect with its touch and message, or None where the organisation has no such effect."""
    effects = Effect.objects.filter(organisation=organisation, pk=pk)
    return effects.select_related("touch__personal", "message").first()


def touch_of(effect: Effect) -> Touch | None:
    """The touch that the effect carries out."""
    return getattr(effect, "touch", None)


def customer_of(effect: Effect) -> Customer | None:
    """Whom it is for."""
    own = Customer.objects.filter(organisation_id=effect.organisation_id, pk=effect.customer_id)
    return own.select_related("profile").first()


def attempts_of(effect: Effect) -> list[Attempt]:
    """Every try, the first one first."""
    return list(effect.attempt_rows.order_by("pk"))


def asked_items(touch: Touch) -> list[AskedItem]:
    """The invoices the touch is about, with the amounts open when it was decided."""
    items = touch.read_items()
    ids = [item["invoice_id"] for item in items]
    own = Invoice.objects.filter(organisation_id=touch.organisation_id, pk__in=ids)
    numbers = dict(own.values_list("pk", "number"))
    return [
        AskedItem(numbers.get(item["invoice_id"], "?"), item["currency"], item["open_amount_minor"]) for item in items
    ]
