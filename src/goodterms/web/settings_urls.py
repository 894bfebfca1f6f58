"""The addresses of settings, of the import of files, and of the first steps."""

from django.urls import URLPattern, path

from goodterms.web.views import first_steps, imports, settings

settings_patterns: list[URLPattern] = [
    path("settings/", settings.settings, name="settings"),
    path("settings/letter/", settings.settings_letter, name="settings-letter"),
    path("settings/mail/", settings.settings_mail, name="settings-mail"),
    path("settings/mail/send/", settings.settings_test_mail, name="settings-test-mail"),
    path("settings/logo/", settings.settings_logo, name="settings-logo"),
    path("settings/payment/save/", settings.settings_payment, name="settings-payment"),
    path("settings/test-mode/save/", settings.settings_test_mode, name="settings-test-mode"),
    path("settings/<slug:part>/", settings.settings, name="settings-part"),
    path("settings/<slug:part>/save/", settings.settings_save, name="settings-save"),
    path("import/", imports.imports, name="imports"),
    path("import/give/", imports.import_give, name="import-give"),
    path("import/<int:pk>/", imports.import_file, name="import-file"),
    path("import/<int:pk>/try/", imports.import_try, name="import-try"),
    path("import/<int:pk>/do/", imports.import_do, name="import-do"),
    path("import/<int:pk>/drop/", imports.import_drop, name="import-drop"),
    path("import/<int:pk>/progress/", imports.import_progress, name="import-progress"),
    path("import/<int:pk>/problems/", imports.import_problems, name="import-problems"),
    path("first-steps/example/", first_steps.example_try, name="example-try"),
    path("first-steps/preview/", first_steps.first_preview, name="first-preview"),
]
