"""The sentences of a call sheet: how they pay, what was agreed, what is still open, what may be offered."""

from collections.abc import Iterator
from datetime import date

from babel.dates import get_day_names

from goodterms.core.money import Money
from goodterms.messages.call_background import Authority, Background, Habits
from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language

OFTEN = 0.5
SLOWER_BY_DAYS = 7
DAYS_IN_A_MONTH = 30


def describe_habits(background: Background, language: Language) -> list[str]:
    """The profile and what it means, then the habits that are strong enough to be told."""
    habits, words = background.habits, language.habits
    sentences = [language.profiles[background.profile]] if background.profile in language.profiles else []
    if not habits.settled_count:
        sentences.append(words["none"])
    else:
        sentences.append(language.count_in(words, habits.settled_count, "settled"))
        sentences += _describe_rhythm(habits, language)
    if habits.returned_count:
        sentences.append(language.count_in(words, habits.returned_count, "returned"))
    return sentences


def _describe_rhythm(habits: Habits, language: Language) -> Iterator[str]:
    words = language.habits
    if habits.median_days_late is not None:
        days = round(habits.median_days_late)
        label = "late" if days > 0 else "early"
        yield language.count_in(words, abs(days), label) if days else words["on_time"]
    older, recent = habits.older_median_days_late, habits.recent_median_days_late
    if older is not None and recent is not None and recent - older >= SLOWER_BY_DAYS:
        yield words["slower"].format(older=round(older), recent=round(recent))
    if habits.pay_weekday and (habits.pay_weekday_share or 0) >= OFTEN:
        name = get_day_names("wide", locale=language.locale)[habits.pay_weekday - 1]
        yield words["weekday"].format(weekday=name)
    if (habits.part_payment_share or 0) >= OFTEN / 2:
        yield words["parts"].format(percent=language.whole_percent(habits.part_payment_share or 0))
    if (habits.prompted_share or 0) >= OFTEN:
        yield words["prompted"]


def describe_agreements(background: Background, language: Language) -> list[str]:
    """Promises kept and broken, what runs now, what is disputed, and the reasons they gave."""
    words, agreed = language.call_labels, background.agreed
    sentences = []
    judged = agreed.kept_count + agreed.broken_count
    if judged:
        sentences.append(language.count_in(words, judged, "promises", kept=language.number(agreed.kept_count)))
    if agreed.last_broken:
        sentences.append(_promise("promise_broken", *agreed.last_broken, language))
    sentences += [_promise("promise_open", amount, by, language) for amount, by in agreed.promises]
    for total, part, due in agreed.plans:
        sentences.append(words["plan_open"].format(total=language.amount(total)))
        if part and due:
            sentences.append(_promise("plan_next", part, due, language))
    for pay, owed, by in agreed.settlements:
        values = {"pay": language.amount(pay), "owed": language.amount(owed), "date": language.date(by)}
        sentences.append(words["settlement_open"].format(**values))
    for number, reason, since in agreed.disputes:
        why = words[f"dispute_{reason}"]
        sentences.append(words["dispute_open"].format(number=number, reason=why, date=language.date(since)))
    for said, number, reason in agreed.reasons:
        values = {"date": language.date(said, "short"), "reason": words[f"reason_{reason}"], "number": number}
        sentences.append(words["reason_of_invoice" if number else "reason_of_all"].format(**values))
    return sentences or [words["nothing_agreed"]]


def _promise(label: str, amount: Money, day: date, language: Language) -> str:
    return language.call_labels[label].format(amount=language.amount(amount), date=language.date(day))


def describe_questions(background: Background, language: Language) -> list[str]:
    """What is open besides the template's own questions: a why without answer, and how their payments work."""
    words = language.call_labels
    asked = [words["ask_why"].format(date=language.date(background.unanswered))] if background.unanswered else []
    return asked + [words[f"ask_{name}"] for name in background.missing]


def describe_authority(authority: Authority | None, facts: Facts, language: Language) -> list[str]:
    """What the caller may agree to by themselves, in the currencies that are asked for."""
    if authority is None:
        return []
    words = language.call_labels
    lines = [words["may_promise"].format(date=language.date(authority.promise_until))]
    months = language.count_in(words, authority.plan_days // DAYS_IN_A_MONTH, "months")
    currencies = [statement.currency for statement in facts.statements]
    for label, limits in (("may_plan", authority.plan_minor), ("may_forgive", authority.forgive_minor)):
        amounts = [Money(limits[currency], currency) for currency in currencies if limits.get(currency)]
        if amounts:
            lines.append(words[label].format(amount=language.amounts(amounts), months=months))
    if any(currency not in authority.plan_minor for currency in currencies):
        lines.append(words["may_ask"])
    return lines
