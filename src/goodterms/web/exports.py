"""Rows as a file for a spreadsheet, in which no text can act as a formula."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from goodterms.reports.files import Cell, csv_lines, workbook

__all__ = ["Cell", "export_rows"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_rows(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], form: str = "csv"
) -> HttpResponseBase:
    """The rows as a download called ``name``: ``form`` "csv" (UTF-8, streamed) or "xlsx".

    Numbers, dates and amounts (Money, in whole units of its currency) stay what they are. A text that a spreadsheet
    would take for a formula gets an apostrophe before it in CSV and stays plain text in XLSX.
    """
    file_name = f"{slugify(name) or 'export'}.{'xlsx' if form == 'xlsx' else 'csv'}"
    answer: HttpResponseBase
    if form == "xlsx":
        answer = HttpResponse(workbook(name, headings, rows), content_type=XLSX)
    else:
        answer = StreamingHttpResponse(csv_lines(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file_name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
