"""``goodterms import --documents``: copies of invoices out of a folder, each kept with the invoice it is named for."""

from collections import Counter
from pathlib import Path

from goodterms.cli.context import current_moment
from goodterms.cli.printing import Format, note, print_json, say
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.keep_document import LARGEST_BYTES, DocumentUnusable, find_invoice_of, keep_document
from goodterms.organizations.models import Organisation

ACTOR = AT_THE_MACHINE


def import_documents(organisation: Organisation, folder: Path, format: Format) -> None:
    """Keep every PDF of the folder; what cannot be kept is said, and the others go on."""
    counts: Counter[str] = Counter(new=0, changed=0, unchanged=0, refused=0)
    refusals = []
    for path in sorted(file for file in folder.iterdir() if file.is_file() and file.suffix.lower() == ".pdf"):
        try:
            counts[_keep(organisation, path)] += 1
        except Refusal as refusal:
            counts["refused"] += 1
            refusals.append(str(refusal))
    if format is Format.JSON:
        print_json({"organisation": organisation.slug, "documents": dict(counts), "refusals": refusals})
        return
    for refusal_text in refusals:
        note(refusal_text)
    say(", ".join(f"{count} {name}" for name, count in counts.items() if count) or "There is no PDF in this folder.")


def _keep(organisation: Organisation, path: Path) -> str:
    if path.stat().st_size > LARGEST_BYTES:
        raise DocumentUnusable(path.name, f"it is larger than {LARGEST_BYTES // 1024 // 1024} MB")
    invoice, content = find_invoice_of(organisation, path.name), path.read_bytes()
    kept = keep_document(organisation, invoice, file_name=path.name, content=content, actor=ACTOR, now=current_moment())
    return kept.value
