"""The HTML of a mail: made safe to show, and as text."""

import re
from typing import Any

import lxml.html
import nh3
from inscriptis import get_text
from lxml.etree import LxmlError

TAGS = {
    *("p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "pre", "code"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "a"),
    *("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"),
}
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# Everything that mail programs put around or behind the mail that is answered.
_QUOTES = (
    "//blockquote | //div[contains(@class, 'gmail_quote')] | //div[contains(@class, 'yahoo_quoted')]"
    " | //div[contains(@class, 'moz-cite-prefix')]"
)
_QUOTED_FROM = "//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='mail-editor-reference-message-container']"
_SIGNATURES = "//div[contains(@class, 'gmail_signature')] | //*[@id='Signature']"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def safe_html(html: str) -> str:
    """The HTML without scripts, styles, pictures, forms or frames: it fetches nothing and runs nothing."""
    if not html.strip():
        return ""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        clean_content_tags={"script", "style", "title", "head"},
    )


def text_of_html(html: str, *, without_quotes: bool = False) -> str:
    """The HTML as plain text; ``without_quotes`` leaves out what mail programs mark as quoted or signature."""
    if not html.strip():
        return ""
    try:
        return str(get_text(_without_quotes(html) if without_quotes else html)).strip()
    except (LxmlError, ValueError, RecursionError):
        return nh3.clean(html, tags=set())


def _without_quotes(html: str) -> str:
    tree: Any = lxml.html.document_fromstring(_DECLARATION.sub("", html))
    for start in tree.xpath(_QUOTED_FROM)[:1]:
        for later in list(start.itersiblings()):
            later.getparent().remove(later)
        start.drop_tree()
    for quoted in tree.xpath(f"{_QUOTES} | {_SIGNATURES}"):
        if quoted.getparent() is not None:
            quoted.drop_tree()
    return str(lxml.html.tostring(tree, encoding="unicode"))
