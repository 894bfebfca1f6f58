"""The organisation's own words in force, for whoever composes messages."""

from collections.abc import Iterable, Mapping

from goodterms.followup.models import TemplateVersion


def read_own_words(organisation_id: int, templates: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """Source by template and language, of these templates; what is not there is said in the shipped words."""
    rows = TemplateVersion.objects.filter(organisation_id=organisation_id, is_current=True, template__in=set(templates))
    return {
        (name, language): source
        for name, language, source in rows.exclude(source="").values_list("template", "language", "source")
    }
