"""The words of the import pages: fields of a file, counts, and what a person is asked where a file leaves it open."""

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Word = str | Promise
KINDS: dict[str, Word] = {
    "invoices": gettext_lazy("Invoices"),
    "payments": gettext_lazy("Payments"),
    "customers": gettext_lazy("Customers and contacts"),
}
FIELDS: dict[str, Word] = {
    "customer_number": gettext_lazy("Customer number"),
    "customer_name": gettext_lazy("Customer"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
    "terms": gettext_lazy("Payment terms"),
    "is_protected": gettext_lazy("Special bond"),
    "address": gettext_lazy("Postal address"),
    "street": gettext_lazy("Street"),
    "street_2": gettext_lazy("Street, second line"),
    "postcode": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "region": gettext_lazy("State or region"),
    "relationship_owner": gettext_lazy("Relationship owner"),
    "contact_name": gettext_lazy("Contact"),
    "contact_role": gettext_lazy("Contact's role"),
    "email": gettext_lazy("E-mail address"),
    "phone": gettext_lazy("Telephone"),
    "mobile": gettext_lazy("Mobile number"),
    "number": gettext_lazy("Invoice number"),
    "type": gettext_lazy("Kind of document"),
    "status": gettext_lazy("Status"),
    "payment_status": gettext_lazy("Payment status"),
    "issue_date": gettext_lazy("Invoice date"),
    "due_date": gettext_lazy("Due date"),
    "settled_date": gettext_lazy("Settled on"),
    "currency": gettext_lazy("Currency"),
    "amount": gettext_lazy("Amount"),
    "open": gettext_lazy("Open amount"),
    "paid": gettext_lazy("Paid so far"),
    "line_amount": gettext_lazy("Amount of a line"),
    "purchase_order": gettext_lazy("Purchase order"),
    "disputed": gettext_lazy("Disputed"),
    "payment_date": gettext_lazy("Payment date"),
    "payment_amount": gettext_lazy("Payment amount"),
    "payment_number": gettext_lazy("Payment number"),
    "reference": gettext_lazy("Reference"),
    "returned_date": gettext_lazy("Returned on"),
}
COUNTS: dict[str, Word] = {
    "rows_read": gettext_lazy("Rows read"),
    "customers_new": gettext_lazy("Customers new"),
    "customers_changed": gettext_lazy("Customers changed"),
    "contacts_new": gettext_lazy("Contacts new"),
    "contacts_changed": gettext_lazy("Contacts changed"),
    "invoices_new": gettext_lazy("Invoices new"),
    "invoices_changed": gettext_lazy("Invoices changed"),
    "invoices_unchanged": gettext_lazy("Invoices unchanged"),
    "invoices_settled": gettext_lazy("Invoices settled"),
    "invoices_older": gettext_lazy("Invoices left: a newer file knows better"),
    "invoices_not_owed": gettext_lazy("Invoices not owed (drafts, void)"),
    "payments_new": gettext_lazy("Payments new"),
    "payments_changed": gettext_lazy("Payments changed"),
    "payments_unchanged": gettext_lazy("Payments unchanged"),
    "rows_left_out": gettext_lazy("Rows without data"),
    "rows_bad": gettext_lazy("Rows that cannot be read"),
    "problems_found": gettext_lazy("Problems found"),
    "problems_resolved": gettext_lazy("Problems mended"),
}
ASKED_AT = {
    "DatesAmbiguous": "dates",
    "DatesContradict": "dates",
    "AmountsAmbiguous": "decimal",
    "AmountsContradict": "decimal",
    "KindUnclear": "kind",
    "EncodingUnknown": "encoding",
    "AsOfInFuture": "as_of",
    "CompleteListOfOtherThings": "is_complete",
    "CompleteListOutdated": "is_complete",
}
"""The field of the form at which a refusal of the importer is answered."""
_FOR_THE_SHELL = (
    (re.compile(r", or name the columns in a file and give it with --map mapping\.toml"), ""),
    (re.compile(r"Name the right one in a file given with --map mapping\.toml, for example: .*?; or say"), "|columns|"),
    (re.compile(r" what the file holds with --kind [^.]*\."), ""),
    (re.compile(r"If the columns were misread, name them with --map mapping\.toml\."), "|misread|"),
    (re.compile(r", say so with --as-of|, say so with --as-of\."), "|as_of|"),
    (re.compile(r"Name its encoding, for example --encoding cp850 or --encoding mac-roman, or"), "|encoding|"),
    (re.compile(r"with --complete, "), "|complete|"),
    (re.compile(r"; --complete is for lists of open invoices\. Import it without\."), "|without|"),
    (re.compile(r"--as-of "), ""),
)


def in_page_words(text: str) -> str:
    """A sentence of the importer with what one would type at a shell put into the words of the page."""
    here = {
        "|columns|": _("Say below which column it is."),
        "|misread|": _("If the columns were misread, choose them below."),
        "|as_of|": _(", give its day below"),
        "|encoding|": _("Choose its encoding below, or"),
        "|complete|": _("if you say so below, "),
        "|without|": _("; only a list of open invoices can be complete."),
    }
    for pattern, mark in _FOR_THE_SHELL:
        text = pattern.sub(here.get(mark, ""), text)
    return text


def question_words(question: dict[str, Any]) -> str:
    """What a person is asked, in a sentence with the file's own examples."""
    told = {
        "column": question.get("column", ""),
        "one": next(iter(question.get("examples", [])), ""),
        "all": ", ".join(question.get("examples", [])),
    }
    words = {
        "DatesAmbiguous": _("Column “%(column)s”: %(all)s can be read day first or month first. Which is it?"),
        "DatesContradict": _("Column “%(column)s” has both forms: %(all)s. Which one holds? Rows that do not fit are "
                             "then listed as problems."),
        "AmountsAmbiguous": _("Column “%(column)s”: %(all)s can be thousands or a fraction. Which mark divides the "
                              "decimals?"),
        "AmountsContradict": _("Column “%(column)s” has both forms: %(all)s. Which mark divides the decimals? Rows "
                               "that do not fit are then listed as problems."),
        "KindUnclear": _("The file could list invoices or payments. Which is it?"),
    }  # fmt: skip
    pattern = words.get(question.get("name", ""))
    return pattern % told if pattern else in_page_words(question.get("text", ""))


def count_rows(counts: dict[str, int]) -> list[tuple[Word, int]]:
    """The counts of an import in the order in which a person reads them."""
    return [(word, counts[name]) for name, word in COUNTS.items() if counts.get(name)]
