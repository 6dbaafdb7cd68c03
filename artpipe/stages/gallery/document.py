"""The frame of every page: head, heading, paging links, and the policy that lets nothing else in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

from artpipe.stages.gallery import assets

if TYPE_CHECKING:
    from collections.abc import Sequence

# Hides what a script is about to arrange, but never for long.
_WAIT: Final = (
    'document.documentElement.classList.add("wait");'
    'setTimeout(function(){document.documentElement.classList.remove("wait")},3000);'
)


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page.

    Args:
        relation: `prev`, `next` or nothing.
    """

    text: str
    href: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One page.

    Args:
        base: what relative addresses in the body start from.
        own: the page's own address, seen from there.
        summary: what stands under the title.
        body: HTML.
        data: JSON for the scripts, safe to stand in HTML; empty for a page that needs no script.
        extra: one more script, whose text depends on the pictures.
    """

    title: str
    heading: str
    summary: str
    body: str
    own: str
    base: str = ""
    links: Sequence[Link] = ()
    styles: tuple[str, ...] = ("tokens",)
    scripts: tuple[str, ...] = ()
    data: str = ""
    extra: str = ""
    hints: Sequence[tuple[str, str]] = field(default_factory=tuple)


def html(page: Document) -> str:
    """The complete text of the page."""
    style, script = assets.style(*page.styles), assets.script(*page.scripts)
    scripts = [text for text in (_WAIT if script else "", page.extra, script) if text]
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, scripts)}">\n',
            '<meta name="viewport" content="width=device-width,initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer"><meta name="generator" content="artpipe">\n',
            '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">\n',
            f"<title>{escape(page.title)}</title>\n",
            f'<base href="{escape(page.base)}">\n' if page.base else "",
            f"<style>{style}</style>",
            f"<script>{_WAIT}</script>" if script else "",
            "</head>\n<body>\n",
            f'<a class="skip" href="{escape(page.own)}#pictures">Skip to the pictures</a>\n',
            f"<header><div><h1>{escape(page.heading)}</h1>\n<p>{escape(page.summary)}</p></div>\n",
            f"{_paging(page.links, 'Pages')}</header>\n",
            f'<main id="pictures" tabindex="-1">\n{page.body}</main>\n',
            f"<footer>{_hints(page.hints)}{_paging(page.links, 'Pages, again')}</footer>\n",
            f'<script type="application/json" id="data">{page.data}</script>\n' if page.data else "",
            *(f"<script>{text}</script>\n" for text in scripts if text is not _WAIT),
            "</body></html>\n",
        ]
    )


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Pictures from the page's own place, our own script and style by their hashes, and nothing else from anywhere."""
    known = " ".join(f"'{assets.digest(text)}'" for text in scripts) or "'none'"
    return (
        "default-src 'none';img-src 'self' file: data:;form-action 'none';"
        f"script-src {known};style-src '{assets.digest(style)}';style-src-attr 'unsafe-inline'"
    )


def _paging(links: Sequence[Link], label: str) -> str:
    if not links:
        return ""
    inner = "".join(_link(link) for link in links)
    return f'<nav aria-label="{label}">{inner}</nav>'


def _link(link: Link) -> str:
    relation = f' rel="{link.relation}"' if link.relation else ""
    return f'<a href="{escape(link.href)}"{relation}>{escape(link.text)}</a>\n'


def _hints(hints: Sequence[tuple[str, str]]) -> str:
    if not hints:
        return ""
    inner = " &nbsp; ".join(f"<kbd>{escape(key)}</kbd> {escape(text)}" for key, text in hints)
    return f'<p class="keys">{inner}</p>'
