"""The addresses of the pages for people at work; everything of an organisation lies under /o/<slug>/."""

from django.urls import URLPattern, URLResolver, include, path

from goodterms.web.views import (
    calls,
    case,
    customer,
    customers,
    message,
    organisations,
    outbox,
    problems,
    search,
    tasks,
    today,
)

of_organisation: list[URLPattern] = [
    path("", today.today, name="today"),
    path("today/automatic/", today.today_automatic, name="today-automatic"),
    path("today/waiting/", today.today_waiting, name="today-waiting"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("tasks/<int:pk>/sheet/", tasks.task_sheet, name="task-sheet"),
    path("tasks/<int:pk>/finish/", tasks.task_finish, name="task-finish"),
    path("tasks/<int:pk>/call/", calls.call_log, name="call-log"),
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:pk>/", customer.customer, name="customer"),
    path("customers/<int:pk>/case/", case.case, name="case"),
    path("customers/<int:pk>/case/decide/", case.case_decide, name="case-decide"),
    path("customers/<int:pk>/items/", customer.customer_items, name="customer-items"),
    path("customers/<int:pk>/timeline/", customer.customer_timeline, name="customer-timeline"),
    path("customers/<int:pk>/profile/", customer.profile_override, name="profile-override"),
    path("customers/<int:pk>/profile/restore/", customer.profile_restore, name="profile-restore"),
    path("customers/<int:pk>/holds/", customer.hold_place, name="hold-place"),
    path("customers/<int:pk>/contacts/", customer.contact_add, name="contact-add"),
    path("contacts/<int:pk>/", customer.contact_correct, name="contact-correct"),
    path("holds/<int:pk>/lift/", customer.hold_lift, name="hold-lift"),
    path("messages/<int:pk>/", message.message, name="message"),
    path("messages/<int:pk>/html/", message.message_html, name="message-html"),
    path("messages/<int:pk>/original/", message.message_original, name="message-original"),
    path("messages/<int:pk>/approve/", message.message_approve, name="message-approve"),
    path("messages/<int:pk>/refuse/", message.message_refuse, name="message-refuse"),
    path("messages/<int:pk>/settle/", message.message_settle, name="message-settle"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<int:pk>/resolve/", problems.problem_resolve, name="problem-resolve"),
    path("problems/<int:pk>/reopen/", problems.problem_reopen, name="problem-reopen"),
    path("search/", search.search, name="search"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", organisations.start, name="start"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("o/<slug:slug>/", include(of_organisation)),
]
