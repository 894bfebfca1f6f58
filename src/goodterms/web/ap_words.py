"""The words of a customer's process: weekdays, invoice formats, the questions that are still open."""

from django.utils.translation import gettext_lazy as _

from goodterms.web.sign import Sign

WEEKDAYS = {
    1: _("Monday"),
    2: _("Tuesday"),
    3: _("Wednesday"),
    4: _("Thursday"),
    5: _("Friday"),
    6: _("Saturday"),
    7: _("Sunday"),
}
SHORT_WEEKDAYS = {1: _("Mon"), 2: _("Tue"), 3: _("Wed"), 4: _("Thu"), 5: _("Fri"), 6: _("Sat"), 7: _("Sun")}
FORMATS = {
    "pdf": Sign(_("PDF by e-mail")),
    "paper": Sign(_("On paper")),
    "portal": Sign(_("Entered in their portal")),
    "zugferd": Sign("ZUGFeRD / Factur-X"),
    "xrechnung": Sign("XRechnung"),
    "peppol": Sign("Peppol BIS"),
    "edi": Sign("EDI"),
}
QUESTIONS = {
    "system": Sign(_("Which system or portal do invoices go through at your end?")),
    "needs_purchase_order": Sign(_("Does an invoice need a purchase order number?")),
    "invoice_format": Sign(_("In which format would you like to receive invoices?")),
    "invoice_email": Sign(_("To which address should invoices be sent?")),
    "pay_run": Sign(_("On which days do your payment runs take place?")),
    "cut_off_working_days": Sign(_("How many working days before a payment run must an invoice be approved?")),
}
AP_VOCABULARIES = {"invoice_format": FORMATS, "question": QUESTIONS}
