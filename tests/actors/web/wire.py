"""What search engines answer, in their own formats, as far as somebody could read it."""

import json
from html import escape
from typing import Any
from urllib.parse import quote

Found = tuple[str, str, str]
"""Title, url and description."""


def brave(*found: Found) -> bytes:
    """The ``WebSearchApiResponse`` of api.search.brave.com."""
    results = [
        {
            "title": title,
            "url": url,
            "is_source_local": False,
            "description": about,
            "language": "en",
            "family_friendly": True,
            "type": "search_result",
            "subtype": "generic",
            "meta_url": {"scheme": "https", "netloc": "a.example", "path": ""},
        }
        for title, url, about in found
    ]
    query = {"original": "q", "show_strict_warning": False, "more_results_available": False}
    said: dict[str, Any] = {"query": query, "mixed": {"type": "mixed", "main": []}, "type": "search"}
    if results:
        said["web"] = {"type": "search", "results": results, "family_friendly": True}
    return json.dumps(said).encode()


def searxng(*found: Found, silent: list[list[str]] | None = None) -> bytes:
    """What SearXNG gives with ``format=json``."""
    results = [
        {
            "url": url,
            "title": title,
            "content": about,
            "engine": "wikipedia",
            "parsed_url": ["https", "a.example", "/", "", "", ""],
            "engines": ["wikipedia"],
            "positions": [1],
            "score": 1.0,
            "category": "general",
        }
        for title, url, about in found
    ]
    return json.dumps(
        {
            "query": "q",
            "number_of_results": len(results),
            "results": results,
            "answers": [],
            "corrections": [],
            "infoboxes": [],
            "suggestions": [],
            "unresponsive_engines": silent or [],
        }
    ).encode()


def duckduckgo(*found: Found) -> bytes:
    """The page of html.duckduckgo.com, with what it puts around."""
    results = (
        "".join(
            f"""
        <div class="result results_links results_links_deep web-result ">
          <div class="links_main links_deep result__body">
            <h2 class="result__title">
              <a rel="nofollow" class="result__a" href="//duckduckgo.com/l/?uddg={quote(url, "")}&amp;rut=12"
                >{escape(title)}</a>
            </h2>
            <a class="result__snippet" href="//duckduckgo.com/l/?uddg={quote(url, "")}&amp;rut=12">{escape(about)}</a>
          </div>
        </div>"""
            for title, url, about in found
        )
        or '<div class="result results_links result--no-result"><div class="no-results">No results.</div></div>'
    )
    return f"""<!DOCTYPE html><html><head><title>q at DuckDuckGo</title></head><body class="body--html">
      <form id="search_form_homepage" action="/html/" method="post"><input name="q" value="q"></form>
      <div id="links" class="results">{results}</div></body></html>""".encode()
