"""The words, colours and icons of what the pages show; colour always comes with a word and an icon."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from goodterms.web.agreement_words import AGREEMENT_VOCABULARIES
from goodterms.web.ap_words import AP_VOCABULARIES
from goodterms.web.compose_words import COMPOSE_VOCABULARIES, WRITTEN_EVENTS
from goodterms.web.sign import Sign

PROFILES = {
    "good": Sign(_("Good"), "green", "circle-check", _("Pays within terms and a few bank days.")),
    "new": Sign(_("New"), "azure", "sparkles", _("Too few settled invoices to know a habit.")),
    "forgetful": Sign(_("Forgetful"), "yellow", "bell", _("Late now and then, pays soon after a reminder.")),
    "red_tape": Sign(_("Red tape"), "purple", "file-text", _("Late by a steady time: their process, not their will.")),
    "bad_patch": Sign(_("Bad patch"), "orange", "trending-down", _("A good payer, suddenly late.")),
    "special_bond": Sign(_("Special bond"), "pink", "heart", _("Pays when their own contact asks.")),
    "failing": Sign(_("Failing"), "red", "alert-triangle", _("Later every time, part payments, returned payments.")),
    "cannot_pay": Sign(_("Cannot pay"), "red", "circle-x", _("Owes much and has never paid.")),
    "avoiding": Sign(_("Avoiding"), "red", "mail-off", _("Disputes late, or does not answer at all.")),
    "chronic": Sign(_("Chronic"), "orange", "history", _("Late nearly always, pays at the last step.")),
}
VERDICTS = {
    "keep": Sign(
        pgettext_lazy("verdict", "Keep"), "green", "circle-check", _("The relationship is worth its trouble.")
    ),
    "watch": Sign(_("Watch"), "yellow", "eye", _("Something is not right; look again soon.")),
    "part": Sign(_("Part"), "red", "circle-x", _("The evidence speaks for ending it.")),
}
CHANNELS = {
    "email": Sign(_("E-mail"), "blue", "mail"),
    "call": Sign(_("Call"), "green", "phone"),
    "certified": Sign(_("Certified letter"), "orange", "file-text"),
    "agency": Sign(_("Agency"), "red", "users"),
    "letter": Sign(_("Letter"), "secondary", "file-text"),
    "sms": Sign(_("SMS"), "secondary", "message"),
}
STATES = {
    "planned": Sign(_("Planned"), "secondary", "calendar", _("Its day or hour has not come yet.")),
    "waiting": Sign(_("Waiting for approval"), "yellow", "hand-stop", _("A person must approve it.")),
    "queued": Sign(_("Queued"), "azure", "clock", _("Leaves as soon as its hour has come.")),
    "claimed": Sign(_("Being sent"), "azure", "send", _("A worker has it in hand.")),
    "sent": Sign(_("Sent"), "green", "circle-check", _("The channel has accepted it.")),
    "failed": Sign(_("Failed"), "red", "circle-x", _("Refused for good; decide what shall happen.")),
    "uncertain": Sign(_("Uncertain"), "orange", "question-mark", _("It may or may not have left.")),
    "withheld": Sign(_("Withheld"), "orange", "ban", _("Kept back at the last moment, with the reason.")),
    "cancelled": Sign(_("Cancelled"), "secondary", "x", _("No longer wanted before it left.")),
}
TASKS = {
    "call": Sign(_("Call"), "green", "phone-call"),
    "contact_missing": Sign(_("Contact missing"), "orange", "user-question"),
    "no_step_left": Sign(_("No step left"), "red", "flag"),
    "uncertain": Sign(_("Uncertain"), "orange", "question-mark"),
    "failed": Sign(_("Failed"), "red", "circle-x"),
    "withheld": Sign(_("Withheld"), "orange", "ban"),
    "reply": Sign(_("Answer to read"), "yellow", "message"),
    "fix": Sign(_("Cause to mend"), "purple", "user-question"),
    "contact_repair": Sign(_("Contact to mend"), "orange", "user-question"),
    "call_back": Sign(_("Call again"), "green", "phone-call"),
    "promise_broken": Sign(_("Promise broken"), "red", "calendar-event"),
    "plan_defaulted": Sign(_("Plan not kept"), "red", "list-check"),
    "dispute_due": Sign(_("Dispute to resolve"), "orange", "alert-circle"),
    "approval": Sign(_("Agreement to approve"), "yellow", "hand-stop"),
    "proof_overdue": Sign(_("Proof missing"), "orange", "file-text"),
    "print": Sign(_("Letters to print"), "azure", "file-text"),
    "agency_ready": Sign(_("Ready for the agency"), "red", "flag"),
    "legal": Sign(_("Court or forget"), "red", "flag"),
    "relationship": Sign(_("A personal word"), "pink", "heart"),
}
TONES = {
    "courtesy": Sign(_("Courtesy")),
    "friendly": Sign(_("Friendly")),
    "clear": Sign(_("Clear")),
    "firm": Sign(_("Firm")),
    "final": Sign(_("Final")),
}
STEPS = {
    "own-words": Sign(_("Own words")),
    "own-letter": Sign(_("Own words")),
    "own-sms": Sign(_("Own words")),
    "welcome": Sign(_("Welcome")),
    "upcoming": Sign(_("Before the due date")),
    "due-today": Sign(_("Due today")),
    "friendly": Sign(_("Friendly reminder")),
    "clear": Sign(_("Clear reminder")),
    "firm": Sign(_("Firm reminder")),
    "final": Sign(_("Final notice")),
    "process": Sign(_("Asks for their process")),
    "before-pay-run": Sign(_("Before their pay run")),
    "before-next-run": Sign(_("Before their next pay run")),
    "promise-reminder": Sign(_("Reminder of a promise")),
    "help": Sign(_("Offers help")),
    "plan": Sign(_("Offers a plan")),
    "note": Sign(_("Note from their contact")),
    "note-again": Sign(_("Second note from their contact")),
    "check-in": Sign(_("Check-in")),
    "thanks": Sign(_("Thank you")),
    "senior": Sign(_("Notice from senior staff")),
    "unceasing": Sign(_("Repeated notice")),
    "interest-warning": Sign(_("Warns of interest")),
    "late-fee-warning": Sign(_("Warns of a late fee")),
    "interest": Sign(_("Notice of interest")),
    "terms": Sign(_("Firmer terms")),
    "call": Sign(_("Call")),
    "call-again": Sign(_("Second call")),
    "last-call": Sign(_("Last call")),
    "part-ways": Sign(_("Proposes to part ways")),
    "hand-over": Sign(_("Hand-over to an agency")),
}
WAITS = {
    "hold": Sign(_("On hold"), "azure", "player-pause"),
    "reply": Sign(_("An answer is to be read"), "yellow", "message"),
    "promise": Sign(_("Has promised to pay"), "green", "calendar-event"),
    "pending": Sign(_("A message is on its way"), "azure", "send"),
    "tried_today": Sign(_("Today's message could not leave"), "orange", "alert-circle"),
    "not_yet": Sign(_("The next step is not due yet"), "secondary", "calendar-time"),
    "deadline": Sign(_("The deadline we set has not passed"), "secondary", "calendar-event"),
    "spacing": Sign(_("The last message is too fresh"), "secondary", "clock-pause"),
    "gap": Sign(_("There was a contact a short while ago"), "secondary", "clock-pause"),
    "weekly_cap": Sign(_("Enough messages for one week"), "secondary", "adjustments-horizontal"),
    "closed_day": Sign(_("No working day there"), "secondary", "zzz"),
    "no_step_left": Sign(_("The playbook has no step left"), "red", "flag"),
    "contact_missing": Sign(_("Nobody can be reached"), "orange", "user-question"),
    "volume": Sign(_("More touches than usual in one day"), "orange", "alert-triangle"),
}
AGES = {
    "not_due": Sign(_("Not due")),
    "1_30": Sign(_("1–30 days")),
    "31_60": Sign(_("31–60 days")),
    "61_90": Sign(_("61–90 days")),
    "over_90": Sign(_("Over 90 days")),
}
HOLD_REASONS = {
    "illness": Sign(_("Illness")),
    "payment_run": Sign(_("Payment run")),
    "goodwill": Sign(_("Goodwill")),
    "dispute": Sign(_("Dispute")),
    "legal": Sign(_("Legal")),
    "other": Sign(_("Other")),
}
ROLES = {
    "accounts_payable": Sign(_("Accounts payable")),
    "buyer": Sign(_("Buyer")),
    "executive": Sign(_("Executive")),
    "owner": Sign(_("Owner")),
    "other": Sign(_("Other")),
}
CALL_OUTCOMES = {
    "reached": Sign(_("Reached")),
    "gatekeeper": Sign(_("Somebody else answered")),
    "voicemail": Sign(_("Voicemail")),
    "no_answer": Sign(_("No answer")),
    "hung_up": Sign(_("Hung up")),
    "wrong_number": Sign(_("Wrong number")),
    "call_back": Sign(_("To be called again")),
}
LATE_REASONS = {
    "oversight": Sign(_("Overlooked")),
    "invoice_not_received": Sign(_("Invoice not received")),
    "missing_po": Sign(_("Purchase order missing")),
    "approval": Sign(_("Waits for approval")),
    "pay_run": Sign(_("Waits for their pay run")),
    "wrong_contact": Sign(_("Went to the wrong person")),
    "dispute": Sign(_("Something is not right")),
    "cash": Sign(_("Money is tight")),
    "illness": Sign(_("Illness")),
    "already_paid": Sign(_("Paid already")),
    "other": Sign(_("Something else")),
}
LEGAL_DECISIONS = {
    "filed": Sign(_("Filed")),
    "written_off": Sign(_("Written off")),
    "dropped": Sign(_("Dropped")),
    "ended": Sign(_("The court case has ended")),
}
EVENTS = {
    "hold_placed": Sign("", "azure", "player-pause"),
    "hold_lifted": Sign("", "azure", "player-play"),
    "promise_made": Sign("", "azure", "player-pause"),
    "promise_kept": Sign("", "green", "circle-check"),
    "promise_partly_kept": Sign("", "orange", "trending-down"),
    "promise_broken": Sign("", "red", "circle-x"),
    "plan_accepted": Sign("", "azure", "player-pause"),
    "plan_completed": Sign("", "green", "circle-check"),
    "plan_defaulted": Sign("", "red", "circle-x"),
    "settlement_accepted": Sign("", "azure", "player-pause"),
    "settlement_fulfilled": Sign("", "green", "circle-check"),
    "settlement_lapsed": Sign("", "red", "circle-x"),
    "dispute_opened": Sign("", "orange", "hand-stop"),
    "dispute_resolved": Sign("", "green", "check"),
    "dispute_reassigned": Sign("", "orange", "user-check"),
    "owner_left": Sign("", "secondary", "user-question"),
    "dispute_file": Sign("", "orange", "file-text"),
    "dispute_overdue": Sign("", "red", "alert-circle"),
    "promise_withdrawn": Sign("", "secondary", "x"),
    "plan_proposed": Sign("", "yellow", "list-check"),
    "plan_approved": Sign("", "green", "check"),
    "plan_cancelled": Sign("", "secondary", "x"),
    "settlement_proposed": Sign("", "yellow", "heart"),
    "settlement_approved": Sign("", "green", "check"),
    "settlement_cancelled": Sign("", "secondary", "x"),
    "agency_approved": Sign("", "yellow", "check"),
    "agency_handed_over": Sign("", "red", "users"),
    "agency_recalled": Sign("", "azure", "rotate-clockwise"),
    "agency_closed": Sign("", "secondary", "circle-check"),
    "agency_report": Sign("", "red", "file-text"),
    "letter_batched": Sign("", "azure", "file-text"),
    "letter_posted": Sign("", "green", "file-text"),
    "hold_extended": Sign("", "azure", "player-pause"),
    "fee_charged": Sign("", "orange", "coins"),
    "fee_waived": Sign("", "green", "coins"),
    "profile_overridden": Sign("", "purple", "user-check"),
    "override_removed": Sign("", "purple", "rotate-clockwise"),
    "task_done": Sign("", "green", "check"),
    "task_snoozed": Sign("", "azure", "zzz"),
    "task_assigned": Sign("", "azure", "user-check"),
    "words_edited": Sign("", "purple", "edit"),
    "call": Sign("", "green", "phone-call"),
    "late_reason": Sign("", "purple", "user-question"),
    "opted_out": Sign("", "orange", "ban"),
    "sms_failed": Sign("", "red", "circle-x"),
    "sms_delivered": Sign("", "green", "circle-check"),
    "effect_approved": Sign("", "green", "circle-check"),
    "effect_refused": Sign("", "orange", "hand-stop"),
    "effect_settled": Sign("", "orange", "check"),
    "profile_changed": Sign("", "purple", "user-question"),
    "signal": Sign("", "orange", "trending-down"),
    "contact_added": Sign("", "azure", "user"),
    "contact_corrected": Sign("", "azure", "user-check"),
    "payment": Sign("", "green", "coins"),
    "sent": Sign("", "blue", "mail-forward"),
    "failed": Sign("", "red", "circle-x"),
    "uncertain": Sign("", "orange", "question-mark"),
    "withheld": Sign("", "orange", "ban"),
}
SIGNALS = {
    "later": Sign(_("Pays later than usual"), "orange", "trending-down"),
    "earlier": Sign(_("Pays earlier than usual"), "green", "trending-up"),
    "irregular": Sign(_("Rhythm has become irregular"), "orange", "chart-dots"),
}
MEMBER_ROLES = {
    "owner": Sign(_("Owner"), "purple", "shield-check"),
    "manager": Sign(_("Manager"), "blue", "user-check"),
    "collector": Sign(_("Collector"), "green", "phone"),
    "viewer": Sign(_("Viewer"), "secondary", "eye"),
}
CHANGES = {
    "settings": Sign(_("Settings"), "blue", "adjustments-horizontal"),
    "policy": Sign(_("Policy"), "blue", "adjustments-horizontal"),
    "member": Sign(_("Member"), "purple", "users"),
    "invitation": Sign(_("Invitation"), "purple", "mail"),
    "api_key": Sign(_("API key"), "purple", "lock"),
    "playbook": Sign(_("Playbook"), "azure", "list-check"),
    "template": Sign(_("Template"), "azure", "file-text"),
    "sender": Sign(_("Sender"), "azure", "send"),
    "profile": Sign(_("Profile"), "purple", "user-check"),
    "hold": Sign(_("Hold"), "azure", "player-pause"),
    "contact": Sign(_("Contact"), "green", "user"),
    "ap_profile": Sign(_("AP profile"), "green", "building"),
    "customer": Sign(_("Customer"), "green", "users"),
    "agreement": Sign(_("Agreement"), "orange", "checks"),
    "import": Sign(_("Import"), "secondary", "database-exclamation"),
    "export": Sign(_("Export"), "secondary", "file-text"),
    "portal": Sign(_("Portal link"), "secondary", "home"),
    "other": Sign(_("Other"), "secondary", "edit"),
}
PLAYBOOKS = {
    **PROFILES,
    "standard": Sign(_("Standard"), "secondary", "list-check", _("The same for everyone: the control group.")),
}
EXPERIMENTS = {
    "running": Sign(_("Running"), "azure", "player-play"),
    "clear": Sign(_("Clear"), "green", "circle-check", _("It ended by itself: the difference is clear.")),
    "over": Sign(_("Over"), "secondary", "flag", _("It ended on its last day.")),
    "stopped": Sign(_("Ended by a person"), "orange", "hand-stop"),
}
VOCABULARIES = {
    "experiment": EXPERIMENTS,
    "book": PLAYBOOKS,
    "member_role": MEMBER_ROLES,
    "change": CHANGES,
    "profile": PROFILES,
    "verdict": VERDICTS,
    "channel": CHANNELS,
    "state": STATES,
    "task": TASKS,
    "tone": TONES,
    "step": STEPS,
    "wait": WAITS,
    "age": AGES,
    "hold": HOLD_REASONS,
    "role": ROLES,
    "event": EVENTS | WRITTEN_EVENTS,
    "signal": SIGNALS,
    "call_outcome": CALL_OUTCOMES,
    "late_reason": LATE_REASONS,
    "legal_decision": LEGAL_DECISIONS,
    **AGREEMENT_VOCABULARIES,
    **COMPOSE_VOCABULARIES,
    **AP_VOCABULARIES,
}


def sign_of(vocabulary: str, value: str) -> Sign:
    """How ``value`` is shown; a word without an entry is shown as itself."""
    known = VOCABULARIES[vocabulary].get(value)
    return known or Sign(capfirst(value.replace("_", " ").replace("-", " ")) if value else "–")
