"""What we intend, what was agreed, and what was said: the follow-up's own rows."""

from goodterms.followup.models.answers import Call, LateReason, Reply, ReplyAttachment
from goodterms.followup.models.cases import (
    AgencyCase,
    ApProfile,
    Dispute,
    DisputeFile,
    Fee,
    LegalDecision,
    OptOut,
    PostalProof,
)
from goodterms.followup.models.commitments import (
    Instalment,
    PaymentPlan,
    PlanInvoice,
    Promise,
    PromisedInvoice,
    SettledInvoice,
    Settlement,
    Source,
)
from goodterms.followup.models.desk import NoticeRead, NoticesRead, SavedView
from goodterms.followup.models.policies import (
    PolicyDraft,
    PolicyTrial,
    PolicyVersion,
    TemplateVersion,
    TrialCustomer,
)
from goodterms.followup.models.portal import PortalLink
from goodterms.followup.models.reports import Experiment, ExperimentMember, ReportFrame
from goodterms.followup.models.standings import CustomerProfile, HabitSummary
from goodterms.followup.models.touches import PersonalTouch, Touch
from goodterms.followup.models.uploads import ImportUpload, UploadedContent
from goodterms.followup.models.work import DayRun, Hold, Retention, Task, TimelineEvent, TimelineLink

__all__ = [
    "AgencyCase",
    "ApProfile",
    "Call",
    "CustomerProfile",
    "DayRun",
    "Dispute",
    "DisputeFile",
    "Experiment",
    "ExperimentMember",
    "Fee",
    "HabitSummary",
    "Hold",
    "ImportUpload",
    "Instalment",
    "LateReason",
    "LegalDecision",
    "NoticeRead",
    "NoticesRead",
    "OptOut",
    "PaymentPlan",
    "PersonalTouch",
    "PlanInvoice",
    "PolicyDraft",
    "PolicyTrial",
    "PolicyVersion",
    "PortalLink",
    "PostalProof",
    "Promise",
    "PromisedInvoice",
    "Reply",
    "ReplyAttachment",
    "ReportFrame",
    "Retention",
    "SavedView",
    "SettledInvoice",
    "Settlement",
    "Source",
    "Task",
    "TemplateVersion",
    "TimelineEvent",
    "TimelineLink",
    "Touch",
    "TrialCustomer",
    "UploadedContent",
]
