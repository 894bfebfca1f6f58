"""The HTML part: one layout, filled in part by part."""

from urllib.parse import quote

from markupsafe import escape

from goodterms.messages.facts import Facts
from goodterms.messages.fragments import Fragments, load_fragments
from goodterms.messages.languages import Language
from goodterms.messages.parts import Answers, InterestLines, Part, PaymentDetails, Prose, Statements, mark_strong
from goodterms.messages.tables import ItemRow, SumRow, Table


def lay_out_html(
    subject: str, parts: tuple[Part, ...], facts: Facts, language: Language, *, has_payment_code: bool
) -> str:
    """The whole page. Facts are escaped; pictures are referred to by ``cid:``."""
    layout = load_fragments("email.html")
    head = "logo" if facts.sender.logo else "sender_name"
    return layout.wrap(
        "page",
        language=language.code,
        subject=str(escape(subject)),
        prose="".join(_set(part, facts, language, layout, has_payment_code) for part in parts),
        sign_text=_sign(facts, language, layout),
        foot="".join(layout.fill("foot", text=line) for line in _foot(facts, language)),
        **{head: layout.fill(head, sender=facts.sender.name)},
    )


def _set(part: Part, facts: Facts, language: Language, layout: Fragments, has_payment_code: bool) -> str:
    match part:
        case Prose():
            return layout.wrap("prose", text=mark_strong(str(escape(part.marked))))
        case Statements():
            tables = "".join(set_table(table, language, layout) for table in part.tables)
            return tables + (layout.fill("prose", text=part.later) if part.later else "")
        case PaymentDetails():
            return _set_payment(part, language, layout, has_payment_code)
        case InterestLines():
            return layout.wrap("bullets", bullet="".join(layout.fill("bullet", text=line) for line in part.lines))
        case Answers():
            return _set_answers(part, facts, language, layout)


def set_table(table: Table, language: Language, layout: Fragments) -> str:
    """A statement in the fragments of any layout that has them."""
    labels = language.labels
    titles = {name: str(escape(labels[name])) for name in ("invoice", "due", "open")}
    rows = "".join(_set_row(row, labels["issued"], layout) for row in table.rows)
    sums = "".join(_set_sum(row, layout) for row in table.sums)
    return layout.wrap("table", **titles, row=rows, sum=sums)


def _set_row(row: ItemRow, issued: str, layout: Fragments) -> str:
    standing = layout.fill("late" if row.is_late else "early", standing=row.standing) if row.standing else ""
    line = layout.wrap(
        "row",
        number=str(escape(row.number)),
        issued_on=str(escape(f"{issued} {row.issued}")),
        due=row.due,
        late=standing,
        open=str(escape(row.open)),
    )
    return line + "".join(layout.fill("more", note=note) for note in row.notes)


def _set_sum(row: SumRow, layout: Fragments) -> str:
    return layout.fill("total" if row.is_total else "sum", label=row.label, amount=row.amount)


def _set_payment(part: PaymentDetails, language: Language, layout: Fragments, has_payment_code: bool) -> str:
    labels = language.labels
    return layout.wrap(
        "pay",
        how_to_pay=str(escape(labels["how_to_pay"])),
        detail="".join(layout.fill("detail", label=label, value=value) for label, value in part.lines),
        pay_link=layout.fill("pay_link", link=part.link, label=labels["pay_online"]) if part.link else "",
        pay_note="".join(layout.fill("pay_note", note=note) for note in part.note),
        code=layout.fill("code", label=labels["payment_code"]) if has_payment_code else "",
    )


def _set_answers(part: Answers, facts: Facts, language: Language, layout: Fragments) -> str:
    """Each answer is a link that opens a reply with the answer written in it."""
    lines = []
    for place, answer in enumerate(part.options, 1):
        subject = language.labels["answer_subject"].format(answer=place)
        link = f"mailto:{facts.speaker.email}?subject={quote(subject)}&body={quote(answer)}"
        lines.append(layout.fill("answer", link=link, text=answer))
    return layout.wrap("answers", hint=str(escape(language.labels["answer_hint"])), answer="".join(lines))


def _sign(facts: Facts, language: Language, layout: Fragments) -> str:
    speaker, sender, labels = facts.speaker, facts.sender, language.labels
    names = [speaker.name] if speaker.is_person and speaker.name else []
    lines = [layout.fill("sign_text", text=name) for name in (*names, sender.name)]
    if speaker.phone:
        dialled = "".join(character for character in speaker.phone if character.isdigit() or character == "+")
        lines.append(_link(speaker.phone, f"tel:{dialled}", f"{labels['phone']}: ", layout))
    lines.append(_link(speaker.email, f"mailto:{speaker.email}", f"{labels['email']}: ", layout))
    if sender.website:
        lines.append(_link(sender.website, sender.website, "", layout))
    return "".join(lines)


def _link(text: str, link: str, label: str, layout: Fragments) -> str:
    return layout.fill("sign_link", text=text, link=link, label=label)


def _foot(facts: Facts, language: Language) -> list[str]:
    number = language.labels["customer_number"].format(number=facts.customer.number)
    address = [", ".join((facts.sender.name, *facts.sender.address))] if facts.sender.address else []
    return [number, *address]
