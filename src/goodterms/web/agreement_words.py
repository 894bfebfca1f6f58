"""The words, colours and icons of agreements, disputes, fees, letters to print and cases for an agency."""

from django.utils.translation import gettext_lazy as _

from goodterms.web.sign import Sign

PROMISE_STATES = {
    "open": Sign(_("Waited for"), "azure", "calendar-event", _("Chasing waits until its day and tolerance are over.")),
    "kept": Sign(_("Kept"), "green", "circle-check", _("What was promised came in.")),
    "partly_kept": Sign(_("Partly kept"), "orange", "trending-down", _("Less than promised came in.")),
    "broken": Sign(_("Broken"), "red", "circle-x", _("Nothing came in.")),
    "withdrawn": Sign(_("Withdrawn"), "secondary", "x", _("It no longer stands.")),
}
PLAN_STATES = {
    "proposed": Sign(_("Proposed"), "yellow", "clock", _("The customer has not accepted it yet.")),
    "active": Sign(_("Running"), "azure", "list-check", _("Accepted; chasing waits while instalments come in.")),
    "completed": Sign(_("Completed"), "green", "circle-check", _("All of it came in.")),
    "defaulted": Sign(_("Not kept"), "red", "circle-x", _("Instalments were missed; chasing goes on.")),
    "cancelled": Sign(_("Cancelled"), "secondary", "x", _("Ended by a person.")),
    "replaced": Sign(_("Replaced"), "secondary", "rotate-clockwise", _("Changed by agreement into another plan.")),
}
INSTALMENT_STATES = {
    "paid": Sign(_("Paid"), "green", "circle-check"),
    "part": Sign(_("Paid in part"), "yellow", "trending-down"),
    "missed": Sign(_("Missed"), "red", "circle-x"),
    "due": Sign(_("Due"), "orange", "clock"),
    "coming": Sign(_("To come"), "secondary", "calendar"),
}
SETTLEMENT_STATES = {
    "draft": Sign(_("Waits for approval"), "yellow", "hand-stop", _("A manager must approve it first.")),
    "proposed": Sign(_("Proposed"), "yellow", "clock", _("The customer has not accepted it yet; paying accepts it.")),
    "accepted": Sign(_("Accepted"), "azure", "check", _("The rest is forgiven once the agreed money is in.")),
    "fulfilled": Sign(_("Fulfilled"), "green", "circle-check", _("The agreed money came in; the rest was forgiven.")),
    "lapsed": Sign(_("Lapsed"), "red", "circle-x", _("The money did not come in time; everything is owed again.")),
    "cancelled": Sign(_("Called off"), "secondary", "x", _("Ended by a person.")),
}
RHYTHMS = {
    "weekly": Sign(_("Every week")),
    "two_weekly": Sign(_("Every two weeks")),
    "monthly": Sign(_("Every month")),
    "custom": Sign(_("On days of its own")),
}
SOURCES = {
    "email": Sign(_("By e-mail"), "blue", "mail"),
    "call": Sign(_("On the phone"), "green", "phone"),
    "letter": Sign(_("By letter"), "secondary", "file-text"),
    "sms": Sign(_("By SMS"), "secondary", "message"),
    "portal": Sign(_("In the portal"), "purple", "user"),
    "person": Sign(_("In person"), "secondary", "users"),
}
DISPUTE_REASONS = {
    "not_agreed": Sign(_("Not agreed, or unknown")),
    "wrong_price": Sign(_("Wrong price")),
    "wrong_quantity": Sign(_("Wrong quantity")),
    "faulty": Sign(_("Faulty goods or work")),
    "late_delivery": Sign(_("Late delivery")),
    "missing_po": Sign(_("Purchase order missing")),
    "invoice_error": Sign(_("Error in the invoice")),
    "invoice_not_received": Sign(_("Invoice not received")),
    "duplicate": Sign(_("Duplicate")),
    "already_paid": Sign(_("Paid already")),
    "cannot_pay": Sign(_("Cannot pay")),
    "other": Sign(_("Something else")),
}
RESOLUTIONS = {
    "": Sign(_("Open"), "orange", "clock", _("What is disputed is held back until it is resolved.")),
    "credited": Sign(
        _("Justified: credit note"), "green", "file-invoice",
        _("The accounting program issues a credit note. The invoice waits for it, and a task asks for it."),
    ),
    "adjusted": Sign(
        _("Justified: taken off"), "green", "check",
        _("The amount is taken off the invoice here and now; the rest of it is chased again."),
    ),
    "unjustified": Sign(
        _("Not justified"), "red", "circle-x",
        _("Chasing goes on with the next run; interest has run since the due date as if nothing had been."),
    ),
    "withdrawn": Sign(_("Withdrawn"), "secondary", "x", _("The customer let it go; chasing goes on.")),
}  # fmt: skip
FEE_REASONS = {
    "late_fee": Sign(_("Late fee")),
    "compensation": Sign(_("Fixed compensation by law")),
    "interest": Sign(_("Statutory interest")),
    "returned_payment": Sign(_("Returned payment")),
    "costs": Sign(_("Costs of collection")),
}
AGENCY_STATES = {
    "ready": Sign(_("Ready"), "orange", "flag", _("Every step was taken; a person decides.")),
    "approved": Sign(_("Approved"), "yellow", "check", _("May be handed over; chasing goes on until it is.")),
    "handed_over": Sign(_("With the agency"), "red", "users", _("Nothing else goes out meanwhile.")),
    "recalled": Sign(_("Taken back"), "azure", "rotate-clockwise", _("Chasing goes on here.")),
    "closed": Sign(_("Closed"), "secondary", "circle-check", _("The agency has finished.")),
}
ALLOCATIONS = {
    "payment": Sign(_("Payment"), "green", "coins"),
    "credit_note": Sign(_("Credit note"), "azure", "file-invoice"),
    "reported": Sign(_("Lower by the import"), "secondary", "info-circle"),
    "returned": Sign(_("Payment sent back"), "red", "rotate-clockwise"),
    "forgiven": Sign(_("Forgiven"), "pink", "heart"),
    "written_off": Sign(_("Written off"), "secondary", "ban"),
    "waived": Sign(_("Fee taken back"), "green", "coins"),
    "adjusted": Sign(_("Taken off after a dispute"), "azure", "file-invoice"),
}
INVOICE_KINDS = {
    "invoice": Sign(_("Invoice"), "secondary", "file-invoice"),
    "credit_note": Sign(_("Credit note"), "azure", "file-invoice"),
    "fee": Sign(_("Fee"), "orange", "coins"),
}
INVOICE_STATES = {
    "overdue": Sign(_("Overdue"), "red", "clock"),
    "not_due": Sign(_("Not due"), "green", "calendar"),
    "undated": Sign(_("No due date"), "orange", "question-mark", _("Nobody can call it overdue; it is not chased.")),
    "credit": Sign(_("To be set off"), "azure", "file-invoice"),
    "settled": Sign(_("Settled"), "green", "circle-check"),
    "void": Sign(_("Void"), "secondary", "ban"),
}
MARKS = {
    "disputed": Sign(_("Disputed"), "orange", "hand-stop"),
    "promised": Sign(_("Promised"), "azure", "calendar-event"),
    "planned": Sign(_("In a plan"), "azure", "list-check"),
    "held": Sign(_("On hold"), "azure", "player-pause"),
}
PROMISE_VIEWS = {
    "due": Sign(_("Due up to today")),
    "coming": Sign(_("Coming")),
    "broken": Sign(_("Broken, or kept in part")),
    "kept": Sign(_("Kept")),
    "withdrawn": Sign(_("Withdrawn")),
}
PLAN_VIEWS = {
    "active": Sign(_("Running")),
    "proposed": Sign(_("Proposed")),
    "defaulted": Sign(_("Not kept")),
    "completed": Sign(_("Completed")),
    "ended": Sign(_("Cancelled or replaced")),
}
SETTLEMENT_VIEWS = {
    "running": Sign(_("Running")),
    "fulfilled": Sign(_("Fulfilled")),
    "lapsed": Sign(_("Lapsed")),
    "cancelled": Sign(_("Called off")),
}
AGENCY_VIEWS = {
    "ready": Sign(_("Ready, to be decided")),
    "approved": Sign(_("Approved")),
    "handed_over": Sign(_("With the agency")),
    "ended": Sign(_("Taken back or closed")),
}
AGREEMENT_VOCABULARIES = {
    "mark": MARKS,
    "agency_view": AGENCY_VIEWS,
    "promise_view": PROMISE_VIEWS,
    "plan_view": PLAN_VIEWS,
    "settlement_view": SETTLEMENT_VIEWS,
    "promise_state": PROMISE_STATES,
    "plan_state": PLAN_STATES,
    "instalment_state": INSTALMENT_STATES,
    "settlement_state": SETTLEMENT_STATES,
    "rhythm": RHYTHMS,
    "source": SOURCES,
    "dispute_reason": DISPUTE_REASONS,
    "resolution": RESOLUTIONS,
    "fee_reason": FEE_REASONS,
    "agency_state": AGENCY_STATES,
    "allocation": ALLOCATIONS,
    "invoice_kind": INVOICE_KINDS,
    "invoice_state": INVOICE_STATES,
}
