"""Markdown as HTML for mails. Pure."""

from typing import Final

from actors.markup import fragment_of

_PAGE: Final = '<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{}</body></html>\n'


def html_of(markdown: str) -> str:
    """A whole page, whatever the text is."""
    return _PAGE.format(fragment_of(markdown))
