"""How words, amounts and dates stand in the portal's templates, in the customer's language."""

from datetime import date

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from goodterms.core.money import Money
from goodterms.portal.language import PortalLanguage

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, word: str, **values: object) -> str:
    """The word or sentence of this name, with the values in it."""
    return _language(context).say(word, **values)


@register.simple_tag(takes_context=True)
def money(context: Context, amount: Money) -> SafeString:
    """An amount, never broken over two lines."""
    return format_html('<span class="amount">{}</span>', _language(context).amount(amount))


@register.simple_tag(takes_context=True)
def day(context: Context, value: date, style: str = "long") -> SafeString:
    """A date."""
    text = _language(context).date(value, style)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


def _language(context: Context) -> PortalLanguage:
    found: PortalLanguage = context["language"]
    return found
