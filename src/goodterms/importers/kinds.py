"""What the words for type and status of a document mean, in the words of accounting programs."""

import polars as pl

_CREDIT = r"credit|gutschrift|avoir|storno|rechnungskorrektur|refund|^cn$|rectificativa|nota di credito"
_PAYMENT = r"payment|zahlung|receipt|deposit|unapplied|overpay|anzahlung"
_NOT_OURS = (
    r"\bbills?\b|purchase|expense|vendor|supplier|eingangsrechnung|kreditor|estimate|\bquotes?\b|quotation|angebot|"
    r"sales order|auftrag|^in_"
)
_DRAFT = r"draft|entwurf|awaiting approval|pending approval|pro ?forma"
_VOID = r"void|cancel|storn|delete|annul|gelöscht|ungültig"
_PAID = r"^(?:fully |in )?paid|^(?:vollständig )?bezahlt|^settled|^closed|^ausgeglichen|^erledigt|^cleared"
_RETURNED = r"return|bounc|revers|chargeback|charged back|rücklast|zurück|dishono|failed|nsf"


def document_kind(word: pl.Expr, sign_of: pl.Expr) -> pl.Expr:
    """invoice, credit_note, payment, or other (what we owe, and what is not owed yet), by its word, else its sign."""
    folded = word.str.to_lowercase()
    return (
        pl.when(folded.str.contains(_NOT_OURS))
        .then(pl.lit("other"))
        .when(folded.str.contains(_CREDIT))
        .then(pl.lit("credit_note"))
        .when(folded.str.contains(_PAYMENT))
        .then(pl.lit("payment"))
        .when(sign_of < 0)
        .then(pl.lit("credit_note"))
        .otherwise(pl.lit("invoice"))
    )


def standing(word: pl.Expr) -> pl.Expr:
    """posted, draft or void."""
    folded = word.str.to_lowercase()
    return (
        pl.when(folded.str.contains(_DRAFT))
        .then(pl.lit("draft"))
        .when(folded.str.contains(_VOID))
        .then(pl.lit("void"))
        .otherwise(pl.lit("posted"))
    )


def is_paid(word: pl.Expr) -> pl.Expr:
    """Whether a status says that nothing is open any more."""
    return word.str.to_lowercase().str.contains(_PAID).fill_null(False)


def is_returned(word: pl.Expr) -> pl.Expr:
    """Whether a payment's status says that the bank sent it back."""
    return word.str.to_lowercase().str.contains(_RETURNED).fill_null(False)
