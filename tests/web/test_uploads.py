"""Files from people: what is taken in, what is refused, and how they are handed out."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from goodterms.web.uploads import DOCUMENTS, MB, PICTURES, TABLES, UploadRefused, read_upload, serve_file

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF = b"%PDF-1.7 words"


def file(name: str, content: bytes, declared: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=declared)


def test_the_kind_is_what_the_content_shows() -> None:
    taken = read_upload(file("logo.gif", PNG, "text/html"), PICTURES)
    assert (taken.file_name, taken.media_type, taken.content) == ("logo.gif", "image/png", PNG)
    assert read_upload(file("proof.pdf", PDF), DOCUMENTS).media_type == "application/pdf"
    assert read_upload(file("open.csv", b"a;b\n1;2\n"), TABLES).media_type == "text/csv"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("logo.png", b"<html><script>alert(1)</script>", "not of a kind"),
        ("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not of a kind"),
        ("logo.png", b"MZ\x90\0", "not of a kind"),
        ("logo.png", PDF, "not of a kind"),
        ("logo.html", PNG, "not of a kind"),
        ("logo.png", b"", "is empty"),
        ("logo.png", PNG + b"\0" * MB, "larger than 1 MB"),
    ],
)
def test_what_could_do_harm_is_refused_with_a_sentence(name: str, content: bytes, why: str) -> None:
    with pytest.raises(UploadRefused, match=why):
        read_upload(file(name, content), PICTURES, largest=MB)


def test_no_file_is_said_to_be_none() -> None:
    with pytest.raises(UploadRefused, match="Choose a file"):
        read_upload(None)


def test_a_name_leads_into_no_folder() -> None:
    assert "/" not in read_upload(file("..\\..\\etc/passwd.pdf", PDF)).file_name


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/pdf", "text/plain"])
def test_only_pictures_are_shown_in_a_page(kind: str) -> None:
    answer = serve_file(b"<script>", "a name.html", kind, is_inline=True)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert serve_file(PNG, "logo.png", "image/png", is_inline=True)["Content-Disposition"].startswith("inline")
