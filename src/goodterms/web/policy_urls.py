"""The addresses of playbooks, rules, drafts, versions, what-if and templates."""

from django.urls import URLPattern, path

from goodterms.web.views import playbooks, policy_draft, rules, what_if, words_pages

policy_patterns: list[URLPattern] = [
    path("playbooks/", playbooks.playbooks, name="playbooks"),
    path("playbooks/draft/", policy_draft.draft, name="draft"),
    path("playbooks/draft/check/", policy_draft.draft_check, name="draft-check"),
    path("playbooks/draft/numbers/", policy_draft.draft_numbers, name="draft-numbers"),
    path("playbooks/draft/publish/", policy_draft.draft_publish, name="draft-publish"),
    path("playbooks/draft/discard/", policy_draft.draft_discard, name="draft-discard"),
    path("playbooks/versions/", policy_draft.policy_history, name="policy-history"),
    path("playbooks/versions/compare/", policy_draft.policy_compare, name="policy-compare"),
    path("playbooks/versions/revert/", policy_draft.policy_revert, name="policy-revert"),
    path("playbooks/rules/<str:kind>/", rules.rules, name="rules"),
    path("playbooks/rules/<str:kind>/new/", rules.rule_new, name="rule-new"),
    path("playbooks/rules/<str:kind>/save/", rules.rule_save, name="rule-save"),
    path("playbooks/rules/<str:kind>/move/", rules.rule_move, name="rule-move"),
    path("playbooks/rules/<str:kind>/remove/", rules.rule_remove, name="rule-remove"),
    path("playbooks/rules/<str:kind>/edit/<str:rule>/", rules.rule_edit, name="rule-edit"),
    path("playbooks/book/<str:book>/", playbooks.playbook, name="playbook"),
    path("playbooks/book/<str:book>/intent/", playbooks.playbook_save, name="playbook-save"),
    path("playbooks/book/<str:book>/steps/new/", playbooks.step_new, name="step-new"),
    path("playbooks/book/<str:book>/steps/save/", playbooks.step_save, name="step-save"),
    path("playbooks/book/<str:book>/steps/remove/", playbooks.step_remove, name="step-remove"),
    path("playbooks/book/<str:book>/steps/edit/<str:step>/", playbooks.step_edit, name="step-edit"),
    path("what-if/", what_if.what_if, name="what-if"),
    path("what-if/start/", what_if.what_if_start, name="what-if-start"),
    path("what-if/<int:pk>/", what_if.trial, name="trial"),
    path("what-if/<int:pk>/progress/", what_if.trial_progress, name="trial-progress"),
    path("what-if/<int:pk>/stop/", what_if.trial_stop, name="trial-stop"),
    path("templates/", words_pages.templates, name="templates"),
    path("templates/<str:name>/<str:language>/", words_pages.template, name="template"),
    path("templates/<str:name>/<str:language>/shown/", words_pages.template_shown, name="template-shown"),
    path("templates/<str:name>/<str:language>/save/", words_pages.template_save, name="template-save"),
    path("templates/<str:name>/<str:language>/check/", words_pages.template_check, name="template-check"),
    path("templates/<str:name>/<str:language>/preview/", words_pages.template_preview, name="template-preview"),
    path("templates/<str:name>/<str:language>/test/", words_pages.template_test, name="template-test"),
    path("templates/<str:name>/<str:language>/restore/", words_pages.template_restore, name="template-restore"),
]
