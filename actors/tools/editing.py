"""Replacing a text by another one in a text. Pure."""

from actors.tools.messages import NothingToEdit, TextNotFound, TextNotUnique


def replaced(text: str, old: str, new: str, *, everywhere: bool, path: str) -> tuple[str, int]:
    """The text with `new` instead of `old`, and how many places that were.

    Where all lines of the text end in CRLF, those of both others count as if they did.

    Args:
      everywhere: replace all of several that are there.
      path: how the file is called in errors.

    Raises TextNotFound, TextNotUnique, NothingToEdit.
    """
    if 0 < text.count("\n") == text.count("\r\n"):
        old, new = _with_crlf(old), _with_crlf(new)
    if not old:
        raise TextNotUnique(path=path, count=len(text) + 1)
    if old == new:
        raise NothingToEdit(path=path)
    count = text.count(old)
    if not count:
        raise TextNotFound(path=path)
    if count > 1 and not everywhere:
        raise TextNotUnique(path=path, count=count)
    return text.replace(old, new), count


def _with_crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
