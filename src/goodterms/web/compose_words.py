"""The words of what a person writes and reads: templates, warnings, the inbox's lists, the timeline's kinds."""

from django.utils.translation import gettext_lazy as _

from goodterms.web.sign import Sign

OWN = Sign(_("Own words"), "azure", "edit")
TEMPLATES = {
    "own_words": OWN,
    "own_letter": OWN,
    "own_sms": OWN,
    "welcome": Sign(_("Welcome")),
    "upcoming": Sign(_("Before the due date")),
    "due_today": Sign(_("Due today")),
    "reminder_friendly": Sign(_("Friendly reminder")),
    "reminder_clear": Sign(_("Clear reminder")),
    "reminder_firm": Sign(_("Firm reminder")),
    "final_notice": Sign(_("Final notice")),
    "ask_process": Sign(_("Asks for their process")),
    "before_pay_run": Sign(_("Before their pay run")),
    "offer_help": Sign(_("Offers help")),
    "plan_offer": Sign(_("Offers a plan")),
    "owner_note": Sign(_("Note from their contact")),
    "check_in": Sign(_("Check-in")),
    "thank_you": Sign(_("Thank you")),
    "senior_notice": Sign(_("Notice from senior staff")),
    "interest_warning": Sign(_("Warns of interest")),
    "late_fee_warning": Sign(_("Warns of a late fee")),
    "interest_notice": Sign(_("Notice of interest")),
    "firmer_terms": Sign(_("Firmer terms")),
    "part_ways": Sign(_("Proposes to part ways")),
    "reminder_letter": Sign(_("Reminder on paper")),
    "final_letter": Sign(_("Last deadline on paper")),
    "interest_letter": Sign(_("Interest on paper")),
    "statement": Sign(_("Statement of account")),
    "certified_notice": Sign(_("Formal notice")),
    "sms_due_today": Sign(_("Due today")),
    "sms_reminder": Sign(_("Reminder as a text")),
    "promise_reminder": Sign(_("Reminder of a promise")),
    "sms_promise_reminder": Sign(_("Reminder of a promise")),
}
SENDERS = {
    "default": Sign(_("The organisation")),
    "owner": Sign(_("The relationship owner")),
}
LANGUAGES = {
    "en": Sign("English"),
    "de": Sign("Deutsch"),
}
CAUTIONS = {
    "agency": Sign(_("In an agency's hands"), "red", "hand-stop"),
    "court": Sign(_("At court"), "red", "hand-stop"),
    "hold": Sign(_("On hold"), "azure", "player-pause"),
    "promise": Sign(_("Has promised to pay"), "green", "calendar-event"),
    "plan": Sign(_("Pays by a plan"), "green", "list-check"),
    "reply": Sign(_("An answer is to be read"), "yellow", "message"),
    "pending": Sign(_("A message is on its way"), "azure", "send"),
    "gap": Sign(_("There was a contact a short while ago"), "orange", "clock-pause"),
    "deadline": Sign(_("The deadline we set has not passed"), "secondary", "calendar-event"),
    "weekly_cap": Sign(_("Enough messages for one week"), "orange", "adjustments-horizontal"),
    "protected": Sign(_("Special bond"), "pink", "heart"),
    "opted_out": Sign(_("Wants no messages here"), "red", "ban"),
}
INBOX_STATES = {
    "waiting": Sign(_("Waiting for a person")),
    "mine": Sign(_("Mine")),
    "unassigned": Sign(_("Nobody's yet")),
    "snoozed": Sign(_("Laid aside")),
    "strangers": Sign(_("Unknown senders")),
    "handled": Sign(_("Handled")),
    "automatic": Sign(_("Automatic and returned mail")),
}
TIMELINE_GROUPS = {
    "messages": Sign(_("Messages"), "blue", "mail-forward"),
    "answers": Sign(_("Answers"), "yellow", "message"),
    "calls": Sign(_("Calls"), "green", "phone-call"),
    "agreements": Sign(_("Agreements and disputes"), "azure", "list-check"),
    "money": Sign(_("Money"), "green", "coins"),
    "decisions": Sign(_("Profile and signals"), "purple", "user-question"),
    "notes": Sign(_("Notes and tasks"), "secondary", "edit"),
    "particulars": Sign(_("Contacts and particulars"), "azure", "user"),
}
WRITTEN_EVENTS = {
    "note": Sign("", "yellow", "edit"),
    "message_written": Sign("", "blue", "edit"),
    "reply_received": Sign("", "yellow", "message"),
    "reply_handled": Sign("", "green", "check"),
    "reply_assigned": Sign("", "azure", "user-check"),
    "reply_kept": Sign("", "secondary", "clock"),
    "auto_reply": Sign("", "secondary", "robot"),
    "bounce": Sign("", "red", "mail-off"),
    "recording_kept": Sign("", "green", "phone-call"),
    "letter_posted": Sign("", "blue", "file-text"),
    "letter_received": Sign("", "green", "circle-check"),
    "letter_returned": Sign("", "red", "mail-off"),
    "customer_corrected": Sign("", "azure", "user-check"),
    "ap_profile_written": Sign("", "purple", "file-text"),
    "ap_profile_confirmed": Sign("", "purple", "check"),
    "referral": Sign("", "pink", "heart"),
}
COMPOSE_VOCABULARIES = {
    "template": TEMPLATES,
    "sender": SENDERS,
    "tongue": LANGUAGES,
    "caution": CAUTIONS,
    "inbox_state": INBOX_STATES,
    "timeline_group": TIMELINE_GROUPS,
}
