"""What a person newly wrote in a mail: without the mail that is answered, signature and mail program's advertisement.

mail-parser-reply finds the headers of quoted mails in many languages; what it leaves in is cut here, before and after.
"""

import re

from mailparser_reply import EmailMessage

LANGUAGES = ["en", "de", "fr", "it", "nl", "pl", "sv", "da", "es", "ja"]
LONGEST_READ = 20_000
LONGEST_PARSED = 6_000  # beyond it the parser's patterns take seconds
_QUOTED_LINE = re.compile(r"^\s*>")
# From such a line on everything is the mail that is answered.
_CUT = re.compile(
    r"^[ \t]*(?:"
    r"-{3,}[ \t]*(?:original message|original-nachricht|originalnachricht|ursprüngliche nachricht|"
    r"ursprungliche nachricht|weitergeleitete nachricht|forwarded message|reply message)[ \t]*-{0,}"
    r"|(?:on\b.{4,120}\bwrote|am\b.{4,160}\bschrieb\b.{0,120}|.{0,80}\bschrieb am\b.{4,80})[ \t]*:"
    r"|_{20,}"
    r")[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
# A header that the mail program broke over two lines.
_BROKEN_HEADER = re.compile(
    r"^(?:on\b[^\n]{4,120}\n[^\n]{0,120}\bwrote\s*:|am\b[^\n]{4,120}\n[^\n]{0,120}\bschrieb\b[^\n]{0,120}:"
    r"|am\b[^\n]{4,160}\bschrieb\b[^\n]{0,100}\n[^\n]{0,120}:)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_OUTLOOK_HEADER = re.compile(
    r"^[ *]*(?:From|Von|De|Da)\s*:[ *].+\n(?:[ *]*(?:Sent|Gesendet|Date|Datum|To|An|Cc|Subject|Betreff)\s*:.*\n?){2,}",
    re.IGNORECASE | re.MULTILINE,
)
_SENT_FROM = re.compile(
    r"^[ \t]*(?:sent from (?:my (?!account|bank)|outlook|mail|yahoo|samsung|proton|the all)|get outlook for |"
    r"von meinem .{0,40}gesendet|gesendet mit der |gesendet von (?:mail|outlook|meinem|unterwegs)|"
    r"diese nachricht wurde von mein|"
    r"holen sie sich outlook|outlook für (?:ios|android)|verschickt mit |envoyé de mon |inviato da )[^\n.]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
_DASHES = re.compile(r"^-- ?$", re.MULTILINE)
_RULE = re.compile(r"[-_*=]{3,}")
_BLANK_LINES = re.compile(r"\n{3,}")


def newly_written(text: str) -> str:
    """The newly written text: of a mail that answers below the quote, or between its lines, all that is not quoted."""
    whole = text[:LONGEST_READ].strip()
    above = _tidy(_parsed(_above_quote(whole)))
    return above or _tidy(_between_quotes(whole))


def _above_quote(text: str) -> str:
    starts = [match.start() for pattern in (_CUT, _BROKEN_HEADER, _OUTLOOK_HEADER) if (match := pattern.search(text))]
    return text[: min(starts, default=len(text))]


def _parsed(text: str) -> str:
    """The part before the first header that mail-parser-reply knows, without signature and disclaimer."""
    if not text.strip() or len(text) > LONGEST_PARSED:
        return text
    replies = EmailMessage(text=text, languages=list(LANGUAGES), keep_hyphen_lists=True).read().replies
    return str(replies[0].body) if replies else text


def _between_quotes(text: str) -> str:
    for pattern in (_BROKEN_HEADER, _CUT):
        text = pattern.sub("", text)
    return text


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n") if not _QUOTED_LINE.match(line))
    kept = "\n".join(lines)
    for pattern in (_DASHES, _SENT_FROM):
        found = pattern.search(kept)
        if found:
            kept = kept[: found.start()]
    return _BLANK_LINES.sub("\n\n", _without_last_rules(kept)).strip()


def _without_last_rules(text: str) -> str:
    """Without the lines of dashes or the like that it ends with; by lines, since a pattern for it takes years."""
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _RULE.fullmatch(lines[-1].strip())):
        lines.pop()
    return "\n".join(lines)
