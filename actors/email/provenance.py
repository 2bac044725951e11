"""Whether a mail is of the domain it says it is from: what the receiving server has found out (RFC 8601). Pure.

Every mail may bring any header, one that says all is well included. So only what the receiving server itself has added
counts: the topmost of the headers that bear its name, as it adds them above what is there, and takes those out that
claim its own name (section 5 of the RFC has it do so).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from actors.email.addresses import domain_of

METHODS: Final = ("dkim", "spf", "dmarc")
_DOMAINS: Final[Mapping[str, Sequence[str]]] = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom",),
    "dmarc": ("header.from",),
}
"""By method, the properties that name the domain for which it has a result; the first that is there counts."""
_TOKEN: Final = re.compile(r'[;=]|(?:"(?:[^"\\]|\\.)*"|[^\s";=()\\])+')
_LABELS: Final = 3
"""Labels of a host name of which the first is a machine's."""


class Unreadable(ValueError):
    """A header is not written as the RFC says, so nothing in it counts."""


@final
@attrs.frozen
class Trust:
    """Whose results count.

    Args:
      host: the server that mails are fetched from.
      name: what the receiving server calls itself; None for any name in the domain of that host.
    """

    host: str
    name: str | None = None

    def covers(self, name: str) -> bool:
        """Whether results under this name are those of the receiving server."""
        if self.name is not None:
            return name.casefold() == self.name.casefold()
        host = self.host.casefold().rstrip(".")
        first, _, domain = host.partition(".")
        named = host.count(".") + 1 >= _LABELS and not first.isdigit()
        return name.casefold() == host or (
            named and (name.casefold() == domain or name.casefold().endswith(f".{domain}"))
        )

    def __str__(self) -> str:
        return self.name or self.host


@final
@attrs.frozen
class Result:
    """What one method has come to."""

    method: str
    result: str
    properties: Mapping[str, str]

    def speaks_for(self, domain: str) -> bool:
        """Whether it has passed for a domain, or for one that this domain is below."""
        if self.result != "pass":
            return False
        named = next((self.properties[name] for name in _DOMAINS[self.method] if name in self.properties), "")
        of = domain_of(named.strip("<>"))
        return bool(of) and (of == domain or (domain.endswith(f".{of}") and "." in of))


@final
@attrs.frozen
class Provenance:
    """What is known of where a mail is from."""

    aligned: bool
    """Whether its sender's domain stands behind it."""
    words: str
    """For the model: ``dkim=pass spf=pass``. Empty where nothing is known."""
    names: tuple[str, ...] = ()
    """Under which results were found that do not count."""


def find(fields: Iterable[str], domain: str, trust: Trust) -> Provenance:
    """What the receiving server says about a mail from `domain`.

    Args:
      fields: the ``Authentication-Results`` of the mail, the topmost first.
      domain: of its sender.
      trust: whose results count.
    """
    others: list[str] = []
    for field in fields:
        try:
            name, results = read(field)
        except Unreadable:
            break  # perhaps that of the server, made so by the sender in order that one of their own is next
        if trust.covers(name):
            aligned = any(each.speaks_for(domain) for each in results)
            return Provenance(aligned, " ".join(_words(results, domain)))
        others.append(name)
    return Provenance(aligned=False, words="", names=tuple(others))


def _words(results: Sequence[Result], domain: str) -> Iterator[str]:
    for method in METHODS:
        found = [each for each in results if each.method == method]
        if any(each.speaks_for(domain) for each in found):
            yield f"{method}=pass"
        elif found:
            of = "" if found[0].result != "pass" else " (for another domain)"
            yield f"{method}={found[0].result}{of}"


def read(field: str) -> tuple[str, list[Result]]:
    """The name of the server, and its results for the methods we know. Raises Unreadable."""
    first, *rest = _parts(list(_tokens(field)))
    if not first or len(first) > 2 or "=" in first:  # the name, perhaps with a version
        raise Unreadable(field)
    return _unquoted(first[0]), [each for part in rest if (each := _result(part)) is not None]


def _result(tokens: Sequence[str]) -> Result | None:
    if len(tokens) < 3 or tokens[1] != "=":
        return None
    method = tokens[0].partition("/")[0].casefold()
    if method not in METHODS:
        return None
    properties: dict[str, str] = {}
    at = 3
    while at + 2 < len(tokens):
        if tokens[at + 1] == "=":
            properties.setdefault(tokens[at].casefold(), _unquoted(tokens[at + 2]))
            at += 3
        else:
            at += 1
    return Result(method, tokens[2].casefold(), properties)


def _parts(tokens: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for token in tokens:
        if token == ";":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _tokens(field: str) -> Iterator[str]:
    at = 0
    while at < len(field):
        if field[at].isspace():
            at += 1
        elif field[at] == "(":
            at = _past_comment(field, at)
        elif found := _TOKEN.match(field, at):
            yield found[0]
            at = found.end()
        else:
            raise Unreadable(field)


def _past_comment(field: str, at: int) -> int:
    """The place behind a comment, which may hold others."""
    depth = 0
    while at < len(field):
        if field[at] == "\\":
            at += 1
        elif field[at] == "(":
            depth += 1
        elif field[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise Unreadable(field)


def _unquoted(token: str) -> str:
    """A token without its quotes, and without the backslashes that may be in them."""
    characters = iter(token)
    return "".join(next(characters, "") if each == "\\" else each for each in characters if each != '"')
