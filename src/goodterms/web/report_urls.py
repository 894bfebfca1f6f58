"""The addresses of reports and of the control group, under /o/<slug>/reports/."""

from django.urls import URLPattern, path

from goodterms.web.views import experiment, reports

report_patterns: list[URLPattern] = [
    path("reports/", reports.reports, name="reports"),
    path("reports/refresh/", reports.reports_refresh, name="reports-refresh"),
    path("reports/control-group/", experiment.experiment, name="experiment"),
    path("reports/control-group/start/", experiment.experiment_start, name="experiment-start"),
    path("reports/control-group/stop/", experiment.experiment_stop, name="experiment-stop"),
    path("reports/<slug:name>/", reports.report, name="report"),
    path("reports/<slug:name>/file/", reports.report_file, name="report-file"),
]
