"""The words for weekdays, months and small numbers, as patterns, in the languages answers are read in."""

from collections.abc import Mapping

WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"mon(?:day)?", r"tue(?:s|sday)?", r"wed(?:nesday|s)?", r"thu(?:r|rs|rsday)?", r"fri(?:day)?",
        r"sat(?:urday)?", r"sun(?:day)?",
    ),
    "de": (
        r"montag", r"dienstag", r"mittwoch", r"donnerstag", r"freitag", r"(?:samstag|sonnabend)",
        r"sonntag",
    ),
}  # fmt: skip
MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"jan(?:uary)?", r"feb(?:ruary)?", r"mar(?:ch)?", r"apr(?:il)?", r"may", r"june?", r"july?", r"aug(?:ust)?",
        r"sept?(?:ember)?", r"oct(?:ober)?", r"nov(?:ember)?", r"dec(?:ember)?",
    ),
    "de": (
        r"jan(?:uar|ner)?|jän(?:ner)?", r"feb(?:ruar|er)?", r"mär(?:z)?|maerz|mrz", r"apr(?:il)?", r"mai",
        r"juni?|juno", r"juli?", r"aug(?:ust)?", r"sept?(?:ember)?", r"okt(?:ober)?", r"nov(?:ember)?",
        r"dez(?:ember)?",
    ),
}  # fmt: skip
NUMBERS: Mapping[str, Mapping[str, int]] = {
    "en": {
        "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "a couple of": 2, "three": 3, "four": 4, "five": 5,
        "six": 6, "seven": 7, "eight": 8, "ten": 10, "twelve": 12, "fourteen": 14, "thirty": 30,
    },
    "de": {
        "einer": 1, "einem": 1, "ein": 1, "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "fuenf": 5, "sechs": 6,
        "sieben": 7, "acht": 8, "zehn": 10, "zwölf": 12, "vierzehn": 14, "dreißig": 30,
    },
}  # fmt: skip
