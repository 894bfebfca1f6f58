"""Whether a telephone call may be recorded: the stricter of what the two ends of the line ask for."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from goodterms.core.refusal import Refusal

Needs = Literal["one_party", "announcement", "consent"]
STRICTNESS: Mapping[Needs, int] = {"one_party": 0, "announcement": 1, "consent": 2}
STRICTEST: Needs = "consent"
MEANING: Mapping[Needs, str] = {
    "one_party": "You may record without telling the other side.",
    "announcement": "Say at the beginning that the call is recorded and what for, and stop if they do not want it.",
    "consent": "Ask everyone on the line first, and record only after each has said yes.",
}
UNLISTED = "no rule on file, so the strictest one holds"


class RecordingRulesOutdated(Refusal):
    """The table of rules is older than the call."""

    def __init__(self, on: date, known_until: date) -> None:
        super().__init__(
            f"Nobody vouches for the rules on recording calls after {known_until}, and this call was on {on}. "
            "Have the table checked, move its known_until, and keep the recording elsewhere until then."
        )


@dataclass(frozen=True, slots=True)
class CountryRule:
    """What one law asks for; ``regions`` empty: the whole country."""

    country: str
    needs: Needs
    valid_from: date
    law: str
    source: str
    note: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """The whole table, and until when it is known to be right."""

    known_until: date
    rules: tuple[CountryRule, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a call between two places needs: the stricter of both, and both laws in ``text``."""

    needs: Needs
    text: str
    laws: tuple[str, ...]


def load_recording_rules(source: str) -> RecordingRules:
    """The table out of its TOML text; raises KeyError, TypeError or ValueError for one that is not well-formed."""
    content: dict[str, Any] = tomllib.loads(source)
    rules = tuple(
        CountryRule(**{**row, "regions": tuple(row.get("regions", ()))})  # the names are the table's own
        for row in content["rule"]
    )
    unknown = {rule.needs for rule in rules} - set(STRICTNESS)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: a rule needs one of {', '.join(STRICTNESS)}.")
    return RecordingRules(content["known_until"], rules)


def recording_rule(
    rules: RecordingRules, own_country: str, other_country: str, region: str = "", *, own_region: str = "", on: date
) -> Rule:
    """What a call on ``on`` between our country and theirs (``region``: of theirs, such as CA in the US) needs.

    Countries are ISO 3166-1 codes. The stricter rule of the two ends holds, as courts on both sides apply their own; a
    country that is not listed, or a region nobody named, has the strictest. Raises RecordingRulesOutdated.
    """
    if on > rules.known_until:
        raise RecordingRulesOutdated(on, rules.known_until)
    ends = [_strictest(rules, own_country, own_region, on), _strictest(rules, other_country, region, on)]
    needs: Needs = max((needs for needs, _, _ in ends), key=lambda each: STRICTNESS[each])
    places = dict.fromkeys(f"{place}: {law}" for _, place, law in ends)
    laws = tuple(dict.fromkeys(law for _, _, law in ends))
    return Rule(needs, f"{MEANING[needs]} ({'; '.join(places)}.)", laws)


def _strictest(rules: RecordingRules, country: str, region: str, on: date) -> tuple[Needs, str, str]:
    """Of all rules that may hold there: what is needed, the place, the law."""
    country, region = country.upper(), region.upper()
    place = f"{country}-{region}" if region else country or "country unknown"
    known = [rule for rule in rules.rules if rule.country == country and rule.valid_from <= on]
    fitting = [rule for rule in known if not rule.regions or not region or region in rule.regions]
    if not fitting:
        return STRICTEST, place, UNLISTED
    rule = max(fitting, key=lambda each: STRICTNESS[each.needs])
    if len({each.needs for each in fitting}) > 1:
        return rule.needs, f"{place}, strictest region", rule.law
    return rule.needs, place, rule.law
