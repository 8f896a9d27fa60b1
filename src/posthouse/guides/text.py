"""The vendor's Markdown as HTML that is safe to show: CommonMark, cleaned, headings below ours, code coloured."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.token import STANDARD_TYPES

from posthouse.design.highlighting import highlighted
from posthouse.design.templatetags.design import icon
from posthouse.guides.openapi.spec import slugify

SCHEMES = {"http", "https", "mailto"}
TAGS = {
    *("p", "br", "hr", "a", "em", "strong", "b", "i", "s", "del", "ins", "sub", "sup", "kbd", "mark", "abbr", "code"),
    *("pre", "span", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "table", "thead", "tbody", "tr", "th"),
    *("td", "h1", "h2", "h3", "h4", "h5", "h6", "details", "summary"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"align"},
    "td": {"align"},
    "ol": {"start"},
    "abbr": {"title"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
# Colours of code and our own frame around it; no other class gets through.
CLASSES = {"span": set(STANDARD_TYPES.values()) - {""}, "div": {"code"}}
_SPECIAL = re.compile(r"[\\`*_<>\[\]#&!|~\n:]|^\s*[-+\d]")

LinkFinder = Callable[[str], str]


def html_of(markdown: str, *, top: int = 3, link: LinkFinder | None = None) -> SafeString:
    """HTML of a text whose highest heading becomes `<h{top}>`. `link` may replace addresses that stay inside."""
    if not _SPECIAL.search(markdown):
        return mark_safe(f"<p>{escape(markdown.strip())}</p>" if markdown.strip() else "")  # noqa: S308  escaped here
    cleaned = _remembered(markdown, top) if link is None else _html(markdown, top, link)
    return mark_safe(_with_copy_buttons(cleaned))  # noqa: S308  cleaned by nh3, and our own button


def plain_of(markdown: str, length: int = 160) -> str:
    """The first words of a text, without marks, for lists."""
    first = re.split(r"\n\s*\n", markdown.strip(), maxsplit=1)[0]
    words = " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"<[^>]*>|[*_`#]", "", first)).split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + "…"


def title_and_body(markdown: str) -> tuple[str, str]:
    """The text of a first-level heading at the top, and the rest."""
    lines = markdown.lstrip("\ufeff\n ").split("\n", 1)
    if lines[0].startswith("# "):
        return lines[0][2:].strip(), lines[1] if len(lines) > 1 else ""
    return "", markdown


def _with_copy_buttons(cleaned: str) -> str:
    """Code can be reached by keyboard and copied, as everywhere in the house."""
    if "<pre>" not in cleaned:
        return cleaned
    button = format_html(
        '<button type="button" class="copy" data-copy>{}<span>{}</span></button>', icon("copy"), gettext("Copy")
    )
    focusable = cleaned.replace("<pre>", '<pre tabindex="0">')
    return focusable.replace("</code></pre></div>", f"</code></pre>{button}</div>")


@lru_cache(maxsize=4096)
def _remembered(markdown: str, top: int) -> str:
    return _html(markdown, top, str)


def _html(markdown: str, top: int, link: LinkFinder) -> str:
    tokens = _parser.parse(markdown)
    _demote(tokens, top)
    for token in tokens:
        if token.children:
            token.children = _safe_links(token.children, link)
    made = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(
        made,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer",
        clean_content_tags={"script", "style"},
    )


def _demote(tokens: Sequence[Token], top: int) -> None:
    """Move headings below those of the page, keeping their order, and give each an id to link to."""
    headings = [(at, token) for at, token in enumerate(tokens) if token.type == "heading_open"]
    shift = top - min((int(token.tag[1]) for _at, token in headings), default=top)
    seen: dict[str, int] = {}
    for at, token in headings:
        level = f"h{min(6, int(token.tag[1]) + shift)}"
        name = slugify(tokens[at + 1].content)
        seen[name] = seen.get(name, 0) + 1
        token.attrSet("id", name if seen[name] == 1 else f"{name}-{seen[name]}")
        token.tag = tokens[at + 2].tag = level


def _safe_links(tokens: list[Token], link: LinkFinder) -> list[Token]:
    """Links of unknown kinds become their text; images, which the page may not load, become links."""
    safe: list[Token] = []
    dropped = False
    for token in tokens:
        if token.type == "image":
            safe += _image(token)
        elif token.type == "link_open":
            address = link(str(token.attrGet("href") or ""))
            dropped = not _is_safe(address)
            token.attrSet("href", address)
            safe += [] if dropped else [token]
        elif token.type != "link_close" or not dropped:
            safe.append(token)
    return safe


def _image(token: Token) -> list[Token]:
    address, words = str(token.attrGet("src") or ""), token.content or "image"
    text = Token("text", "", 0, content=words)
    if not address.startswith(("http://", "https://")):
        return [text]
    return [Token("link_open", "a", 1, attrs={"href": address}), text, Token("link_close", "a", -1)]


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(address) and (parts.scheme in SCHEMES or (not parts.scheme and not parts.netloc))


def _fence(code: str, language: str, _attributes: str) -> str:
    return f'<div class="code"><pre><code>{highlighted(code, (language or "text").split()[0])}</code></pre></div>'


def _render_fence(self: object, tokens: Sequence[Token], at: int, options: object, env: object) -> str:
    token = tokens[at]
    return _fence(token.content, token.info.strip(), "") + "\n"


_parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_parser.add_render_rule("fence", _render_fence)
_parser.add_render_rule("code_block", _render_fence)
