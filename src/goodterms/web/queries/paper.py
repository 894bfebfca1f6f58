"""What proves a customer's letters: sent letters with their proofs, the newest first."""

from dataclasses import dataclass

from goodterms.followup.models import PostalProof
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

LETTERS_SHOWN = 10
PARTS = {"posting": ("posting_proof", "posting_proof_type"), "receipt": ("receipt", "receipt_type")}


@dataclass(frozen=True)
class Letter:
    """A letter that left, and what proves it; ``proof`` is None until somebody recorded anything."""

    effect: Effect
    proof: PostalProof | None


def letters_of(customer: Customer) -> list[Letter]:
    """The newest letters, with their proofs but without the scans."""
    sent = Effect.objects.filter(
        organisation_id=customer.organisation_id,
        customer_id=customer.pk,
        channel__in=("letter", "certified"),
        state=Effect.State.SENT,
    )
    effects = list(sent.defer("content").order_by("-finished_at", "-pk")[:LETTERS_SHOWN])
    kept = PostalProof.objects.filter(effect__in=effects).defer("posting_proof", "receipt") if effects else []
    proofs = {proof.effect_id: proof for proof in kept}
    return [Letter(effect, proofs.get(effect.pk)) for effect in effects]


def proof_of(effect: Effect) -> PostalProof | None:
    """What proves this letter, without the scans."""
    return PostalProof.objects.filter(effect=effect).defer("posting_proof", "receipt").first()


def find_proof(organisation: Organisation, pk: int) -> PostalProof | None:
    """The proof with its scans, or None where the organisation has no such proof."""
    return PostalProof.objects.filter(organisation=organisation, pk=pk).select_related("customer").first()
