"""How a policy's fields and values stand in a template."""

from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

from goodterms.core.playbook import Step
from goodterms.web import policy_words
from goodterms.web.words import sign_of

register = template.Library()


@register.simple_tag
def control(field: forms.BoundField) -> SafeString:
    """A field's control in the kit's dress, tied to its fault where it has one."""
    widget = field.field.widget
    dress = "form-select" if isinstance(widget, forms.Select) else "form-control"
    classes = [dress, *(["is-invalid"] if field.errors else []), widget.attrs.get("class", "")]
    attributes: dict[str, Any] = {"class": " ".join(classes).strip()}
    if field.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{field.id_for_label}-fault"}
    return field.as_widget(attrs=attributes)


@register.filter
def field_word(name: str) -> str:
    """The name of a field, readable."""
    return policy_words.field_word(name)


@register.filter
def part_word(part: str) -> str:
    """The name of a part of the policy."""
    return policy_words.part_word(part)


@register.simple_tag
def field_value(field: str, value: Any) -> str:
    """A field's value, readable."""
    return policy_words.field_value(field, value)


@register.filter
def told_fields(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The values of a step or rule that do not go without saying."""
    return policy_words.told_fields(row)


@register.filter
def are_usual(roles: Any) -> bool:
    """Whether a step is written to whom most steps are written to."""
    return bool(list(roles) == policy_words.PLAIN_VALUES["roles"])


@register.filter
def anchor_word(anchor: str) -> str:
    """What a step is counted from."""
    return str(policy_words.ANCHORS.get(anchor, anchor))


@register.filter
def counted_from(anchor: str) -> str:
    """The same in a half sentence."""
    return str(policy_words.COUNTED_FROM.get(anchor, ""))


@register.filter
def sender_word(sender: str) -> str:
    """Who signs."""
    return str(policy_words.SENDERS.get(sender, sender))


@register.filter
def needs_word(needs: str | None) -> str:
    """What a step depends on."""
    return str(policy_words.NEEDS.get(needs or "", needs))


@register.filter
def entry_word(entry: str) -> str:
    """Where a customer enters the playbook."""
    return str(policy_words.ENTRIES.get(entry, entry))


@register.filter
def ending_word(ends_with: str) -> str:
    """What comes when the playbook has no step left."""
    return str(policy_words.ENDINGS.get(ends_with, ends_with))


@register.filter
def state_word(state: str) -> str:
    """How a trial stands."""
    return str(policy_words.TRIAL_STATES.get(state, state))


@register.filter
def window_of(step: Step) -> str:
    """When a step may go out."""
    return policy_words.window_words(step.anchor, step.from_day, step.to_day)


@register.filter
def role_words(roles: Any) -> str:
    """Roles, in their order."""
    return ", ".join(str(sign_of("role", role).label) for role in roles)


@register.filter
def days_word(days: int) -> str:
    """A number of days."""
    return policy_words.days_words(days)


@register.filter
def share_of(count: int, largest: int) -> int:
    """A count as a percentage of the largest, for a bar."""
    return round(100 * count / largest) if largest else 0
